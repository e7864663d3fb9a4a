package store

import (
	"fmt"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// A sender, and a recipient, of open mail is new in the first month and known in later ones, by the zone of the store. What is
// protected or holds nothing counts for nobody.
func TestOpenNotes(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, In(zone))
	n := 0
	sent := func(at time.Time, from, to, protected string) event.Document {
		n++
		return event.Document{Key: fmt.Sprintf("%064x", n), Time: at, Month: at.Format("2006.01"), Host: "mx1", QueueID: fmt.Sprintf("4bX%d", n), From: from, To: to, Department: "Jobcenter",
			Direction: "outbound", Left: true, Level: "sensitive", Protected: protected, Outcome: "delivered"}
	}
	september, october := time.Date(2026, 9, 10, 8, 0, 0, 0, time.UTC), time.Date(2026, 9, 30, 22, 30, 0, 0, time.UTC) // half past midnight here
	commit(t, s, Batch{Documents: []event.Document{
		sent(september, "~anna", "~x", "no"), sent(september.Add(time.Hour), "~anna", "~y", "first-hop"), sent(october, "~anna", "~x", "no"),
		sent(october, "~bo", "~z", "no"), sent(september, "~bo", "~z", "yes"), sent(september, "~bo", "~z", "unknown"), sent(october, "", "~z", "no"),
	}})
	got, keys := map[string]int64{}, map[string]bool{}
	for n, err := range s.OpenNotes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[n.Kind+" "+n.Name+" "+n.What+" "+n.Time.Format(time.DateOnly)] = n.Count
		keys[n.Key] = true
		if n.Department != "Jobcenter" {
			t.Errorf("%+v", n)
		}
	}
	want := map[string]int64{
		"open-sender ~anna new 2026-09-10": 2, "open-sender ~anna known 2026-09-30": 1, "open-sender ~bo new 2026-09-30": 1,
		"open-recipient ~x new 2026-09-10": 1, "open-recipient ~x known 2026-09-30": 1, "open-recipient ~y new 2026-09-10": 1, "open-recipient ~z new 2026-09-30": 2,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(keys) != len(want) {
		t.Errorf("got  %v\nwant %v, %d keys", got, want, len(keys))
	}
	if _, err := s.PutNotes(t.Context(), s.OpenNotes(t.Context())); err != nil {
		t.Fatal(err)
	}
	q := dashboards.Question{ID: "new", Notes: true, Measure: dashboards.Measure{Kind: dashboards.Distinct, Field: "postvagt.name",
		Of: dashboards.Filter{dashboards.Is("postvagt.note", event.NoteOpenSender), dashboards.Is("postvagt.what", event.NoteNew)}}, Split: dashboards.Split{By: dashboards.ByTime, Every: "month"}}
	rows, err := s.Ask(t.Context(), q, dashboards.Period{From: "2026-09-01T00:00:00+02:00", To: "2026-11-01T00:00:00+01:00"}, nil)
	if err != nil || len(rows) != 2 || rows[0] != (dashboards.Row{Key: "2026-09-01", Count: 1}) || rows[1] != (dashboards.Row{Key: "2026-10-01", Count: 1}) {
		t.Errorf("%v %v", rows, err)
	}
}

// Notes wait until they are shipped as they are now; the same notes again change nothing.
func TestNotesWait(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.UTC)
	a, b := event.Note{Key: "a", Time: at, Kind: event.NoteMeasure, What: "course", Count: 1}, event.Note{Key: "b", Time: at, Kind: event.NoteReported, Count: 5}
	put := func(want int, all ...event.Note) {
		t.Helper()
		if n, err := s.PutNotes(t.Context(), func(yield func(event.Note, error) bool) {
			for _, n := range all {
				if !yield(n, nil) {
					return
				}
			}
		}); err != nil || n != want {
			t.Errorf("%d changed, not %d: %v", n, want, err)
		}
	}
	waiting := func(want string) []event.NoteRow {
		t.Helper()
		rows, err := s.UnshippedNotes(t.Context(), "", 10)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range rows {
			got += fmt.Sprintf("%s%d%v ", r.Note.Key, r.Revision, r.Gone)
		}
		if got != want {
			t.Errorf("%s waits, not %s", got, want)
		}
		return rows
	}
	put(2, a, b)
	put(0, a, b)
	rows := waiting("a1false b1false ")
	b.Count = 6
	put(1, a, b)
	if err := s.NotesShipped(t.Context(), []event.NoteReceipt{{Key: "a", Revision: rows[0].Revision}, {Key: "b", Revision: rows[1].Revision}}); err != nil {
		t.Fatal(err)
	}
	waiting("b2false ") // it changed meanwhile
	put(1, b)
	waiting("a2true b2false ")
	if err := s.NotesShipped(t.Context(), []event.NoteReceipt{{Key: "a", Revision: 2}, {Key: "b", Revision: 2, Refused: "mapper_parsing_exception"}}); err != nil {
		t.Fatal(err)
	}
	waiting("")
	if backlog, err := s.Backlog(t.Context()); err != nil || backlog.Refused["mapper_parsing_exception"] != 1 || backlog.Waiting != 0 {
		t.Errorf("%+v %v", backlog, err)
	}
	put(1, a, b) // it comes again
	waiting("a3false ")
	if err := s.ShipRefused(t.Context()); err != nil {
		t.Fatal(err)
	}
	waiting("a3false b2false ")
}
