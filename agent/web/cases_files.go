package web

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"postvagt/agent/cases"
	"postvagt/agent/report"
)

// draftPage is a document to copy from.
type draftPage struct {
	Draft     cases.Draft
	Back, PDF string
	lang      string
}

func (p draftPage) title(string) string { return p.Draft.Title }

// Lang is the language of the draft, which need not be the reader's.
func (p draftPage) Lang() string { return p.lang }

func (s *site) draft(r *http.Request, v view) (string, any, error) {
	d, lang, err := s.draftOf(r, v)
	id := r.PathValue("id")
	return "draft", draftPage{Draft: d, Back: v.link("/cases/" + id), PDF: v.link("/cases/"+id+"/draft/"+r.PathValue("kind")+"/pdf", "in", lang), lang: lang}, err
}

func (s *site) draftOf(r *http.Request, v view) (d cases.Draft, lang string, err error) {
	lang = v.query.Get("in")
	if !slices.Contains(cases.Languages(), lang) {
		lang = v.Lang
	}
	c, _, err := s.Breaches.Case(r.Context(), r.PathValue("id"))
	if err != nil {
		if s.Breaches.IsNoCase(err) || errors.Is(err, cases.ErrErased) {
			err = errNotFound
		}
		return d, lang, err
	}
	if !slices.Contains(draftKinds(c), r.PathValue("kind")) {
		return d, lang, errNotFound
	}
	house := cases.House{Name: s.Organisation, Zone: s.Zone, Now: s.Now()}
	switch r.PathValue("kind") {
	case "notice":
		d = cases.PersonNotice(c, house, lang)
	case "controller":
		d = cases.ControllerNotice(c, house, lang)
	default:
		d = cases.Notification(c, house, lang)
	}
	return d, lang, nil
}

// draftFile sends a draft as PDF.
func (s *site) draftFile(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	d, lang, err := s.draftOf(r, v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p := report.Paper{Organisation: s.Organisation, Title: d.Title, Mark: d.Mark, Lang: lang, Made: s.Now().In(s.Zone)}
	for _, f := range d.Fields {
		p.Sections = append(p.Sections, report.PaperSection{Heading: f.Label, Text: []string{f.Text}})
	}
	s.sendPaper(w, r, p, r.PathValue("id")+"-"+r.PathValue("kind")+"-"+lang+".pdf")
}

func (s *site) sendPaper(w http.ResponseWriter, r *http.Request, p report.Paper, name string) {
	var b bytes.Buffer
	if err := p.WritePDF(&b); err != nil {
		s.fail(w, r, err)
		return
	}
	send(w, "application/pdf", name, b.Bytes())
}

func send(w http.ResponseWriter, kind, name string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data) // a reader who left is no error
}

// registerFile sends the whole register, or one case of it (id), as JSON or PDF.
func (s *site) registerFile(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	var ids []string
	name := "postvagt-register"
	if id := v.query.Get("id"); id != "" {
		ids, name = []string{id}, "postvagt-"+id
	}
	var err error
	switch r.PathValue("format") {
	case "json":
		var data []byte
		if data, err = s.Breaches.JSON(r.Context(), ids...); err == nil {
			send(w, "application/json", name+".json", data)
			return
		}
	case "pdf":
		var p report.Paper
		if p, err = s.Breaches.Paper(r.Context(), v.Lang, ids...); err == nil {
			s.sendPaper(w, r, p, name+".pdf")
			return
		}
	default:
		err = errNotFound
	}
	if s.Breaches.IsNoCase(err) {
		err = errNotFound
	}
	s.fail(w, r, err)
}

// caseFile sends an attachment, never to be shown in place: its type is its author's word.
func (s *site) caseFile(w http.ResponseWriter, r *http.Request) {
	_, entries, err := s.Breaches.Case(r.Context(), r.PathValue("id"))
	if err != nil && (s.Breaches.IsNoCase(err) || errors.Is(err, cases.ErrErased)) {
		err = errNotFound
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, e := range entries {
		if a, ok := e.Change.(cases.Attachment); ok && strconv.FormatInt(e.N, 10) == r.PathValue("n") {
			send(w, "application/octet-stream", a.Name, a.Data)
			return
		}
	}
	s.fail(w, r, errNotFound)
}

// processorsPage lists the organisation's own processors.
type processorsPage struct {
	Rows []processorRow
	Post string
}

type processorRow struct{ Name, Contact, Service, Instructed, Class, Proof, Ended string }

func (processorsPage) title(lang string) string { return texts["processors"].In(lang) }

func (s *site) processors(r *http.Request, v view) (string, any, error) {
	all, err := s.Breaches.Processors(r.Context())
	page := processorsPage{}
	if v.user.Is(decides...) {
		page.Post = v.link("/processors")
	}
	for _, p := range all {
		row := processorRow{Name: p.Name, Contact: p.Contact, Service: p.Service, Proof: p.Proof, Instructed: texts["processor-not"].In(v.Lang), Class: "is-no"}
		if !p.Instructed.IsZero() {
			row.Instructed, row.Class = day(p.Instructed.In(s.Zone)), "is-yes"
		}
		if !p.Ended.IsZero() {
			row.Ended = day(p.Ended.In(s.Zone))
		}
		page.Rows = append(page.Rows, row)
	}
	return "processors", page, err
}

func (s *site) addProcessor(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r)
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	f := &form{r: r, zone: s.Zone}
	p := cases.Contract{Name: f.text("name"), Contact: f.text("contact"), Service: f.text("service"), Instructed: f.date("instructed"), Proof: f.text("proof"), Ended: f.date("ended")}
	err := f.err
	if err == nil {
		err = s.Breaches.SayProcessor(r.Context(), v.user.Name, p)
	}
	if err == nil {
		err = s.note(r, "change", p.Name)
	}
	if err != nil {
		s.failPlainly(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("/processors"), http.StatusSeeOther)
}
