package message

import (
	"encoding/binary"
	"io"
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
	xlsSeriesText = 0x100d
	xlsDrawings   = 0x00eb
	xlsRK         = 0x027e
	xlsFormat     = 0x041e
	xlsBOF        = 0x0809
)

// xlsRecordMax bounds a record with all its continuations.
const xlsRecordMax = 32 << 20

// openXLS reads a binary workbook: rows as lines, strings, numbers as shown, notes, headers.
func openXLS(o *opener, d doc, s *io.SectionReader) error { return readXLS(o, d, s, nil) }

// readXLS reads a workbook, decrypted with key if there is one.
func readXLS(o *opener, d doc, s *io.SectionReader, key *rc4Key) error {
	x := &xls{o: o, d: d, s: s, key: key, book: &workbook{formats: map[int]string{}}, charset: "windows-1252", wide: true}
	err := x.records()
	x.depth = 0
	x.endSheet()
	if x.picture {
		o.unopened(d.label(string(kindXLS)), string(isImage))
	}
	return err
}

type xls struct {
	o       *opener
	d       doc
	s       *io.SectionReader
	key     *rc4Key
	book    *workbook
	charset string
	wide    bool // BIFF8: strings say themselves how wide they are
	starts  []int64
	hidden  []bool
	names   []string
	l       *layout
	depth   int // substreams inside a sheet: its charts
	row     int
	formula []byte // a cell whose string follows
	picture bool
}

// records walks the stream.
func (x *xls) records() error {
	var h [4]byte
	for off := int64(0); off+4 <= x.s.Size(); {
		if x.o.budget.text <= 0 {
			return errLimit
		}
		if n, _ := x.s.ReadAt(h[:], off); n < 4 {
			return nil
		}
		start := off
		typ, size := binary.LittleEndian.Uint16(h[:]), int64(binary.LittleEndian.Uint16(h[2:]))
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
		p := x.body(typ, off, size)
		off += size
		if typ == xlsFilePass && x.key == nil {
			return x.locked(p)
		}
		x.record(typ, p, start)
	}
	return nil
}

// xlsBlock is the size of an encrypted block.
const xlsBlock = 1024

// body reads the body of a record. The headers of records are never encrypted, nor are some bodies.
func (x *xls) body(typ uint16, off, size int64) []byte {
	p := readFull(x.s, make([]byte, min(size, max(x.s.Size()-off, 0))), off)
	if x.key == nil {
		return p
	}
	switch typ {
	case xlsBOF, xlsFilePass, 0x00e1, 0x0138, 0x0194, 0x0195, 0x0196: // MS-XLS 2.2.10
	case xlsBoundSheet:
		x.key.xor(p[min(4, len(p)):], off+4)
	default:
		x.key.xor(p, off)
	}
	return p
}

// continued reads a record and those that continue it.
func (x *xls) continued(off, size int64) (parts [][]byte, next int64) {
	total := int64(0)
	for {
		parts = append(parts, x.body(xlsContinue, off, size))
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

// locked records the encryption that the FilePass record announces.
func (x *xls) locked(p []byte) error {
	lock := &rc4Lock{name: "XOR"}
	if len(p) >= 6 && binary.LittleEndian.Uint16(p) == 1 {
		lock = parseRC4(p[2:])
	}
	x.o.locked(x.d, "office", lock.name)
	x.o.tryLater(attempt{d: x.d, kind: kindXLS, cost: 1, fits: lock.fits, open: func(password string) error {
		return readXLS(x.o, x.d, x.s, lock.key(password, xlsBlock))
	}})
	return encrypted
}

// beginSheet begins a substream: a sheet, or inside one a chart.
func (x *xls) beginSheet(start int64) {
	if x.l != nil {
		x.depth++
		return
	}
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
	if x.depth > 0 {
		x.depth--
		return
	}
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
