package message

import (
	"encoding/binary"
	"io"
	"strconv"

	"golang.org/x/text/encoding/charmap"
)

// openDoc reads a binary Word document (MS-DOC): the pieces of its text in their order, which hold the
// body, notes, headers, comments and text boxes.
func openDoc(o *opener, d doc, c *cfb, e *cfbEntry, folder string) error {
	s := c.open(e)
	var fib [0x1aa]byte
	if n, _ := s.ReadAt(fib[:], 0); n < 0x60 {
		return damaged
	}
	le := binary.LittleEndian
	flags := le.Uint16(fib[0x0a:])
	name := "0Table"
	if flags&0x200 != 0 {
		name = "1Table"
	}
	table := c.find(folder + name)
	if flags&0x100 != 0 {
		o.locked(d, "office", docCipher(c, table, flags&0x8000 != 0))
		return encrypted
	}
	w := &docText{l: o.layout(d, kindDoc), hid: o.aside(d, kindDoc)}
	defer w.close()
	if le.Uint16(fib[:]) != 0xa5ec || table == nil { // Word 6 and 95: one run of 8-bit text
		from, to := int64(le.Uint32(fib[0x18:])), int64(le.Uint32(fib[0x1c:]))
		if to < from || to > s.Size() {
			return damaged
		}
		w.piece(io.NewSectionReader(s, from, to-from), true)
		return nil
	}
	return w.pieces(s, c.open(table), int64(le.Uint32(fib[0x1a2:])), int64(le.Uint32(fib[0x1a6:])))
}

// docCipher names the encryption of a binary document.
func docCipher(c *cfb, table *cfbEntry, xor bool) string {
	if xor || table == nil {
		return "XOR"
	}
	var h [64]byte
	n, _ := c.open(table).ReadAt(h[:], 0)
	return rc4Name(h[:n])
}

// rc4Name reads the head of an encryption header (MS-OFFCRYPTO 2.3.5, 2.3.6).
func rc4Name(h []byte) string {
	if len(h) < 4 {
		return ""
	}
	le := binary.LittleEndian
	if le.Uint16(h) == 1 {
		return "RC4-40"
	}
	if len(h) >= 32 && le.Uint16(h[2:]) == 2 {
		bits := int(le.Uint32(h[28:]))
		if bits == 0 {
			bits = 40
		}
		if bits <= 256 {
			return "RC4-" + strconv.Itoa(bits)
		}
	}
	return "RC4"
}

// docText writes the characters of a Word document.
type docText struct {
	l     *layout
	hid   *aside
	field int // depth inside field codes
	cell  bool
	code  []byte
	buf   []byte
}

// pieces walks the piece table (MS-DOC 2.8.35).
func (w *docText) pieces(s, table *io.SectionReader, off, size int64) error {
	if size < 5 || size > 16<<20 || off+size > table.Size() {
		return damaged
	}
	clx := make([]byte, size)
	n, _ := table.ReadAt(clx, off)
	r := &sevenBytes{p: clx[:n]}
	le := binary.LittleEndian
	for r.byte() == 1 {
		if p := r.take(2); len(p) == 2 {
			r.take(int64(le.Uint16(p)))
		}
	}
	r.take(4)
	p := r.p
	if r.bad || len(p) < 16 {
		return damaged
	}
	k := (len(p) - 4) / 12
	for i := 0; i < k; i++ {
		from, to := int64(le.Uint32(p[4*i:])), int64(le.Uint32(p[4*i+4:]))
		fc := le.Uint32(p[4*(k+1)+8*i+2:])
		if to <= from {
			continue
		}
		narrow := fc&0x40000000 != 0
		at, chars := int64(fc&0x3fffffff), to-from
		if narrow {
			at /= 2
		} else {
			chars *= 2
		}
		if at > s.Size() {
			return damaged
		}
		w.piece(io.NewSectionReader(s, at, min(chars, s.Size()-at)), narrow)
		if w.l.w.o.budget.text <= 0 {
			return errLimit
		}
	}
	return nil
}

func (w *docText) piece(r io.Reader, narrow bool) {
	var in [8192]byte
	for {
		n, err := io.ReadFull(r, in[:])
		if narrow {
			for _, b := range in[:n] {
				w.char(charmap.Windows1252.DecodeByte(b))
			}
		} else {
			for _, c := range utf16Text(in[:n&^1]) {
				w.char(c)
			}
		}
		if err != nil {
			w.flush()
			return
		}
	}
}

// char takes one character; the lowest ones are marks.
func (w *docText) char(c rune) {
	cell := false
	switch c {
	case '\r', 0x0b, 0x0c, 0x0e:
		w.flush()
		w.l.space('\n')
	case 0x07: // end of a cell; two together end a row
		w.flush()
		if w.cell {
			w.l.newRow()
		} else {
			w.l.space('\t')
		}
		cell = true
	case '\t':
		w.put('\t')
	case 0x13:
		w.flush()
		w.field++
	case 0x14, 0x15:
		if c == 0x15 && w.field == 0 {
			break
		}
		if w.field > 0 {
			w.field--
			w.hid.add(w.code)
			w.code = w.code[:0]
		}
	case 0x1e:
		w.put('-')
	case 0x1f:
	default:
		if c >= 0x20 {
			w.put(c)
		}
	}
	w.cell = cell
}

func (w *docText) put(c rune) {
	if w.field > 0 {
		if len(w.code) < 64<<10 {
			w.code = append(w.code, string(c)...)
		}
		return
	}
	w.buf = append(w.buf, string(c)...)
	if len(w.buf) >= 4096 {
		w.flush()
	}
}

func (w *docText) flush() {
	w.l.put(w.buf)
	w.buf = w.buf[:0]
}

func (w *docText) close() {
	w.flush()
	w.l.close()
	w.hid.add(w.code)
	w.hid.close()
}

// Record types of a binary presentation (MS-PPT 2.13.24).
const (
	pptTextChars = 0x0fa0
	pptTextBytes = 0x0fa8
	pptCString   = 0x0fba
	pptCrypt     = 0x2f14
)

// openPPT reads a binary presentation: the text atoms in their order.
func openPPT(o *opener, d doc, c *cfb, e *cfbEntry, folder string) error {
	if user := c.find(folder + "Current User"); user != nil {
		var h [16]byte
		if n, _ := c.open(user).ReadAt(h[:], 0); n == 16 && binary.LittleEndian.Uint32(h[12:]) == 0xf3d1c4df {
			o.locked(d, "office", "RC4")
			return encrypted
		}
	}
	s := c.open(e)
	l := o.layout(d, kindPpt)
	defer l.close()
	le := binary.LittleEndian
	var h [8]byte
	for off := int64(0); off+8 <= s.Size(); {
		if !o.budget.takeStep() {
			return errLimit
		}
		if n, _ := s.ReadAt(h[:], off); n < 8 {
			break
		}
		typ, size := le.Uint16(h[2:]), int64(le.Uint32(h[4:]))
		off += 8
		if h[0]&15 == 15 {
			continue // a container: go inside
		}
		if typ == pptTextChars || typ == pptTextBytes || typ == pptCString {
			p := make([]byte, min(size, 1<<20, s.Size()-off))
			n, _ := s.ReadAt(p, off)
			l.space('\n')
			if p = p[:n]; typ == pptTextBytes {
				l.put([]byte(decodeCharset(p, "iso-8859-1")))
			} else {
				l.put([]byte(utf16Text(p)))
			}
		}
		off += size
	}
	return nil
}
