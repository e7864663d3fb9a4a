package report

import (
	"embed"
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
)

//go:embed fonts/*.ttf
var fonts embed.FS

// Measures of a page in millimetres, A4 portrait.
const (
	margin     = 20.0
	paperWidth = 210.0
	textWidth  = paperWidth - 2*margin
	lowest     = 297.0 - 22
)

// colour is red, green, blue.
type colour [3]int

var (
	ink    = colour{27, 36, 41}
	soft   = colour{84, 97, 106}
	line   = colour{205, 204, 196}
	ground = colour{246, 245, 240}
	fills  = map[string]colour{"is-yes": {23, 104, 124}, "is-first-hop": {168, 118, 26}, "is-unknown": {125, 135, 144}, "is-no": {185, 72, 31}}
)

// Names of the fonts.
const (
	sans  = "sans"
	serif = "serif"
)

// paper is a PDF that is being written, from top to bottom.
type paper struct {
	*fpdf.Fpdf
	report *Report
	name   string // what the document is called, under each page
	pages  int    // in all, 0 while they are being counted
	scale  float64
}

// tightest is how small the first page may become, of its size.
const tightest = 0.78

// writePDF writes the first page as large as it fits on one, when many notes stand on it.
func (r *Report) writePDF(w io.Writer) error {
	scale := 1.0
	for ; scale > tightest; scale -= 0.03 {
		p, err := r.layOut(0, scale, true)
		if err != nil {
			return fmt.Errorf("report: pdf: %w", err)
		}
		if p.PageCount() == 1 {
			break
		}
	}
	return writeTwice(w, func(pages int) (*paper, error) { return r.layOut(pages, scale, false) })
}

// writeTwice lays a document out twice, since only the first time tells how many pages it has.
func writeTwice(w io.Writer, layOut func(pages int) (*paper, error)) error {
	first, err := layOut(0)
	if err != nil {
		return fmt.Errorf("report: pdf: %w", err)
	}
	second, err := layOut(first.PageCount())
	if err != nil {
		return fmt.Errorf("report: pdf: %w", err)
	}
	if err := second.Output(w); err != nil {
		return fmt.Errorf("report: pdf: %w", err)
	}
	return nil
}

func (r *Report) layOut(pages int, scale float64, first bool) (*paper, error) {
	p, err := newPaper(r, text(r.Lang, "title"), pages)
	if err != nil {
		return nil, err
	}
	p.scale = scale
	p.head()
	for _, s := range r.sections() {
		if s.NewPage {
			if p.scale = 1; first {
				return p, p.Error()
			}
		}
		p.section(s)
	}
	hash, err := r.Hash()
	if err != nil {
		return nil, err
	}
	p.Ln(4)
	p.paragraph(text(r.Lang, "hash", hash), 8, soft)
	return p, p.Error()
}

// newPaper begins a document with its first page.
func newPaper(r *Report, name string, pages int) (*paper, error) {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), report: r, name: name, pages: pages, scale: 1}
	for _, f := range []struct{ family, style, file string }{{sans, "", "public-sans-regular"}, {sans, "B", "public-sans-semibold"}, {serif, "", "newsreader-medium"}} {
		b, err := fonts.ReadFile("fonts/" + f.file + ".ttf")
		if err != nil {
			return nil, err
		}
		p.AddUTF8FontFromBytes(f.family, f.style, b)
	}
	p.SetMargins(margin, margin, margin)
	p.SetCellMargin(0)
	p.SetAutoPageBreak(false, 0)
	p.SetTitle(name+" · "+r.Organisation, true)
	p.SetCreator("Postvagt", true)
	p.SetLang(r.Lang)
	p.SetCreationDate(r.Made)
	p.SetModificationDate(r.Made)
	p.SetCatalogSort(true)
	p.SetFooterFunc(p.foot)
	p.AddPage()
	return p, p.Error()
}

// foot stands under each page: whose report it is, and the page.
func (p *paper) foot() {
	p.SetY(-15)
	p.font(sans, "", 8, soft)
	p.CellFormat(textWidth-30, 5, p.fit(p.report.Organisation+" · "+p.name, textWidth-30), "", 0, "L", false, 0, "")
	p.CellFormat(30, 5, text(p.report.Lang, "page", p.PageNo(), p.pages), "", 0, "R", false, 0, "")
}

func (p *paper) font(family, style string, size float64, c colour) {
	p.SetFont(family, style, size*p.scale)
	p.SetTextColor(c[0], c[1], c[2])
}

func (p *paper) fill(c colour) { p.SetFillColor(c[0], c[1], c[2]) }

// room begins a new page unless h more millimetres fit on this one.
func (p *paper) room(h float64) {
	if p.GetY()+h > lowest {
		p.AddPage()
	}
}

func (p *paper) head() {
	r := p.report
	p.font(sans, "B", 10.5, ink)
	p.MultiCell(textWidth, 5*p.scale, r.Organisation, "", "L", false)
	p.font(serif, "", 25, ink)
	p.MultiCell(textWidth, 11.5*p.scale, text(r.Lang, "title"), "", "L", false)
	page, err := r.page()
	p.SetError(err)
	p.paragraph(page.Scope, 10.5, soft)
	p.paragraph(page.Made, 9, soft)
}

func (p *paper) section(s section) {
	if s.NewPage {
		p.AddPage()
	}
	p.room(s.need() * p.scale)
	p.Ln(2.2 * p.scale)
	p.font(serif, "", 14.5, ink)
	p.MultiCell(textWidth, 7.2*p.scale, s.Heading, "", "L", false)
	for _, t := range s.Large {
		p.font(serif, "", 12.5, ink)
		p.lines(t, textWidth, 6)
		p.Ln(1.5 * p.scale)
	}
	p.cards(s.Cards)
	for _, t := range s.Paragraphs {
		p.paragraph(t, 9.5, ink)
	}
	for _, t := range s.List {
		p.item(t)
	}
	p.stack(s.Stack)
	p.charts(s.Charts)
	if s.Table != nil {
		p.table(s.Table)
	}
}

// need is how much of a page must be left for a section to begin on it: a heading never stands alone.
func (s section) need() float64 {
	switch {
	case len(s.Charts) > 0:
		return 62
	case len(s.Stack) > 0 || len(s.Cards) > 0:
		return 40
	case s.Table != nil:
		return 34
	}
	return 15
}

func (p *paper) paragraph(t string, size float64, c colour) {
	p.font(sans, "", size, c)
	p.lines(t, textWidth, size*0.5)
	p.Ln(0.8 * p.scale)
}

// lines writes a text line by line, so that a page may end between any two.
func (p *paper) lines(t string, width, height float64) {
	x := p.GetX()
	height *= p.scale
	for _, l := range p.SplitText(t, width) {
		p.room(height)
		p.SetX(x)
		p.CellFormat(width, height, l, "", 1, "L", false, 0, "")
	}
	p.SetX(margin)
}

func (p *paper) item(t string) {
	p.font(sans, "", 9.5, ink)
	height := 4.8 * p.scale
	p.room(height)
	p.CellFormat(4, height, "•", "", 0, "L", false, 0, "")
	p.lines(t, textWidth-4, 4.8)
	p.Ln(0.5 * p.scale)
}

// fit cuts a text that is wider than w.
func (p *paper) fit(t string, w float64) string {
	if p.GetStringWidth(t) <= w-2 {
		return t
	}
	runes := []rune(t)
	for len(runes) > 0 && p.GetStringWidth(string(runes)+"…") > w-2 {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// cards stand beside each other, all as high as the highest.
func (p *paper) cards(cards []card) {
	if len(cards) == 0 {
		return
	}
	const space = 4.0
	inner := 3.5 * p.scale
	width := (textWidth - space*float64(len(cards)-1)) / float64(len(cards))
	height := 0.0
	for _, c := range cards {
		height = max(height, p.card(c, 0, 0, width, inner, false))
	}
	p.room(height + 2)
	y := p.GetY()
	for i, c := range cards {
		x := margin + float64(i)*(width+space)
		p.fill(ground)
		p.Rect(x, y, width, height, "F")
		p.card(c, x, y, width, inner, true)
	}
	p.SetXY(margin, y+height+2.5)
}

// card writes one card, or only measures how high it is.
func (p *paper) card(c card, x, y, width, inner float64, write bool) float64 {
	top := y
	y += inner
	put := func(t, family, style string, size, height float64, col colour) {
		height *= p.scale
		p.font(family, style, size, col)
		for _, l := range p.SplitText(t, width-2*inner) {
			if write {
				p.SetXY(x+inner, y)
				p.CellFormat(width-2*inner, height, l, "", 0, "L", false, 0, "")
			}
			y += height
		}
	}
	put(c.Title, sans, "B", 9.5, 4.6, ink)
	y++
	put(c.Value, serif, "", 17, 7.5, ink)
	if c.Share != "" {
		put(c.Share, serif, "", 12, 5.6, soft)
	}
	y++
	put(c.Help, sans, "", 8, 3.8, ink)
	if c.Beside != "" {
		y++
		put(c.Beside, sans, "", 8, 3.8, soft)
	}
	return y + inner - top
}
