package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"postvagt/dashboards"
)

// Shared are the templates of the charts ("columns", "stack"), for pages and reports.
//
//go:embed shared/*.html
var Shared embed.FS

//go:embed report.html report.css
var files embed.FS

// page is what the template of the report is given.
type page struct {
	Report             *Report
	Lang, Title, Scope string
	Made, Hash         string
	Sections           []section
	Style              template.CSS
}

func (r *Report) page() (p page, err error) {
	p = page{Report: r, Lang: r.Lang, Title: text(r.Lang, "title"), Made: text(r.Lang, "made", dashboards.Clock(r.Lang, r.Made)), Sections: r.sections()}
	p.Scope = dashboards.Dates(r.Lang, r.From, r.To) + " · " + r.scope()
	hash, err := r.Hash()
	p.Hash = text(r.Lang, "hash", hash)
	return p, err
}

// scope is the department, or the whole organisation.
func (r *Report) scope() string {
	if r.Department != "" {
		return dashboards.DepartmentName(r.Lang, r.Department)
	}
	return text(r.Lang, "whole")
}

// templates are parsed once: that takes longer than to write a report.
var templates = sync.OnceValues(func() (*template.Template, error) {
	t, err := template.ParseFS(Shared, "shared/*.html")
	if err != nil {
		return nil, err
	}
	return t.ParseFS(files, "report.html")
})

// writeHTML writes one file that needs no other.
func (r *Report) writeHTML(w io.Writer) error { return r.execute(w, "report.html") }

// WriteBody writes the report as a part of a page that has a style of its own.
func (r *Report) WriteBody(w io.Writer) error { return r.execute(w, "body") }

func (r *Report) execute(w io.Writer, name string) error {
	t, err := templates()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	style, err := files.ReadFile("report.css")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p.Style = template.CSS(style)
	return t.ExecuteTemplate(w, name, p)
}
