package message

import (
	"io"
	"sort"
	"strings"
)

// office opens an office document: its text parts by the reader of its format, what is embedded as
// documents of their own.
func (z *zipFile) office(k kind) error {
	if z.anyEncrypted() {
		return z.open()
	}
	switch k {
	case kindXlsx:
		return z.xlsx()
	case kindODF:
		return z.odf()
	}
	return z.ooxml(k)
}

func (z *zipFile) anyEncrypted() bool {
	for i := range z.entries {
		if z.entries[i].encrypted() {
			return true
		}
	}
	return false
}

// ooxml reads docx and pptx: every text part in order of name, slides by number.
func (z *zipFile) ooxml(k kind) error {
	parts := make([]zipEntry, 0, len(z.entries))
	for _, e := range z.entries {
		if isTextPart(e.name) {
			parts = append(parts, e)
		}
	}
	sort.SliceStable(parts, func(i, j int) bool { return partOrder(parts[i].name, parts[j].name) })
	text := z.o.layout(z.d, k)
	hid := z.o.aside(z.d, k)
	var failed error
	for _, e := range parts {
		if err := z.xml(e, &ooxmlText{l: text, hid: hid}); err != nil && failed == nil {
			failed = err
		}
		text.space('\n')
	}
	text.close()
	hid.close()
	if err := z.embedded(); err != nil && failed == nil {
		failed = err
	}
	if z.broken && failed == nil {
		failed = damaged
	}
	return failed
}

// isTextPart says whether an entry of an OOXML document holds text that people wrote.
func isTextPart(name string) bool {
	if strings.HasSuffix(name, ".rels") {
		return true
	}
	if !strings.HasSuffix(name, ".xml") || strings.HasPrefix(name, "customXml/itemProps") {
		return false
	}
	switch baseName(name) {
	case "styles.xml", "settings.xml", "theme1.xml", "fontTable.xml", "webSettings.xml", "numbering.xml", "[Content_Types].xml",
		"stylesWithEffects.xml", "presProps.xml", "viewProps.xml", "tableStyles.xml", "calcChain.xml":
		return false
	}
	return !strings.Contains(name, "/theme/") && !strings.Contains(name, "slideLayouts/") && !strings.Contains(name, "slideMasters/")
}

// partOrder sorts text parts: the document first, then by name, slide2 before slide10.
func partOrder(a, b string) bool {
	ra, rb := partRank(a), partRank(b)
	if ra != rb {
		return ra < rb
	}
	if len(a) != len(b) && strings.TrimRight(strings.TrimSuffix(a, ".xml"), "0123456789") == strings.TrimRight(strings.TrimSuffix(b, ".xml"), "0123456789") {
		return len(a) < len(b)
	}
	return a < b
}

func partRank(name string) int {
	switch {
	case strings.HasPrefix(name, "word/document"), strings.HasPrefix(name, "ppt/slides/slide"):
		return 0
	case strings.HasSuffix(name, ".rels"):
		return 2
	}
	return 1
}

// xml scans one entry.
func (z *zipFile) xml(e zipEntry, h xmlHandler) error {
	r, err := z.reader(e)
	if err != nil {
		return err
	}
	return scanXML(z.o, r, h)
}

// embedded opens what is no text part: objects, mails, documents within the document. Pictures are counted once.
func (z *zipFile) embedded() error {
	n, pictures := 0, false
	for _, e := range z.entries {
		if e.dir() || strings.HasSuffix(e.name, ".xml") || strings.HasSuffix(e.name, ".rels") || e.packed == 0 || isFurniture(e.name) {
			continue
		}
		if isPictureName(e.name) {
			pictures = true
			continue
		}
		if !z.o.budget.takePart() {
			return errLimit
		}
		n++
		r, err := z.reader(e)
		if err != nil {
			return err
		}
		z.o.stream(z.d.child(n, baseName(e.name)), r)
	}
	if pictures {
		z.o.unopened(z.d.path, string(isImage))
	}
	return nil
}

// isFurniture names entries that belong to the program: fonts, printer settings, macros' storage.
func isFurniture(name string) bool {
	for _, s := range []string{".odttf", ".fntdata", "printerSettings", "mimetype", "vbaProject.bin", "Thumbnails/", "thumbnail.", ".rdf", "layout-cache", "Configurations2/"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

func isPictureName(name string) bool {
	switch name = strings.ToLower(name); name[strings.LastIndexByte(name, '.')+1:] {
	case "png", "jpg", "jpeg", "gif", "emf", "wmf", "tif", "tiff", "bmp", "svg", "webp", "wdp", "jfif":
		return true
	}
	return strings.Contains(name, "objectreplacements/")
}

// ooxmlText takes the text of WordprocessingML and DrawingML parts: runs join, paragraphs are lines,
// table rows are lines with cells separated by tabs; deleted and hidden runs and field codes go aside.
type ooxmlText struct {
	l   *layout
	hid *aside

	in       byte // 't' text, 'h' hidden text, 'p' a property
	vanish   bool // the present run is hidden
	fallback int  // depth inside mc:Fallback, a copy of what was read
	hidden   []byte
	props    bool // the part is properties or custom XML: all its text counts
	machine  bool // the present property is for machines
	begun    bool
}

func (t *ooxmlText) start(name []byte, attrs xmlAttrs) {
	if !t.begun {
		t.begun = true
		switch string(name) {
		case "coreProperties", "Properties":
			t.props = true
		case "document", "hdr", "ftr", "footnotes", "endnotes", "comments", "sld", "notes", "presentation", "chartSpace", "dataModel", "Relationships", "glossaryDocument":
		default:
			t.props = true
		}
	}
	t.machine = t.props && (t.machine || machineProps[string(name)])
	switch string(name) {
	case "t":
		t.in = 't'
		if t.vanish {
			t.in = 'h'
		}
	case "delText", "instrText", "delInstrText":
		t.in = 'h'
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

// odf reads OpenDocument text, sheets and presentations.
func (z *zipFile) odf() error {
	alg, locked := z.odfLock()
	if locked {
		z.o.locked(z.d, "office", alg)
		return encrypted
	}
	text := z.o.layout(z.d, kindODF)
	hid := z.o.aside(z.d, kindODF)
	var failed error
	for _, e := range z.entries {
		b := baseName(e.name)
		if b != "content.xml" && b != "styles.xml" && b != "meta.xml" {
			continue
		}
		if err := z.xml(e, &odfText{l: text, hid: hid, meta: b == "meta.xml"}); err != nil && failed == nil {
			failed = err
		}
		text.space('\n')
	}
	text.close()
	hid.close()
	if err := z.embedded(); err != nil && failed == nil {
		failed = err
	}
	return failed
}

// odfLock looks into the manifest for encrypted entries (ODF 1.3 part 2, section 4).
func (z *zipFile) odfLock() (alg string, locked bool) {
	m := &odfManifest{}
	for _, e := range z.entries {
		if e.name == "META-INF/manifest.xml" {
			if err := z.xml(e, m); err != nil && err != io.ErrUnexpectedEOF {
				return "", false
			}
		}
	}
	return m.algorithm, m.locked
}

type odfManifest struct {
	path      string
	locked    bool
	algorithm string
}

func (m *odfManifest) start(name []byte, attrs xmlAttrs) {
	switch string(name) {
	case "file-entry":
		m.path = attrs.get("full-path")
	case "encryption-data":
		m.locked = m.locked || m.path == "content.xml" || m.path == "encrypted-package"
	case "algorithm":
		a := attrs.get("algorithm-name")
		switch {
		case strings.HasSuffix(a, "aes256-cbc"):
			m.algorithm = "AES-256-CBC"
		case strings.HasSuffix(a, "aes256-gcm"):
			m.algorithm = "AES-256-GCM"
		case strings.HasSuffix(a, "aes192-cbc"):
			m.algorithm = "AES-192-CBC"
		case strings.HasSuffix(a, "aes128-cbc"):
			m.algorithm = "AES-128-CBC"
		case strings.Contains(a, "Blowfish"):
			m.algorithm = "Blowfish"
		}
	}
}
func (m *odfManifest) end([]byte)   {}
func (m *odfManifest) chars([]byte) {}

// odfText takes the text of an OpenDocument part.
type odfText struct {
	l       *layout
	hid     *aside
	meta    bool
	para    int // depth inside paragraphs
	deleted int // depth inside tracked changes
	hidden  []byte
}

func (t *odfText) start(name []byte, attrs xmlAttrs) {
	switch string(name) {
	case "p", "h":
		t.para++
	case "tab":
		t.l.space('\t')
	case "line-break":
		t.l.space('\n')
	case "s":
		if t.para > 0 {
			t.l.space(' ')
		}
	case "table-cell", "covered-table-cell":
		t.l.cell()
	case "table-row":
		t.l.newRow()
	case "table":
		t.l.newRow()
		t.hid.add([]byte(attrs.get("name")))
	case "tracked-changes":
		t.deleted++
	case "a":
		t.hid.add(percentDecode(attrs.get("href")))
	}
}

func (t *odfText) end(name []byte) {
	switch string(name) {
	case "p", "h":
		t.para--
		if len(t.hidden) > 0 {
			t.hid.add(t.hidden)
			t.hidden = t.hidden[:0]
		}
		t.l.space('\n')
	case "table-row", "table":
		t.l.newRow()
	case "tracked-changes":
		t.deleted--
	case "annotation":
		t.l.space('\n')
	}
}

func (t *odfText) chars(p []byte) {
	switch {
	case t.deleted > 0:
		if t.para > 0 && len(t.hidden) < 1<<20 {
			t.hidden = append(t.hidden, p...)
		}
	case t.meta && !isBlank(p):
		t.hid.add(p)
	case t.para > 0:
		t.l.put(p)
	}
}
