package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"postvagt/agent/cases"
	"postvagt/dashboards"
)

// casesPage lists the register.
type casesPage struct {
	Rows []caseRow
	New  string // where a case is opened, "" where the reader may not
}

type caseRow struct {
	ID, Href, Title, Opened, Risk, Clock, ClockClass string
}

func (casesPage) title(lang string) string { return texts["cases"].In(lang) }

func (s *site) cases(r *http.Request, v view) (string, any, error) {
	all, err := s.Breaches.Cases(r.Context())
	page := casesPage{}
	if v.user.Is(decides...) {
		page.New = v.link("/cases")
	}
	for _, l := range all {
		if l.Case == nil {
			page.Rows = append(page.Rows, caseRow{ID: l.ID, Clock: texts["case-erased"].In(v.Lang) + " " + s.stamp(v.Lang, l.Erased)})
			continue
		}
		clock := s.clockOf(v.Lang, l.Case)
		page.Rows = append(page.Rows, caseRow{ID: l.ID, Href: v.link("/cases/" + l.ID), Title: l.Case.Title, Opened: s.stamp(v.Lang, l.Case.Opened),
			Risk: riskWord(v.Lang, l.Case.Risk()), Clock: clock.Words, ClockClass: clock.Class})
	}
	return "cases", page, err
}

func riskWord(lang string, l cases.Level) string {
	if l == cases.Unassessed {
		return texts["risk-unassessed"].In(lang)
	}
	return texts["risk-"+string(l)].In(lang)
}

// clockWords is how a case stands against its limit.
type clockWords struct{ Words, Class, Deadline string }

func (s *site) clockOf(lang string, c *cases.Case) clockWords {
	if !c.Closed.IsZero() {
		return clockWords{Words: texts["case-closed"].In(lang) + " " + s.stamp(lang, c.Closed)}
	}
	k := c.Clock(s.Now())
	w := clockWords{Words: texts["clock-"+string(k.State)].In(lang)}
	switch k.State {
	case cases.Running:
		w.Words, w.Class, w.Deadline = fmt.Sprintf(w.Words, span2(k.Left)), "is-first-hop", s.stamp(lang, k.Deadline)
	case cases.Overdue:
		w.Words, w.Class, w.Deadline = fmt.Sprintf(w.Words, span2(-k.Left)), "is-no", s.stamp(lang, k.Deadline)
	case cases.TooLate:
		w.Class = "is-no"
	case cases.InTime, cases.NotRequired:
		w.Class = "is-yes"
	}
	return w
}

// span2 writes a span of time as hours and minutes.
func span2(d time.Duration) string {
	return strconv.Itoa(int(d.Hours())) + ":" + fmt.Sprintf("%02d", int(d.Minutes())%60)
}

// casePage is one case: what stands, what it lacks, and the forms in which its officers say more.
type casePage struct {
	ID, Heading, Path string
	Clock             clockWords
	Facts             []fact
	Steps             []string // what the risk level asks
	Lacks             []string
	Closed, Decides   bool
	Comments          bool
	Processor         bool
	Items             []caseItem
	Types             []choice
	RestBy            string // by when what is not known yet may be known, as a proposal
	OpenItems         bool   // a point of the notification has nothing yet
	Notice            []caseItem
	Signals, Log      []fact
	Assessments       []assessmentRow
	Said              []fact // the contents of the notification and the notice, for those who have no form of them
	Incidents         []incidentRow
	Files             []link
	Drafts            []link
	Phase             int
	Fault             string
	form              string // whose fault it is, and what was posted to it
	posted            url.Values
	heading, lang     string
	zone              *time.Location
	aware             time.Time // as it was said, else as it is proposed
}

type incidentRow struct{ Href, Time, Level, Outcome, Protection, Department string }

type caseItem struct {
	Name, Label, Status, Text, Because, By string
}

// itemIn is one point of the contents with what its template needs.
type itemOf struct {
	Frame frame
	Page  casePage
	Item  caseItem
}

func itemIn(f frame, p casePage, i caseItem) itemOf { return itemOf{f, p, i} }

func (p casePage) title(string) string { return p.heading }

// Was is what the reader had written in a field of a form that was refused, so that nothing is lost.
func (p casePage) Was(form, name string) string {
	if form != p.form {
		return ""
	}
	return p.posted.Get(name)
}

// Refused says whether a form was.
func (p casePage) Refused(form string) bool { return form == p.form }

func (s *site) oneCase(r *http.Request, v view) (string, any, error) {
	page, err := s.casePage(r, v)
	return "case", page, err
}

// restDays is the proposal for how long what is not known yet may take: the authority is told in phases, without further undue delay.
const restDays = 14

func (s *site) casePage(r *http.Request, v view) (page casePage, err error) {
	c, entries, err := s.Breaches.Case(r.Context(), r.PathValue("id"))
	switch {
	case err != nil && s.Breaches.IsNoCase(err):
		return page, errNotFound
	case errors.Is(err, cases.ErrErased):
		return page, inputError{texts["case-gone"]}
	case err != nil:
		return page, err
	}
	page = casePage{ID: c.ID, heading: c.ID + " · " + c.Title, Heading: c.Title, Path: "/cases/" + c.ID, Clock: s.clockOf(v.Lang, c), Facts: s.caseFacts(v.Lang, c),
		Closed: !c.Closed.IsZero(), Decides: v.user.Is(decides...), Comments: v.user.Is(remarks...), Processor: c.Role == cases.Processor,
		Phase: len(c.Reports) + 1, Steps: steps(v.Lang, c), lang: v.Lang, zone: s.Zone, aware: c.Aware}
	if c.Aware.IsZero() {
		page.aware = c.ProposedAwareness()
	}
	for _, l := range c.Lacks() {
		page.Lacks = append(page.Lacks, l.Text(v.Lang))
	}
	page.Items, page.Notice = s.caseItems(v.Lang, c, cases.NotificationItems()), s.caseItems(v.Lang, c, cases.NoticeItems())
	page.RestBy = day(s.Now().In(s.Zone).AddDate(0, 0, restDays))
	for _, i := range page.Items {
		page.OpenItems = page.OpenItems || i.Status == ""
	}
	for _, t := range cases.BreachTypes() {
		page.Types = append(page.Types, choice{string(t), texts["type-"+string(t)].In(v.Lang), slices.Contains(c.Types(), t)})
	}
	if c.Late(s.Now()) {
		page.Items = append(page.Items, s.caseItems(v.Lang, c, []cases.Item{cases.LateReason})...)
	}
	page.Assessments = assessmentRows(v.Lang, c)
	if page.Closed || !page.Decides {
		page.Said = s.saidItems(v.Lang, c)
	}
	for _, g := range c.Signals {
		page.Signals = append(page.Signals, fact{Name: s.stamp(v.Lang, g.At), Value: signalWord(v.Lang, g)})
	}
	for _, i := range c.Incidents {
		page.Incidents = append(page.Incidents, s.incidentRow(v, i))
	}
	s.caseLog(v, c, entries, &page)
	return page, nil
}

func (s *site) incidentRow(v view, i cases.Incident) incidentRow {
	return incidentRow{Href: v.link("/transmissions/" + i.Key), Time: s.stamp(v.Lang, i.Time), Level: dashboards.Word(v.Lang, "level", i.Level),
		Outcome: dashboards.Word(v.Lang, "outcome", i.Outcome), Protection: dashboards.Word(v.Lang, "transport", i.Transport), Department: dashboards.Word(v.Lang, "department", i.Department)}
}
