package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

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
		lines = append(lines, []string{"gap", text(r.Lang, "gap"), g.From.Format("2006-01-02T15:04:05Z07:00") + "/" + g.To.Format("2006-01-02T15:04:05Z07:00"), strconv.FormatInt(g.Lines, 10), ""})
	}
	for _, q := range Questions() {
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
	return lines
}

// Harmless keeps a spreadsheet from taking a text for a formula (OWASP, CSV injection).
func Harmless(v string) string {
	if v != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(v[0])) {
		return "'" + v
	}
	return v
}
