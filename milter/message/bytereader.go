package message

import "bytes"

// byteReader reads the fields of a header. After the first thing that cannot be, bad is set and
// everything read is zero.
type byteReader struct {
	p   []byte
	bad bool
}

func (r *byteReader) fail() { r.bad, r.p = true, nil }

func (r *byteReader) byte() byte {
	if len(r.p) == 0 {
		r.fail()
		return 0
	}
	b := r.p[0]
	r.p = r.p[1:]
	return b
}

func (r *byteReader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.p)) {
		r.fail()
		return nil
	}
	p := r.p[:n]
	r.p = r.p[n:]
	return p
}

// vint reads a number of seven bits a byte, low ones first.
func (r *byteReader) vint() int64 {
	var v int64
	for i := 0; i < 8; i++ {
		b := r.byte()
		v |= int64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return v
		}
	}
	r.fail()
	return 0
}

// cstring reads up to a zero byte.
func (r *byteReader) cstring() []byte {
	i := bytes.IndexByte(r.p, 0)
	if i < 0 {
		r.fail()
		return nil
	}
	p := r.p[:i]
	r.p = r.p[i+1:]
	return p
}
