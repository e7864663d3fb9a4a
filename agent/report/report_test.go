package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

var (
	zone = time.FixedZone("CET", 3600)
	from = time.Date(2026, 9, 1, 0, 0, 0, 0, zone)
	to   = time.Date(2026, 12, 1, 0, 0, 0, 0, zone)
)

const planted = "planted-person"

// hostile are names that a spreadsheet would take for formulas, or a page for markup.
var hostile = []string{"=HYPERLINK(\"http://evil.example\")", "+1+1", "-2", "@sum", "\tx", "<script>alert(1)</script>", "Børn; \"unge\"", "Čálliidlágádus"}

func documents(n int) []event.Document {
	r := rand.New(rand.NewPCG(5, 6))
	var all []event.Document
	for i := range n {
		d := event.Document{Key: fmt.Sprint("k", i), Time: from.Add(time.Duration(r.Int64N(int64(to.Sub(from))))).Truncate(time.Second), MessageDirection: "outbound", Direction: "outbound",
			First: i%7 != 0, Level: []string{"none", "sensitive", "confidential", "unseen", "unknown"}[r.IntN(5)], Department: hostile[r.IntN(len(hostile))], From: planted, To: planted,
			MessageID: planted, SecureMailbox: []string{"", planted + "@a.example", planted + "@b.example"}[r.IntN(3)], Outcome: "delivered", MessageOutcome: "delivered", Left: true, MessageLeft: true,
			MessageProtected: []string{"yes", "no", "first-hop", "unknown"}[r.IntN(4)], Unopened: r.IntN(5) / 4, Kinds: []string{"health"}}
		if r.IntN(5) == 0 {
			d.Held, d.Outcome, d.MessageOutcome, d.MessageLeft, d.Left, d.MessageProtected = true, "held", "held", false, false, ""
		}
		if d.Level == "sensitive" || d.Level == "confidential" {
			d.DoneRight = map[bool]string{true: "yes", false: "no"}[d.MessageProtected == "yes"]
		}
		if r.IntN(6) == 0 {
			d.Channel, d.ChannelState = "=gateway", []string{"marked", "proven"}[r.IntN(2)]
		}
		all = append(all, d)
	}
	return all
}

// outagesOf are outages of a host, in pairs of hours from the start; the end 0 is not known.
func outagesOf(host string, hours ...int) store.HostOutages {
	at := func(h int) time.Time { return from.Add(time.Duration(h) * time.Hour) }
	h := store.HostOutages{Host: host, Since: at(hours[0]), Until: to}
	for i := 0; i < len(hours); i += 2 {
		o := store.Outage{Host: host, From: at(hours[i])}
		if hours[i+1] != 0 {
			o.To = at(hours[i+1])
		}
		h.All = append(h.All, o)
	}
	return h
}

func make1(t *testing.T, lang string, all []event.Document) *Report {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	gaps := []store.Gap{{Source: "a", From: from.Add(time.Hour), To: from.Add(3 * time.Hour), Lines: 1000}, {Source: "b", From: from.Add(2 * time.Hour), To: from.Add(3*time.Hour + 5*time.Minute), Lines: 1}}
	if err := s.Commit(t.Context(), store.Batch{Documents: all, Gaps: gaps, Outages: []store.HostOutages{outagesOf("mx1", -2, 4), outagesOf("mx2", 3, 5, 2159, 0)}}); err != nil {
		t.Fatal(err)
	}
	r, err := Make(t.Context(), s, Options{Organisation: "Nordvig Kommune", Lang: lang, From: from, To: to, Made: to.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func written(t *testing.T, r *Report, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pdfText reads a PDF back.
func pdfText(t *testing.T, pdf string) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "r.pdf")
	if err := os.WriteFile(file, []byte(pdf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(out), "\u00a0", " ")
}

// counted are the figures of the first page, counted by hand.
func counted(all []event.Document) (sent, recognised, left, safe, right, hidden int) {
	for _, d := range all {
		if !d.First {
			continue
		}
		sent++
		switch d.Level {
		case "unseen", "unknown":
			hidden++
		case "sensitive", "confidential":
			recognised++
			if d.MessageLeft {
				left++
			}
			if d.MessageLeft && d.MessageProtected == "yes" {
				safe++
			}
			if d.DoneRight == "yes" {
				right++
			}
		}
	}
	return
}

func TestFourFormsSayTheSame(t *testing.T) {
	all := documents(700)
	sent, recognised, left, safe, right, hidden := counted(all)
	r := make1(t, "en", all)
	forms := map[string]string{"html": strings.ReplaceAll(written(t, r, "html"), "\u00a0", " "), "pdf": pdfText(t, written(t, r, "pdf"))}
	for name, form := range forms {
		for _, want := range []string{
			fmt.Sprintf("%d mails were sent", sent), fmt.Sprintf("%d of %d", safe, left), fmt.Sprintf("%d of %d", right, recognised), fmt.Sprintf("%d mails", hidden),
			"How much was missed is not known", "2:05 (hours:minutes in all)", "did not reach the check for 30:00 (hours:minutes in all)", "1,001 lines", "judgement that this report does not make",
		} {
			if !strings.Contains(regexp.MustCompile(`\s+`).ReplaceAllString(form, " "), want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	var d document
	if err := json.Unmarshal([]byte(written(t, r, "json")), &d); err != nil {
		t.Fatal(err)
	}
	lines := readCSV(t, written(t, r, "csv"), ',')
	if want := []outage{{"mx1", "2026-09-01T00:00:00+01:00", "2026-09-01T03:00:00Z"}, {"mx2", "2026-09-01T02:00:00Z", "2026-09-01T04:00:00Z"}, {"mx2", "2026-11-29T22:00:00Z", ""}}; !slices.Equal(d.NotChecked, want) {
		t.Errorf("JSON: the check was not reached in %v", d.NotChecked)
	}
	if !slices.ContainsFunc(lines, func(l []string) bool { return l[0] == "not-checked-time" && l[2] == "30:00" }) || !slices.ContainsFunc(lines, func(l []string) bool {
		return l[0] == "not-checked" && l[2] == "2026-11-29T22:00:00Z//mx2"
	}) {
		t.Error("CSV: no line says when the check was not reached")
	}
	for id, want := range map[string][2]int{"sent": {sent, -1}, "recognised": {recognised, -1}, "left-safely": {safe, left}, "done-right": {right, recognised}} {
		i := slices.IndexFunc(d.Figures, func(f figure) bool { return f.ID == id })
		got := d.Figures[i].Rows[0]
		if got.Count != int64(want[0]) || got.Of != nil && *got.Of != int64(want[1]) || got.Of == nil && want[1] >= 0 {
			t.Errorf("JSON: %s is %d", id, got.Count)
		}
		of := ""
		if want[1] >= 0 {
			of = fmt.Sprint(want[1])
		}
		if !slices.ContainsFunc(lines, func(l []string) bool { return l[0] == id && l[3] == fmt.Sprint(want[0]) && l[4] == of }) {
			t.Errorf("CSV: %s is not %d of %q", id, want[0], of)
		}
	}
}

func readCSV(t *testing.T, text string, comma rune) [][]string {
	t.Helper()
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	c.Comma = comma
	lines, err := c.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestNoCellIsAFormula(t *testing.T) {
	r := make1(t, "da", documents(300))
	lines := readCSV(t, written(t, r, "csv"), ';')
	seen := 0
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell begins with %q", cell[0])
			}
			if strings.HasPrefix(cell, "'=") || strings.HasPrefix(cell, "'+") || strings.HasPrefix(cell, "'\t") {
				seen++
			}
		}
	}
	if seen == 0 {
		t.Error("the hostile names are not in the report at all")
	}
}

func TestNothingPersonalNothingOfTheWorkshop(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)` + planted + `|verdict|milter|\btier|offender|complied|compliant|NaN|%!|<no value>|<script>alert`)
	for _, lang := range []string{"da", "en"} {
		for _, all := range [][]event.Document{documents(400), nil} {
			r := make1(t, lang, all)
			for _, format := range Formats() {
				form := written(t, r, format)
				if format == "pdf" {
					form = pdfText(t, form)
				}
				if format != "html" { // markup is harmless elsewhere
					form = strings.ReplaceAll(form, "<script>alert", "")
				}
				if m := forbidden.FindString(form); m != "" {
					t.Errorf("%s in %s holds %q", format, lang, m)
				}
			}
		}
	}
}

func TestFirstPageIsOnePage(t *testing.T) {
	for _, lang := range []string{"da", "en"} {
		onOnePage(t, make1(t, lang, documents(400)), text(lang, "sample-none"))
	}
}

// The first page holds the sample, or that there is none, and stays one page, when every note that there is stands on it.
func TestFirstPageHoldsAllNotes(t *testing.T) {
	for _, lang := range []string{"da", "en"} {
		r := make1(t, lang, documents(40)) // few: each share has a note
		r.Organisation = "Fællesforvaltningen for Nordvig, Sydvig og Østvig Kommuner"
		r.First, r.Details, r.Deleted = from.AddDate(0, 0, 9), from.AddDate(0, 1, 0), from.AddDate(0, 2, 0)
		r.Outcomes = &Outcomes{Unjudged: 61}
		passed := supervise.Pile{Population: 123_456, Drawn: 400, Yes: 12, No: 371, Unsure: 9, Open: 8, Wrong: &supervise.Interval{Share: .0313, Low: .0181, High: .0538}}
		r.Supervision.Sample = &supervise.Result{Passed: passed, Flagged: passed}
		r.version, r.hash = 2, strings.Repeat("0", 64)
		for i := range 30 {
			r.changes = append(r.changes, fmt.Sprintf("figure %d: 1 → 2", i))
		}
		onOnePage(t, r, strings.TrimSpace(strings.SplitAfter(text(lang, "sample-miss"), ":")[0]), strings.TrimSpace(strings.SplitAfter(text(lang, "sample-reviewed"), ":")[0]), text(lang, "version", 2), "61)", "30:00", "2:05")
	}
}

// onOnePage holds that a report's first page says all these, and nothing of what follows it.
func onOnePage(t *testing.T, r *Report, want ...string) {
	t.Helper()
	pages := strings.Split(pdfText(t, written(t, r, "pdf")), "\f")
	first := regexp.MustCompile(`\s+`).ReplaceAllString(pages[0], " ")
	for _, w := range append(want, text(r.Lang, "sample"), text(r.Lang, "page", 1, len(pages)-1)) {
		if !strings.Contains(first, w) {
			t.Errorf("%s: %q is not on page 1 of %d", r.Lang, w, len(pages)-1)
		}
	}
	if len(pages) < 3 || !strings.Contains(pages[1], text(r.Lang, "numbers")) {
		t.Errorf("%s: the figures do not begin page 2", r.Lang)
	}
}

// Letters of the Nordic languages, Sámi included, survive the fonts of the PDF.
func TestLetters(t *testing.T) {
	form := pdfText(t, written(t, make1(t, "da", documents(300)), "pdf"))
	for _, want := range []string{"Čálliidlágádus", "Børn; \"unge\"", "følsomme"} {
		if !strings.Contains(form, want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
}

func TestHashIsOfTheFigures(t *testing.T) {
	all := documents(200)
	one, two := make1(t, "da", all), make1(t, "da", all)
	two.Made = two.Made.AddDate(0, 1, 0)
	all[1].Level, all[1].First, all[1].Department = "sensitive", true, "another"
	three := make1(t, "da", all)
	hashes := make([]string, 3)
	for i, r := range []*Report{one, two, three} {
		var err error
		if hashes[i], err = r.Hash(); err != nil {
			t.Fatal(err)
		}
	}
	if hashes[0] != hashes[1] {
		t.Error("the same figures have another hash a month later")
	}
	if hashes[0] == hashes[2] {
		t.Error("other figures have the same hash")
	}
	if a, b := written(t, one, "pdf"), written(t, one, "pdf"); a != b {
		t.Error("the same report makes two different PDFs")
	}
}

func TestRefusals(t *testing.T) {
	r := make1(t, "en", nil)
	if err := r.Write(&bytes.Buffer{}, "docx"); !errors.Is(err, ErrFormat) {
		t.Errorf("an unknown format: %v", err)
	}
	if _, err := Make(t.Context(), nil, Options{From: to, To: from}); err == nil {
		t.Error("an empty period is reported on")
	}
}

func TestTextsAreWholeAndUsed(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range names {
		if name != "texts.go" && !strings.HasSuffix(name, "_test.go") {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
	}
	for name, text := range texts {
		if text.DA == "" || text.EN == "" || strings.Count(text.DA, "%") != strings.Count(text.EN, "%") {
			t.Errorf("%s lacks a language, or takes other values in it", name)
		}
		joined := regexp.MustCompile(`^(measure|point|mode|by|trend|span|chart)-`).MatchString(name) // made of a value
		if !joined && !strings.Contains(code.String(), `"`+name+`"`) {
			t.Errorf("nobody says %q", name)
		}
	}
	for _, m := range regexp.MustCompile(`text\((?:r|p\.report)\.Lang, "([^"]+)"[,)]`).FindAllStringSubmatch(code.String(), -1) {
		if _, ok := texts[m[1]]; !ok {
			t.Errorf("%q is no text", m[1])
		}
	}
	for _, q := range Questions() {
		if q.Measure.Kind == dashboards.Distinct && q.Split.By == dashboards.ByTime && q.Split.Every == "week" { // Weeks joins the halves of a week
			t.Errorf("%s cannot be added up over weeks", q.ID)
		}
	}
}
