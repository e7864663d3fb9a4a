package web

import (
	"fmt"
	"math"
	"strings"
	"time"

	"postvagt/dashboards"
)

// ratioCard is a share with all that must stand beside it.
type ratioCard struct {
	ID, Title, Help  string
	Empty            bool
	Count, Of, Share string // "13", "19", "68 %"
	With, Small      string
	Href, HrefAll    string
	HrefRest, Rest   string
	Width            float64 // of 100
}

// few is the number of mails below which a share is said to rest on few.
const few = 50

func (a answers) ratio(id, unseenID string) ratioCard {
	q, _ := dashboards.ByID(id)
	r, with := a.Row(id), a.With(id, unseenID)
	c := ratioCard{ID: id, Title: q.Title.In(a.Lang), Help: q.Help.In(a.Lang), Empty: r.N == 0,
		Count: dashboards.Number(a.Lang, r.Count), Of: dashboards.Number(a.Lang, r.N), Share: dashboards.Percent(a.Lang, r.Count, r.N),
		Href: a.behind(id), HrefAll: a.behind(id, "part", "over")}
	c.With = texts["share-same"].In(a.Lang)
	if with.N > r.N {
		c.With = fmt.Sprintf(texts["share-with"].In(a.Lang), dashboards.PartOf(a.Lang, with.Count, with.N))
	}
	if r.N == 0 {
		return c
	}
	if r.N < few {
		c.Small = fmt.Sprintf(texts["share-small"].In(a.Lang), dashboards.Number(a.Lang, int64(math.Round(100/float64(r.N)))))
	}
	c.Width = 100 * float64(r.Count) / float64(r.N)
	if rest := r.N - r.Count; rest > 0 {
		c.HrefRest, c.Rest = a.behind(id, "part", "rest"), fmt.Sprintf(texts["share-rest"].In(a.Lang), dashboards.Number(a.Lang, rest))
		if rest == 1 {
			c.Rest = texts["share-rest-1"].In(a.Lang)
		}
	}
	return c
}

// stack is one bar of several parts with its list.
type stack struct {
	Title, Help string
	Parts       []stackPart
}

type stackPart struct {
	Class, Title, Value, Share, Href string
	X, Width                         float64 // of 100
}

func (a answers) stack(id string) *stack {
	q, _ := dashboards.ByID(id)
	s := &stack{Title: q.Title.In(a.Lang), Help: q.Help.In(a.Lang)}
	counts, total := map[string]int64{}, int64(0)
	for _, r := range a.Answers[id] {
		counts[r.Key] += r.Count
		total += r.Count
	}
	if total == 0 {
		return nil
	}
	x := 0.0
	for _, key := range []string{"yes", "first-hop", "unknown", "no"} {
		n := counts[key]
		w := 100 * float64(n) / float64(total)
		s.Parts = append(s.Parts, stackPart{"is-" + key, dashboards.Word(a.Lang, "protected", key), dashboards.Number(a.Lang, n), dashboards.Percent(a.Lang, n, total), a.behind(id, "key", key), x, w})
		x += w
	}
	return s
}

// bar is one line of a bar chart.
type bar struct {
	Title, Value, Href string
	Width              float64 // of 100
}

func (a answers) bars(id, field string) []bar {
	var all []bar
	var most int64
	for _, r := range a.Answers[id] {
		most = max(most, r.Count)
	}
	for _, r := range a.Answers[id] {
		all = append(all, bar{dashboards.Word(a.Lang, field, r.Key), dashboards.Number(a.Lang, r.Count), a.behind(id, "key", keyParam(r.Key)), 100 * float64(r.Count) / float64(most)})
	}
	return all
}

// Size of a chart in its own units; text in it is 13 units high.
const (
	chartWidth  = 480.0
	chartHeight = 210.0
	plotLeft    = 38.0
	plotTop     = 12.0
	plotBottom  = 178.0
)

// chart is a column for each week, in two parts, with the table behind it.
type chart struct {
	ID, Title, Desc  string
	Lower, Upper     string // what the parts are called
	LowerIs, UpperIs string // their classes
	Columns          []chartColumn
	Grid             []gridLine
	WithShare        bool
}

type chartColumn struct {
	Label, Axis          string // axis: "" where there is no room
	Lower, Upper         int64
	LowerText, UpperText string
	Share, Href          string
	X, Width, Middle     float64
	LowerY, LowerHeight  float64
	UpperY, UpperHeight  float64
}

type gridLine struct {
	Y     float64
	Label string
}

// pair is one week's two counts.
type pair struct {
	key          string
	lower, upper int64
}

func (a answers) trends() []chart {
	var all []chart
	for _, t := range []struct{ id, lower, upper string }{{"left-safely-weekly", "trend-yes", "trend-rest"}, {"done-right-weekly", "trend-right", "trend-wrong"}} {
		var weeks []pair
		for _, r := range a.Answers[t.id] {
			weeks = append(weeks, pair{r.Key, r.Count, r.N - r.Count})
		}
		c := a.columns(t.id, weeks, t.lower, t.upper)
		c.WithShare, c.LowerIs, c.UpperIs = true, "is-yes", "is-no"
		all = append(all, c)
	}
	return all
}

// heldWeeks shows held mails by week, those apart that later left unprotected.
func (a answers) heldWeeks() *chart {
	if a.Count("held") == 0 {
		return nil
	}
	open := map[string]int64{}
	for _, r := range a.Answers["released-open-weekly"] {
		open[r.Key] = r.Count
	}
	var weeks []pair
	for _, r := range a.Answers["held-weekly"] {
		weeks = append(weeks, pair{r.Key, r.Count - open[r.Key], open[r.Key]})
	}
	c := a.columns("held-weekly", weeks, "week-held", "week-open")
	c.LowerIs, c.UpperIs = "is-held", "is-no"
	return &c
}

// columns draws weeks.
func (a answers) columns(id string, weeks []pair, lower, upper string) chart {
	q, _ := dashboards.ByID(id)
	c := chart{ID: id, Title: q.Title.In(a.Lang), Lower: texts[lower].In(a.Lang), Upper: texts[upper].In(a.Lang)}
	var most int64
	for _, w := range weeks {
		most = max(most, w.lower+w.upper)
	}
	top, step := scale(most)
	height := func(n int64) float64 { return (plotBottom - plotTop) * float64(n) / float64(top) }
	for n := int64(0); n <= top; n += step {
		c.Grid = append(c.Grid, gridLine{plotBottom - height(n), dashboards.Number(a.Lang, n)})
	}
	slot := (chartWidth - plotLeft) / math.Max(1, float64(len(weeks)))
	width := math.Min(44, slot*0.72)
	every := int(math.Ceil(float64(len(weeks)) / 6))
	for i, w := range weeks {
		v, monday, ok := a.weekView(w.key)
		if !ok {
			continue
		}
		col := chartColumn{Label: weekLabel(a.Lang, v, monday), Lower: w.lower, Upper: w.upper, LowerText: dashboards.Number(a.Lang, w.lower), UpperText: dashboards.Number(a.Lang, w.upper),
			Share: shareOrDash(a.Lang, dashboards.Row{Count: w.lower, N: w.lower + w.upper}), Href: v.link("/"),
			X: plotLeft + slot*float64(i) + (slot-width)/2, Width: width, LowerHeight: height(w.lower), UpperHeight: height(w.upper)}
		col.LowerY = plotBottom - col.LowerHeight
		col.UpperY = col.LowerY - col.UpperHeight
		col.Middle = col.X + width/2
		if i%every == 0 {
			col.Axis = dashboards.ShortDate(a.Lang, v.From)
		}
		c.Columns = append(c.Columns, col)
	}
	c.Desc = fmt.Sprintf(texts["trend-desc"].In(a.Lang), c.Lower, c.Upper, dashboards.Number(a.Lang, most))
	return c
}

func weekLabel(lang string, v view, monday time.Time) string {
	_, week := monday.ISOWeek()
	return fmt.Sprintf("%s %d: %s", texts["week-of"].In(lang), week, strings.TrimSpace(dashboards.Dates(lang, v.From, v.To)))
}

// scale returns the top of an axis and the step of its lines, at most four.
func scale(most int64) (top, step int64) {
	step = 1
	for most > 4*step {
		switch {
		case firstDigit(step) == 2:
			step = step / 2 * 5
		default:
			step *= 2
		}
	}
	top = max(1, (most+step-1)/step) * step
	return top, step
}

func firstDigit(n int64) int64 {
	for n >= 10 {
		n /= 10
	}
	return n
}

// framedChart is a chart and the page it stands on, for its template.
type framedChart struct {
	Frame frame
	Chart chart
}

func chartIn(f frame, c any) (framedChart, error) {
	switch c := c.(type) {
	case chart:
		return framedChart{f, c}, nil
	case *chart:
		return framedChart{f, *c}, nil
	}
	return framedChart{}, fmt.Errorf("%T is no chart", c)
}
