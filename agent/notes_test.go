package agent

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// What was told beside the mails becomes notes: measures without what they are called, reported figures, the stock of secure
// mailboxes at the end of each month, lost lines, and lines that were not understood on the day on which they were read.
func TestNotes(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "agent.db"), store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	boxes := filepath.Join(dir, "secure-mailboxes.csv")
	if err := os.WriteFile(boxes, []byte("address,department,from,to\nsikker@nordvig.example,Jobcenter,2026-09-15,\nSikker@nordvig.example,Jobcenter,2026-09-20,\n"+
		"gammel@nordvig.example,Jobcenter,2026-09-01,2026-10-30\nborger@nordvig.example,Borgerservice,2026-10-31,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 28, 23, 30, 0, 0, zone)
	lag := 90 * time.Second
	m := &noteMaker{store: db, zone: zone, mailboxes: boxes, now: func() time.Time { return now }, lag: func() time.Duration { return lag }}
	measure, err := supervise.Write(supervise.Measures, "m1", 1, "kari", now, supervise.Measure{Date: "2026-11-23", Kind: "instruction", Title: "Sikker mail til Anna", Department: "Jobcenter"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.AddEntry(t.Context(), measure); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.PutReported(t.Context(), []dashboards.Reported{{Month: "2026-10", Channel: "Digital Post", Source: "NgDP", Count: 2500, EnteredBy: "kari", Entered: now}}); err != nil {
		t.Fatal(err)
	}
	lost := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	commit := func(unknown int64) {
		t.Helper()
		if err := db.Commit(t.Context(), store.Batch{Unknown: map[string]int64{"postfix/smtpd": unknown}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Commit(t.Context(), store.Batch{Gaps: []store.Gap{{Source: "journal", From: lost, To: lost.Add(time.Minute), Lines: 40}}}); err != nil {
		t.Fatal(err)
	}
	commit(3)
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 12, 0, 0, 0, zone).UTC() }
	want := []event.Note{
		{Kind: event.NoteLag, Time: day(11, 28), Count: 90},
		{Kind: event.NoteLostLines, Time: lost, Name: "journal", Count: 40},
		{Kind: event.NoteMeasure, Time: day(11, 23), What: "instruction", Department: "Jobcenter", Count: 1},
		{Kind: event.NoteReported, Time: day(10, 1), Channel: "Digital Post", Source: "NgDP", Count: 2500},
		{Kind: event.NoteMailboxes, Time: day(9, 1), Department: "Jobcenter", Count: 2},
		{Kind: event.NoteMailboxes, Time: day(10, 1), Department: "Borgerservice", Count: 1},
		{Kind: event.NoteMailboxes, Time: day(10, 1), Department: "Jobcenter", Count: 1},
		{Kind: event.NoteMailboxes, Time: day(11, 1), Department: "Borgerservice", Count: 1},
		{Kind: event.NoteMailboxes, Time: day(11, 1), Department: "Jobcenter", Count: 1},
		{Kind: event.NoteUnknownLines, Time: day(11, 28), Name: "postfix/smtpd", Count: 3},
	}
	require := func() {
		t.Helper()
		if err := m.keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := db.UnshippedNotes(t.Context(), "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		var got []event.Note
		for _, r := range rows {
			r.Note.Key = ""
			got = append(got, r.Note)
		}
		slices.SortFunc(got, func(a, b event.Note) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Time.Compare(b.Time), cmp.Compare(a.Department, b.Department))
		})
		slices.SortStableFunc(want, func(a, b event.Note) int { return cmp.Compare(a.Kind, b.Kind) })
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	require()
	commit(4)
	require()                                   // not made anew before its time
	now, lag = now.Add(notesEvery), time.Second // it was more before
	want[len(want)-1].Count = 7
	require()
	now = now.Add(time.Hour) // the next day
	commit(2)
	want = append(want, event.Note{Kind: event.NoteLag, Time: day(11, 29), Count: 1}, event.Note{Kind: event.NoteUnknownLines, Time: day(11, 29), Name: "postfix/smtpd", Count: 2})
	require()
}

// The stock of secure mailboxes is counted by department, each mailbox once, on the day that is asked for.
func TestMailboxesInStock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secure-mailboxes.csv")
	c := &Config{Agent: Lists{SecureMailboxes: file}}
	if n, err := c.mailboxes(time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC), ""); n != nil || err != nil {
		t.Errorf("without a list: %v, %v", n, err)
	}
	if err := os.WriteFile(file, []byte("address,department,from,to\na@nordvig.example,Jobcenter,2026-09-15,\nA@nordvig.example,Jobcenter,2026-09-20,\nb@nordvig.example,Jobcenter,2026-09-01,2026-10-30\nc@nordvig.example,,2026-10-31,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		day        int
		department string
		want       int64
	}{{30, "", 2}, {31, "", 2}, {31, "Jobcenter", 1}, {30, "Jobcenter", 2}, {31, dashboards.NoDepartment, 1}, {30, dashboards.NoDepartment, 0}, {31, "Borgerservice", 0}} {
		n, err := c.mailboxes(time.Date(2026, 10, tt.day, 12, 0, 0, 0, time.UTC), tt.department)
		if err != nil || n == nil || *n != tt.want {
			t.Errorf("2026-10-%d, %q: %v, %v, want %d", tt.day, tt.department, n, err, tt.want)
		}
	}
}
