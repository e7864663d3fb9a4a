package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"postvagt/agent/cases"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// formField is an input of a form. Kind is text, long, date, number or choice.
type formField struct {
	Name, Label, Value, Kind string
	Needed                   bool
	Choices                  []choice
}

// entryPage is one entry of a register: its form, for who may write, and its revisions.
type entryPage struct {
	Heading, Back, Action, Fault string
	MayWrite                     bool
	Revision                     int
	Files                        bool   // it may keep a file
	File, FileHref               string // that it keeps
	Fields                       []formField
	History                      []revisionRow
}

func (p entryPage) title(string) string { return p.Heading }

type revisionRow struct{ Time, Author, Text string }

// registerForm is how a register is written in the browser: which fields a value has, and how a value is made of a form.
type registerForm struct {
	register string
	files    bool // an entry may keep a file
	fields   func(s *site, r *http.Request, v view, values map[string]string) ([]formField, error)
	value    func(form url.Values) (value any, fault error)
}

func measureForm() registerForm {
	return registerForm{supervise.Measures, true, (*site).measureFields, func(f url.Values) (any, error) {
		m := supervise.Measure{Date: f.Get("date"), Kind: f.Get("kind"), Title: f.Get("title"), Version: f.Get("version"), Document: f.Get("document"), Audience: f.Get("audience"),
			Department: f.Get("department"), NextDue: f.Get("next_due"), Note: f.Get("note"), File: f.Get("file"), Digest: f.Get("digest")}
		n, err := wholeNumber("participants", f.Get("participants"))
		m.Participants = n
		return m, errors.Join(err, m.Check())
	}}
}

func controlForm() registerForm {
	return registerForm{supervise.Controls, false, (*site).controlFields, func(f url.Values) (any, error) {
		c := supervise.Control{Date: f.Get("date"), Sample: f.Get("sample"), Finding: f.Get("finding"), FollowUp: f.Get("follow_up"), FollowUpDue: f.Get("follow_up_due"),
			FollowedUp: f.Get("followed_up"), Approver: f.Get("approver"), Approved: f.Get("approved")}
		n, err := wholeNumber("point", f.Get("point"))
		c.Point = n
		return c, errors.Join(err, c.Check())
	}}
}

func wholeNumber(name, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is not a whole number", name, text)
	}
	return n, nil
}

func (s *site) measureFields(r *http.Request, v view, values map[string]string) ([]formField, error) {
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return nil, err
	}
	kinds := []choice{}
	for _, k := range supervise.MeasureKinds() {
		kinds = append(kinds, choice{k, texts["measure-"+k].In(v.Lang), k == values["kind"]})
	}
	return fields(v.Lang, "measure", values, []formField{{Name: "date", Kind: "date", Needed: true}, {Name: "kind", Kind: "choice", Choices: kinds, Needed: true}, {Name: "title", Needed: true},
		{Name: "version"}, {Name: "document"}, {Name: "audience"}, {Name: "department", Kind: "choice", Choices: s.departmentChoices(v, overview, values["department"])},
		{Name: "participants", Kind: "number"}, {Name: "next_due", Kind: "date"}, {Name: "note", Kind: "long"}}), nil
}

func (s *site) controlFields(_ *http.Request, v view, values map[string]string) ([]formField, error) {
	points := []choice{}
	for i := 1; i <= supervise.Points; i++ {
		n := strconv.Itoa(i)
		points = append(points, choice{n, n + ". " + texts["point-"+n].In(v.Lang), n == values["point"]})
	}
	return fields(v.Lang, "control", values, []formField{{Name: "point", Kind: "choice", Choices: points, Needed: true}, {Name: "date", Kind: "date", Needed: true}, {Name: "sample", Kind: "long", Needed: true},
		{Name: "finding", Kind: "long", Needed: true}, {Name: "follow_up", Kind: "long"}, {Name: "follow_up_due", Kind: "date"}, {Name: "followed_up", Kind: "date"},
		{Name: "approver"}, {Name: "approved", Kind: "date"}}), nil
}

// fields gives each field its label and its value.
func fields(lang, register string, values map[string]string, all []formField) []formField {
	for i := range all {
		f := &all[i]
		f.Label, f.Value = texts[register+"."+f.Name].In(lang), values[f.Name]
		if f.Kind == "" {
			f.Kind = "text"
		}
	}
	return all
}

func (s *site) departmentChoices(v view, o dashboards.Overview, selected string) []choice {
	all := []choice{{"", texts["all"].In(v.Lang), selected == ""}}
	for _, d := range s.departmentsOf(v, o) {
		all = append(all, choice{d, d, d == selected})
	}
	return all
}

// entry is the page of one entry of a register; the id "new" is a further one.
func (s *site) entry(form registerForm) func(*http.Request, view) (string, any, error) {
	return func(r *http.Request, v view) (string, any, error) {
		values := map[string]string{"date": day(s.Now().In(s.Zone))}
		page, last, err := s.entryPage(r, v, form)
		if err != nil {
			return "", nil, err
		}
		if last != nil {
			values = valuesOf(last)
		}
		page.Fields, err = form.fields(s, r, v, values)
		return "entry", page, err
	}
}

// entryPage is the page without its fields, and the value of the last revision.
func (s *site) entryPage(r *http.Request, v view, form registerForm) (page entryPage, last any, err error) {
	id := r.PathValue("id")
	page = entryPage{Heading: texts["register-"+form.register].In(v.Lang), Back: v.link("/supervision"), Action: v.link("/supervision/" + form.register + "/" + id), MayWrite: v.user.Is(decides...), Files: form.files}
	if id == "new" {
		return page, nil, nil
	}
	all, err := s.Store.Entry(r.Context(), form.register, id)
	if err == nil && len(all) == 0 {
		err = errNotFound
	}
	for _, e := range all {
		value, readErr := supervise.Read[map[string]any](e)
		if err = errors.Join(err, readErr); err != nil {
			break
		}
		page.Revision, last = e.Revision, value
		page.History = append(page.History, revisionRow{dashboards.Clock(v.Lang, e.At.In(s.Zone)), e.Author, s.sayEntry(v.Lang, form.register, value)})
	}
	if values, ok := last.(map[string]any); ok && form.files && values["digest"] != nil {
		page.File, page.FileHref = fmt.Sprint(values["file"]), v.link("/supervision/files/"+fmt.Sprint(values["digest"]))
	}
	return page, last, err
}

// takeFile puts the file of the form into its values, or the one that the entry has, unless it is to be let go.
func (s *site) takeFile(r *http.Request, v view, of registerForm) error {
	r.PostForm.Del("digest") // never what a form says
	r.PostForm.Del("file")
	f := &form{r: r, zone: s.Zone}
	if a := f.file("upload"); a.Name != "" || f.err != nil {
		digest, err := s.Breaches.KeepFile(r.Context(), v.user.Name, a)
		if err = errors.Join(f.err, err); err != nil {
			return err
		}
		r.PostForm.Set("file", a.Name)
		r.PostForm.Set("digest", digest)
		return nil
	}
	_, last, err := s.entryPage(r, v, of)
	if values, ok := last.(map[string]any); ok && values["digest"] != nil && r.PostForm.Get("let-go") == "" {
		r.PostForm.Set("file", fmt.Sprint(values["file"]))
		r.PostForm.Set("digest", fmt.Sprint(values["digest"]))
	}
	return err
}

// measureFile sends the file of a measure, never to be shown in place: its type is its author's word.
func (s *site) measureFile(w http.ResponseWriter, r *http.Request) {
	a, err := s.Breaches.File(r.Context(), r.PathValue("digest"))
	if err != nil && s.Breaches.IsNoCase(err) {
		err = errNotFound
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	send(w, "application/octet-stream", a.Name, a.Data)
}

// valuesOf are the values of an entry as a form takes them.
func valuesOf(value any) map[string]string {
	all := map[string]string{}
	for name, v := range value.(map[string]any) {
		if n, ok := v.(float64); ok {
			all[name] = strconv.FormatFloat(n, 'f', -1, 64)
		} else {
			all[name] = fmt.Sprint(v)
		}
	}
	return all
}

// sayEntry writes a revision in a line: what each field holds.
func (s *site) sayEntry(lang, register string, value map[string]any) string {
	values := valuesOf(value)
	one := map[string]reflect.Type{supervise.Measures: reflect.TypeFor[supervise.Measure](), supervise.Controls: reflect.TypeFor[supervise.Control]()}[register]
	var parts []string
	for i := range one.NumField() {
		name, _, _ := strings.Cut(one.Field(i).Tag.Get("json"), ",")
		text := values[name]
		if name == "kind" {
			text = texts["measure-"+text].In(lang)
		}
		if text != "" {
			parts = append(parts, texts[strings.TrimSuffix(register, "s")+"."+name].In(lang)+": "+text)
		}
	}
	return strings.Join(parts, " · ")
}

// write adds an entry or its next revision.
func (s *site) write(form registerForm) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, _ := s.viewOf(r) // the period does not matter here
		limit := int64(64 << 10)
		if form.files {
			limit = cases.MaxAttachment + 1<<20
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if err := r.ParseMultipartForm(limit); err != nil && !errors.Is(err, http.ErrNotMultipart) {
			s.fail(w, r, inputError{texts["form-too-long"]})
			return
		}
		if form.files {
			if err := s.takeFile(r, v, form); err != nil {
				s.failPlainly(w, r, err)
				return
			}
		}
		value, fault := form.value(r.PostForm)
		if fault == nil {
			fault = s.add(r, form.register, r.PathValue("id"), r.PostForm.Get("revision"), value)
		}
		if fault == nil {
			http.Redirect(w, r, v.link("/supervision"), http.StatusSeeOther)
			return
		}
		s.again(w, r, v, form, fault)
	}
}

// add stores a value under an id, "new" for a new one, as the revision after the one that was read.
func (s *site) add(r *http.Request, register, id, after string, value any) error {
	revision, err := strconv.Atoi(after)
	if err != nil || id == "new" {
		revision = 0
	}
	if id == "new" {
		id = strings.ToLower(rand.Text())[:12]
	}
	e, err := supervise.Write(register, id, revision+1, userIn(r.Context()).Name, s.Now(), value)
	if err != nil {
		return err
	}
	return errors.Join(s.Store.AddEntry(r.Context(), e), s.note(r, "change", register+" "+id))
}

// again shows a form with what was written and what is wrong with it.
func (s *site) again(w http.ResponseWriter, r *http.Request, v view, form registerForm, fault error) {
	page, _, err := s.entryPage(r, v, form)
	if err == nil {
		values := map[string]string{}
		for name := range r.PostForm {
			values[name] = r.PostForm.Get(name)
		}
		page.Fields, err = form.fields(s, r, v, values)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var wrong []string
	for _, f := range page.Fields {
		for line := range strings.Lines(fault.Error()) {
			if strings.HasPrefix(line, f.Name+":") || strings.HasPrefix(line, f.Name+" ") {
				wrong = append(wrong, f.Label)
				break
			}
		}
	}
	switch {
	case errors.Is(fault, supervise.ErrChanged):
		page.Fault = texts["form-changed"].In(v.Lang)
	case len(wrong) > 0:
		page.Fault = fmt.Sprintf(texts["form-wrong"].In(v.Lang), strings.Join(wrong, ", "))
	default:
		s.fail(w, r, fault)
		return
	}
	s.render(w, r, v, http.StatusUnprocessableEntity, "entry", page)
}
