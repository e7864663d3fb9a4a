package message

import (
	"encoding/binary"
	"unicode/utf16"
)

// text8 is a string whose length is one byte, text16 one whose length is two.
func (x *xls) text8(p []byte) string {
	if len(p) < 1 {
		return ""
	}
	return x.str(p[1:], int(p[0]))
}

func (x *xls) text16(p []byte) string {
	if len(p) < 2 {
		return ""
	}
	return x.str(p[2:], int(binary.LittleEndian.Uint16(p)))
}

func (x *xls) str(p []byte, n int) string {
	if !x.wide {
		return decodeCharset(p[:min(n, len(p))], x.charset)
	}
	if len(p) < 1 {
		return ""
	}
	flags := p[0]
	p = p[1:]
	if flags&8 != 0 && len(p) >= 2 {
		p = p[2:]
	}
	if flags&4 != 0 && len(p) >= 4 {
		p = p[4:]
	}
	if flags&1 != 0 {
		return utf16Text(p[:min(2*n, len(p))])
	}
	return latin1(p[:min(n, len(p))])
}

// latin1 is UTF-16 whose high bytes are zero and left out.
func latin1(p []byte) string {
	out := make([]rune, len(p))
	for i, b := range p {
		out[i] = rune(b)
	}
	return string(out)
}

// sharedCount bounds the strings of a table: more than the rows of a sheet times its columns in use.
const sharedCount = 2 << 20

// sharedStrings reads the string table, whose strings may be cut between continuations.
func (x *xls) sharedStrings(parts [][]byte) {
	if len(parts[0]) < 8 {
		return
	}
	count := binary.LittleEndian.Uint32(parts[0][4:])
	r := &sstReader{parts: parts, p: parts[0][8:]}
	for ; count > 0 && !r.done && len(x.book.strings) < sharedMax && len(x.book.ends) < sharedCount; count-- {
		s := r.next()
		x.book.strings = append(x.book.strings, s...)
		x.book.ends = append(x.book.ends, uint32(len(x.book.strings)))
	}
}

// sstReader reads the strings of a table over the borders of its records.
type sstReader struct {
	parts [][]byte
	i     int
	p     []byte
	done  bool
}

// more goes on with the next continuation.
func (r *sstReader) more() bool {
	for len(r.p) == 0 {
		if r.i++; r.i >= len(r.parts) {
			r.done = true
			return false
		}
		r.p = r.parts[r.i]
	}
	return true
}

func (r *sstReader) take(n int) []byte {
	var out []byte
	for n > 0 && r.more() {
		k := min(n, len(r.p))
		out = append(out, r.p[:k]...)
		r.p = r.p[k:]
		n -= k
	}
	return out
}

func (r *sstReader) number(n int) int {
	v := 0
	for i, b := range r.take(n) {
		v |= int(b) << (8 * i)
	}
	return v
}

// next reads one string: after a border its characters begin with a new flag for their width.
func (r *sstReader) next() string {
	n := r.number(2)
	flags := r.number(1)
	runs, ext := 0, 0
	if flags&8 != 0 {
		runs = r.number(2)
	}
	if flags&4 != 0 {
		ext = r.number(4)
	}
	wide := flags&1 != 0
	var chars []uint16
	for n > 0 && !r.done {
		if len(r.p) == 0 {
			if !r.more() {
				break
			}
			wide = r.p[0]&1 != 0
			r.p = r.p[1:]
			continue
		}
		size := 1
		if wide {
			size = 2
		}
		k := min(n, max(len(r.p)/size, 1))
		p := r.take(k * size)
		for i := 0; i+size <= len(p); i += size {
			c := uint16(p[i])
			if wide {
				c |= uint16(p[i+1]) << 8
			}
			chars = append(chars, c)
		}
		n -= k
	}
	r.skip(4*runs + ext)
	return string(utf16.Decode(chars))
}

func (r *sstReader) skip(n int) {
	for n > 0 && r.more() {
		k := min(n, len(r.p))
		r.p = r.p[k:]
		n -= k
	}
}

// textObject reads the text of a comment or text box: it stands in the first continuation.
func (x *xls) textObject(parts [][]byte) {
	if len(parts) < 2 || len(parts[0]) < 12 || len(parts[1]) < 1 {
		return
	}
	n := int(binary.LittleEndian.Uint16(parts[0][10:]))
	p := parts[1]
	if p[0]&1 != 0 {
		x.line(utf16Text(p[1:min(1+2*n, len(p))]))
		return
	}
	x.line(latin1(p[1:min(1+n, len(p))]))
}
