package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// writeCSV writes a line for each figure: id, title, key (of a split), count, of (of a ratio). It begins with a
// byte order mark, and separates with ";" in Danish, as spreadsheets there expect.
func (r *Report) writeCSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if r.Lang == "da" {
		c.Comma = ';'
	}
	head := []string{"id", "title", "key", "count", "of"}
	if r.Lang == "da" {
		head = []string{"id", "titel", "nøgle", "antal", "af"}
	}
	if err := c.Write(head); err != nil {
		return err
	}
	for _, line := range r.lines() {
		for i := range line {
			line[i] = Harmless(line[i])
		}
		if err := c.Write(line); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func (r *Report) lines() [][]string {
	lines := [][]string{
		{"organisation", text(r.Lang, "organisation"), r.Organisation, "", ""},
		{"department", text(r.Lang, "department"), r.Department, "", ""},
		{"period", text(r.Lang, "period"), fmt.Sprintf("%s/%s", r.From.Format("2006-01-02"), r.last().Format("2006-01-02")), "", ""},
	}
	for _, g := range r.Gaps {
		lines = append(lines, []string{"gap", text(r.Lang, "gap"), g.From.Format(time.RFC3339) + "/" + g.To.Format(time.RFC3339), strconv.FormatInt(g.Lines, 10), ""})
	}
	for _, o := range r.Outages {
		from, to := r.outageSpan(o)
		lines = append(lines, []string{"not-checked", text(r.Lang, "not-checked"), from + "/" + to + "/" + o.Host, "", ""})
	}
	if len(r.Outages) > 0 {
		lines = append(lines, []string{"not-checked-time", text(r.Lang, "not-checked"), dashboards.HoursMinutes(r.out()), "", ""})
	}
	for _, g := range r.Settings {
		key := strings.Join([]string{g.From.Format(time.RFC3339), g.To.Format(time.RFC3339), g.Host, g.Mode, g.Policy, g.Rules}, "/")
		lines = append(lines, []string{"in-force", text(r.Lang, "in-force"), key, "", ""})
	}
	for _, t := range r.Tested {
		lines = append(lines, []string{"test-messages", text(r.Lang, "in-force"), t.Host, strconv.FormatInt(t.Good, 10), strconv.FormatInt(t.All, 10)})
	}
	if r.Mailboxes != nil {
		lines = append(lines, []string{"secure-mailboxes-stock", text(r.Lang, "secure"), r.Stock().Format(time.DateOnly), strconv.FormatInt(*r.Mailboxes, 10), ""})
	}
	for _, q := range Questions() {
		if !r.Answers.Known(q.ID) {
			lines = append(lines, []string{q.ID, q.Title.In(r.Lang), text(r.Lang, "not-known"), "", ""})
			continue
		}
		for _, a := range r.Answers[q.ID] {
			of := ""
			if q.Measure.Kind == dashboards.Ratio {
				of = strconv.FormatInt(a.N, 10)
			}
			lines = append(lines, []string{q.ID, q.Title.In(r.Lang), a.Key, strconv.FormatInt(a.Count, 10), of})
		}
	}
	for _, e := range r.Reported {
		key := strings.Join([]string{e.Month, e.Channel, e.Department, e.Source, e.EnteredBy}, "/")
		lines = append(lines, []string{"reported", text(r.Lang, "reported"), key, strconv.FormatInt(e.Count, 10), ""})
	}
	return append(append(lines, r.outcomeLines()...), r.stated()...)
}

// stated are the registers of the period: a line for each measure and control, and the rates of the sample.
func (r *Report) stated() (lines [][]string) {
	for _, s := range []struct {
		id      string
		section section
	}{{"measure", r.measures()}, {"control", r.controls()}} {
		for _, one := range s.section.List {
			lines = append(lines, []string{s.id, s.section.Heading, one, "", ""})
		}
	}
	if res := r.Supervision.Sample; res != nil {
		for _, p := range []struct {
			id    string
			wrong int64
			pile  supervise.Pile
		}{{"sample-missed", res.Passed.Yes, res.Passed}, {"sample-false-alarm", res.Flagged.No, res.Flagged}} {
			if p.pile.Wrong != nil {
				key := fmt.Sprintf("%.4f-%.4f", p.pile.Wrong.Low, p.pile.Wrong.High)
				lines = append(lines, []string{p.id, text(r.Lang, "sample"), key, strconv.FormatInt(p.wrong, 10), strconv.FormatInt(p.pile.Yes+p.pile.No, 10)})
			}
		}
	}
	return lines
}

// Harmless keeps a spreadsheet from taking a text for a formula (OWASP, CSV injection).
func Harmless(v string) string {
	if v != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(v[0])) {
		return "'" + v
	}
	return v
}
