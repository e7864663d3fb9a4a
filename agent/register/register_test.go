package register

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/dashboards"
)

// book is a register with a clock that the test sets.
type book struct {
	*Register
	t  *testing.T
	at time.Time
}

func newBook(t *testing.T) *book {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "agent.db"), store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b := &book{t: t, at: time.Date(2026, 11, 23, 9, 0, 0, 0, zone)}
	b.Register = &Register{Store: db, Organisation: "Nordvig Kommune", Zone: zone, Now: func() time.Time { return b.at }}
	return b
}

func (b *book) open(o cases.Opening) string {
	b.t.Helper()
	if o.Role == "" {
		o.Title, o.Role = "Mails of the clinic", cases.Controller
	}
	c, err := b.OpenCase(b.t.Context(), "officer", o)
	if err != nil {
		b.t.Fatal(err)
	}
	return c.ID
}

func (b *book) say(id string, changes ...cases.Change) {
	b.t.Helper()
	for _, change := range changes {
		if _, err := b.SayOf(b.t.Context(), "officer", id, change); err != nil {
			b.t.Fatalf("%T: %v", change, err)
		}
	}
}

// finish says all that a case without risk needs.
func (b *book) finish(id string) {
	b.t.Helper()
	b.say(id, cases.Awareness{At: b.at}, cases.Involvement{At: b.at, How: "by telephone"},
		cases.Assessment{Consequences: "none", Severity: 1, Likelihood: 1, Level: cases.NoRisk, Reason: "deleted unread"})
	for _, i := range cases.NotificationItems() {
		b.say(id, cases.Statement{Item: i, Status: cases.Stated, Text: "words that shall go"})
	}
	b.say(id, cases.Closing{})
}

func TestCaseNumbers(t *testing.T) {
	b := newBook(t)
	if id := b.open(cases.Opening{}); id != "2026-0001" {
		t.Error(id)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { b.open(cases.Opening{}) })
	}
	wg.Wait()
	b.at = time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC) // already 2027 in Copenhagen
	if id := b.open(cases.Opening{}); id != "2027-0001" {
		t.Error(id)
	}
	all, err := b.Cases(t.Context())
	if err != nil || len(all) != 10 || all[0].ID != "2027-0001" || all[9].Case == nil {
		t.Errorf("%v, %v", all, err)
	}
	if last, err := b.Verify(t.Context()); err != nil || last.N != 10 {
		t.Errorf("%d records, %v", last.N, err)
	}
}

func TestSayOf(t *testing.T) {
	b := newBook(t)
	id := b.open(cases.Opening{})
	for _, wrong := range []string{"2026-0009", "triage/x", cases.ProcessorsSubject, ""} {
		if _, err := b.SayOf(t.Context(), "officer", wrong, cases.Comment{Text: "x"}); err == nil {
			t.Errorf("said of %q", wrong)
		}
	}
	var u *cases.Unfinished
	if _, err := b.SayOf(t.Context(), "officer", id, cases.Closing{}); !errors.As(err, &u) {
		t.Errorf("closed: %v", err)
	}
	b.say(id, cases.Comment{Text: "a remark"})
	c, entries, err := b.Case(t.Context(), id)
	if err != nil || len(c.Comments) != 1 || len(entries) != 2 || entries[1].By != "officer" {
		t.Errorf("%+v, %d entries, %v", c, len(entries), err)
	}
}

func sensitive(key string, at time.Time, protected string) event.Document {
	return event.Document{Key: key, Time: at, Direction: "outbound", MessageDirection: "outbound", First: true, Level: "sensitive", Left: true, Protected: protected, Outcome: "delivered"}
}

func TestUntriaged(t *testing.T) {
	b := newBook(t)
	var docs []event.Document
	for i := range openPage + 3 {
		docs = append(docs, sensitive(fmt.Sprintf("%064x", i), b.at.Add(time.Duration(i)*time.Second), "no"))
	}
	docs = append(docs, sensitive(fmt.Sprintf("%064x", 9999), b.at, "yes"))
	if err := b.Store.Commit(t.Context(), store.Batch{Documents: docs}); err != nil {
		t.Fatal(err)
	}
	key := docs[1].Key
	if err := b.Triage(t.Context(), "officer", key, cases.Triage{Judgement: cases.RuleBroken}); err == nil {
		t.Error("no breach, and no reason why")
	}
	if err := b.Triage(t.Context(), "officer", key, cases.Triage{Judgement: cases.FalseAlarm, Rules: []string{"da-health"}}); err != nil {
		t.Fatal(err)
	}
	var n int
	p := dashboards.Period{From: b.at.Add(-time.Hour).Format(time.RFC3339), To: b.at.Add(24 * time.Hour).Format(time.RFC3339)}
	err := b.Untriaged(t.Context(), p, func(d event.Document) bool {
		if d.Key == key || d.Protected == "yes" {
			t.Errorf("%s needs no triage", d.Key)
		}
		n++
		return true
	})
	if err != nil || n != openPage+2 {
		t.Errorf("%d untriaged, %v", n, err)
	}
	said, err := b.TriageOf(t.Context(), key)
	if err != nil || len(said) != 1 || said[0].By != "officer" {
		t.Errorf("%+v, %v", said, err)
	}
}

// All that the judgement of a mail may rest on, in every combination: the register finds what cases.NeedsTriage asks for, the
// newest first. Lost held mail is among it; held mail, and what was returned or deleted, is not.
func TestUntriagedIsWhatNeedsTriage(t *testing.T) {
	b := newBook(t)
	var docs []event.Document
	wanted := map[string]bool{}
	for _, level := range []string{"none", "confidential", "sensitive"} {
		for _, outcome := range []string{"held", "released", "returned", "deleted", "delivered", "deferred", "bounced", "expired", "unknown"} {
			for _, protected := range []string{"yes", "no", "unknown"} {
				for _, wasHeld := range []bool{false, true} {
					d := sensitive(fmt.Sprintf("%064x", len(docs)), b.at.Add(time.Duration(len(docs)*7%60)*time.Minute), protected)
					d.Level, d.Outcome, d.Held, d.Left = level, outcome, wasHeld, outcome == "delivered"
					docs = append(docs, d)
					if cases.NeedsTriage(&d) {
						wanted[d.Key] = true
					}
				}
			}
		}
	}
	if err := b.Store.Commit(t.Context(), store.Batch{Documents: docs}); err != nil {
		t.Fatal(err)
	}
	p := dashboards.Period{From: b.at.Add(-time.Hour).Format(time.RFC3339), To: b.at.Add(24 * time.Hour).Format(time.RFC3339)}
	read := func(limit int) (all []event.Document) {
		t.Helper()
		if err := b.Untriaged(t.Context(), p, func(d event.Document) bool {
			all = append(all, d)
			return len(all) < limit
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := read(len(docs))
	lost := 0
	for i, d := range all {
		if !wanted[d.Key] || i > 0 && d.Time.After(all[i-1].Time) {
			t.Errorf("%s %s held %t protected %s needs no triage, or is not in its place", d.Level, d.Outcome, d.Held, d.Protected)
		}
		delete(wanted, d.Key)
		if cases.Lost(&d) {
			lost++
		}
	}
	if len(wanted) > 0 || lost != 2*2*3 {
		t.Errorf("%d are missing, %d were lost", len(wanted), lost)
	}
	if first := read(5); len(first) != 5 || first[4].Key != all[4].Key {
		t.Errorf("%d read of 5", len(first))
	}
}

// Years after closing, all that was said is gone, the numbers stay, and the chain verifies; an open case stays.
func TestExpire(t *testing.T) {
	b := newBook(t)
	d := sensitive(fmt.Sprintf("%064x", 1), b.at, "no")
	if err := b.Store.Commit(t.Context(), store.Batch{Documents: []event.Document{d}}); err != nil {
		t.Fatal(err)
	}
	old := b.open(cases.Opening{Title: "t", Role: cases.Controller, Incidents: []cases.Incident{cases.IncidentOf(&d)}})
	if err := b.Triage(t.Context(), "officer", d.Key, cases.Triage{Judgement: cases.Breach, Case: old}); err != nil {
		t.Fatal(err)
	}
	open := b.open(cases.Opening{})
	b.finish(old)
	if erased, err := b.Expire(t.Context(), b.at); err != nil || erased != nil {
		t.Errorf("erased %v before its time, %v", erased, err)
	}
	later := b.at.AddDate(5, 0, 1)
	if n, err := b.Store.Purge(t.Context(), store.Retention{Details: later}, later); err != nil || n != 0 {
		t.Errorf("%d transmissions of a case were deleted, %v", n, err)
	}
	b.at = later
	erased, err := b.Expire(t.Context(), b.at.AddDate(-5, 0, 0))
	if err != nil || len(erased) != 2 {
		t.Fatalf("erased %v, %v", erased, err)
	}
	if _, _, err := b.Case(t.Context(), old); !errors.Is(err, cases.ErrErased) {
		t.Errorf("the case can still be read: %v", err)
	}
	if _, _, err := b.Case(t.Context(), open); err != nil {
		t.Errorf("the open case: %v", err)
	}
	if _, err := b.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if again, err := b.Expire(t.Context(), b.at); err != nil || again != nil {
		t.Errorf("erased again: %v, %v", again, err)
	}
	x, err := b.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := x.WriteJSON(&out); err != nil || strings.Contains(out.String(), "words that shall go") || x.Cases[1].Erased == nil || len(x.Cases[0].Entries) != 1 {
		t.Errorf("%s, %v", out.String(), err)
	}
	if n, err := b.Store.Purge(t.Context(), store.Retention{Details: later.AddDate(0, 0, 1)}, later); err != nil || n != 1 {
		t.Errorf("%d transmissions deleted after the case went, %v", n, err)
	}
}

func TestExport(t *testing.T) {
	b := newBook(t)
	id := b.open(cases.Opening{})
	b.say(id, cases.Attachment{Name: "receipt.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7")})
	if err := b.SayProcessor(t.Context(), "officer", cases.Contract{Name: "Fælles-IT", Contact: "the duty officer"}); err != nil {
		t.Fatal(err)
	}
	x, err := b.Export(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := x.WriteJSON(&out); err != nil || !json.Valid(out.Bytes()) {
		t.Fatal(err)
	}
	for _, want := range []string{`"receipt.pdf"`, `"Fælles-IT"`, `"clock": "unstarted"`, `"anchor": "3:`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %s:\n%s", want, out.String())
		}
	}
}

func TestPaper(t *testing.T) {
	b := newBook(t)
	b.finish(b.open(cases.Opening{}))
	for _, lang := range []string{"da", "en"} {
		p, err := b.Paper(t.Context(), lang)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := p.WritePDF(&out); err != nil || !bytes.HasPrefix(out.Bytes(), []byte("%PDF")) {
			t.Errorf("%s: %v", lang, err)
		}
		text := fmt.Sprint(p)
		for _, want := range []string{"2026-0001", "words that shall go", "Nordvig Kommune", cases.ItemLabel(lang, cases.RecordNumber)} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %q", lang, want)
			}
		}
		if strings.Contains(text, "[ ]") || strings.Contains(text, "%!") {
			t.Errorf("%s: a word is missing: %s", lang, text)
		}
	}
}

// What stands is counted by rule: an alarm that was called false and then was none of it counts for nothing.
func TestFalseAlarms(t *testing.T) {
	b := newBook(t)
	for i, said := range [][]cases.Triage{
		{{Judgement: cases.FalseAlarm, Rules: []string{"da-health", "dk-cpr"}}},
		{{Judgement: cases.RuleBroken, Reason: "r"}, {Judgement: cases.FalseAlarm, Rules: []string{"da-health"}}},
		{{Judgement: cases.FalseAlarm, Rules: []string{"da-health"}}, {Judgement: cases.RuleBroken, Reason: "r"}},
		{{Judgement: cases.FalseAlarm}},
	} {
		for _, one := range said {
			if err := b.Triage(t.Context(), "officer", fmt.Sprintf("%064x", i), one); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := b.FalseAlarms(t.Context(), b.at.AddDate(0, 0, -1))
	var all []string
	for _, f := range got {
		all = append(all, fmt.Sprint(f.Rule, " ", f.N))
	}
	if want := "da-health 2| 1|dk-cpr 1"; err != nil || strings.Join(all, "|") != want {
		t.Errorf("%q, %v, want %q", strings.Join(all, "|"), err, want)
	}
	if got, err := b.FalseAlarms(t.Context(), b.at.AddDate(0, 0, 1)); err != nil || len(got) > 0 {
		t.Errorf("of later: %v, %v", got, err)
	}
}
