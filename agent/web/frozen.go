package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"postvagt/agent/report"
	"postvagt/agent/supervise"
)

// freeze keeps the report of the address as it is now: a new version, if it says anything else than the last one. What lies
// behind it is kept as well, whatever its age.
func (s *site) freeze(w http.ResponseWriter, r *http.Request) {
	v, err := s.viewOf(r)
	var made *report.Report
	if err == nil {
		made, err = s.makeReport(r, v)
	}
	if err == nil {
		err = s.keepReport(r, made)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("/report/frozen/"+report.FrozenID(made.Options)), http.StatusSeeOther)
}

func (s *site) keepReport(r *http.Request, made *report.Report) error {
	kept, err := made.Freeze()
	if err != nil {
		return err
	}
	id := report.FrozenID(made.Options)
	all, err := s.Store.Entry(r.Context(), report.Reports, id)
	if err != nil {
		return err
	}
	if n := len(all); n > 0 {
		last, err := supervise.Read[report.Frozen](all[n-1])
		if err != nil || last.Hash == kept.Hash {
			return err
		}
	}
	if err := s.Store.HoldPeriod(r.Context(), "report "+id, made.Period()); err != nil {
		return err
	}
	e, err := supervise.Write(report.Reports, id, len(all)+1, userIn(r.Context()).Name, s.Now(), kept)
	if err != nil {
		return err
	}
	return errors.Join(s.Store.AddEntry(r.Context(), e), s.note(r, "change", fmt.Sprintf("report %s, version %d", id, e.Revision)))
}

// thawed returns the version of a frozen report that the address names, the last one without a number.
func (s *site) thawed(r *http.Request, v view) (made *report.Report, last report.Frozen, version int, err error) {
	all, err := s.Store.Entry(r.Context(), report.Reports, r.PathValue("id"))
	if err != nil {
		return nil, last, 0, err
	}
	versions := make([]report.Frozen, len(all))
	for i, e := range all {
		if versions[i], err = supervise.Read[report.Frozen](e); err != nil {
			return nil, last, 0, err
		}
	}
	version = len(all)
	if text := v.query.Get("version"); text != "" {
		if version, err = strconv.Atoi(text); err != nil {
			version = 0
		}
	}
	if version < 1 || version > len(all) {
		return nil, last, 0, errNotFound
	}
	var before *report.Frozen
	if version > 1 {
		before = &versions[version-2]
	}
	return versions[version-1].Thaw(v.Lang, s.Zone, version, before), versions[len(all)-1], version, nil
}

// frozen shows a frozen report.
func (s *site) frozen(r *http.Request, v view) (string, any, error) {
	made, last, version, err := s.thawed(r, v)
	if err != nil {
		return "", nil, err
	}
	v.From, v.To, v.Preset, v.Department = made.From, made.To, "", made.Department
	made.Open = opener(v)
	var b bytes.Buffer
	if err := made.WriteBody(&b); err != nil {
		return "", nil, err
	}
	page := reportPage{Body: template.HTML(b.String())}
	for _, f := range report.Formats() {
		page.Files = append(page.Files, link{Text: strings.ToUpper(f), Href: v.link("/report/frozen/"+r.PathValue("id")+"/"+f, "version", strconv.Itoa(version))})
	}
	if page.Frozen, err = s.frozenLinks(r, v); err != nil {
		return "", nil, err
	}
	now, err := s.makeReport(r, v)
	if err != nil {
		return "", nil, err
	}
	hash, err := now.Hash()
	if hash != last.Hash {
		page.Stale = texts["frozen-stale"].In(v.Lang)
		if v.user.Is(decides...) {
			page.Freeze = v.link("/report/freeze")
		}
	}
	return "report", page, err
}

// frozenFile sends a frozen report as a file.
func (s *site) frozenFile(w http.ResponseWriter, r *http.Request) {
	v, err := s.viewOf(r)
	var made *report.Report
	version := 0
	if err == nil {
		made, _, version, err = s.thawed(r, v)
	}
	var b bytes.Buffer
	format := r.PathValue("format")
	if err == nil {
		if err = made.Write(&b, format); errors.Is(err, report.ErrFormat) {
			err = errNotFound
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	sendReport(w, format, fmt.Sprintf("%s-v%d", made.FileName(), version), b.Bytes())
}

// frozenLinks lead to each version of each frozen report, the newest first.
func (s *site) frozenLinks(r *http.Request, v view) (all []link, err error) {
	entries, err := s.Store.Entries(r.Context(), report.Reports)
	if err != nil {
		return nil, err
	}
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		one, err := supervise.Read[report.Frozen](e)
		if err != nil {
			return nil, err
		}
		for n := e.Revision; n > 0; n-- {
			name := one.Report.From.In(s.Zone).Format("2006-01-02") + " – " + one.Report.To.In(s.Zone).AddDate(0, 0, -1).Format("2006-01-02")
			if one.Report.Department != "" {
				name += ", " + departmentOr(v.Lang, one.Report.Department)
			}
			all = append(all, link{Text: fmt.Sprintf("%s v%d", name, n), Href: v.link("/report/frozen/"+e.ID, "version", strconv.Itoa(n)),
				Current: e.ID == r.PathValue("id") && (v.query.Get("version") == strconv.Itoa(n) || v.query.Get("version") == "" && n == e.Revision)})
		}
	}
	return all, nil
}
