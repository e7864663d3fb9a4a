package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"postvagt/agent/report"
	"postvagt/dashboards"
)

//go:embed pages/*.html
var pageFiles embed.FS

var errNotFound = errors.New("no such page")

// pages are the templates by name, each with the frame around it.
type pages struct{ byName map[string]*template.Template }

func loadPages(a *assets) (*pages, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")
		if base == "frame" {
			continue
		}
		t, err := template.New("frame.html").Funcs(template.FuncMap{"asset": a.url, "chartIn": chartIn, "rowsIn": rowsIn, "turnIn": turnIn, "itemIn": itemIn}).ParseFS(pageFiles, "pages/frame.html", name)
		if err != nil {
			return nil, err
		}
		if t, err = t.ParseFS(report.Shared, "shared/*.html"); err != nil {
			return nil, err
		}
		p.byName[base] = t
	}
	return p, nil
}

// frame is what every page is given: its words, its address and what stands around it.
type frame struct {
	view
	Title        string
	Organisation string
	Now          time.Time
	Departments  []string
	Body         any
	Pages        []link
}

// link is a place to go to.
type link struct {
	Text, Href string
	Current    bool
}

// Say is a text in the reader's language.
func (f frame) Say(name string, args ...any) (string, error) { return say(f.Lang, name, args...) }

// Word is the word for a value of a field.
func (f frame) Word(field, value string) string { return dashboards.Word(f.Lang, field, value) }

// Number writes a count.
func (f frame) Number(n int64) string { return dashboards.Number(f.Lang, n) }

// Me is who is logged in, "" for nobody.
func (f frame) Me() string { return f.user.Name }

// Home is the first page of who is logged in.
func (f frame) Home() string { return home(f.user) }

// Of is the word between a part and its whole.
func (f frame) Of() string {
	if f.Lang == "da" {
		return "af"
	}
	return "of"
}

// Column is the title of a figure at the head of a table.
func (f frame) Column(id string) (string, error) {
	q, ok := dashboards.ByID(id)
	if !ok {
		return "", fmt.Errorf("there is no question %q", id)
	}
	return q.Title.In(f.Lang), nil
}

// Span writes the period in words.
func (f frame) Span() string { return dashboards.Dates(f.Lang, f.From, f.To) }

// Made says when the page was made.
func (f frame) Made() string { return dashboards.Clock(f.Lang, f.Now) }

// First and Last are the dates of the form.
func (f frame) First() string { return day(f.From) }

// Last is the last day that is included.
func (f frame) Last() string { return day(f.To.AddDate(0, 0, -1)) }

// Presets are the links to spans of time.
func (f frame) Presets() []link {
	var all []link
	if f.Narrow() {
		for _, m := range months(f.Now) {
			all = append(all, link{dashboards.Month(f.Lang, m), f.Here("from", "", "to", "", "period", m.Format(monthForm)), f.From.Equal(m)})
		}
		return all
	}
	for _, p := range presets {
		all = append(all, link{texts[p].In(f.Lang), f.Here("from", "", "to", "", "period", p), f.Preset == p})
	}
	return all
}

// Languages are the links to the same page in each language.
func (f frame) Languages() []link {
	return []link{{"Dansk", f.Here("lang", "da"), f.Lang == "da"}, {"English", f.Here("lang", "en"), f.Lang == "en"}}
}

// Action is the page that the form calls.
func (f frame) Action() string { return f.path }

// page answers with what make returns: the name of a template and its data.
func (s *site) page(make func(*http.Request, view) (name string, body any, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.viewOf(r)
		var name string
		var body any
		if err == nil {
			name, body, err = make(r, v)
		}
		status := http.StatusOK
		if err != nil {
			if r.Context().Err() != nil {
				return // the reader left
			}
			status, body = s.failure(r, v, err)
			name = "error"
		}
		s.render(w, r, v, status, name, body)
	}
}

// failure is the page for what went wrong. What the reader did is told to the reader, the rest to the log.
func (s *site) failure(r *http.Request, v view, err error) (int, failurePage) {
	var input inputError
	switch {
	case errors.As(err, &input):
		if v.Narrow() {
			return http.StatusBadRequest, failurePage{texts["error-400"].In(v.Lang), input.In(v.Lang), v.link(home(v.user))}
		}
		return http.StatusBadRequest, failurePage{texts["error-400"].In(v.Lang), input.In(v.Lang), v.link("/", "period", last30, "from", "", "to", "")}
	case errors.Is(err, errForbidden):
		return http.StatusForbidden, failurePage{texts["error-403"].In(v.Lang), texts["error-403-text"].In(v.Lang), v.link(home(v.user))}
	case errors.Is(err, errNotFound):
		return http.StatusNotFound, failurePage{texts["error-404"].In(v.Lang), texts["error-404-text"].In(v.Lang), v.link(home(v.user))}
	}
	s.Log.ErrorContext(r.Context(), "page could not be made", "path", r.URL.Path, "error", err)
	return http.StatusInternalServerError, failurePage{texts["error-500"].In(v.Lang), texts["error-500-text"].In(v.Lang), v.link(home(v.user))}
}

type failurePage struct{ Heading, Text, Href string }

func (p failurePage) title(string) string { return p.Heading }

// titled is a page's data that knows its title.
type titled interface{ title(lang string) string }

func (s *site) render(w http.ResponseWriter, r *http.Request, v view, status int, name string, body any) {
	f := frame{view: v, Organisation: s.Organisation, Now: s.Now().In(s.Zone), Body: body}
	if t, ok := body.(titled); ok {
		f.Title = t.title(v.Lang)
	}
	if d, ok := body.(interface{ departments() []string }); ok {
		f.Departments = d.departments()
	}
	f.Pages = s.menuOf(v)
	var b bytes.Buffer
	if err := s.pages.byName[name].ExecuteTemplate(&b, "frame.html", f); err != nil {
		s.Log.ErrorContext(r.Context(), "page could not be rendered", "path", r.URL.Path, "error", err)
		http.Error(w, texts["error-500"].In(v.Lang), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang)
	w.WriteHeader(status)
	w.Write(b.Bytes()) // a reader who left is no error
}

// fail answers with the page for an error.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	v, _ := s.viewOf(r) // the error is another one
	status, page := s.failure(r, v, err)
	s.render(w, r, v, status, "error", page)
}

// words is the glossary.
func (s *site) words(_ *http.Request, v view) (string, any, error) {
	page := wordsPage{}
	for _, e := range glossary {
		page.Entries = append(page.Entries, [2]string{e.Word.In(v.Lang), e.Meaning.In(v.Lang)})
	}
	for _, q := range dashboards.Questions() {
		if q.Chart == dashboards.Figure {
			page.Figures = append(page.Figures, [2]string{q.Title.In(v.Lang), q.Help.In(v.Lang)})
		}
	}
	return "words", page, nil
}

type wordsPage struct{ Entries, Figures [][2]string }

func (wordsPage) title(lang string) string { return texts["words-title"].In(lang) }
