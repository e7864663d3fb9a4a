package register

import (
	"errors"
	"testing"
	"time"

	"postvagt/agent/cases"
)

// What a sender said lies under a key of its own, counts as on record, and is erased like a judgement that belongs to no case.
func TestExplained(t *testing.T) {
	b := newBook(t)
	if err := b.Explain(t.Context(), "bente", "f1", cases.Explanation{Asked: b.at.Add(time.Hour), Text: "x"}); !errors.Is(err, ErrTooSoon) {
		t.Errorf("asked in an hour: %v", err)
	}
	var refusal *cases.Refusal
	if err := b.Explain(t.Context(), "bente", "f1", cases.Explanation{Asked: b.at}); !errors.As(err, &refusal) || refusal.Field != "text" {
		t.Errorf("nothing said: %v", err)
	}
	if err := b.Explain(t.Context(), "bente", "f1", cases.Explanation{Asked: b.at, Text: "zqsaid"}); err != nil {
		t.Fatal(err)
	}
	if all, err := b.Explained(t.Context()); err != nil || !all["f1"] || all["f2"] {
		t.Errorf("%v, %v", all, err)
	}
	said, err := b.Explanations(t.Context(), "f1")
	if err != nil || len(said) != 1 || said[0].By != "bente" || said[0].Change.(cases.Explanation).Text != "zqsaid" {
		t.Errorf("%+v, %v", said, err)
	}
	b.at = b.at.AddDate(1, 0, 0)
	if erased, err := b.Expire(t.Context(), b.at.AddDate(-2, 0, 0)); err != nil || len(erased) != 0 {
		t.Errorf("erased too soon: %v, %v", erased, err)
	}
	if erased, err := b.Expire(t.Context(), b.at.AddDate(0, -1, 0)); err != nil || len(erased) != 1 {
		t.Errorf("erased %v, %v", erased, err)
	}
	if all, err := b.Explained(t.Context()); err != nil || all["f1"] {
		t.Errorf("after it was erased: %v, %v", all, err)
	}
	if _, err := b.Verify(t.Context()); err != nil {
		t.Errorf("the chain after erasing: %v", err)
	}
}
