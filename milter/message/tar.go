package message

import (
	"archive/tar"
	"io"
	"strings"
)

const tarBlock = 512

// openTar opens the files of a tar archive; behind a damaged header it goes on at the next whole one.
func openTar(o *opener, d doc, data *io.SectionReader) error {
	t := &tarFile{o: o, d: d, data: data}
	var failed error
	for at := int64(0); at >= 0; at = t.nextHeader(at) {
		var err error
		if at, err = t.read(at); err == nil {
			break
		}
		failed = damaged
		if err == errLimit {
			return err
		}
	}
	return failed
}

type tarFile struct {
	o    *opener
	d    doc
	data *io.SectionReader
	n    int
}

// read opens the files from the header at off on, and says where it stood when an error ended it.
func (t *tarFile) read(off int64) (int64, error) {
	sec := io.NewSectionReader(t.data, off, t.data.Size()-off)
	tr := tar.NewReader(sec)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return 0, nil
		}
		if err != nil {
			at, _ := sec.Seek(0, io.SeekCurrent)
			return off + at, err
		}
		if err := t.file(h, tr); err != nil {
			return 0, err
		}
	}
}

// file opens one file; its name, and that of a link's target, are texts.
func (t *tarFile) file(h *tar.Header, r io.Reader) error {
	if !t.o.budget.takeStep() {
		return errLimit
	}
	t.n++
	c := t.d.child(t.n, tarName(h.Name))
	if h.Linkname != "" {
		t.o.say("filename "+c.path, tarName(h.Linkname), t.d.quoted)
	}
	switch h.Typeflag {
	//lint:ignore SA1019 old archives have TypeRegA
	case tar.TypeReg, tar.TypeRegA, tar.TypeCont, tar.TypeGNUSparse:
	default:
		t.o.say("filename "+c.path, tarName(h.Name), t.d.quoted)
		return nil
	}
	if !t.o.budget.takePart() {
		return errLimit
	}
	if h.Size == 0 {
		t.o.say("filename "+c.path, tarName(h.Name), t.d.quoted)
		return nil
	}
	t.o.entry(c, t.o.guard(r, t.data.Size())) // sparse files hold more than their bytes
	return nil
}

// tarName decodes a name, which tar keeps in whatever charset the system had.
func tarName(s string) string { return strings.TrimPrefix(decodeCharset([]byte(s), ""), "./") }

// nextHeader finds the next header at or after off, -1 when there is none.
func (t *tarFile) nextHeader(off int64) int64 {
	buf := make([]byte, tarBlock)
	for off = (off + tarBlock - 1) &^ (tarBlock - 1); off < t.data.Size() && t.o.budget.takeStep(); off += tarBlock {
		if isTar(readFull(t.data, buf, off)) {
			return off
		}
	}
	return -1
}

// isTar says whether a block is a header: its checksum counts itself as blanks.
func isTar(h []byte) bool {
	if len(h) < tarBlock || h[0] == 0 {
		return false
	}
	sum, signed := 0, 0
	for i, b := range h[:tarBlock] {
		if i >= 148 && i < 156 {
			b = ' '
		}
		sum += int(b)
		signed += int(int8(b))
	}
	want, digits := 0, 0
	for _, b := range h[148:156] {
		switch {
		case b >= '0' && b <= '7':
			want = want<<3 | int(b-'0')
			digits++
		case b != ' ' && b != 0:
			return false
		}
	}
	return digits > 0 && (want == sum || want == signed)
}
