package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// Size of a chart in its own units; text in it is 12.5 units high.
const (
	ChartWidth  = 480.0
	ChartHeight = 210.0
	PlotLeft    = 38.0
	plotTop     = 12.0
	plotBottom  = 178.0
)

// Chart is a column for each week, in two parts that stand on each other.
type Chart struct {
	Columns []Column
	Grid    []GridLine
	Marks   []Mark
	Most    int64
}

// Mark is a moment on a chart: a line across it, with its number, and what happened then.
type Mark struct {
	N    int
	X    float64
	Date time.Time
	Text string
}

// Column is one week. Lengths are in units of the chart, from its upper left corner.
type Column struct {
	Week
	Axis                string // its label, "" where there is no room
	X, Width, Middle    float64
	LowerY, LowerHeight float64
	UpperY, UpperHeight float64
}

// Week is the part of a period that lies in one week, or month, [From, To), and its two counts. The whole of it is [Start, End).
type Week struct {
	Start, End, From, To time.Time
	Lower, Upper         int64
	month                bool
}

// GridLine is a line across the chart.
type GridLine struct {
	Y     float64
	Label string
}

// Weeks pairs the rows of a question split by week: what it counts below, and the rest of what it measures above.
func Weeks(rows []dashboards.Row, from, to time.Time) []Week { return spans(rows, from, to, false) }

// Months does so for a question split by month.
func Months(rows []dashboards.Row, from, to time.Time) []Week { return spans(rows, from, to, true) }

func spans(rows []dashboards.Row, from, to time.Time, month bool) []Week {
	var weeks []Week
	for _, r := range rows {
		start, err := time.ParseInLocation(time.DateOnly, r.Key, from.Location())
		if err != nil {
			continue
		}
		end := start.AddDate(0, 0, 7)
		if month {
			end = start.AddDate(0, 1, 0)
		}
		w := Week{Start: start, End: end, From: start, To: end, Lower: r.Count, Upper: rest(r), month: month}
		if w.From.Before(from) {
			w.From = from
		}
		if w.To.After(to) {
			w.To = to
		}
		weeks = append(weeks, w)
	}
	return weeks
}

// rest is what a row measures on and doesn't count.
func rest(r dashboards.Row) int64 {
	if r.Count == dashboards.Hidden || r.N == dashboards.Hidden {
		return dashboards.Hidden
	}
	return r.N - r.Count
}

// NewChart lays weeks out, with marks in the order of time; those outside of the weeks are left out. A part that is hidden has
// no height.
func NewChart(lang string, weeks []Week, marks ...Mark) Chart {
	var c Chart
	for _, w := range weeks {
		c.Most = max(c.Most, w.Lower+w.Upper)
	}
	top, step := scale(c.Most)
	height := func(n int64) float64 { return (plotBottom - plotTop) * float64(max(0, n)) / float64(top) }
	for n := int64(0); n <= top; n += step {
		c.Grid = append(c.Grid, GridLine{plotBottom - height(n), dashboards.Number(lang, n)})
	}
	slot := (ChartWidth - PlotLeft) / math.Max(1, float64(len(weeks)))
	width := math.Min(44, slot*0.72)
	every := int(math.Ceil(float64(len(weeks)) / 6))
	for i, w := range weeks {
		col := Column{Week: w, X: PlotLeft + slot*float64(i) + (slot-width)/2, Width: width, LowerHeight: height(w.Lower), UpperHeight: height(w.Upper)}
		col.LowerY = plotBottom - col.LowerHeight
		col.UpperY = col.LowerY - col.UpperHeight
		col.Middle = col.X + width/2
		if i%every == 0 {
			col.Axis = dashboards.ShortDate(lang, w.From)
		}
		c.Columns = append(c.Columns, col)
	}
	c.mark(weeks, slot, marks)
	return c
}

// mark places the marks: a day is a seventh of its week's slot, or its part of its month's.
func (c *Chart) mark(weeks []Week, slot float64, marks []Mark) {
	for _, m := range marks {
		for i, w := range weeks {
			if m.Date.Before(w.From) || !m.Date.Before(w.To) {
				continue
			}
			m.N, m.X = len(c.Marks)+1, PlotLeft+slot*(float64(i)+m.Date.Sub(w.Start).Hours()/w.End.Sub(w.Start).Hours())
			c.Marks = append(c.Marks, m)
			break
		}
	}
}

// MarksOf are the marks of measures, in the order of time: all but complaints, which nobody took. Say writes what a mark says.
func MarksOf(all []supervise.Measure, zone *time.Location, say func(supervise.Measure) string) (marks []Mark) {
	for _, m := range all {
		day, err := time.ParseInLocation(time.DateOnly, m.Date, zone)
		if err == nil && m.Kind != "complaint" {
			marks = append(marks, Mark{Date: day, Text: m.Date + " · " + say(m)})
		}
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return a.Date.Compare(b.Date) })
	return marks
}

// Label names a week: its number and its days; or a month, with its days where it is not a whole one.
func (w Week) Label(lang string) string {
	switch {
	case w.month && w.From.Equal(w.Start) && w.To.Equal(w.End):
		return dashboards.Month(lang, w.Start)
	case w.month:
		return dashboards.Dates(lang, w.From, w.To)
	}
	_, n := w.Start.ISOWeek()
	return fmt.Sprintf("%s %d: %s", text(lang, "span-weekly"), n, dashboards.Dates(lang, w.From, w.To))
}

// scale returns the top of an axis and the step of its lines, at most four.
func scale(most int64) (top, step int64) {
	step = 1
	for most > 4*step {
		if firstDigit(step) == 2 {
			step = step / 2 * 5
		} else {
			step *= 2
		}
	}
	return max(1, (most+step-1)/step) * step, step
}

func firstDigit(n int64) int64 {
	for n >= 10 {
		n /= 10
	}
	return n
}
