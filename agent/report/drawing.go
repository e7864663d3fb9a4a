package report

import (
	"html/template"
	"strconv"
)

// Drawing are the shapes of a chart as SVG: its grid, a column for each week in the classes of its two parts, and the weeks' names.
// Written here and not in the template, it takes a tenth of the time; a year of weeks is a thousand numbers.
func (c Chart) Drawing(lowerIs, upperIs string) template.HTML {
	d := drawing{}
	for _, g := range c.Grid {
		d.put(`<line class="grid" x1="38" x2="480" y1="`, g.Y, `" y2="`, g.Y, `"/><text class="axis" x="30" y="`, g.Y, `" dy="4" text-anchor="end">`, shown(g.Label), `</text>`)
	}
	d.put("\n")
	for _, col := range c.Columns {
		if col.Lower != 0 {
			d.put(`<rect class="`, shown(lowerIs), `" x="`, col.X, `" width="`, col.Width, `" y="`, col.LowerY, `" height="`, col.LowerHeight, `"/>`)
		}
		if col.Upper != 0 {
			d.put(`<rect class="`, shown(upperIs), `" x="`, col.X, `" width="`, col.Width, `" y="`, col.UpperY, `" height="`, col.UpperHeight, `"/>`)
		}
		if col.Axis != "" {
			d.put(`<text class="axis" x="`, col.Middle, `" y="198" text-anchor="middle">`, shown(col.Axis), `</text>`)
		}
	}
	return template.HTML(d)
}

// drawing is SVG that is being written.
type drawing []byte

// shown is a text that is no markup.
type shown string

// put writes markup (untyped texts of the code), lengths to a tenth, and texts that are escaped.
func (d *drawing) put(parts ...any) {
	for _, p := range parts {
		switch p := p.(type) {
		case float64:
			*d = strconv.AppendFloat(*d, p, 'f', 1, 64)
		case shown:
			*d = append(*d, template.HTMLEscapeString(string(p))...)
		case string:
			*d = append(*d, p...)
		}
	}
}
