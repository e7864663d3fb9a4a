package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"postvagt/agent/login"
	"postvagt/dashboards"
)

// heldPage lists the held mail of own departments, or shows one message with what can be done with it.
type heldPage struct {
	Rows   []heldRow
	One    *heldRow
	Notice string
	Words  []heldWords
	Back   string
	Show   *heldAction // to read the content, for who may
	Read   *reading
}

func (heldPage) title(lang string) string { return texts["held-title"].In(lang) }

type heldRow struct {
	Arrived, Department, Level, Kinds, Rules, Why, Waiting, Returns, Asked string
	Escalated, FourEyes                                                    bool
	Own                                                                    string // what the sender may do, "" for mail of others
	Href                                                                   string
	Actions                                                                []heldAction
}

// heldAction is a button, with what it asks for.
type heldAction struct {
	Op, Text, Help, Href string
	Arrival              string
	Reasons              []choice // of a release
	Note, Why            bool     // a note is asked for; a reason in words is asked for
}

// mine says whether a user sees a message: a reviewer one of own departments, or, where no verdict names one, of none; a
// sender one of their own.
func mine(v view, m heldMessage) bool {
	return v.user.Is(login.Reviewer) && (slices.Contains(v.user.Departments, m.Department) || !m.Judged) || v.user.Is(login.Sender) && m.Own
}

// actor is the user as the helper knows people.
func (v view) actor() *heldActor { return &heldActor{v.user.Name, v.user.Addresses} }

func (s *site) held(r *http.Request, v view) (string, any, error) {
	page := heldPage{Back: v.link("/held")}
	if done := v.query.Get("done"); done == "done" || done == "asked" {
		page.Notice = texts["held-"+done].In(v.Lang)
	}
	if s.Held == "" {
		page.Notice = texts["held-unset"].In(v.Lang)
		return "held", page, nil
	}
	all, _, err := s.askHelper(r.Context(), heldRequest{Op: "list", Actor: v.actor()})
	if err != nil {
		s.Log.ErrorContext(r.Context(), "held mail cannot be listed", "error", err)
		page.Notice = texts["held-silent"].In(v.Lang)
		return "held", page, nil
	}
	for _, m := range all {
		if mine(v, m) {
			page.Rows = append(page.Rows, s.heldRow(v, m))
		}
	}
	return "held", page, nil
}

func (s *site) heldRow(v view, m heldMessage) heldRow {
	row := heldRow{Arrived: dashboards.Clock(v.Lang, m.Arrival.In(s.Zone)), Department: m.Department, Level: texts["held-unjudged"].In(v.Lang), Waiting: hours(m.Waiting), Escalated: m.Escalated, FourEyes: m.FourEyes,
		Href: v.link("/held/"+m.ID, "arrival", m.stamp())}
	if m.Judged {
		row.Level, row.Why = dashboards.Word(v.Lang, "level", m.Level), plain(v.Lang, m.Why)
	}
	var kinds, rules []string
	for _, k := range m.Kinds {
		kinds = append(kinds, dashboards.Word(v.Lang, "kind", k))
	}
	for _, rule := range m.Rules {
		rules = append(rules, fmt.Sprintf("%s × %d (%s)", rule.Rule, rule.Count, strings.Join(rule.Parts, ", ")))
	}
	row.Kinds, row.Rules = strings.Join(kinds, ", "), strings.Join(rules, "; ")
	if m.ReturnAt != nil {
		row.Returns = dashboards.Clock(v.Lang, m.ReturnAt.In(s.Zone))
	}
	if m.Asked != nil {
		row.Asked = fmt.Sprintf(texts["held-asked-by"].In(v.Lang), m.Asked.By, texts["held-op-"+m.Asked.Op].In(v.Lang))
	}
	return row
}

// hours writes seconds as 3:05.
func hours(seconds int64) string { return fmt.Sprintf("%d:%02d", seconds/3600, seconds/60%60) }

// heldOps are what can be done in the browser, in the order of the buttons.
func heldOps() []string { return []string{"return", "route", "release", "delete"} }

func (s *site) heldActions(v view, m heldMessage) (all []heldAction) {
	for _, op := range heldOps() {
		if !slices.Contains(m.Actions, op) {
			continue
		}
		a := heldAction{Op: op, Text: texts["held-op-"+op].In(v.Lang), Help: texts["held-help-"+op].In(v.Lang), Href: v.link("/held/" + m.ID + "/" + op), Arrival: m.stamp(), Why: op == "delete"}
		if op == "release" {
			a.Note = true
			for _, reason := range []string{"false-alarm", "documented-protection", "danger-to-life", "consent"} {
				a.Reasons = append(a.Reasons, choice{ID: reason, Title: texts["held-reason-"+reason].In(v.Lang)})
			}
		}
		all = append(all, a)
	}
	return all
}

// heldMail finds a message that the user may decide on.
func (s *site) heldMail(r *http.Request, v view, arrival string) (m heldMessage, err error) {
	if s.Held == "" {
		return m, errNotFound
	}
	all, _, err := s.askHelper(r.Context(), heldRequest{Op: "list", Actor: v.actor()})
	if err != nil {
		return m, err
	}
	for _, m := range all {
		if m.ID == r.PathValue("id") && m.stamp() == arrival && mine(v, m) {
			return m, nil
		}
	}
	return m, errNotFound
}

func (s *site) heldOne(r *http.Request, v view) (string, any, error) {
	m, err := s.heldMail(r, v, v.query.Get("arrival"))
	if err != nil {
		return "", nil, err
	}
	return "held", s.heldPage(v, m), nil
}

func (s *site) heldPage(v view, m heldMessage) heldPage {
	row := s.heldRow(v, m)
	row.Actions = s.heldActions(v, m)
	switch {
	case m.Own && len(row.Actions) > 0:
		row.Own = texts["held-own"].In(v.Lang)
	case m.Own:
		row.Own = texts["held-own-no"].In(v.Lang)
	}
	page := heldPage{One: &row, Back: v.link("/held")}
	if v.user.Is(login.Reader) {
		page.Show = &heldAction{Op: "show", Href: v.link("/held/" + m.ID + "/show"), Arrival: m.stamp()}
	}
	return page
}

// decide asks the helper to do what a reviewer has decided.
func (s *site) decide(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r) // the period does not matter here
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	op := r.PathValue("op")
	m, err := s.heldMail(r, v, r.PostFormValue("arrival"))
	if err == nil && !slices.Contains(heldOps(), op) {
		err = errNotFound
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	req := heldRequest{Op: op, ID: m.ID, Arrival: &m.Arrival, Actor: v.actor(), Reason: r.PostFormValue("reason"), Note: r.PostFormValue("note")}
	if err := s.note(r, "held-"+op, req.Reason); err != nil { // before it is done; the note may name somebody, and stays with the helper
		s.fail(w, r, err)
		return
	}
	_, answer, err := s.askHelper(r.Context(), req)
	var refused heldRefusal
	switch {
	case errors.As(err, &refused):
		page := s.heldPage(v, m)
		page.Notice, page.Words = heldRefused(v.Lang, refused.answer), refused.answer.Words
		s.render(w, r, v, http.StatusConflict, "held", page)
	case err != nil:
		s.fail(w, r, err)
	default:
		http.Redirect(w, r, v.link("/held", "done", answer.State), http.StatusSeeOther)
	}
}

// heldRefused says why the helper refused; a reason that has no words here stands as the helper gave it.
func heldRefused(lang string, a heldAnswer) string {
	if t, ok := texts["held-code-"+a.Code]; ok {
		return t.In(lang)
	}
	return texts["held-failed"].In(lang) + " (" + a.Code + ")"
}
