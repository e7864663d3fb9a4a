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
	Body  template.HTML // written by package report's own template
	Files []link
	all   []string
}

func (reportPage) title(lang string) string { return texts["report"].In(lang) }
func (p reportPage) departments() []string  { return p.all }

func (s *site) makeReport(r *http.Request, v view) (*report.Report, error) {
	return report.Make(r.Context(), s.Store, report.Options{Organisation: s.Organisation, Department: v.Department, Lang: v.Lang, From: v.From, To: v.To, Made: s.Now().In(s.Zone)})
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
	var b bytes.Buffer
	if err := made.WriteBody(&b); err != nil {
		return "", nil, err
	}
	page := reportPage{Body: template.HTML(b.String()), all: s.departmentsOf(v, overview)}
	for _, f := range report.Formats() {
		page.Files = append(page.Files, link{Text: strings.ToUpper(f), Href: v.link("/report/" + f)})
	}
	return "report", page, nil
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
	w.Header().Set("Content-Type", report.MediaType(format))
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", made.FileName()+"."+format))
	w.Write(b.Bytes()) // a reader who left is no error
}
