package message

import (
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
		if z.has("xl/workbook.bin") {
			return z.xlsb()
		}
		return z.xlsx()
	case kindODF:
		return z.odf()
	}
	return z.ooxml(k)
}

func (z *zipFile) has(name string) bool {
	for i := range z.entries {
		if z.entries[i].name == name {
			return true
		}
	}
	return false
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
