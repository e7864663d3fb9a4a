package web

import (
	"fmt"
	"net/http"
	"slices"

	"postvagt/agent/report"
	"postvagt/dashboards"
)

// boardPage shows one of the dashboards beside the overview: its single figures, its trends, and what it divides.
type boardPage struct {
	Board, Help string
	Boards      []link
	Before      string
	Gaps        []string
	Out         *outPage
	Figures     []figure
	Trends      []chart
	Tables      []boardTable
	all         []string
}

func (p boardPage) title(string) string   { return p.Board }
func (p boardPage) departments() []string { return p.all }

// boardIDs are the dashboards that have a page here beside the overview, in the order of the menu. Each thing that was repeated stands
// on a page of its own.
func boardIDs() []string {
	return []string{dashboards.Incidents, dashboards.Repeated, dashboards.Transport, dashboards.Operations}
}

// boardTable is a figure divided by a field.
type boardTable struct {
	ID, Title, Help string
	Rows            []boardRow
}

type boardRow struct{ Title, Value, Href string }

// shownHere says whether a question can stand on a page: none that names a sender, a recipient, a recipient's domain, or the host
// that took a mail, and no division by day, which is for a screen that is watched.
func shownHere(q dashboards.Question) bool {
	return !slices.Contains([]string{"email.from.address", "email.to.address", "postvagt.to_domain", "postvagt.relay"}, q.Split.By) && (q.Split.By != dashboards.ByTime || q.Split.Every == "week")
}

// board makes the page of the dashboard that the address names, the first one without a name.
func (s *site) board(r *http.Request, v view) (string, any, error) {
	id := v.query.Get("board")
	if id == "" {
		id = boardIDs()[0]
	}
	if !slices.Contains(boardIDs(), id) {
		return "", nil, errNotFound
	}
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return "", nil, err
	}
	page := boardPage{all: s.departmentsOf(v, overview)}
	for _, b := range dashboards.Boards() {
		if slices.Contains(boardIDs(), b.ID) {
			page.Boards = append(page.Boards, link{b.Title.In(v.Lang), v.Here("board", b.ID), b.ID == id})
		}
		if b.ID == id {
			page.Board, page.Help = b.Title.In(v.Lang), b.Help.In(v.Lang)
		}
	}
	questions := slices.DeleteFunc(onDashboard(id), func(q dashboards.Question) bool { return !shownHere(q) })
	a := answers{view: v}
	if a.Answers, err = s.Store.AskAll(r.Context(), questions, v.period(), v.where()); err != nil {
		return "", nil, err
	}
	if a.earlier, err = s.beforeOf(r, v, overview, questions); err != nil {
		return "", nil, err
	}
	if a.marks, err = s.marks(r, v); err != nil {
		return "", nil, err
	}
	page.fill(a, questions)
	if id == dashboards.Operations {
		if page.Out, err = s.out(r, v); err != nil {
			return "", nil, err
		}
	}
	page.Gaps, err = s.gaps(r, v)
	return "board", page, err
}

// outPage is for how long mail servers did not reach the check.
type outPage struct {
	Total string // hours:minutes
	Rows  []outRow
}

type outRow struct{ Host, From, To, Took string }

func (s *site) out(r *http.Request, v view) (*outPage, error) {
	all, err := s.Store.Outages(r.Context(), v.period())
	now := s.Now()
	o := &outPage{Total: dashboards.HoursMinutes(dashboards.Out(all, v.From, v.To, now))}
	for _, one := range all {
		row := outRow{Host: one.Host, From: dashboards.Clock(v.Lang, one.From.In(s.Zone)), To: texts["out-lasts"].In(v.Lang),
			Took: dashboards.HoursMinutes(dashboards.Out([]dashboards.Outage{one}, v.From, v.To, now))}
		if !one.To.IsZero() {
			row.To = dashboards.Clock(v.Lang, one.To.In(s.Zone))
		}
		o.Rows = append(o.Rows, row)
	}
	return o, err
}

func (p *boardPage) fill(a answers, questions []dashboards.Question) {
	p.Before = a.beforeSpan()
	for _, q := range questions {
		switch {
		case q.Split.By == "":
			p.Figures = append(p.Figures, a.figures(q.ID)...)
		case q.Split.By == dashboards.ByTime:
			p.Trends = append(p.Trends, a.trend(q))
		default:
			p.Tables = append(p.Tables, a.table(q))
		}
	}
}

// trend is a figure by week; of a share the columns have two parts.
func (a answers) trend(q dashboards.Question) chart {
	weeks := report.Weeks(a.Answers[q.ID], a.From, a.To)
	if q.Measure.Kind == dashboards.Ratio {
		c := a.columns(q.ID, weeks, "board-part", "board-rest")
		c.WithShare, c.LowerIs, c.UpperIs = true, "is-yes", "is-no"
		return c
	}
	for i := range weeks {
		weeks[i].Upper = 0
	}
	c := a.columns(q.ID, weeks, "board-part", "board-rest")
	c.LowerIs, c.Upper, c.Desc = "is-held", "", fmt.Sprintf(texts["board-desc"].In(a.Lang), dashboards.Number(a.Lang, c.Most))
	return c
}

// table is a figure by the values of a field.
func (a answers) table(q dashboards.Question) boardTable {
	t := boardTable{ID: q.ID, Title: q.Title.In(a.Lang), Help: q.Help.In(a.Lang)}
	for _, r := range a.Answers[q.ID] {
		row := boardRow{Title: dashboards.Word(a.Lang, splitWords[q.Split.By], r.Key), Value: dashboards.Number(a.Lang, r.Count), Href: a.behind(q.ID, "key", keyParam(r.Key))}
		if workshop.MatchString(r.Key) {
			row.Href = "" // its address would use a word of the programs; the single figure not-judged opens the same mails
		}
		if q.Measure.Kind == dashboards.Ratio {
			row.Value = shareOrDash(a.Lang, r)
		}
		if row.Title == "" {
			row.Title = "–"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
