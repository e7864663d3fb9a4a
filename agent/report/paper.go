package report

import (
	"io"
	"time"
)

// Paper is any other document of the house: a draft, the register of breaches.
type Paper struct {
	Organisation, Title string
	Mark                string // under the title: what the document is, and is not
	Lang                string // BCP 47; da and en for the words under each page, en for all others
	Made                time.Time
	Sections            []PaperSection
}

// PaperSection is a heading, which may be empty, with paragraphs and facts.
type PaperSection struct {
	Heading string
	Text    []string
	Facts   [][2]string // name, value
	NewPage bool
}

// WritePDF writes the document as PDF, with page numbers.
func (d Paper) WritePDF(w io.Writer) error { return writeTwice(w, d.layOut) }

func (d Paper) layOut(pages int) (*paper, error) {
	p, err := newPaper(&Report{Options: Options{Organisation: d.Organisation, Lang: d.Lang, Made: d.Made}}, d.Title, pages)
	if err != nil {
		return nil, err
	}
	p.font(sans, "B", 10.5, ink)
	p.MultiCell(textWidth, 5, d.Organisation, "", "L", false)
	p.font(serif, "", 22, ink)
	p.MultiCell(textWidth, 10.5, d.Title, "", "L", false)
	if d.Mark != "" {
		p.paragraph(d.Mark, 10.5, soft)
	}
	for _, s := range d.Sections {
		p.part(s)
	}
	return p, p.Error()
}

func (p *paper) part(s PaperSection) {
	if s.NewPage {
		p.AddPage()
	}
	p.room(16)
	p.Ln(2.2)
	if s.Heading != "" {
		p.font(serif, "", 13, ink)
		p.MultiCell(textWidth, 6.4, s.Heading, "", "L", false)
	}
	for _, t := range s.Text {
		p.paragraph(t, 10, ink)
	}
	for _, f := range s.Facts {
		p.room(12)
		p.font(sans, "B", 8.5, soft)
		p.lines(f[0], textWidth, 4.6)
		p.paragraph(f[1], 10, ink)
	}
}
