package message

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Records of a binary workbook in a zip (MS-XLSB 2.3).
const (
	xlsbRow          = 0
	xlsbRK           = 2
	xlsbReal         = 5
	xlsbString       = 6
	xlsbShared       = 7
	xlsbFmlaString   = 8
	xlsbFmlaNum      = 9
	xlsbShort        = 12 // up to 18: the cells 1 to 7 without a column, each next to the one before
	xlsbSSTItem      = 19
	xlsbFormat       = 44
	xlsbXF           = 47
	xlsbRString      = 62
	xlsbSheet        = 156
	xlsbBeginCellXFs = 617
	xlsbEndCellXFs   = 618
	xlsbCommentText  = 637
)

// xlsbRecordMax bounds a record that is held.
const xlsbRecordMax = 1 << 20

// xlsb reads a workbook whose parts are binary: the same sheets, strings and formats as in xlsx.
func (z *zipFile) xlsb() error {
	x := &xlsbFile{z: z, b: &workbook{formats: map[int]string{}, targets: map[string]string{}}}
	byName := map[string]zipEntry{}
	for _, e := range z.entries {
		byName[e.name] = e
	}
	read := func(name string, l *layout) {
		if e, ok := byName[name]; ok {
			delete(byName, name)
			if err := x.part(e, l); err != nil && x.failed == nil {
				x.failed = err
			}
		}
	}
	read("xl/workbook.bin", nil)
	if e, ok := byName["xl/_rels/workbook.bin.rels"]; ok {
		x.failed = errors.Join(x.failed, z.xml(e, &relsXML{b: x.b}))
	}
	read("xl/styles.bin", nil)
	read("xl/sharedStrings.bin", nil)
	for _, s := range x.b.sheets {
		d := z.d
		d.hidden = d.hidden || s.hidden
		l := z.o.layout(d, kindXlsx)
		l.put([]byte(s.name))
		l.newRow()
		read(x.b.targets[s.id], l)
		l.close()
	}
	rest, hid := z.o.layout(z.d, kindXlsx), z.o.aside(z.d, kindXlsx)
	for _, e := range z.entries {
		switch {
		case strings.HasPrefix(e.name, "xl/comments") && strings.HasSuffix(e.name, ".bin"):
			read(e.name, rest)
		case isTextPart(e.name):
			x.failed = errors.Join(x.failed, z.xml(e, &ooxmlText{l: rest, hid: hid}))
			rest.newRow()
		}
	}
	rest.close()
	hid.close()
	return x.failed
}

type xlsbFile struct {
	z      *zipFile
	b      *workbook
	cells  bool // among the formats of cells
	failed error
}

// part walks the records of one part.
func (x *xlsbFile) part(e zipEntry, l *layout) error {
	r, err := x.z.reader(e)
	if err != nil {
		return err
	}
	br := bufio.NewReaderSize(r, 32<<10)
	col := 0
	for x.z.o.budget.text > 0 {
		typ, size, err := xlsbHead(br)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		p := make([]byte, min(size, xlsbRecordMax))
		if _, err := io.ReadFull(br, p); err != nil {
			return damaged
		}
		if _, err := br.Discard(int(size) - len(p)); err != nil {
			return damaged
		}
		x.record(typ, p, l, &col)
	}
	return errLimit
}

// xlsbHead reads the type and the size of a record, in seven bits a byte.
func xlsbHead(br *bufio.Reader) (typ int, size int64, err error) {
	var v [2]int64
	for i, most := range []int{2, 4} {
		for k := 0; k < most; k++ {
			b, err := br.ReadByte()
			if err != nil {
				if i+k > 0 {
					err = damaged
				}
				return 0, 0, err
			}
			if i == 0 {
				v[0] |= int64(b&0x7f) << (7 * k)
			} else {
				v[1] |= int64(b&0x7f) << (7 * k)
			}
			if b&0x80 == 0 {
				break
			}
		}
	}
	return int(v[0]), v[1], nil
}

func (x *xlsbFile) record(typ int, p []byte, l *layout, col *int) {
	le := binary.LittleEndian
	switch {
	case typ == xlsbSheet && len(p) > 8 && len(x.b.sheets) < 1000:
		id, rest := xlsbText(p[8:])
		name, _ := xlsbText(rest)
		x.b.sheets = append(x.b.sheets, sheetRef{name, id, le.Uint32(p) != 0})
	case typ == xlsbSSTItem && len(p) >= 5 && len(x.b.strings) < sharedMax && len(x.b.ends) < sharedCount:
		s, _ := xlsbText(p[1:])
		x.b.strings = append(x.b.strings, s...)
		x.b.ends = append(x.b.ends, uint32(len(x.b.strings)))
	case typ == xlsbFormat && len(p) > 6 && len(x.b.formats) < 5000:
		x.b.formats[int(le.Uint16(p))], _ = xlsbText(p[2:])
	case typ == xlsbBeginCellXFs || typ == xlsbEndCellXFs:
		x.cells = typ == xlsbBeginCellXFs
	case typ == xlsbXF && x.cells && len(p) > 4 && len(x.b.styles) < 100_000:
		x.b.styles = append(x.b.styles, int(le.Uint16(p[2:])))
	case l == nil:
	case typ == xlsbRow:
		l.newRow()
		*col = 0
	case typ == xlsbCommentText && len(p) > 5:
		s, _ := xlsbText(p[1:])
		l.put([]byte(s))
		l.newRow()
	case typ >= xlsbShort && typ < xlsbSSTItem && len(p) >= 4:
		full := append(le.AppendUint32(nil, uint32(*col)), p...)
		x.cell(typ-xlsbShort+1, full, l, col)
	case typ < xlsbShort && len(p) >= 8, typ == xlsbRString && len(p) > 9:
		x.cell(typ, p, l, col)
	}
}

// cell writes a cell: its column and format come first.
func (x *xlsbFile) cell(typ int, p []byte, l *layout, col *int) {
	le := binary.LittleEndian
	at, style := int(le.Uint32(p))+1, int(le.Uint32(p[4:])&0xffffff)
	v := p[8:]
	number := func(f float64) string { return x.b.show(strconv.FormatFloat(f, 'f', -1, 64), style) }
	s := ""
	switch {
	case typ == xlsbRK && len(v) >= 4:
		s = number(rk(le.Uint32(v)))
	case (typ == xlsbReal || typ == xlsbFmlaNum) && len(v) >= 8:
		s = number(math.Float64frombits(le.Uint64(v)))
	case typ == xlsbString || typ == xlsbFmlaString:
		s, _ = xlsbText(v)
	case typ == xlsbRString:
		s, _ = xlsbText(v[1:])
	case typ == xlsbShared && len(v) >= 4:
		s = string(x.b.shared(int(int32(le.Uint32(v)))))
	}
	for n := min(at-*col-1, emptyCells); n > 0; n-- {
		l.cell()
	}
	l.cell()
	*col = max(at, *col)
	l.put([]byte(s))
}

// xlsbText reads a string that its length precedes, and gives what follows it.
func xlsbText(p []byte) (s string, rest []byte) {
	if len(p) < 4 {
		return "", nil
	}
	n := int64(binary.LittleEndian.Uint32(p))
	p = p[4:]
	if n == 0xffffffff {
		return "", p
	}
	n = min(2*n, int64(len(p)))
	return utf16Text(p[:n]), p[n:]
}
