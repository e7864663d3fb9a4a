package agent

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/register"
	"postvagt/agent/store"
	"postvagt/agent/track"
	"postvagt/agent/watch"
)

// desk is a watching agent whose clock the test sets; nothing is sent.
type desk struct {
	*register.Register
	t    *testing.T
	at   time.Time
	w    *watching
	fate string // of letters, "" for sent
}

func newDesk(t *testing.T, set func(*Config)) *desk {
	t.Helper()
	c := DefaultConfig()
	c.Store.Path, c.Log.Zone, c.Organisation.Domains = filepath.Join(t.TempDir(), "agent.db"), "Europe/Copenhagen", []string{"nordvig.example"}
	zone, err := c.TimeZone()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), c.Store.Path, store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := &desk{t: t, at: time.Date(2026, 11, 23, 9, 0, 0, 0, zone)}
	c.Mail.Server, c.Alerts.Officers, c.Alerts.Link = "127.0.0.1:25", []string{"officer@nordvig.example"}, "https://postvagt.example"
	c.Alerts.Lang, c.Agent.Departments = "en", filepath.Join(t.TempDir(), "departments.csv")
	if err := os.WriteFile(c.Agent.Departments, []byte("match,department,manager\n@nordvig.example,Jobcenter,chief@nordvig.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if set != nil {
		set(c)
	}
	teller, err := newTeller(c, db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	teller.now = func() time.Time { return d.at }
	if d.w, err = newWatching(teller); err != nil {
		t.Fatal(err)
	}
	d.Register = d.w.register
	return d
}

// look looks, and returns to whom which mails are now due that were not before, as "to: subject".
func (d *desk) look() (all []string) {
	d.t.Helper()
	if err := d.w.look(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	due, err := d.Store.DueLetters(d.t.Context(), d.at, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, l := range due {
		var what letter
		if err := json.Unmarshal(l.Data, &what); err != nil {
			d.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(what.Mail.Data), "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		all = append(all, what.Mail.To+": "+subject)
		for _, secret := range []string{"~citizen", "health", "dk-cpr"} {
			if strings.Contains(string(what.Mail.Data), secret) {
				d.t.Errorf("the alert holds %q", secret)
			}
		}
		if err := d.Store.EndLetter(d.t.Context(), l.ID, cmp.Or(d.fate, store.LetterSent), d.at); err != nil {
			d.t.Fatal(err)
		}
	}
	return all
}

func (d *desk) openMails(n int, sender string) (keys []string) {
	d.t.Helper()
	var docs []event.Document
	for i := range n {
		doc := event.Document{Key: fmt.Sprintf("%064x", i+1), Time: d.at.Add(time.Duration(i) * time.Minute), Direction: "outbound", MessageDirection: "outbound", First: true,
			Level: "sensitive", Left: true, Protected: "no", Outcome: "delivered"}
		doc.From, doc.To, doc.Department, doc.Kinds = sender, fmt.Sprintf("~citizen%d", i), "Jobcenter", []string{"health", "dk-cpr"}
		docs, keys = append(docs, doc), append(keys, doc.Key)
	}
	if err := d.Store.Commit(d.t.Context(), store.Batch{Documents: docs}); err != nil {
		d.t.Fatal(err)
	}
	d.at = d.at.Add(time.Hour)
	return keys
}

func want(t *testing.T, when string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: told\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const repeatedOfficer = "officer@nordvig.example: Open mail: same sender, repeated"

// First the officer; the sender once staff were informed; the manager after a triage, three days and what the sender said; each once.
func TestEscalation(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.Persons = Persons{InformedSince: "2026-01-01", DPIA: "d", Consulted: "c", Country: "dk"}
	})
	keys := d.openMails(3, "ida@nordvig.example")
	want(t, "at first", d.look(), repeatedOfficer, "ida@nordvig.example: Open mail: same sender, repeated")
	want(t, "again", d.look())
	d.at = d.at.Add(4 * 24 * time.Hour)
	want(t, "later, not confirmed", d.look(), "officer@nordvig.example: 3 mails wait for triage")
	for _, key := range keys {
		if err := d.Triage(t.Context(), "officer", key, cases.Triage{Judgement: cases.RuleBroken, Reason: "known recipient"}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "confirmed, and the sender was not asked", d.look())
	found, err := d.w.findings(t.Context())
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %d findings", err, len(found))
	}
	if err := d.Explain(t.Context(), "officer", found[0].ID, cases.Explanation{Asked: d.at, Text: "thought that the address was the department's own"}); err != nil {
		t.Fatal(err)
	}
	want(t, "confirmed and explained", d.look(), "chief@nordvig.example: Open mail: same sender, repeated")
	want(t, "in the end", d.look())
}

// A manager is told of nobody who was not told first: whose letter no server took could not explain.
func TestNoManagerBeforeTheSender(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.Persons = Persons{InformedSince: "2026-01-01", DPIA: "d", Consulted: "c", Country: "dk"}
	})
	keys := d.openMails(3, "ida@nordvig.example")
	d.fate = store.LetterRefused
	want(t, "at first", d.look(), repeatedOfficer, "ida@nordvig.example: Open mail: same sender, repeated")
	for _, key := range keys {
		if err := d.Triage(t.Context(), "officer", key, cases.Triage{Judgement: cases.RuleBroken, Reason: "known recipient"}); err != nil {
			t.Fatal(err)
		}
	}
	d.at = d.at.Add(30 * 24 * time.Hour)
	want(t, "a month later", d.look())
}

func TestGate(t *testing.T) {
	d := newDesk(t, nil)
	d.openMails(3, "~1234")
	want(t, "staff were not informed", d.look(), repeatedOfficer)
	for _, key := range d.openMails(3, "~1234") {
		if err := d.Triage(t.Context(), "officer", key, cases.Triage{Judgement: cases.FalseAlarm}); err != nil {
			t.Fatal(err)
		}
	}
	d.at = d.at.Add(10 * 24 * time.Hour)
	want(t, "false alarms", d.look())
}

func TestClockAlerts(t *testing.T) {
	d := newDesk(t, nil)
	c, err := d.OpenCase(t.Context(), "officer", cases.Opening{Title: "t", Role: cases.Controller})
	if err == nil {
		_, err = d.SayOf(t.Context(), "officer", c.ID, cases.Awareness{At: d.at})
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for range 13 {
		all = append(all, d.look()...)
		d.at = d.at.Add(6 * time.Hour)
	}
	const to = "officer@nordvig.example: Case 2026-0001 is not notified after "
	want(t, "over three days", all, to+"24 hours", to+"48 hours", to+"66 hours", to+"72 hours")
}

func TestOldHoldsTellNobody(t *testing.T) {
	d := newDesk(t, nil)
	n := []track.Notice{{ID: "a", What: "held", To: "ida@nordvig.example", At: d.at.Add(-25 * time.Hour)}, {ID: "b", What: "held", To: "ida@nordvig.example", At: d.at}}
	letters, err := d.w.notices(n)
	if err != nil || len(letters) != 1 || letters[0].ID != "notice/held/b" {
		t.Errorf("%+v, %v", letters, err)
	}
}

func TestSettle(t *testing.T) {
	d := newDesk(t, nil)
	l := store.Letter{ID: "a", At: d.at, Data: []byte("{}")}
	if _, err := d.Store.Post(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	var tries int
	for ; tries < 1000; tries++ {
		if state, _, err := d.Store.LetterState(t.Context(), "a"); err != nil || state != store.LetterWaiting {
			break
		}
		due, err := d.Store.DueLetters(t.Context(), d.at, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range due {
			if err := d.w.settle(t.Context(), l, errors.New("nobody there")); err != nil {
				t.Fatal(err)
			}
		}
		next, _, err := d.Store.NextLetter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.at = next
	}
	if state, at, _ := d.Store.LetterState(t.Context(), "a"); state != store.LetterRefused || at.Sub(l.At) < keepTrying || at.Sub(l.At) > keepTrying+2*time.Hour || tries < 60 {
		t.Errorf("%s after %s and %d tries", state, at.Sub(l.At), tries)
	}
	if err := d.w.settle(t.Context(), store.Letter{ID: "b"}, fmt.Errorf("x: %w", watch.ErrRefused)); err != nil {
		t.Error(err)
	}
}

func TestTellConfig(t *testing.T) {
	for text, want := range map[string]string{
		"[mail]\nserver = \"localhost\"":         "mail.server",
		"[mail]\nfrom = \"nobody\"":              "mail.from",
		"[mail]\nlang = \"xx\"":                  "mail.lang",
		"[alerts]\nofficers = [\"a@b.example\"]": "mail.server: missing",
		"dpo = \"d@b.example\"\n[mail]\nserver = \"127.0.0.1:25\"\n[alerts]\nofficers = [\"D@b.example\"]": "agent.toml:7: alerts.officers: \"D@b.example\" is the data protection officer's",
		"dpo = \"nobody\"":                                          "organisation.dpo",
		"[alerts]\nwebhook = \"secret-token\"":                      "alerts.webhook",
		"[alerts]\nlang = \"sv\"":                                   "alerts.lang",
		"[[watch]]\nname = \"x\"\nby = \"colour\"\ncount=1\ndays=1": "by: \"colour\" is not one of",
	} {
		_, err := parseConfig("agent.toml", []byte("[organisation]\ndomains = [\"a.example\"]\n"+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A mailbox that looks like the data protection officer's is warned of, with its line, until it is said who that is.
func TestOfficerWhoLooksLikeTheDPO(t *testing.T) {
	const text = "[organisation]\ndomains = [\"a.example\"]\n%s[mail]\nserver = \"127.0.0.1:25\"\n[alerts]\nofficers = [\"%s\"]\n"
	for name, tt := range map[string]struct {
		dpo, officer string
		warned       bool
	}{"looks like it": {"", "DBR@a.example", true}, "an officer": {"", "sikkerhed@a.example", false}, "another is it": {"dpo = \"anna@a.example\"\n", "dpo@a.example", false}} {
		c, err := parseConfig("agent.toml", []byte(fmt.Sprintf(text, tt.dpo, tt.officer)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		said := strings.Join(c.Warnings(), "\n")
		if (said != "") != tt.warned || tt.warned && !strings.HasPrefix(said, "agent.toml:6: alerts.officers: ") {
			t.Errorf("%s: %q", name, said)
		}
	}
}
