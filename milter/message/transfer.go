package message

import (
	"bufio"
	"bytes"
	"io"
)

func isBase64Byte(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/' || b == '='
}

// base64Reader decodes base64 and passes over whatever is none. Padding in the middle ends one
// stretch and starts the next, as concatenated attachments have it.
type base64Reader struct {
	r    io.Reader
	in   [8 << 10]byte
	raw  [6<<10 + 8]byte
	out  []byte
	acc  uint32 // letters waiting, six bits each
	have int    // how many
	err  error
}

// base64Table gives the value of a letter of either alphabet, 64 for padding, 255 for anything else.
var base64Table = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	t['-'], t['_'], t['='] = 62, 63, 64
	return t
}()

func (d *base64Reader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		n, err := d.r.Read(d.in[:])
		d.err = err
		d.out = d.decode(d.raw[:0], d.in[:n])
		if err != nil {
			d.out = d.rest(d.out)
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

func (d *base64Reader) decode(out, p []byte) []byte {
	t := &base64Table
	for i := 0; i < len(p); i++ {
		if d.have == 0 {
			for ; i+4 <= len(p); i += 4 {
				a, b, c, e := t[p[i]], t[p[i+1]], t[p[i+2]], t[p[i+3]]
				if a|b|c|e > 63 {
					break
				}
				v := uint32(a)<<18 | uint32(b)<<12 | uint32(c)<<6 | uint32(e)
				out = append(out, byte(v>>16), byte(v>>8), byte(v))
			}
			if i >= len(p) {
				break
			}
		}
		v := t[p[i]]
		if v > 63 {
			if v == 64 {
				out = d.rest(out)
			}
			continue
		}
		d.acc = d.acc<<6 | uint32(v)
		if d.have++; d.have == 4 {
			out = append(out, byte(d.acc>>16), byte(d.acc>>8), byte(d.acc))
			d.acc, d.have = 0, 0
		}
	}
	return out
}

// rest decodes the letters that wait, with or without padding.
func (d *base64Reader) rest(out []byte) []byte {
	switch d.have {
	case 2:
		out = append(out, byte(d.acc>>4))
	case 3:
		out = append(out, byte(d.acc>>10), byte(d.acc>>2))
	}
	d.acc, d.have = 0, 0
	return out
}

// qpReader decodes quoted-printable; an escape that is none stays as it stands.
type qpReader struct {
	r     *bufio.Reader
	carry []byte // an escape that the end of the buffer cut
	line  []byte
	out   []byte
	buf   []byte
	err   error
}

func (d *qpReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		piece, err := d.r.ReadSlice('\n')
		whole := err != bufio.ErrBufferFull
		if err != nil && whole {
			d.err = err
		}
		d.line = append(append(d.line[:0], d.carry...), piece...)
		d.carry = d.carry[:0]
		if !whole {
			keep := cutEscape(d.line)
			d.carry = append(d.carry, d.line[keep:]...)
			d.line = d.line[:keep]
		}
		d.buf = appendQP(d.buf[:0], d.line, whole)
		d.out = d.buf
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// cutEscape is the length of line without an escape that may go on.
func cutEscape(line []byte) int {
	for k := 1; k <= 2 && k < len(line); k++ {
		if line[len(line)-k] == '=' {
			return len(line) - k
		}
	}
	return len(line)
}

func appendQP(dst, line []byte, whole bool) []byte {
	eol := ""
	if whole && bytes.HasSuffix(line, []byte("\n")) {
		eol = "\n"
		line = bytes.TrimRight(line, " \t\r\n")
	}
	for i := 0; i < len(line); i++ {
		b := line[i]
		if b != '=' {
			dst = append(dst, b)
			continue
		}
		if i == len(line)-1 && whole {
			return dst // soft line break
		}
		if i+2 < len(line) {
			if h, ok := hexByte(line[i+1], line[i+2]); ok {
				dst = append(dst, h)
				i += 2
				continue
			}
		}
		dst = append(dst, b)
	}
	return append(dst, eol...)
}

func hexByte(a, b byte) (byte, bool) {
	x, ok1 := hexDigit(a)
	y, ok2 := hexDigit(b)
	return x<<4 | y, ok1 && ok2
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

// appendUU decodes one line of uuencode; ok is false when it is none.
func appendUU(dst, line []byte) (out []byte, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 || line[0] < 0x20 || line[0] > 0x60 {
		return dst, false
	}
	n := int(line[0]-0x20) & 0x3f
	body := line[1:]
	if len(body) < n*4/3 || len(body) > (n+2)/3*4+4 {
		return dst, false
	}
	for i := 0; n > 0; i += 4 {
		var q [4]byte
		for k := range q {
			if i+k < len(body) {
				if body[i+k] < 0x20 || body[i+k] > 0x60 {
					return dst, false
				}
				q[k] = (body[i+k] - 0x20) & 0x3f
			}
		}
		b := [3]byte{q[0]<<2 | q[1]>>4, q[1]<<4 | q[2]>>2, q[2]<<6 | q[3]}
		k := min(n, 3)
		dst = append(dst, b[:k]...)
		n -= k
	}
	return dst, true
}
