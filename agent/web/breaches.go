package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/report"
	"postvagt/dashboards"
)

// Breaches is the register of breaches; see package cases. Errors: *cases.Refusal, *cases.Unfinished, cases.ErrNotProven,
// cases.ErrErased and ErrNoCase are for the reader.
type Breaches interface {
	OpenCase(ctx context.Context, by string, o cases.Opening) (*cases.Case, error)
	SayOf(ctx context.Context, by, id string, change cases.Change) (*cases.Case, error)
	Case(ctx context.Context, id string) (*cases.Case, []cases.Entry, error)
	Cases(ctx context.Context) ([]cases.Line, error)
	Triage(ctx context.Context, by, key string, t cases.Triage) error
	TriageOf(ctx context.Context, key string) ([]cases.Entry, error)
	FalseAlarms(ctx context.Context, since time.Time) ([]cases.FalseAlarms, error)
	Untriaged(ctx context.Context, p dashboards.Period, f func(event.Document) bool) error
	KeepFile(ctx context.Context, by string, a cases.Attachment) (digest string, err error)
	File(ctx context.Context, digest string) (cases.Attachment, error)
	Explain(ctx context.Context, by, finding string, e cases.Explanation) error
	Explanations(ctx context.Context, finding string) ([]cases.Entry, error)
	Processors(ctx context.Context) ([]cases.Contract, error)
	SayProcessor(ctx context.Context, by string, p cases.Contract) error
	Paper(ctx context.Context, lang string, ids ...string) (report.Paper, error)
	JSON(ctx context.Context, ids ...string) ([]byte, error)
	IsNoCase(err error) bool
}

// triagePage lists the open mails that a person must look at.
type triagePage struct {
	Rows  []listRow
	Lead  string
	Limit bool // there are more than are listed
}

func (triagePage) title(lang string) string { return texts["triage"].In(lang) }

// triageRows is how many are listed at once: the oldest wait longest, but the newest can still be called back.
const triageRows = 100

func (s *site) triage(r *http.Request, v view) (string, any, error) {
	page := triagePage{}
	p := dashboards.Period{From: v.From.Format(time.RFC3339), To: v.To.Format(time.RFC3339)}
	err := s.Breaches.Untriaged(r.Context(), p, func(d event.Document) bool {
		if page.Limit = len(page.Rows) == triageRows; page.Limit {
			return false
		}
		page.Rows = append(page.Rows, s.listRow(v, &d))
		return true
	})
	page.Lead = fmt.Sprintf(texts["triage-lead"].In(v.Lang), dashboards.Number(v.Lang, int64(len(page.Rows))))
	return "triage", page, err
}

// triaged is what was judged of a transmission, for its page.
type triaged struct {
	Said   []fact
	Action string // where to judge it, "" where nobody may
	Cases  []choice
}

func (s *site) triagedOf(r *http.Request, v view, d *event.Document) (t triaged, err error) {
	if !v.user.Is(overseers...) || s.Breaches == nil {
		return t, nil
	}
	said, err := s.Breaches.TriageOf(r.Context(), d.Key)
	if err != nil {
		return t, err
	}
	for _, e := range said {
		if j, ok := e.Change.(cases.Triage); ok {
			t.Said = append(t.Said, fact{Name: s.stamp(v.Lang, e.At) + " · " + e.By, Value: triageText(v.Lang, j)})
		}
	}
	if !v.user.Is(decides...) || !cases.NeedsTriage(d) {
		return t, nil
	}
	t.Action = v.link("/triage/" + d.Key)
	all, err := s.Breaches.Cases(r.Context())
	for _, l := range all {
		if l.Case != nil && l.Case.Closed.IsZero() {
			t.Cases = append(t.Cases, choice{l.ID, l.ID + " " + l.Case.Title, false})
		}
	}
	return t, err
}

func triageText(lang string, t cases.Triage) string {
	parts := []string{texts["judged-"+string(t.Judgement)].In(lang)}
	for _, p := range []string{t.Case, t.Reason} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

// judge takes the judgement of a transmission, and opens a case or adds to one where it is a breach.
func (s *site) judge(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	d, err := s.document(r, v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	t := cases.Triage{Judgement: cases.Judgement(r.PostFormValue("judgement")), Reason: trimmed(r, "reason"), Case: r.PostFormValue("case")}
	if t.Judgement == cases.FalseAlarm && d.VerdictID != "" {
		if t.Rules, err = s.Store.RulesOf(r.Context(), d.VerdictID); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	if t.Judgement != cases.Breach {
		t.Case = ""
	} else if err = s.intoCase(r, v, d, &t); err != nil {
		s.failPlainly(w, r, err)
		return
	}
	if err := errors.Join(s.Breaches.Triage(r.Context(), v.user.Name, d.Key, t), s.note(r, "triage", string(t.Judgement))); err != nil {
		s.failPlainly(w, r, err)
		return
	}
	to := v.link("/triage")
	if t.Case != "" {
		to = v.link("/cases/" + t.Case)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// intoCase puts a transmission into the case that was chosen, or into a new one.
func (s *site) intoCase(r *http.Request, v view, d *event.Document, t *cases.Triage) error {
	incident := []cases.Incident{cases.IncidentOf(d)}
	now := []cases.Signal{{At: s.Now(), Human: true, What: "triage"}, {At: d.Time, What: "sent"}}
	if cases.Lost(d) && !d.OutcomeTime.IsZero() {
		now = append(now, cases.Signal{At: d.OutcomeTime, What: "lost"})
	}
	if t.Case != "" {
		_, err := s.Breaches.SayOf(r.Context(), v.user.Name, t.Case, cases.Gathering{Incidents: incident, Signals: now})
		return err
	}
	c, err := s.Breaches.OpenCase(r.Context(), v.user.Name, cases.Opening{Title: trimmed(r, "title"), Role: cases.Controller, Incidents: incident, Signals: now})
	if err == nil {
		t.Case = c.ID
	}
	return err
}

// trimmed is a field of a form, with its spaces folded.
func trimmed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// failPlainly tells the reader what is wrong with what they said, and hands everything else to fail.
func (s *site) failPlainly(w http.ResponseWriter, r *http.Request, err error) {
	if t, ok := s.refusal(err); ok {
		err = inputError{t}
	}
	if s.Breaches.IsNoCase(err) {
		err = errNotFound
	}
	s.fail(w, r, err)
}

// refusal is the text of an error that is for the reader.
func (s *site) refusal(err error) (dashboards.Text, bool) {
	var refused *cases.Refusal
	var unfinished *cases.Unfinished
	switch {
	case errors.As(err, &refused):
		return dashboards.Text{DA: fieldWord("da", refused.Field) + refused.Text("da"), EN: fieldWord("en", refused.Field) + refused.Text("en")}, true
	case errors.As(err, &unfinished):
		return dashboards.Text{DA: lacksText("da", unfinished.Lacks), EN: lacksText("en", unfinished.Lacks)}, true
	case errors.Is(err, cases.ErrNotProven):
		return texts["case-not-proven"], true
	}
	return dashboards.Text{}, false
}

func fieldWord(lang, field string) string {
	if label := cases.ItemLabel(lang, cases.Item(field)); label != "" {
		return label + ": "
	}
	return ""
}

func lacksText(lang string, lacks []cases.Lack) string {
	var all []string
	for _, l := range lacks {
		all = append(all, l.Text(lang))
	}
	return texts["case-lacks"].In(lang) + ": " + strings.Join(all, "; ")
}

// stamp writes a moment for the reader.
func (s *site) stamp(lang string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return dashboards.Clock(lang, t.In(s.Zone))
}

// alarmsPage shows who keeps the rules which of them raise false alarms. It holds no mail.
type alarmsPage struct {
	Since string
	Rows  []alarmRow
}

type alarmRow struct{ Rule, N, Last string }

func (alarmsPage) title(lang string) string { return texts["false-alarms"].In(lang) }

// alarmMonths is how far back false alarms are counted.
const alarmMonths = 12

func (s *site) falseAlarms(r *http.Request, v view) (string, any, error) {
	if s.Breaches == nil {
		return "", nil, errNotFound
	}
	since := s.Now().In(s.Zone).AddDate(0, -alarmMonths, 0)
	page := alarmsPage{Since: dashboards.Date(v.Lang, since)}
	all, err := s.Breaches.FalseAlarms(r.Context(), since)
	for _, f := range all {
		name := f.Rule
		if name == "" {
			name = texts["false-alarms-unknown"].In(v.Lang)
		}
		page.Rows = append(page.Rows, alarmRow{name, dashboards.Number(v.Lang, int64(f.N)), dashboards.Date(v.Lang, f.Last.In(s.Zone))})
	}
	return "false-alarms", page, err
}
