package agent

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/store"
)

// All that is held on an address is found, also under a former key, and that it was asked for stands in the access log under
// the pseudonym.
func TestSubject(t *testing.T) {
	c := importConfig(t)
	dir := filepath.Dir(c.Store.Path)
	if _, err := (&Import{Config: c, Verdicts: []string{fatesVerdicts}, Year: 2026}).Run(t.Context(), []string{fatesMail}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(c.pseudonymKey(), c.pseudonymKey()+".2026-11"); err != nil {
		t.Fatal(err)
	}
	if _, err := ownKey(c.pseudonymKey()); err != nil {
		t.Fatal(err)
	}
	c.Agent.SecureMailboxes, c.Agent.Departments = filepath.Join(dir, "boxes.csv"), filepath.Join(dir, "departments.csv")
	c.Agent.Objections = filepath.Join(dir, "objections.csv")
	write(t, c.Agent.SecureMailboxes, "address,department,from,to\nA@held.example,Børn,2020-01-01,\n")
	write(t, c.Agent.Departments, "match,department\n@held.example,Borgerservice\n")
	write(t, c.Agent.Objections, "address,person,date,note,source\na@held.example,,2026-01-02,post only,letter\nb@held.example,,2026-01-02,post only,letter\n")
	q := SubjectQuery{Address: " A@Held.example", By: "bente", Reason: "request 2026-17", Now: time.Now()}
	s, err := SubjectOf(t.Context(), c, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Transmissions) != 1 || !slices.Equal(s.Transmissions[0].As, []string{"recipient"}) || s.Transmissions[0].Fields["postvagt.outcome"] == "" {
		t.Errorf("transmissions %+v", s.Transmissions)
	}
	if len(s.Objections) != 1 || len(s.Mailboxes) != 1 || s.Department != "Borgerservice" {
		t.Errorf("objections %v, mailboxes %v, department %q", s.Objections, s.Mailboxes, s.Department)
	}
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Held on a@held.example", "Objection of 2026-01-02 (letter): post only", "1 mails", "as recipient", "Not searched:"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, text.String())
		}
	}
	db, err := store.OpenRead(t.Context(), c.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	log, n, err := db.Accesses(t.Context(), time.Time{}, time.Now().Add(time.Hour), "bente", "subject", 0, 10)
	if err != nil || n != 1 || log[0].Reason != "request 2026-17" || log[0].Object != s.KnownAs[0] || strings.Contains(log[0].Object, "@") {
		t.Errorf("access log %+v, %d, %v", log, n, err)
	}
}

func TestSubjectRefusals(t *testing.T) {
	c := importConfig(t)
	for name, tt := range map[string]struct {
		q    SubjectQuery
		want string
	}{
		"no address": {SubjectQuery{Address: "Anna Jensen", Reason: "x"}, "is not an address"},
		"no reason":  {SubjectQuery{Address: "a@held.example", Reason: " "}, "--reason"},
		"no key":     {SubjectQuery{Address: "a@held.example", Reason: "x"}, "without the key nobody can be found"},
	} {
		if _, err := SubjectOf(t.Context(), c, tt.q); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
