package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/watch"
	"postvagt/dashboards"
)

// repeatedPage lists repeated open mail. No person is named here: who sent a mail stands on the mail's own page, for an
// officer with a reason.
type repeatedPage struct {
	Rows []repeatedRow
}

type repeatedRow struct {
	Href, What, Messages, Recipients, Departments, First, Last, State, Class string
}

func (repeatedPage) title(lang string) string { return texts["repeated"].In(lang) }

func (s *site) repeated(r *http.Request, v view) (string, any, error) {
	found, err := s.Repeated(r.Context())
	page := repeatedPage{}
	for _, f := range found {
		page.Rows = append(page.Rows, s.repeatedRow(v, f))
	}
	return "repeated", page, err
}

func (s *site) repeatedRow(v view, f watch.Finding) repeatedRow {
	row := repeatedRow{Href: v.link("/repeated/" + f.ID), What: repeatedWord(v.Lang, f), Messages: dashboards.Number(v.Lang, int64(f.Messages)), Recipients: dashboards.Number(v.Lang, int64(f.Recipients)),
		Departments: strings.Join(f.Departments, ", "), First: s.stamp(v.Lang, f.First), Last: s.stamp(v.Lang, f.Last), State: texts["repeated-open"].In(v.Lang), Class: "is-first-hop"}
	if f.Confirmed {
		row.State, row.Class = texts["repeated-confirmed"].In(v.Lang), "is-no"
	}
	return row
}

// repeatedWord says what is repeated; a rule with a name of the house's own keeps it.
func repeatedWord(lang string, f watch.Finding) string {
	what := texts["repeated-"+string(f.By)].In(lang)
	if f.Objection && f.By != watch.ByObjection {
		what += ", " + texts["repeated-objection"].In(lang)
	}
	return what
}

// repeatedOne is one of them with its transmissions.
type repeatedOne struct {
	Row     repeatedRow
	Facts   []fact
	Rows    []listRow
	Limit   bool
	heading string

	OfSender  bool   // somebody can be asked
	Explained []fact // when the sender was asked, and what was said
	Explain   string // where to say so, "" for who may not
	Today     string
}

func (p repeatedOne) title(string) string { return p.heading }

// ruleName is a rule's name in the reader's language; the house's own rules are called what the house calls them.
func ruleName(lang, name string) string {
	if t, ok := texts["rule-"+name]; ok {
		return t.In(lang)
	}
	return name
}

func (s *site) repeatedOne(r *http.Request, v view) (string, any, error) {
	found, err := s.Repeated(r.Context())
	if err != nil {
		return "", nil, err
	}
	for _, f := range found {
		if f.ID != r.PathValue("id") {
			continue
		}
		page := repeatedOne{Row: s.repeatedRow(v, f), heading: repeatedWord(v.Lang, f)}
		facts := &facts{lang: v.Lang}
		facts.add("repeated-rule", ruleName(v.Lang, f.Rule))
		facts.add("repeated-mails", fmt.Sprintf(texts["repeated-of"].In(v.Lang), page.Row.Messages, page.Row.Recipients))
		facts.add("repeated-departments", page.Row.Departments)
		facts.add("repeated-first", page.Row.First)
		facts.add("repeated-last", page.Row.Last)
		facts.add("repeated-state", page.Row.State)
		page.Facts = facts.all
		if page.OfSender = f.OfSender(); page.OfSender {
			if page.Explained, err = s.explained(r, v, f.ID); err != nil {
				return "", nil, err
			}
			if v.user.Is(decides...) {
				page.Explain, page.Today = v.link("/repeated/"+f.ID+"/explanation"), day(s.Now().In(s.Zone))
			}
		}
		page.Rows, page.Limit, err = s.rowsOf(r, v, f.Keys)
		return "repeated-one", page, err
	}
	return "", nil, errNotFound
}

// explained are what is on record of what the sender said, the newest last.
func (s *site) explained(r *http.Request, v view, finding string) ([]fact, error) {
	said, err := s.Breaches.Explanations(r.Context(), finding)
	facts := &facts{lang: v.Lang}
	for _, e := range said {
		x, ok := e.Change.(cases.Explanation)
		if !ok {
			continue
		}
		text := x.Text
		if x.Silent {
			text = strings.TrimSpace(texts["explained-silent"].In(v.Lang) + " " + x.Text)
		}
		facts.all = append(facts.all, fact{Name: fmt.Sprintf(texts["explained-on"].In(v.Lang), dashboards.Date(v.Lang, x.Asked.In(s.Zone)), e.By), Value: text})
	}
	return facts.all, err
}

// explain takes what the sender of a finding said.
func (s *site) explain(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	found, err := s.Repeated(r.Context())
	id := r.PathValue("id")
	if err == nil && !slices.ContainsFunc(found, func(f watch.Finding) bool { return f.ID == id && f.OfSender() }) {
		err = errNotFound
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	asked, err := time.ParseInLocation(time.DateOnly, r.PostFormValue("asked"), s.Zone)
	if err != nil || asked.After(s.Now()) {
		s.fail(w, r, inputError{texts["explained-when"]})
		return
	}
	e := cases.Explanation{Asked: asked, Silent: r.PostFormValue("silent") != "", Text: trimmed(r, "text")}
	if err := s.Breaches.Explain(r.Context(), v.user.Name, id, e); err != nil {
		s.failPlainly(w, r, err)
		return
	}
	if err := s.note(r, "change", "explanation "+id); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("/repeated/"+id), http.StatusSeeOther)
}

// rowsOf are the newest of some transmissions.
func (s *site) rowsOf(r *http.Request, v view, keys []string) (rows []listRow, more bool, err error) {
	if more = len(keys) > maxCopies; more {
		keys = keys[len(keys)-maxCopies:]
	}
	docs, _, err := s.Store.Documents(r.Context(), dashboards.Period{}, dashboards.Filter{dashboards.Is("event.id", keys...)}, 0, maxCopies)
	for i := range docs {
		rows = append(rows, s.listRow(v, &docs[i]))
	}
	return rows, more, err
}
