package report

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
)

// mailOf is a mail that left; a mail without a level is one whose content could not be seen.
func mailOf(key, department string, at time.Time, level, protected string) event.Document {
	d := event.Document{Key: key, Time: at, MessageDirection: "outbound", Direction: "outbound", First: true, Level: level, Department: department,
		Outcome: "delivered", MessageOutcome: "delivered", Left: true, MessageLeft: true, Protected: protected, MessageProtected: protected}
	if level != "unseen" {
		d.DoneRight = map[bool]string{true: "yes", false: "no"}[protected == "yes"]
	}
	return d
}

// ranged are mails of two departments in three months. By hand: Skole has 3 recognised, 1 of them protected, and 2 unseen, both protected:
// 1 of 3 without and 3 of 5 with them. Vej has 1 of 1 and nothing unseen. September: 1 of 2, and 2 of 3 with unseen; October: 0 of 1,
// and 1 of 2; November: 1 of 1.
func ranged() []event.Document {
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 12, 0, 0, 0, zone) }
	return []event.Document{
		mailOf("a", "Skole", at(9, 7), "sensitive", "yes"), mailOf("b", "Skole", at(9, 8), "confidential", "no"), mailOf("c", "Skole", at(9, 9), "unseen", "yes"),
		mailOf("d", "Skole", at(10, 7), "sensitive", "no"), mailOf("e", "Skole", at(10, 8), "unseen", "yes"),
		mailOf("f", "Vej", at(11, 10), "sensitive", "yes"),
	}
}

func rowOf(t *testing.T, tab *table, name string) []string {
	t.Helper()
	i := slices.IndexFunc(tab.Rows, func(r []cell) bool { return r[0].String() == name })
	if i < 0 {
		t.Fatalf("there is no row %q", name)
	}
	var all []string
	for _, c := range tab.Rows[i][1:] {
		all = append(all, strings.ReplaceAll(c.String(), "\u00a0", " "))
	}
	return all
}

// Both shares stand as a range, without and with unseen mail, in the tables of departments, weeks and months, in each form.
func TestSharesAreRanges(t *testing.T) {
	r := make1(t, "en", ranged())
	for _, tt := range []struct {
		table *table
		name  string
		want  []string
	}{
		{r.departments(), "Skole", []string{"5", "3", "1 of 3 (33 %)\nwith: 3 of 5 (60 %)", "1 of 3 (33 %)\nwith: 3 of 5 (60 %)", "2", "0"}},
		{r.departments(), "Vej", []string{"1", "1", "1 of 1 (100 %)", "1 of 1 (100 %)", "0", "0"}},
		{r.months().Table, "September 2026", []string{"2", "1 of 2 (50 %)\nwith: 2 of 3 (67 %)", "1 of 2 (50 %)\nwith: 2 of 3 (67 %)", "1", "0"}},
		{r.months().Table, "October 2026", []string{"1", "0 of 1 (0 %)\nwith: 1 of 2 (50 %)", "0 of 1 (0 %)\nwith: 1 of 2 (50 %)", "1", "0"}},
		{r.weeks().Table, "Week 37: 7 September – 13 September 2026", []string{"2", "1 of 2 (50 %)\nwith: 2 of 3 (67 %)", "1 of 2 (50 %)\nwith: 2 of 3 (67 %)", "1", "0"}},
	} {
		if got := rowOf(t, tt.table, tt.name); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if c := r.months().Charts; len(c) != 2 || len(c[0].Columns) != 3 || c[0].Columns[0].Lower != 1 || c[0].Columns[0].Upper != 1 || c[1].Columns[2].Upper != 0 {
		t.Errorf("the charts by month are %+v", c)
	}
	page := strings.ReplaceAll(written(t, r, "html"), "\u00a0", " ")
	paper := regexp.MustCompile(`\s+`).ReplaceAllString(pdfText(t, written(t, r, "pdf")), " ")
	for _, want := range []string{"with: 3 of 5 (60 %)", "Month by month", "Both shares stand as a range"} {
		if !strings.Contains(page, want) || !strings.Contains(paper, want) {
			t.Errorf("HTML or PDF does not say %q", want)
		}
	}
	if !strings.Contains(page, `id="t-left-safely-monthly"`) {
		t.Error("the page draws no trend by month")
	}
	if strings.Contains(page, "<a ") {
		t.Error("a file that leaves the house has links into it")
	}
}

// A report of one month has no trend by month, and one that was frozen before unseen mail was divided says nothing of it.
func TestWhatWasNotAskedIsNotSaid(t *testing.T) {
	r := make1(t, "en", ranged())
	month := *r
	month.From, month.To = from, from.AddDate(0, 1, 0)
	month.Answers = nil
	if month.months().Heading != "" {
		t.Error("one month has a trend by month")
	}
	kept, err := r.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	var old Frozen
	if err := json.Unmarshal(b, &old); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"unseen-departments", "recognised-monthly", "left-safely-unseen-departments"} {
		delete(old.Report.Answers, id)
	}
	thawed := old.Thaw("en", zone, 1, nil)
	if got := rowOf(t, thawed.departments(), "Skole"); got[4] != "–" {
		t.Errorf("unseen mail that was never divided is %q", got[4])
	}
	if form := written(t, thawed, "html"); strings.Contains(form, "Month by month") {
		t.Error("a trend by month that was never asked for is shown")
	}
	if lines := changes("en", old.Report, r); len(lines) != 0 {
		t.Errorf("what was never asked is said to have changed: %q", lines)
	}
}

// On a page each figure opens what lies behind it.
func TestFiguresOpen(t *testing.T) {
	r := make1(t, "en", ranged())
	r.Outcomes = &Outcomes{Repeated: []Repeated{{Rule: "sender", By: "sender"}}}
	r.Open = func(b Behind) string {
		if b.Page != "" {
			return b.Page
		}
		days := ""
		if !b.From.IsZero() {
			days = b.From.Format(time.DateOnly) + "/" + b.To.Format(time.DateOnly)
		}
		return "/t?" + url.Values{"q": {b.Question}, "key": {b.Key}, "days": {days}}.Encode()
	}
	var page strings.Builder
	if err := r.WriteBody(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<a href="/t?days=&amp;key=&amp;q=left-safely">2 of 4</a>`,
		`<a href="/t?days=&amp;key=Skole&amp;q=left-safely-unseen-departments">with: 3 of 5`,
		`<a href="/t?days=2026-10-01%2F2026-11-01&amp;key=&amp;q=recognised-monthly">1</a>`,
		`<a href="/t?days=2026-09-07%2F2026-09-14&amp;key=&amp;q=unseen-weekly">1</a>`,
		`<a href="/t?days=&amp;key=no&amp;q=recognised-protection">2</a>`, `<a href="/triage">0</a>`, `<a href="/repeated">0</a>`,
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page.String(), ">–</a>") {
		t.Error("a share of nothing is a link")
	}
}

// The report of a department takes its mails from the sample of the whole house.
func TestDepartmentHasItsPartOfTheSample(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	one := supervise.Sample{From: "2026-09-01", To: "2026-09-30", Size: 1, Population: map[string]int64{supervise.Passed: 40}, Strata: map[string]map[string]int64{supervise.Passed: {"Skole": 30, "Vej": 10}},
		Items: []supervise.Item{{Key: "a", Pile: supervise.Passed, At: from.AddDate(0, 0, 3), Department: "Skole", Answer: supervise.No}, {Key: "b", Pile: supervise.Passed, At: from.AddDate(0, 0, 3), Department: "Vej", Answer: supervise.Yes}}}
	e, err := supervise.Write(supervise.Samples, "one", 1, "anna", from, one)
	if err == nil {
		err = s.AddEntry(t.Context(), e)
	}
	if err != nil {
		t.Fatal(err)
	}
	for department, want := range map[string]string{"": "Missed: 1 of 2 (weighed 25.0", "Vej": "Missed: 1 of 1 (weighed 100.0", "Park": "How much was missed is not known"} {
		r, err := Make(t.Context(), s, Options{Department: department, Lang: "en", From: from, To: to, Made: to})
		if err != nil {
			t.Fatal(err)
		}
		if page := written(t, r, "html"); !strings.Contains(page, want) {
			t.Errorf("%q: the report does not say %q", department, want)
		}
	}
}

// What was never judged is still told by its connections: of an old log nothing else is known. By hand: 5 copies that left.
func TestUnjudgedMailIsToldByItsConnections(t *testing.T) {
	var docs []event.Document
	for i, transport := range []string{"verified", "encrypted", "plaintext", "plaintext", "unknown"} {
		d := mailOf(string(rune('a'+i)), "Skole", time.Date(2026, 9, 7, 12, 0, 0, 0, zone), "unknown", "unknown")
		d.Transport, d.DoneRight, d.Finding = transport, "unknown", "no-verdict"
		docs = append(docs, d)
	}
	r := make1(t, "en", docs)
	for name, want := range map[string][]string{
		"encrypted connection to a verified server": {"1", "20 %"},
		"encrypted connection, server not verified": {"1", "20 %"},
		"encrypted connection to a relay":           {"0", "0 %"},
		"connection without encryption":             {"2", "40 %"},
		"unknown":                                   {"1", "20 %"},
	} {
		if got := rowOf(t, r.howAllLeft().Table, name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.howLeft().Table.Rows != nil {
		t.Error("mail that was not judged stands among the recognised mails")
	}
	if page := written(t, r, "html"); !strings.Contains(page, "How all mail left") || strings.Contains(page, "complied") {
		t.Error("the report does not tell of the connections")
	}
}
