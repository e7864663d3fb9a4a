package message

import (
	"bytes"
	"compress/zlib"
	"io"
	"unicode/utf16"
)

// pdfDict bounds how far behind a key its stream or string may begin.
const pdfDict = 4 << 10

// pdfFiles bounds the files inside a PDF that are opened: each may need a look through the whole.
const pdfFiles = 50

// pdfInside reads what pdftotext leaves out: the properties of the document, and the files inside it. Both
// are looked for by their keys; what stands in compressed object streams is not found this way.
func (o *opener) pdfInside(d doc, data *io.SectionReader) error {
	w := o.text(d.label("pdf properties"), d.quoted, true)
	for _, key := range []string{"/Title", "/Subject", "/Author", "/Keywords"} {
		n := 0
		pdfScan(data, key, func(off int64) {
			if n++; n > 200 {
				return
			}
			if s := pdfToken(bytes.TrimLeft(pdfAt(data, off+int64(len(key)), pdfDict), " \t\r\n")); len(s) > 0 && len(s) < pdfDict-1 {
				w.writeString(pdfText(s) + "\n")
			}
		})
	}
	w.close()
	var failed error
	k := 0
	pdfScan(data, "/EmbeddedFile", func(off int64) {
		head := pdfAt(data, off+13, pdfDict)
		if failed != nil || len(head) == 0 || isLetter(head[0]) {
			return
		}
		if k >= pdfFiles || !o.budget.takePart() {
			failed = errLimit
			return
		}
		k++
		o.pdfFile(d.child(k, ""), data, off+13, head)
	})
	return failed
}

// pdfFile opens one embedded file, whose stream begins behind its dictionary.
func (o *opener) pdfFile(d doc, data *io.SectionReader, off int64, head []byte) {
	at := bytes.Index(head, []byte("stream"))
	if at < 0 || bytes.Contains(head[:at], []byte("endobj")) {
		return
	}
	before := pdfAt(data, max(off-pdfDict/4, 0), int(min(off, pdfDict/4)))
	if i := bytes.LastIndex(before, []byte("obj")); i >= 0 {
		before = before[i:]
	}
	dict := append(before, head[:at]...)
	at += len("stream")
	if at < len(head) && head[at] == '\r' {
		at++
	}
	if at < len(head) && head[at] == '\n' {
		at++
	}
	off += int64(at)
	var r io.Reader = io.NewSectionReader(data, off, data.Size()-off)
	switch {
	case bytes.Contains(dict, []byte("/FlateDecode")):
		z, err := zlib.NewReader(newBuf(r))
		if err != nil {
			o.unopened(d.path, string(damaged))
			return
		}
		r = z
	case bytes.Contains(dict, []byte("/Filter")):
		o.unopened(d.path, "unknown compression")
		return
	default:
		end := data.Size()
		pdfScanFrom(data, off, "endstream", func(p int64) bool { end = p; return false })
		r = io.NewSectionReader(data, off, end-off)
	}
	o.stream(d, &meter{&o.budget, &capped{r, data.Size()*zipRatio + zipFree}})
}

// pdfText decodes a text string: UTF-16 with its mark, UTF-8 with its mark, else PDFDocEncoding.
func pdfText(s []byte) string {
	switch {
	case bytes.HasPrefix(s, []byte{0xfe, 0xff}):
		wide := make([]uint16, 0, len(s)/2)
		for i := 2; i+1 < len(s); i += 2 {
			wide = append(wide, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(wide))
	case bytes.HasPrefix(s, []byte{0xef, 0xbb, 0xbf}):
		return string(s[3:])
	}
	return decodeCharset(s, "windows-1252")
}
