package message

import (
	"errors"
	"io"
)

// errBER says that bytes are no BER.
var errBER = errors.New("no BER")

// ber walks BER (X.690), definite and indefinite lengths alike, without holding it.
type ber struct {
	r     io.ReaderAt
	steps int // elements that may still be looked at
}

// element is one tag-length-value.
type tlv struct {
	class       byte // 0 universal, 2 context
	constructed bool
	tag         int
	start, body int64 // of the element, of its content
	end         int64 // of the content; of an indefinite one where its frame ends at the latest
	indefinite  bool
}

// berDepth bounds nesting of indefinite lengths.
const berDepth = 40

// at reads the element that begins at off within limit.
func (b *ber) at(off, limit int64) (tlv, error) {
	var e tlv
	if b.steps--; b.steps < 0 || off >= limit {
		return e, errBER
	}
	var h [12]byte
	n, _ := b.r.ReadAt(h[:min(12, limit-off)], off)
	if n < 2 {
		return e, errBER
	}
	e.start, e.class, e.constructed, e.tag = off, h[0]>>6, h[0]&0x20 != 0, int(h[0]&0x1f)
	if e.tag == 0x1f {
		return e, errBER // long tags: none in CMS
	}
	switch l := h[1]; {
	case l == 0x80:
		if !e.constructed {
			return e, errBER
		}
		e.indefinite, e.body, e.end = true, off+2, limit
		return e, nil
	case l < 0x80:
		e.body, e.end = off+2, off+2+int64(l)
	default:
		k := int(l & 0x7f)
		if k > 7 || 2+k > n {
			return e, errBER
		}
		var size int64
		for _, x := range h[2 : 2+k] {
			size = size<<8 | int64(x)
		}
		e.body = off + 2 + int64(k)
		e.end = e.body + size
	}
	if e.end > limit {
		return e, errBER
	}
	return e, nil
}

// done says whether off is past the last child of e.
func (b *ber) done(e tlv, off int64) bool {
	if !e.indefinite {
		return off >= e.end
	}
	var h [2]byte
	n, _ := b.r.ReadAt(h[:], off)
	return n < 2 || h[0] == 0 && h[1] == 0
}

// next is the offset behind e.
func (b *ber) next(e tlv) (int64, error) { return b.skip(e, 0) }

func (b *ber) skip(e tlv, depth int) (int64, error) {
	if !e.indefinite {
		return e.end, nil
	}
	if depth > berDepth {
		return 0, errBER
	}
	off := e.body
	for !b.done(e, off) {
		c, err := b.at(off, e.end)
		if err != nil {
			return 0, err
		}
		if off, err = b.skip(c, depth+1); err != nil {
			return 0, err
		}
	}
	return off + 2, nil
}

// children are the first n elements inside e; fewer if there are fewer.
func (b *ber) children(e tlv, n int) ([]tlv, error) {
	var out []tlv
	off := e.body
	for len(out) < n && !b.done(e, off) {
		c, err := b.at(off, e.end)
		if err != nil {
			return out, err
		}
		out = append(out, c)
		if len(out) == n {
			break
		}
		if off, err = b.next(c); err != nil {
			return out, err
		}
	}
	return out, nil
}

// bytes is the content of a primitive element, at most n bytes.
func (b *ber) bytes(e tlv, n int64) []byte {
	p := make([]byte, min(n, e.end-e.body))
	k, _ := b.r.ReadAt(p, e.body)
	return p[:k]
}

// octets reads an OCTET STRING whose parts may be spread over constructed ones.
func (b *ber) octets(e tlv) io.Reader { return &octetReader{b: b, todo: []tlv{e}} }

type octetReader struct {
	b    *ber
	todo []tlv // innermost last
	pos  []int64
	cur  *io.SectionReader
	err  error
}

func (r *octetReader) Read(p []byte) (int, error) {
	for {
		if r.cur != nil {
			n, err := r.cur.Read(p)
			if n > 0 {
				return n, nil
			}
			if err != io.EOF {
				return 0, err
			}
			r.cur = nil
		}
		if r.err != nil {
			return 0, r.err
		}
		if len(r.todo) == 0 {
			return 0, io.EOF
		}
		r.step()
	}
}

// step opens the next primitive string.
func (r *octetReader) step() {
	top := len(r.todo) - 1
	e := r.todo[top]
	if !e.constructed {
		r.cur = io.NewSectionReader(r.b.r, e.body, e.end-e.body)
		r.todo = r.todo[:top]
		r.pos = r.pos[:min(len(r.pos), top)]
		return
	}
	if len(r.pos) <= top {
		r.pos = append(r.pos, e.body)
	}
	if r.b.done(e, r.pos[top]) {
		r.todo, r.pos = r.todo[:top], r.pos[:top]
		return
	}
	c, err := r.b.at(r.pos[top], e.end)
	if err == nil && len(r.todo) > berDepth {
		err = errBER
	}
	if err == nil {
		r.pos[top], err = r.b.next(c)
	}
	if err != nil {
		r.err = err
		return
	}
	r.todo = append(r.todo, c)
}
