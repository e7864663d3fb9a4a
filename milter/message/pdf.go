package message

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// noPdftotext is the reason when the child is not installed or switched off.
const noPdftotext reason = "no pdftotext"

// openPDF reads the text layer of a PDF with pdftotext. That a password is needed is proven twice where it
// can be: by the encryption dictionary, and by the child that gets no text without one.
func openPDF(o *opener, d doc, data *io.SectionReader) error {
	l := findPDFLock(data)
	letters, err := o.pdfText(d, data, "")
	if l != nil && letters == 0 && !l.opens("") {
		o.locked(d, "pdf", l.algorithm())
		o.tryLater(attempt{d: d, kind: kindPDF, cost: 3, fits: l.opens, open: func(password string) error {
			_, err := o.pdfText(d, data, password)
			return err
		}})
		return encrypted
	}
	if l == nil { // what stands in an encrypted file cannot be read without its program
		if ierr := o.pdfInside(d, data); err == nil {
			err = ierr
		}
	}
	return err
}

// pdfText runs the child, reads what it prints and counts its letters.
func (o *opener) pdfText(d doc, data *io.SectionReader, password string) (letters int, err error) {
	path := o.pdftotext
	if path == "" {
		return 0, noPdftotext
	}
	file, err := fileOf(data)
	if err != nil {
		o.broken(err)
		return 0, err
	}
	defer file.Close()
	args := []string{"-q", "-layout", "-nopgbrk", "-enc", "UTF-8"}
	if password != "" {
		args = append(args, "-upw", password)
	}
	err = o.rd.child(path, append(args, "/dev/fd/3", "-"), file, func(out io.Reader) {
		o.lines(d, kindPDF, out, func(p []byte) []byte {
			letters += countLetters(p)
			return columns(p)
		})
	})
	switch {
	case errors.Is(err, errLimit):
		return letters, err
	case letters > 0:
		return letters, nil
	case err != nil:
		return 0, damaged
	}
	return 0, isImage // a scan has no text layer
}

// columns turns the wide blanks between the columns of a layout into tabs.
func columns(p []byte) []byte {
	p = bytes.TrimSpace(p)
	if !bytes.Contains(p, []byte("   ")) {
		return p
	}
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); {
		j := i
		for j < len(p) && p[j] == ' ' {
			j++
		}
		switch {
		case j-i >= 3:
			out = append(out, '\t')
			i = j
		default:
			out = append(out, p[i])
			i++
		}
	}
	return out
}

// fileOf copies data to an unlinked temporary file that a child can read.
func fileOf(data *io.SectionReader) (*os.File, error) {
	f, err := os.CreateTemp("", "postvagt-child-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name())
	if _, err := io.Copy(f, io.NewSectionReader(data, 0, data.Size())); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
