package message

// ooxmlText takes the text of WordprocessingML and DrawingML parts: runs join, paragraphs are lines,
// table rows are lines with cells separated by tabs; deleted and hidden runs and field codes go aside.
type ooxmlText struct {
	l   *layout
	hid *aside

	in       byte // 't' text, 'h' hidden text, 'p' a property
	vanish   bool // the present run is hidden
	fallback int  // depth inside mc:Fallback, a copy of what was read
	hidden   []byte
	last     byte // kind of the last hidden run
	props    bool // the part is properties or custom XML: all its text counts
	unseen   bool // a slide that is not shown
	machine  bool // the present property is for machines
	begun    bool
}

func (t *ooxmlText) start(name []byte, attrs xmlAttrs) {
	if !t.begun {
		t.root(name, attrs)
	}
	t.machine = t.props && (t.machine || machineProps[string(name)])
	switch string(name) {
	case "t":
		t.in = 't'
		if t.vanish || t.unseen {
			t.in = 'h'
			t.aside('v')
		}
	case "delText", "instrText", "delInstrText":
		t.in = 'h'
		t.aside(name[0])
	case "text", "v":
		t.in = 't' // comments of presentations, values of charts
	case "r", "rPr":
		if string(name) == "r" {
			t.vanish = false
		}
	case "vanish", "webHidden", "specVanish":
		v := attrs.get("val")
		t.vanish = string(name) != "webHidden" && v != "0" && v != "false"
	case "tab", "ptab":
		t.l.space('\t')
	case "br", "cr":
		t.l.space('\n')
	case "noBreakHyphen":
		t.l.put([]byte("-"))
	case "tc":
		t.l.cell()
	case "tr":
		t.l.newRow()
	case "Fallback":
		t.fallback++
	case "Relationship":
		if attrs.get("TargetMode") == "External" {
			t.hid.add(percentDecode(attrs.get("Target")))
		}
	case "docPr", "cNvPr":
		t.hid.add([]byte(attrs.get("descr")))
		t.hid.add([]byte(attrs.get("title")))
	case "comment", "cm", "cmAuthor":
		t.hid.add([]byte(attrs.get("author") + attrs.get("name")))
	}
}

// root takes the outermost element, which tells the kind of the part.
func (t *ooxmlText) root(name []byte, attrs xmlAttrs) {
	t.begun = true
	switch string(name) {
	case "coreProperties", "Properties":
		t.props = true
	case "sld":
		t.unseen = attrs.get("show") == "0"
	case "document", "hdr", "ftr", "footnotes", "endnotes", "comments", "notes", "presentation", "chartSpace", "dataModel", "Relationships", "glossaryDocument":
	default:
		t.props = true
	}
}

// aside begins a hidden run of a kind; runs of one kind join, others do not.
func (t *ooxmlText) aside(kind byte) {
	if t.last != kind && len(t.hidden) > 0 {
		t.hidden = append(t.hidden, ' ')
	}
	t.last = kind
}

func (t *ooxmlText) end(name []byte) {
	switch string(name) {
	case "t", "text", "v":
		t.in = 0
	case "delText", "instrText", "delInstrText":
		t.in = 0
	case "p":
		if len(t.hidden) > 0 {
			t.hid.add(t.hidden)
			t.hidden = t.hidden[:0]
		}
		t.l.space('\n')
	case "tr":
		t.l.newRow()
	case "tbl":
		t.l.newRow()
	case "Fallback":
		t.fallback--
	case "pt":
		t.l.space(' ')
	}
	t.machine = t.machine && !machineProps[string(name)]
}

func (t *ooxmlText) chars(p []byte) {
	switch {
	case t.fallback > 0:
	case t.in == 't':
		t.l.put(p)
	case t.in == 'h':
		if len(t.hidden) < 1<<20 {
			t.hidden = append(t.hidden, p...)
		}
	case t.props && !t.machine && !isBlank(p):
		t.hid.add(p)
	}
}

// machineProps are properties that programs write for themselves.
var machineProps = map[string]bool{"Application": true, "AppVersion": true, "TotalTime": true, "Pages": true, "Words": true, "Characters": true,
	"CharactersWithSpaces": true, "Lines": true, "Paragraphs": true, "revision": true, "language": true, "Template": true, "DocSecurity": true,
	"ScaleCrop": true, "LinksUpToDate": true, "SharedDoc": true, "HyperlinksChanged": true, "Slides": true, "Notes": true, "HiddenSlides": true,
	"MMClips": true, "PresentationFormat": true, "created": true, "modified": true, "lastPrinted": true, "HeadingPairs": true}

func isBlank(p []byte) bool {
	for _, b := range p {
		if b > ' ' {
			return false
		}
	}
	return true
}
