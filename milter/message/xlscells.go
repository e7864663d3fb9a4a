package message

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

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
	case xlsDrawings:
		x.picture = x.picture || bytes.Contains(p, []byte("\x89PNG")) || bytes.Contains(p, []byte("\xff\xd8\xff"))
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
			x.formulaCell(p, number)
		}
	case xlsString:
		if x.formula != nil {
			x.put(x.formula, x.text16(p))
			x.formula = nil
		}
	case xlsSeriesText:
		if x.depth > 0 && len(p) > 3 {
			x.line(x.text8(p[2:]))
		}
	}
}

// formulaCell takes the result of a formula: a number, or the mark of a string that follows, of a truth
// value, an error, or nothing.
func (x *xls) formulaCell(p []byte, number func(float64)) {
	switch {
	case binary.LittleEndian.Uint16(p[12:]) != 0xffff:
		number(math.Float64frombits(binary.LittleEndian.Uint64(p[6:])))
	case p[6] == 0:
		x.formula = append([]byte(nil), p[:6]...)
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
