package message

import (
	"encoding/binary"
	"io"
	"strings"
)

// openOLE opens a compound file by what its streams are, wherever they stand: a document may hold others.
func openOLE(o *opener, d doc, data *io.SectionReader) error {
	c, err := readCFB(data)
	if err != nil {
		return err
	}
	if pkg, info := c.find("EncryptedPackage"), c.find("EncryptionInfo"); pkg != nil && info != nil {
		return openPackage(o, d, c, info, pkg)
	}
	if c.rightsManaged() {
		o.locked(d, "office", rightsManaged)
		return encrypted
	}
	if c.find("__properties_version1.0") != nil {
		return openMSG(o, d, c)
	}
	x := &oleFile{o: o, d: d, c: c}
	for i := range c.entries {
		if e := &c.entries[i]; e.stream && e.path != "" {
			x.stream(e)
		}
	}
	if !x.known && x.failed == nil {
		return unknown
	}
	return x.failed
}

type oleFile struct {
	o      *opener
	d      doc
	c      *cfb
	n      int // embedded documents so far
	known  bool
	failed error
}

func (x *oleFile) did(err error) {
	x.known = true
	if err != nil && x.failed == nil {
		x.failed = err
	}
}

// stream opens one stream by its name.
func (x *oleFile) stream(e *cfbEntry) {
	folder := strings.TrimSuffix(e.path, e.name)
	switch e.name {
	case "WordDocument":
		x.did(openDoc(x.o, x.d, x.c, e, folder))
	case "Workbook", "Book":
		x.did(openXLS(x.o, x.d, x.c.open(e)))
	case "PowerPoint Document":
		x.did(openPPT(x.o, x.d, x.c, e, folder))
	case "\x05SummaryInformation", "\x05DocumentSummaryInformation":
		x.o.properties(x.d, x.c.open(e))
	case "\x01Ole10Native":
		x.did(x.native(e))
	case "Package", "CONTENTS", "EmbeddedOdf":
		x.did(x.embedded("", x.c.open(e)))
	}
}

func (x *oleFile) embedded(name string, r io.Reader) error {
	if !x.o.budget.takePart() {
		return errLimit
	}
	x.n++
	x.o.entry(x.d.child(x.n, name), r)
	return nil
}

// native opens a file that was dropped into a document: names, then its bytes (MS-OLEDS 2.3.6).
func (x *oleFile) native(e *cfbEntry) error {
	s := x.c.open(e)
	head := make([]byte, min(s.Size(), 4096))
	n, _ := s.ReadAt(head, 0)
	r := &byteReader{p: head[:n]}
	r.take(6)
	name := decodeCharset(r.cstring(), "")
	r.cstring()
	r.take(4)
	if p := r.take(4); len(p) == 4 {
		r.take(int64(binary.LittleEndian.Uint32(p)))
	}
	p := r.take(4)
	if r.bad || len(p) < 4 {
		return x.embedded("", s)
	}
	off := int64(n - len(r.p))
	return x.embedded(name, io.NewSectionReader(s, off, min(int64(binary.LittleEndian.Uint32(p)), s.Size()-off)))
}
