package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"postvagt/agent/cases"
)

// openCase begins a case that no transmission led to: a letter to the wrong person, a breach at a processor, a call.
func (s *site) openCase(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	o := cases.Opening{Title: trimmed(r, "title"), Role: cases.Role(r.PostFormValue("role")), Controller: trimmed(r, "controller"),
		Signals: []cases.Signal{{At: s.Now(), Human: true, What: "opened"}}}
	c, err := s.Breaches.OpenCase(r.Context(), v.user.Name, o)
	if err == nil {
		err = s.note(r, "case", "opened")
	}
	if err != nil {
		s.failPlainly(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("/cases/"+c.ID), http.StatusSeeOther)
}

// sayOf takes what one form of a case says. What is refused is shown again with the reason, and nothing that was
// written is lost.
func (s *site) sayOf(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	r.Body = http.MaxBytesReader(w, r.Body, cases.MaxAttachment+1<<20)
	id, what := r.PathValue("id"), r.PathValue("what")
	if what == "" { // its own route: more roles may
		what = "comment"
	}
	changes, err := s.changesOf(r, what)
	for _, change := range changes {
		if err != nil {
			break
		}
		_, err = s.Breaches.SayOf(r.Context(), v.user.Name, id, change)
	}
	if t, refused := s.refusal(err); refused || errors.As(err, new(inputError)) {
		if !refused {
			var input inputError
			errors.As(err, &input)
			t = input.Text
		}
		page, err := s.casePage(r, v)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		page.Fault, page.form, page.posted = t.In(v.Lang), what, r.PostForm
		s.render(w, r, v, http.StatusUnprocessableEntity, "case", page)
		return
	}
	if err != nil && s.Breaches.IsNoCase(err) {
		err = errNotFound
	}
	if err == nil {
		err = s.note(r, "case", what)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("/cases/"+id), http.StatusSeeOther)
}

// changesOf reads a form. Names of forms that are not there are errNotFound.
func (s *site) changesOf(r *http.Request, what string) ([]cases.Change, error) {
	f := &form{r: r, zone: s.Zone}
	var c cases.Change
	switch what {
	case "aware":
		c = cases.Awareness{At: f.time("at"), Reason: f.text("reason")}
	case "risk":
		c = cases.Assessment{Group: f.text("group"), Persons: f.number("persons"), Consequences: f.text("consequences"), Severity: f.number("severity"),
			Likelihood: f.number("likelihood"), Level: cases.Level(f.text("level")), Reason: f.text("reason")}
	case "dpo":
		c = cases.Involvement{At: f.time("at"), How: f.text("how"), Advice: f.text("advice")}
	case "order":
		c = cases.Order{At: f.time("at"), Reference: f.text("reference"), Text: f.text("text")}
	case "exemption":
		c = cases.Exemption{Ground: cases.Ground(f.text("ground")), Reason: f.text("reason"), Public: f.text("public")}
	case "report":
		c = cases.Report{At: f.time("at"), Receipt: f.text("receipt"), Phase: f.number("phase"), Late: f.text("late"), Final: f.text("final") != ""}
	case "notice":
		c = cases.Notice{At: f.time("at"), By: cases.Way(f.text("by")), Persons: f.number("persons"), Proof: f.text("proof")}
	case "informed":
		c = cases.Informed{At: f.time("at"), Receipt: f.text("receipt")}
	case "signal":
		c = cases.Gathering{Signals: []cases.Signal{{At: f.time("at"), Human: true, What: f.text("what")}}}
	case "file":
		c = f.file("file")
	case "type":
		c = cases.Typing{Types: typesIn(r)}
	case "comment":
		c = cases.Comment{Text: f.text("text")}
	case "close":
		c = cases.Closing{Summary: f.text("summary")}
	case "reopen":
		c = cases.Reopening{Reason: f.text("reason")}
	case "contents":
		return s.statements(r, f)
	default:
		return nil, errNotFound
	}
	return []cases.Change{c}, f.err
}

// typesIn are the types of breach that were ticked.
func typesIn(r *http.Request) (all []cases.BreachType) {
	if r.PostFormValue("type") == "" { // which reads the form, too
		return nil
	}
	for _, t := range r.PostForm["type"] {
		all = append(all, cases.BreachType(t))
	}
	return all
}

// rest is what the form says of all points that stand empty, where it says so: not known yet, why, and until when.
func rest(f *form) (st cases.Statement, said bool) {
	if f.text("rest") == "" {
		return st, false
	}
	return cases.Statement{Status: cases.NotYet, Because: f.text("rest-because"), By: f.date("rest-by")}, true
}

// statements are the points of a form whose fields differ from what stands.
func (s *site) statements(r *http.Request, f *form) (all []cases.Change, err error) {
	c, _, err := s.Breaches.Case(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	unknown, fill := rest(f)
	for _, i := range cases.Items() {
		name := string(i)
		status := cases.Status(f.text(name + "-status"))
		st := cases.Statement{Item: i, Status: status, Text: f.text(name)}
		if status == cases.NotYet {
			st.Because, st.By = f.text(name+"-because"), f.date(name+"-by")
		}
		had := c.Items[i]
		same := had.Status == st.Status && had.Text == st.Text && had.Because == st.Because && had.By.Equal(st.By)
		empty := st.Text == "" && st.Because == "" && status != cases.NotYet
		_, before := c.Items[i]
		switch {
		case !same && !empty:
			all = append(all, st)
		case fill && empty && !before && slices.Contains(cases.NotificationItems(), i):
			unknown.Item = i
			all = append(all, unknown)
		}
	}
	return all, f.err
}

// form reads the fields of a form and keeps the first fault.
type form struct {
	r    *http.Request
	zone *time.Location
	err  error
}

func (f *form) text(name string) string { return trimmed(f.r, name) }

func (f *form) number(name string) int {
	text := f.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	f.keep(err != nil, "form-number", text)
	return n
}

// date reads a date field, as the midnight at which the day begins.
func (f *form) date(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, text, f.zone)
	f.keep(err != nil, "form-time", text)
	return t
}

func (f *form) keep(bad bool, name, text string) {
	if bad && f.err == nil {
		t := texts[name]
		t.DA, t.EN = fmt.Sprintf(t.DA, text), fmt.Sprintf(t.EN, text)
		f.err = inputError{t}
	}
}

func (f *form) file(name string) cases.Attachment {
	file, head, err := f.r.FormFile(name)
	if err != nil {
		return cases.Attachment{}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, cases.MaxAttachment+1))
	if err != nil && f.err == nil {
		f.err = err
	}
	return cases.Attachment{Name: head.Filename, Type: head.Header.Get("Content-Type"), Data: data}
}
