package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// supervisionPage shows the three registers and what is due.
type supervisionPage struct {
	MayWrite bool
	Bound    bool // to own departments: only samples are shown
	Points   []pointRow
	Measures []measureRow
	Samples  []sampleRow
	Draw     []formField
	Exports  []link
}

func (supervisionPage) title(lang string) string { return texts["supervision"].In(lang) }

type pointRow struct {
	Text, Date, Finding, FollowUp, Approved, Due string
	Overdue                                      bool
	Href                                         string
}

type measureRow struct {
	Date, Kind, Title, Audience, Department, Due string
	Overdue                                      bool
	Href                                         string
}

type sampleRow struct{ Made, Span, Department, Passed, Flagged, Open, Href string }

// entriesOf returns the entries of a register with their values.
func entriesOf[T any](ctx context.Context, s *site, register string) ([]supervise.Entry, []T, error) {
	all, err := s.Store.Entries(ctx, register)
	if err != nil {
		return nil, nil, err
	}
	values := make([]T, len(all))
	for i, e := range all {
		if values[i], err = supervise.Read[T](e); err != nil {
			return nil, nil, err
		}
	}
	return all, values, nil
}

func (s *site) supervision(r *http.Request, v view) (string, any, error) {
	page := supervisionPage{MayWrite: v.user.Is(decides...)}
	var err error
	if page.Samples, err = s.sampleRows(r, v); err != nil {
		return "", nil, err
	}
	if _, page.Bound = v.own(); page.Bound {
		return "supervision", page, nil
	}
	if page.Measures, err = s.measureRows(r, v); err != nil {
		return "", nil, err
	}
	if page.Points, err = s.pointRows(r, v); err != nil {
		return "", nil, err
	}
	for _, file := range []string{"measures", "controls", "samples"} {
		for _, format := range []string{"csv", "json"} {
			page.Exports = append(page.Exports, link{Text: texts["register-"+file].In(v.Lang) + " " + strings.ToUpper(format), Href: "/supervision/export/" + file + "." + format})
		}
	}
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return "", nil, err
	}
	page.Draw = s.drawFields(v, overview, map[string]string{"from": day(v.From), "to": day(v.To.AddDate(0, 0, -1)), "size": "30"})
	return "supervision", page, nil
}

func (s *site) measureRows(r *http.Request, v view) ([]measureRow, error) {
	entries, all, err := entriesOf[supervise.Measure](r.Context(), s, supervise.Measures)
	var rows []measureRow
	for i, m := range all {
		row := measureRow{Date: m.Date, Kind: texts["measure-"+m.Kind].In(v.Lang), Title: strings.TrimSpace(m.Title + " " + m.Version), Audience: m.Audience,
			Department: texts["all"].In(v.Lang), Due: m.NextDue, Overdue: m.Overdue(s.Now().In(s.Zone)), Href: v.link("/supervision/measures/" + entries[i].ID)}
		if m.Department != "" {
			row.Department = m.Department
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b measureRow) int { return strings.Compare(b.Date, a.Date) })
	return rows, err
}

func (s *site) pointRows(r *http.Request, v view) ([]pointRow, error) {
	entries, all, err := entriesOf[supervise.Control](r.Context(), s, supervise.Controls)
	if err != nil {
		return nil, err
	}
	var rows []pointRow
	for _, st := range supervise.States(all, s.ControlMonths, s.Now().In(s.Zone)) {
		row := pointRow{Text: texts["point-"+strconv.Itoa(st.Point)].In(v.Lang), Due: st.Due, Overdue: st.Overdue, Date: texts["never"].In(v.Lang)}
		if st.Last != nil {
			row.Date, row.Finding, row.FollowUp, row.Approved = st.Last.Date, st.Last.Finding, st.Last.FollowUp, strings.TrimSpace(st.Last.Approver+" "+st.Last.Approved)
			row.Href = v.link("/supervision/controls/" + entries[slices.Index(all, *st.Last)].ID)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *site) sampleRows(r *http.Request, v view) ([]sampleRow, error) {
	entries, all, err := entriesOf[supervise.Sample](r.Context(), s, supervise.Samples)
	own, bound := v.own()
	var rows []sampleRow
	for i, one := range all {
		mine := one.Items
		if bound {
			mine = slices.DeleteFunc(slices.Clone(mine), func(i supervise.Item) bool { return !slices.Contains(own, i.Department) })
			if len(mine) == 0 {
				continue
			}
		}
		one.Items = mine
		res := supervise.Results([]supervise.Sample{one}, "", s.Zone)
		rows = append(rows, sampleRow{Made: day(entries[i].At.In(s.Zone)), Span: one.From + " – " + one.To, Department: departmentOr(v.Lang, one.Department),
			Passed: dashboards.Number(v.Lang, res.Passed.Drawn), Flagged: dashboards.Number(v.Lang, res.Flagged.Drawn), Open: dashboards.Number(v.Lang, res.Passed.Open+res.Flagged.Open),
			Href: v.link("/supervision/samples/" + entries[i].ID)})
	}
	return rows, err
}

func departmentOr(lang, name string) string {
	if name == "" {
		return texts["all"].In(lang)
	}
	return dashboards.DepartmentName(lang, name)
}
