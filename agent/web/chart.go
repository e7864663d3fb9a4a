package web

import (
	"fmt"
	"math"
	"strings"

	"postvagt/agent/report"
	"postvagt/dashboards"
)

// ratioCard is a share with all that must stand beside it.
type ratioCard struct {
	ID, Title, Help     string
	Empty               bool
	Count, Of, Share    string // "13", "19", "68 %"
	With, Small, Before string
	Href, HrefAll       string
	HrefRest, Rest      string
	Width               float64 // of 100
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
	switch {
	case with.N == dashboards.Hidden || r.N == dashboards.Hidden:
		c.With = ""
	case with.N > r.N:
		c.With = fmt.Sprintf(texts["share-with"].In(a.Lang), dashboards.PartOf(a.Lang, with.Count, with.N))
	}
	if b := a.earlier.Row(id); b.N > 0 && b.Count != dashboards.Hidden {
		c.Before = fmt.Sprintf(texts["share-before"].In(a.Lang), dashboards.Dates(a.Lang, a.before().From, a.before().To), dashboards.PartOf(a.Lang, b.Count, b.N))
	}
	if r.N == 0 || r.Count == dashboards.Hidden || r.N == dashboards.Hidden {
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
	report.Part
	Href string
}

func (a answers) stack(id string) *stack {
	q, _ := dashboards.ByID(id)
	s := &stack{Title: q.Title.In(a.Lang), Help: q.Help.In(a.Lang)}
	for _, p := range report.Stack(a.Lang, a.Answers[id]) {
		s.Parts = append(s.Parts, stackPart{p, a.behind(id, "key", strings.TrimPrefix(p.Class, "is-"))})
	}
	if len(s.Parts) == 0 {
		return nil
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
		all = append(all, bar{dashboards.Word(a.Lang, field, r.Key), dashboards.Number(a.Lang, r.Count), a.behind(id, "key", keyParam(r.Key)), 100 * float64(max(0, r.Count)) / float64(max(1, most))})
	}
	return all
}

// chart is a column for each week, with the table behind it.
type chart struct {
	report.Chart
	ID, Title, Desc  string
	Lower, Upper     string // what the parts are called
	LowerIs, UpperIs string // their classes
	Lines            []chartLine
	WithShare        bool
}

// chartLine is a week in the table.
type chartLine struct{ Label, Lower, Upper, Share, Href string }

func (a answers) trends() []chart {
	var all []chart
	for _, t := range []struct{ id, lower, upper string }{{"left-safely-weekly", "trend-yes", "trend-rest"}, {"done-right-weekly", "trend-right", "trend-wrong"}} {
		c := a.columns(t.id, report.Weeks(a.Answers[t.id], a.From, a.To), t.lower, t.upper)
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
	weeks := report.Weeks(a.Answers["held-weekly"], a.From, a.To)
	for i := range weeks {
		weeks[i].Upper = open[day(weeks[i].Start)]
		if weeks[i].Lower == dashboards.Hidden || weeks[i].Upper == dashboards.Hidden {
			weeks[i].Lower = dashboards.Hidden
			continue
		}
		weeks[i].Lower -= weeks[i].Upper
	}
	c := a.columns("held-weekly", weeks, "week-held", "week-open")
	c.LowerIs, c.UpperIs = "is-held", "is-no"
	return &c
}

// columns draws weeks.
func (a answers) columns(id string, weeks []report.Week, lower, upper string) chart {
	q, _ := dashboards.ByID(id)
	c := chart{Chart: report.NewChart(a.Lang, weeks, a.marks...), ID: id, Title: q.Title.In(a.Lang), Lower: texts[lower].In(a.Lang), Upper: texts[upper].In(a.Lang)}
	c.Desc = fmt.Sprintf(texts["trend-desc"].In(a.Lang), c.Lower, c.Upper, dashboards.Number(a.Lang, c.Most))
	for _, w := range weeks {
		line := chartLine{Label: w.Label(a.Lang), Lower: dashboards.Number(a.Lang, w.Lower), Upper: dashboards.Number(a.Lang, w.Upper), Share: shareOfWeek(a.Lang, w)}
		if !a.Narrow() {
			line.Href = a.days(w.From, w.To).link("/")
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

func shareOfWeek(lang string, w report.Week) string {
	if w.Lower == dashboards.Hidden || w.Upper == dashboards.Hidden {
		return "–"
	}
	return shareOrDash(lang, dashboards.Row{Count: w.Lower, N: w.Lower + w.Upper})
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
