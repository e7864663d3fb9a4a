package report

import (
	"strconv"
	"strings"
)

// stack draws one bar of several parts.
func (p *paper) stack(parts []Part) {
	if len(parts) == 0 {
		return
	}
	p.room(10)
	y := p.GetY() + 1.5
	for _, part := range parts {
		p.fill(fills[part.Class])
		p.Rect(margin+part.X*textWidth/100, y, part.Width*textWidth/100, 6, "F")
	}
	p.SetXY(margin, y+8)
}

// charts draws two charts in a row.
func (p *paper) charts(charts []weekChart) {
	if len(charts) == 0 {
		return
	}
	const space = 8.0
	width := (textWidth - space) / 2
	unit := width / ChartWidth
	height := 11 + ChartHeight*unit
	p.room(height + 4)
	y := p.GetY()
	for i, c := range charts {
		p.chart(c, margin+float64(i)*(width+space), y, unit)
	}
	p.SetXY(margin, y+height+2)
}

// chart draws one; a unit of the chart is so many millimetres.
func (p *paper) chart(c weekChart, x, y, unit float64) {
	p.font(sans, "B", 8.5, ink)
	p.SetXY(x, y)
	p.CellFormat(ChartWidth*unit, 4.5, c.Title, "", 2, "L", false, 0, "")
	p.legend(c, x, y+5)
	y += 11
	p.SetDrawColor(line[0], line[1], line[2])
	p.SetLineWidth(0.15)
	p.font(sans, "", 6.5, soft)
	for _, g := range c.Grid {
		p.Line(x+PlotLeft*unit, y+g.Y*unit, x+ChartWidth*unit, y+g.Y*unit)
		p.SetXY(x, y+g.Y*unit-1.5)
		p.CellFormat((PlotLeft-6)*unit, 3, g.Label, "", 0, "R", false, 0, "")
	}
	for _, col := range c.Columns {
		p.bar(c.LowerIs, x+col.X*unit, y+col.LowerY*unit, col.Width*unit, col.LowerHeight*unit)
		p.bar(c.UpperIs, x+col.X*unit, y+col.UpperY*unit, col.Width*unit, col.UpperHeight*unit)
		if col.Axis != "" {
			p.font(sans, "", 6.5, soft)
			p.SetXY(x+col.Middle*unit-8, y+186*unit)
			p.CellFormat(16, 3, col.Axis, "", 0, "C", false, 0, "")
		}
	}
	p.marks(c.Marks, x, y, unit)
}

// marks draws the moments of a chart.
func (p *paper) marks(marks []Mark, x, y, unit float64) {
	p.SetDrawColor(ink[0], ink[1], ink[2])
	p.SetDashPattern([]float64{0.8, 0.8}, 0)
	for _, m := range marks {
		p.Line(x+m.X*unit, y+plotTop*unit, x+m.X*unit, y+plotBottom*unit)
		p.font(sans, "", 6.5, ink)
		p.SetXY(x+m.X*unit-4, y+plotTop*unit-2.8)
		p.CellFormat(8, 2.8, strconv.Itoa(m.N), "", 0, "C", false, 0, "")
	}
	p.SetDashPattern(nil, 0)
}

func (p *paper) legend(c weekChart, x, y float64) {
	for _, part := range []struct{ class, name string }{{c.LowerIs, c.Lower}, {c.UpperIs, c.Upper}} {
		p.bar(part.class, x, y+0.8, 2.4, 2.4)
		p.font(sans, "", 7.5, soft)
		p.SetXY(x+2.8, y)
		p.CellFormat(p.GetStringWidth(part.name)+3, 4, part.name, "", 0, "L", false, 0, "")
		x += p.GetStringWidth(part.name) + 8
	}
}

func (p *paper) bar(class string, x, y, width, height float64) {
	if height > 0 {
		p.fill(fills[class])
		p.Rect(x, y, width, height, "F")
	}
}

const (
	cellHeight = 4.4
	cellSpace  = 1.1 // above and below the text
	columnGap  = 4.0
)

// table writes rows; the head comes again on each page.
func (p *paper) table(t *table) {
	widths := p.widths(t)
	p.Ln(0.5)
	need := p.rowHeight(words(t.Head...), widths)
	if len(t.Rows) > 0 {
		need += p.rowHeight(t.Rows[0], widths)
	}
	p.room(need)
	p.row(words(t.Head...), widths, true)
	for _, cells := range t.Rows {
		if p.GetY()+p.rowHeight(cells, widths) > lowest {
			p.AddPage()
			p.row(words(t.Head...), widths, true)
		}
		p.row(cells, widths, false)
	}
	p.Ln(1)
}

// widths gives each column of numbers what its widest cell needs, and the rest to the first.
func (p *paper) widths(t *table) []float64 {
	widths := make([]float64, len(t.Head))
	p.font(sans, "", 8.5, ink)
	rest := textWidth
	for i := 1; i < len(t.Head); i++ {
		for _, word := range strings.Fields(t.Head[i]) {
			widths[i] = max(widths[i], p.GetStringWidth(word))
		}
		for _, cells := range t.Rows {
			for _, line := range cells[i] {
				widths[i] = max(widths[i], p.GetStringWidth(line.Text))
			}
		}
		widths[i] += columnGap
		rest -= widths[i]
	}
	widths[0] = max(rest, 20)
	return widths
}

func (p *paper) rowHeight(cells []cell, widths []float64) float64 {
	lines := 1
	for i, c := range cells {
		lines = max(lines, len(p.SplitText(c.String(), widths[i])))
	}
	return float64(lines)*cellHeight + 2*cellSpace
}

func (p *paper) row(cells []cell, widths []float64, head bool) {
	p.font(sans, "", 8.5, ink)
	if head {
		p.font(sans, "", 8, soft)
	}
	height := p.rowHeight(cells, widths)
	x, y := margin, p.GetY()
	for i, c := range cells {
		align := "L"
		if i > 0 {
			align = "R"
		}
		split := p.SplitText(c.String(), widths[i])
		top := y + cellSpace
		if head {
			top = y + height - cellSpace - float64(len(split))*cellHeight
		}
		for j, l := range split {
			p.SetXY(x, top+float64(j)*cellHeight)
			p.CellFormat(widths[i], cellHeight, l, "", 0, align, false, 0, "")
		}
		x += widths[i]
	}
	edge := line
	if head {
		edge = soft
	}
	p.SetDrawColor(edge[0], edge[1], edge[2])
	p.SetLineWidth(0.2)
	p.Line(margin, y+height, margin+textWidth, y+height)
	p.SetXY(margin, y+height)
}
