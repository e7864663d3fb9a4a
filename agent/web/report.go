package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"postvagt/agent/report"
)

// reportPage is the Ombudsman's report with the links to its other forms.
type reportPage struct {
	Body   template.HTML // written by package report's own template
	Files  []link
	Filter bool   // whether another period can be chosen
	Freeze string // where to freeze it, "" for who may not
	Frozen []link // versions that were frozen, of this period or of others
	Stale  string // what has changed since it was frozen
	all    []string
}

func (reportPage) title(lang string) string { return texts["report"].In(lang) }
func (p reportPage) departments() []string  { return p.all }

func (s *site) makeReport(r *http.Request, v view) (*report.Report, error) {
	o := report.Options{Organisation: s.Organisation, Department: v.Department, Lang: v.Lang, From: v.From, To: v.To, Made: s.Now().In(s.Zone)}
	var err error
	if o.Outcomes, err = s.Outcomes(r.Context(), o); err != nil {
		return nil, err
	}
	if o.Mailboxes, err = s.Mailboxes(o.Stock(), o.Department); err != nil {
		return nil, err
	}
	return report.Make(r.Context(), s.Store, o)
}

func (s *site) report(r *http.Request, v view) (string, any, error) {
	made, err := s.makeReport(r, v)
	if err != nil {
		return "", nil, err
	}
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return "", nil, err
	}
	made.Open = opener(v)
	var b bytes.Buffer
	if err := made.WriteBody(&b); err != nil {
		return "", nil, err
	}
	page := reportPage{Filter: true, Body: template.HTML(b.String()), all: s.departmentsOf(v, overview)}
	for _, f := range report.Formats() {
		page.Files = append(page.Files, link{Text: strings.ToUpper(f), Href: v.link("/report/" + f)})
	}
	if v.user.Is(decides...) {
		page.Freeze = v.link("/report/freeze")
	}
	if page.Frozen, err = s.frozenLinks(r, v); err != nil {
		return "", nil, err
	}
	return "report", page, nil
}

// opener gives the address of what lies behind a figure of the report, which all readers of the page may open.
func opener(v view) func(report.Behind) string {
	return func(b report.Behind) string {
		if b.Page != "" {
			return v.link(b.Page)
		}
		if !b.From.IsZero() {
			v := v.days(b.From, b.To)
			return v.link("/transmissions", "q", b.Question)
		}
		return v.link("/transmissions", "q", b.Question, "key", b.Key)
	}
}

// reportFile sends the report as a file.
func (s *site) reportFile(w http.ResponseWriter, r *http.Request) {
	format := r.PathValue("format")
	v, err := s.viewOf(r)
	var made *report.Report
	if err == nil {
		made, err = s.makeReport(r, v)
	}
	var b bytes.Buffer
	if err == nil {
		if err = made.Write(&b, format); errors.Is(err, report.ErrFormat) {
			err = errNotFound
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	sendReport(w, format, made.FileName(), b.Bytes())
}

func sendReport(w http.ResponseWriter, format, name string, data []byte) {
	w.Header().Set("Content-Type", report.MediaType(format))
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+"."+format))
	w.Write(data) // a reader who left is no error
}
