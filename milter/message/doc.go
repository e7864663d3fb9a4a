package message

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// docFile is a binary Word document (MS-DOC) being opened.
type docFile struct {
	o      *opener
	d      doc
	c      *cfb
	folder string
	s      *io.SectionReader // the main stream
	fib    [0x1aa]byte       // its beginning
}

// docFIB is how much of the main stream is never encrypted.
const docFIB = 68

// docBlock is the size of an encrypted block.
const docBlock = 512

// openDoc reads a binary Word document: the pieces of its text in their order, which hold the body,
// notes, headers, comments and text boxes.
func openDoc(o *opener, d doc, c *cfb, e *cfbEntry, folder string) error {
	f := &docFile{o: o, d: d, c: c, folder: folder, s: c.open(e)}
	if len(readFull(f.s, f.fib[:], 0)) < 0x60 {
		return damaged
	}
	if f.flags()&0x100 == 0 {
		return f.read(nil)
	}
	lock := &rc4Lock{name: "XOR"}
	if table := f.table(); table != nil && f.flags()&0x8000 == 0 {
		lock = parseRC4(readFull(table, make([]byte, 4096), 0))
	}
	o.locked(d, "office", lock.name)
	o.tryLater(attempt{d: d, kind: kindDoc, cost: 1, fits: lock.fits, open: func(password string) error {
		return f.read(lock.key(password, docBlock))
	}})
	return encrypted
}

func (f *docFile) flags() uint16 { return binary.LittleEndian.Uint16(f.fib[0x0a:]) }

// table is the stream that says where the text lies.
func (f *docFile) table() *io.SectionReader {
	name := "0Table"
	if f.flags()&0x200 != 0 {
		name = "1Table"
	}
	if e := f.c.find(f.folder + name); e != nil {
		return f.c.open(e)
	}
	return nil
}

// read reads the text, decrypted with key if there is one.
func (f *docFile) read(key *rc4Key) error {
	s, le := key.section(f.s, docFIB), binary.LittleEndian
	readFull(s, f.fib[:], 0)
	w := &docText{l: f.o.layout(f.d, kindDoc), hid: f.o.aside(f.d, kindDoc)}
	defer func() {
		w.close()
		if w.picture {
			f.o.unopened(f.d.label(string(kindDoc)), string(isImage))
		}
	}()
	table := f.table()
	if le.Uint16(f.fib[:]) != 0xa5ec || table == nil { // Word 6 and 95: one run of 8-bit text
		from, to := int64(le.Uint32(f.fib[0x18:])), int64(le.Uint32(f.fib[0x1c:]))
		if to < from || to > s.Size() {
			return damaged
		}
		w.piece(s, from, to-from, true)
		return nil
	}
	return w.document(s, key.section(table, 0), f.fib[:])
}

// document reads a document whose text lies as the table stream says.
func (w *docText) document(s, table *io.SectionReader, fib []byte) error {
	le := binary.LittleEndian
	w.hidden = &docRanges{list: w.l.w.o.docRuns(s, table, fib[0xfa:], chpxHides)}
	w.rowEnds = &docRanges{list: w.l.w.o.docRuns(s, table, fib[0x102:], papxEndsRow)}
	return w.pieces(s, table, int64(le.Uint32(fib[0x1a2:])), int64(le.Uint32(fib[0x1a6:])))
}

// docText writes the characters of a Word document.
type docText struct {
	l       *layout
	hid     *aside
	hidden  *docRanges
	rowEnds *docRanges
	fields  []bool // of each open field: its result has begun
	deeper  int    // fields beyond those that are kept
	codes   int    // open fields whose code is being read
	cell    bool   // the last character ended a cell
	picture bool
	code    []byte // of fields, and hidden text
	buf     []byte
}

// pieces walks the piece table (MS-DOC 2.8.35).
func (w *docText) pieces(s, table *io.SectionReader, off, size int64) error {
	if size < 5 || size > 16<<20 || off+size > table.Size() {
		return damaged
	}
	le := binary.LittleEndian
	r := &byteReader{p: readFull(table, make([]byte, size), off)}
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
	left := 2 * s.Size() // pieces that lie over each other would be text without end
	k := (len(p) - 4) / 12
	for i := 0; i < k; i++ {
		from, to := int64(le.Uint32(p[4*i:])), int64(le.Uint32(p[4*i+4:]))
		fc := le.Uint32(p[4*(k+1)+8*i+2:])
		if to <= from {
			continue
		}
		narrow := fc&0x40000000 != 0
		at, bytes := int64(fc&0x3fffffff), to-from
		if narrow {
			at /= 2
		} else {
			bytes *= 2
		}
		if at > s.Size() {
			return damaged
		}
		bytes = min(bytes, s.Size()-at)
		if left -= bytes; left < 0 || w.l.w.o.budget.text <= 0 || !w.l.w.o.budget.takeStep() {
			return errLimit
		}
		w.piece(s, at, bytes, narrow)
	}
	return nil
}

// piece reads the characters at off.
func (w *docText) piece(s io.ReaderAt, off, size int64, narrow bool) {
	var in [8192]byte
	var high rune // the first half of a pair
	for size > 0 {
		p := readFull(s, in[:min(size, int64(len(in)))], off)
		if len(p) == 0 {
			break
		}
		if narrow {
			for i, b := range p {
				w.char(charmap.Windows1252.DecodeByte(b), off+int64(i))
			}
		} else {
			for i := 0; i+1 < len(p); i += 2 {
				c := rune(binary.LittleEndian.Uint16(p[i:]))
				switch {
				case utf16.IsSurrogate(c) && high == 0:
					high = c
					continue
				case high != 0:
					c, high = utf16.DecodeRune(high, c), 0
				}
				w.char(c, off+int64(i))
			}
		}
		off, size = off+int64(len(p)), size-int64(len(p))
	}
	w.flush()
}

// char takes the character at off; the lowest ones are marks.
func (w *docText) char(c rune, off int64) {
	cell := false
	switch c {
	case '\r', 0x0b, 0x0c, 0x0e:
		w.flush()
		w.hideEnds()
		w.l.space('\n')
	case 0x07: // the end of a cell or of a row
		w.flush()
		w.hideEnds()
		ends := w.cell // without a word on rows two marks together end one
		if w.rowEnds.known() {
			ends = w.rowEnds.holds(off)
		}
		if ends {
			w.l.newRow()
		} else {
			w.l.space('\t')
		}
		cell = !ends
	case 0x13:
		w.beginField()
	case 0x14:
		w.result()
	case 0x15:
		w.endField()
	case 0x1e:
		w.put('-', off)
	case 0x01:
		w.picture = w.picture || w.codes == 0
	default:
		if c >= 0x20 || c == '\t' {
			w.put(c, off)
		}
	}
	w.cell = cell
}

// docFields bounds the nested fields whose state is kept.
const docFields = 100

// beginField enters a field: its code, which nobody sees, then its result.
func (w *docText) beginField() {
	if len(w.fields) >= docFields {
		w.deeper++
		return
	}
	w.flush()
	w.fields = append(w.fields, false)
	w.codes++
}

func (w *docText) result() {
	if k := len(w.fields) - 1; k >= 0 && w.deeper == 0 && !w.fields[k] {
		w.fields[k] = true
		w.endCode()
	}
}

func (w *docText) endField() {
	k := len(w.fields) - 1
	switch {
	case w.deeper > 0:
		w.deeper--
	case k >= 0:
		if !w.fields[k] {
			w.endCode()
		}
		w.fields = w.fields[:k]
	}
}

func (w *docText) endCode() {
	if w.codes--; w.codes == 0 {
		w.hideEnds()
	}
}

// hideEnds puts hidden text aside.
func (w *docText) hideEnds() {
	if len(w.code) > 0 && w.codes == 0 {
		w.hid.add(w.code)
		w.code = w.code[:0]
	}
}

func (w *docText) put(c rune, off int64) {
	if w.codes > 0 || w.hidden.holds(off) {
		if len(w.code) < 64<<10 {
			w.code = utf8.AppendRune(w.code, c)
		}
		return
	}
	w.hideEnds()
	w.buf = utf8.AppendRune(w.buf, c)
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
