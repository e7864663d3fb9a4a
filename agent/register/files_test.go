package register

import (
	"errors"
	"testing"

	"postvagt/agent/cases"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
)

// A file is kept once, as long as a measure names it, and then for as long as what belongs to no case.
func TestFilesOfMeasures(t *testing.T) {
	b := newBook(t)
	var refusal *cases.Refusal
	if _, err := b.KeepFile(t.Context(), "bente", cases.Attachment{Name: "a"}); !errors.As(err, &refusal) {
		t.Errorf("an empty file: %v", err)
	}
	var digests []string
	for _, text := range []string{"one", "two", "one"} {
		digest, err := b.KeepFile(t.Context(), "bente", cases.Attachment{Name: text + ".pdf", Data: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	if digests[0] != digests[2] || digests[0] == digests[1] {
		t.Errorf("digests are %v", digests)
	}
	m := supervise.Measure{Date: "2026-11-20", Kind: "procedure", Title: "t", File: "two.pdf", Digest: digests[1]}
	e, err := supervise.Write(supervise.Measures, "m", 1, "bente", b.at, m)
	if err = errors.Join(err, m.Check()); err == nil {
		err = b.Store.AddEntry(t.Context(), e)
	}
	if err != nil {
		t.Fatal(err)
	}
	last, err := b.Verify(t.Context())
	if err != nil || last.N != 2 {
		t.Errorf("%d records, %v", last.N, err)
	}
	b.at = b.at.AddDate(6, 0, 0)
	if erased, err := b.Expire(t.Context(), b.at.AddDate(-5, 0, 0)); err != nil || len(erased) != 1 {
		t.Errorf("erased %v, %v", erased, err)
	}
	if _, err := b.File(t.Context(), digests[0]); !errors.Is(err, store.ErrNoSubject) {
		t.Errorf("the file that nothing names: %v", err)
	}
	if a, err := b.File(t.Context(), digests[1]); err != nil || string(a.Data) != "two" {
		t.Errorf("the file of a measure in force: %q, %v", a.Data, err)
	}
}

func TestMeasureNamesItsFileWhole(t *testing.T) {
	for name, m := range map[string]supervise.Measure{"no digest": {File: "a.pdf"}, "no name": {Digest: "00"}, "no SHA-256": {File: "a.pdf", Digest: "00"}} {
		m.Date, m.Kind, m.Title = "2026-11-20", "procedure", "t"
		if m.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
