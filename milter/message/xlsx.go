package message

import (
	"path"
	"strconv"
	"strings"
)

// sharedMax bounds the bytes of shared strings held for one workbook; later ones are only listed.
const sharedMax = 16 << 20

// workbook is what the sheets of an xlsx refer to.
type workbook struct {
	strings []byte
	ends    []uint32
	formats map[int]string // numFmtId -> code
	styles  []int          // cell style -> numFmtId
	sheets  []sheetRef
	targets map[string]string // relation id -> entry
}

type sheetRef struct {
	name, id string
	hidden   bool
}

// shared gives a shared string.
func (b *workbook) shared(i int) []byte {
	if i < 0 || i >= len(b.ends) {
		return nil
	}
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.strings[from:b.ends[i]]
}

// xlsx reads a workbook: sheets in their order, rows as lines, then what else holds text.
func (z *zipFile) xlsx() error {
	b := &workbook{formats: map[int]string{}, targets: map[string]string{}}
	byName := map[string]zipEntry{}
	for _, e := range z.entries {
		byName[strings.TrimPrefix(e.name, "/")] = e
	}
	var failed error
	try := func(err error) {
		if err != nil && failed == nil {
			failed = err
		}
	}
	read := func(name string, h xmlHandler) {
		if e, ok := byName[name]; ok {
			try(z.xml(e, h))
			delete(byName, name)
		}
	}
	rest := z.o.layout(z.d, kindXlsx)
	read("xl/workbook.xml", &workbookXML{b: b})
	read("xl/_rels/workbook.xml.rels", &relsXML{b: b})
	read("xl/styles.xml", &stylesXML{b: b})
	read("xl/sharedStrings.xml", &stringsXML{b: b, over: rest})
	for _, s := range b.sheets {
		name := b.targets[s.id]
		d := z.d
		d.hidden = d.hidden || s.hidden
		l := z.o.layout(d, kindXlsx)
		l.put([]byte(s.name))
		l.newRow()
		read(name, &sheetXML{b: b, l: l})
		l.close()
	}
	hid := z.o.aside(z.d, kindXlsx)
	for _, e := range z.entries {
		if _, left := byName[e.name]; left && isTextPart(e.name) {
			if strings.Contains(e.name, "worksheets/sheet") && strings.HasSuffix(e.name, ".xml") {
				try(z.xml(e, &sheetXML{b: b, l: rest}))
			} else {
				try(z.xml(e, &ooxmlText{l: rest, hid: hid}))
			}
			rest.newRow()
		}
	}
	rest.close()
	hid.close()
	try(z.embedded())
	return failed
}

type workbookXML struct{ b *workbook }

func (h *workbookXML) start(name []byte, a xmlAttrs) {
	if string(name) == "sheet" && len(h.b.sheets) < 1000 {
		state := a.get("state")
		h.b.sheets = append(h.b.sheets, sheetRef{a.get("name"), relID(a), state == "hidden" || state == "veryHidden"})
	}
}
func (h *workbookXML) end([]byte)   {}
func (h *workbookXML) chars([]byte) {}

// relID is r:id, which must not be mistaken for sheetId.
func relID(a xmlAttrs) string {
	if i := strings.Index(string(a), ":id="); i >= 0 {
		return xmlAttrs(" " + string(a[i+1:])).get("id")
	}
	return ""
}

type relsXML struct{ b *workbook }

func (h *relsXML) start(name []byte, a xmlAttrs) {
	if string(name) == "Relationship" && len(h.b.targets) < 5000 {
		t := a.get("Target")
		if strings.HasPrefix(t, "/") {
			t = t[1:]
		} else {
			t = path.Join("xl", t)
		}
		h.b.targets[a.get("Id")] = t
	}
}
func (h *relsXML) end([]byte)   {}
func (h *relsXML) chars([]byte) {}

type stylesXML struct {
	b     *workbook
	cells bool
}

func (h *stylesXML) start(name []byte, a xmlAttrs) {
	switch string(name) {
	case "numFmt":
		if id, err := strconv.Atoi(a.get("numFmtId")); err == nil && len(h.b.formats) < 5000 {
			h.b.formats[id] = a.get("formatCode")
		}
	case "cellXfs":
		h.cells = true
	case "xf":
		if h.cells && len(h.b.styles) < 100_000 {
			id, _ := strconv.Atoi(a.get("numFmtId"))
			h.b.styles = append(h.b.styles, id)
		}
	}
}
func (h *stylesXML) end(name []byte) {
	if string(name) == "cellXfs" {
		h.cells = false
	}
}
func (h *stylesXML) chars([]byte) {}

// stringsXML reads the shared strings; phonetic readings are left out.
type stringsXML struct {
	b    *workbook
	over *layout
	in   bool
	rph  bool
}

func (h *stringsXML) start(name []byte, _ xmlAttrs) {
	switch string(name) {
	case "t":
		h.in = !h.rph
	case "rPh":
		h.rph = true
	}
}

func (h *stringsXML) end(name []byte) {
	switch string(name) {
	case "t":
		h.in = false
	case "rPh":
		h.rph = false
	case "si":
		if len(h.b.ends) < sharedCount {
			h.b.ends = append(h.b.ends, uint32(len(h.b.strings)))
		}
		if h.full() {
			h.over.newRow()
		}
	}
}

// full says whether further strings can only be listed.
func (h *stringsXML) full() bool {
	return len(h.b.strings) >= sharedMax || len(h.b.ends) >= sharedCount
}

func (h *stringsXML) chars(p []byte) {
	switch {
	case !h.in:
	case !h.full():
		h.b.strings = append(h.b.strings, p...)
	default:
		h.over.put(p)
	}
}

// sheetXML reads the cells of one sheet as a reader sees them.
type sheetXML struct {
	b     *workbook
	l     *layout
	typ   string
	style int
	in    byte // 'v' value, 't' inline text, 'h' header or footer
	value []byte
	col   int // column of the last cell, from 1
}

// emptyCells bounds the tabs that stand for empty cells in a row.
const emptyCells = 30

// column begins the cell that the reference names ("C5"); empty cells before it leave their tabs.
func (h *sheetXML) column(ref string) {
	col := 0
	for i := 0; i < len(ref) && i < 3 && isLetter(ref[i]); i++ {
		col = col*26 + int(ref[i]|0x20-'a') + 1
	}
	for n := min(col-h.col-1, emptyCells); n > 0; n-- {
		h.l.cell()
	}
	h.l.cell()
	h.col = max(col, h.col)
}

func (h *sheetXML) start(name []byte, a xmlAttrs) {
	switch string(name) {
	case "row":
		h.l.newRow()
		h.col = 0
	case "c":
		h.column(a.get("r"))
		h.typ = a.get("t")
		h.style, _ = strconv.Atoi(a.get("s"))
	case "v":
		h.in, h.value = 'v', h.value[:0]
	case "t":
		h.in = 't'
	case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter", "formula1":
		h.in = 'h'
		h.l.newRow()
	}
}

func (h *sheetXML) end(name []byte) {
	switch string(name) {
	case "v":
		h.in = 0
		h.put()
	case "t":
		h.in = 0
	case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter", "formula1":
		h.in = 0
	}
}

func (h *sheetXML) chars(p []byte) {
	switch h.in {
	case 'v':
		if len(h.value) < 64<<10 {
			h.value = append(h.value, p...)
		}
	case 't', 'h':
		h.l.put(p)
	}
}

// put writes the value of a cell.
func (h *sheetXML) put() {
	switch h.typ {
	case "s":
		i, err := strconv.Atoi(string(h.value))
		if err == nil {
			h.l.put(h.b.shared(i))
		}
	case "str", "b", "e", "d", "inlineStr":
		h.l.put(h.value)
	default:
		h.l.put([]byte(h.b.show(string(h.value), h.style)))
	}
}
