package cases

import (
	"bytes"
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// whole is one of each change.
func whole() []Change {
	t := monday
	return []Change{
		Opening{Title: "t", Role: Controller, Incidents: []Incident{{Key: "a", Time: t, Kinds: []string{"health"}}}, Signals: []Signal{{At: t, What: "an alert"}}},
		Gathering{Incidents: []Incident{{Key: "b", Time: t}}}, Awareness{At: t, Reason: "r"},
		Assessment{Group: "g", Persons: 2, Consequences: "c", Severity: 1, Likelihood: 1, Level: NoRisk, Reason: "r"},
		Exemption{Ground: Averted, Reason: "r"}, Involvement{At: t, How: "h", Advice: "a"}, Order{At: t, Reference: "r"},
		Statement{Item: Nature, Status: Estimate, Text: "secret words"}, Report{At: t, Receipt: "r", Phase: 1},
		Notice{At: t, By: Letter, Persons: 1, Proof: "p"}, Informed{At: t, Receipt: "r"}, Attachment{Name: "n", Type: "application/pdf", Data: []byte("%PDF")},
		Comment{Text: "c"}, Closing{Summary: "s"}, Reopening{Reason: "r"}, Triage{Judgement: FalseAlarm, Rules: []string{"da-health"}}, Contract{Name: "n", Contact: "c"},
	}
}

func chain(t *testing.T, key []byte) (all []Record) {
	t.Helper()
	var last Record
	for i, c := range whole() {
		e := Entry{Said: Said{At: monday.Add(time.Duration(i) * time.Second), By: "officer"}, Subject: "2026-0001", Change: c}
		r, err := Seal(last, e, key, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all, last = append(all, r), r
	}
	return all
}

func verify(records []Record) error {
	var v Verifier
	for _, r := range records {
		if err := v.Next(r); err != nil {
			return err
		}
	}
	return nil
}

func TestSealOpen(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize)
	records := chain(t, key)
	if err := verify(records); err != nil {
		t.Fatal(err)
	}
	for i, want := range whole() {
		r := records[i]
		e, err := r.Open(key)
		if err != nil || e.By != "officer" || e.N != int64(i+1) || !reflect.DeepEqual(e.Change, want) {
			t.Errorf("%s: %+v, %v", r.Kind, e, err)
		}
		if _, err := r.Open(other); !errors.Is(err, ErrSealed) {
			t.Errorf("%s opened with another key: %v", r.Kind, err)
		}
		if strings.Contains(string(r.Sealed), "secret words") || strings.Contains(string(r.Sealed), "officer") {
			t.Errorf("%s is readable", r.Kind)
		}
	}
	if _, err := Seal(Record{}, Entry{Change: Comment{}}, key[:16], rand.Reader); err == nil {
		t.Error("a short key was taken")
	}
}

// Each way to change one record shows at that record or the next.
func TestVerify(t *testing.T) {
	key := bytes.Repeat([]byte{1}, KeySize)
	for name, change := range map[string]func([]Record) []Record{
		"body":         func(r []Record) []Record { r[3].Sealed[20] ^= 1; return r },
		"time":         func(r []Record) []Record { r[3].At = r[3].At.Add(time.Hour); return r },
		"kind":         func(r []Record) []Record { r[3].Kind = "reported"; return r },
		"subject":      func(r []Record) []Record { r[3].Subject = "2026-0002"; return r },
		"digest":       func(r []Record) []Record { r[3].Digest[0] ^= 1; return r },
		"link":         func(r []Record) []Record { r[3].Link[0] ^= 1; return r },
		"taken out":    func(r []Record) []Record { return append(r[:3], r[4:]...) },
		"numbered on":  func(r []Record) []Record { r = append(r[:3], r[4:]...); r[3].N = 4; return r },
		"swapped":      func(r []Record) []Record { r[3], r[4] = r[4], r[3]; return r },
		"first is cut": func(r []Record) []Record { return r[1:] },
		"sealed anew": func(r []Record) []Record {
			e, _ := r[3].Open(key)
			again, err := Seal(r[2], e, key, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			r[3] = again
			return r
		},
	} {
		var f *Fault
		if err := verify(change(chain(t, key))); !errors.As(err, &f) || f.N > 5 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Without its key, and even without its bodies, the chain still verifies, and nothing can be read.
func TestErasure(t *testing.T) {
	key := bytes.Repeat([]byte{1}, KeySize)
	records := chain(t, key)
	records = append(records, Erasure(records[len(records)-1], "2026-0001", monday))
	for i := range records {
		records[i].Sealed = nil
	}
	if err := verify(records); err != nil {
		t.Error(err)
	}
	for _, r := range records {
		if _, err := r.Open(key); !errors.Is(err, ErrErased) {
			t.Errorf("record %d: %v", r.N, err)
		}
	}
}

func TestReplay(t *testing.T) {
	entries := []Entry{
		{Said{1, monday, "a"}, "2026-0001", Opening{Title: "t", Role: Controller}},
		{Said{2, monday, "b"}, "2026-0001", Comment{Text: "x"}},
	}
	c, err := Replay("2026-0001", entries)
	if err != nil || c.OpenedBy != "a" || len(c.Comments) != 1 || c.Comments[0].Said.By != "b" {
		t.Errorf("%+v, %v", c, err)
	}
	entries[1].Change = Reopening{Reason: "r"}
	if _, err := Replay("2026-0001", entries); err == nil || !strings.Contains(err.Error(), "entry 2") {
		t.Errorf("%v", err)
	}
}

func TestContracts(t *testing.T) {
	var entries []Entry
	for _, c := range []Contract{{Name: "A", Contact: "1"}, {Name: "B", Contact: "2"}, {Name: "A", Contact: "3", Instructed: monday, Proof: "p"}} {
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, Entry{Subject: ProcessorsSubject, Change: c})
	}
	if list := Contracts(entries); len(list) != 2 || list[0].Contact != "3" || list[1].Name != "B" {
		t.Errorf("%+v", list)
	}
	if (Contract{Name: "A", Contact: "1", Instructed: monday}).Check() == nil {
		t.Error("an instruction without proof was taken")
	}
}
