package message

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"unicode/utf16"
)

// Record types of a binary workbook (MS-XLS 2.3).
const (
	xlsFormula    = 0x0006
	xlsEOF        = 0x000a
	xlsHeader     = 0x0014
	xlsFooter     = 0x0015
	xlsNote       = 0x001c
	xlsFilePass   = 0x002f
	xlsContinue   = 0x003c
	xlsCodepage   = 0x0042
	xlsBoundSheet = 0x0085
	xlsMulRK      = 0x00bd
	xlsRString    = 0x00d6
	xlsXF         = 0x00e0
	xlsSST        = 0x00fc
	xlsLabelSST   = 0x00fd
	xlsTXO        = 0x01b6
	xlsNumber     = 0x0203
	xlsLabel      = 0x0204
	xlsString     = 0x0207
	xlsRK         = 0x027e
	xlsFormat     = 0x041e
	xlsBOF        = 0x0809
)

// xlsRecordMax bounds a record with all its continuations.
const xlsRecordMax = 32 << 20

// openXLS reads a binary workbook: rows as lines, strings, numbers as shown, notes, headers.
func openXLS(o *opener, d doc, s *io.SectionReader) error {
	x := &xls{o: o, d: d, s: s, book: &workbook{formats: map[int]string{}}, charset: "windows-1252", wide: true}
	err := x.records()
	x.endSheet()
	return err
}

type xls struct {
	o       *opener
	d       doc
	s       *io.SectionReader
	book    *workbook
	charset string
	wide    bool // BIFF8: strings say themselves how wide they are
	starts  []int64
	hidden  []bool
	names   []string
	l       *layout
	row     int
	formula bool // a string result may follow
}

// records walks the stream.
func (x *xls) records() error {
	le := binary.LittleEndian
	var h [4]byte
	for off := int64(0); off+4 <= x.s.Size(); {
		if x.o.budget.text <= 0 {
			return errLimit
		}
		if n, _ := x.s.ReadAt(h[:], off); n < 4 {
			return nil
		}
		start := off
		typ, size := le.Uint16(h[:]), int64(le.Uint16(h[2:]))
		off += 4
		if typ == xlsSST || typ == xlsTXO {
			var parts [][]byte
			parts, off = x.continued(off, size)
			if typ == xlsSST {
				x.sharedStrings(parts)
			} else {
				x.textObject(parts)
			}
			continue
		}
		p := make([]byte, min(size, x.s.Size()-off))
		n, _ := x.s.ReadAt(p, off)
		off += size
		if typ == xlsFilePass {
			return x.locked(p[:n])
		}
		x.record(typ, p[:n], start)
	}
	return nil
}

// continued reads a record and those that continue it.
func (x *xls) continued(off, size int64) (parts [][]byte, next int64) {
	total := int64(0)
	for {
		p := make([]byte, min(size, max(x.s.Size()-off, 0)))
		n, _ := x.s.ReadAt(p, off)
		parts = append(parts, p[:n])
		off += size
		total += size
		var h [4]byte
		if k, _ := x.s.ReadAt(h[:], off); k < 4 || binary.LittleEndian.Uint16(h[:]) != xlsContinue || total > xlsRecordMax {
			return parts, off
		}
		size = int64(binary.LittleEndian.Uint16(h[2:]))
		off += 4
	}
}

// locked names the encryption that the FilePass record announces.
func (x *xls) locked(p []byte) error {
	alg := "XOR"
	if len(p) >= 6 && binary.LittleEndian.Uint16(p) == 1 {
		alg = rc4Name(p[2:])
	}
	x.o.locked(x.d, "office", alg)
	return encrypted
}

func (x *xls) record(typ uint16, p []byte, start int64) {
	le := binary.LittleEndian
	switch typ {
	case xlsBOF:
		if len(p) >= 4 {
			x.wide = le.Uint16(p) >= 0x600
		}
		x.beginSheet(start)
	case xlsEOF:
		x.endSheet()
	case xlsCodepage:
		if len(p) >= 2 && !x.wide {
			x.charset = codepageName(int(le.Uint16(p)))
		}
	case xlsBoundSheet:
		if len(p) >= 7 && len(x.starts) < 1000 {
			x.starts = append(x.starts, int64(le.Uint32(p)))
			x.hidden = append(x.hidden, p[4]&3 != 0)
			x.names = append(x.names, x.text8(p[6:]))
		}
	case xlsFormat:
		if len(p) > 4 && len(x.book.formats) < 5000 {
			x.book.formats[int(le.Uint16(p))] = x.text16(p[2:])
		}
	case xlsXF:
		if len(p) >= 4 && len(x.book.styles) < 100_000 {
			x.book.styles = append(x.book.styles, int(le.Uint16(p[2:])))
		}
	case xlsHeader, xlsFooter:
		if len(p) > 2 {
			x.line(x.text16(p))
		}
	default:
		x.cell(typ, p)
	}
}

// cell reads the records that are cells: row, column and format come first.
func (x *xls) cell(typ uint16, p []byte) {
	if x.l == nil || len(p) < 6 {
		return
	}
	le := binary.LittleEndian
	style := int(le.Uint16(p[4:]))
	number := func(f float64) { x.put(p, x.book.show(strconv.FormatFloat(f, 'f', -1, 64), style)) }
	switch typ {
	case xlsLabelSST:
		if len(p) >= 10 {
			x.put(p, string(x.book.shared(int(int32(le.Uint32(p[6:]))))))
		}
	case xlsLabel, xlsRString:
		x.put(p, x.text16(p[6:]))
	case xlsNumber:
		if len(p) >= 14 {
			number(math.Float64frombits(le.Uint64(p[6:])))
		}
	case xlsRK:
		if len(p) >= 10 {
			number(rk(le.Uint32(p[6:])))
		}
	case xlsMulRK:
		for i := 4; i+6 <= len(p)-2; i += 6 {
			style = int(le.Uint16(p[i:]))
			number(rk(le.Uint32(p[i+2:])))
		}
	case xlsFormula:
		if len(p) >= 14 {
			if x.formula = le.Uint16(p[12:]) == 0xffff && p[6] == 0; !x.formula {
				number(math.Float64frombits(le.Uint64(p[6:])))
			}
			x.row = int(le.Uint16(p))
		}
	case xlsString:
		if x.formula {
			x.l.cell()
			x.l.put([]byte(x.text16(p)))
			x.formula = false
		}
	}
}

// put writes a cell; a new row begins a line.
func (x *xls) put(p []byte, s string) {
	if row := int(binary.LittleEndian.Uint16(p)); row != x.row {
		x.l.newRow()
		x.row = row
	}
	x.l.cell()
	x.l.put([]byte(s))
}

// rk is a number in 30 bits (MS-XLS 2.5.217).
func rk(v uint32) float64 {
	var f float64
	if v&2 != 0 {
		f = float64(int32(v) >> 2)
	} else {
		f = math.Float64frombits(uint64(v&^3) << 32)
	}
	if v&1 != 0 {
		f /= 100
	}
	return f
}

func (x *xls) beginSheet(start int64) {
	x.endSheet()
	for i, at := range x.starts {
		if at != start {
			continue
		}
		d := x.d
		d.hidden = d.hidden || x.hidden[i]
		x.l = x.o.layout(d, kindXLS)
		x.l.put([]byte(x.names[i]))
		x.l.newRow()
		x.row = -1
		return
	}
	if !x.wide {
		x.l = x.o.layout(x.d, kindXLS)
		x.row = -1
	}
}

func (x *xls) endSheet() {
	if x.l != nil {
		x.l.close()
		x.l = nil
	}
}

// line writes a text that stands in no cell.
func (x *xls) line(s string) {
	if x.l != nil && s != "" {
		x.l.newRow()
		x.l.put([]byte(s))
		x.l.newRow()
	}
}

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

// sharedStrings reads the string table, whose strings may be cut between continuations.
func (x *xls) sharedStrings(parts [][]byte) {
	if len(parts[0]) < 8 {
		return
	}
	count := binary.LittleEndian.Uint32(parts[0][4:])
	r := &sstReader{parts: parts, p: parts[0][8:]}
	for ; count > 0 && !r.done && len(x.book.strings) < sharedMax; count-- {
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
