package store

import (
	"testing"
	"time"
)

func TestOutbox(t *testing.T) {
	db, _ := openRegister(t)
	ctx, at := t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	due := func(at time.Time) (ids string) {
		t.Helper()
		all, err := db.DueLetters(ctx, at, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			ids += l.ID + string(l.Data)
		}
		return ids
	}
	if err := db.Commit(ctx, Batch{Letters: []Letter{{ID: "a", At: at, Data: []byte("1")}}}); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Post(ctx, Letter{ID: "a", At: at, Data: []byte("again")}, Letter{ID: "b", At: at.Add(time.Minute), Data: []byte("2")}); err != nil || n != 1 {
		t.Errorf("%d posted, %v", n, err)
	}
	if got := due(at); got != "a1" {
		t.Errorf("due now: %s", got)
	}
	if next, ok, err := db.NextLetter(ctx); err != nil || !ok || !next.Equal(at) {
		t.Errorf("next %s, %v, %v", next, ok, err)
	}
	if err := db.RetryLetter(ctx, "a", at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := due(at.Add(time.Hour)); got != "b2a1" {
		t.Errorf("due in an hour: %s", got)
	}
	for id, state := range map[string]string{"a": LetterSent, "b": LetterRefused} {
		if err := db.EndLetter(ctx, id, state, at); err != nil {
			t.Fatal(err)
		}
		if got, when, err := db.LetterState(ctx, id); err != nil || got != state || !when.Equal(at) {
			t.Errorf("%s is %s at %s, %v", id, got, when, err)
		}
	}
	if _, ok, err := db.NextLetter(ctx); ok || err != nil || due(at.Add(24*time.Hour)) != "" {
		t.Errorf("something is due after all are done: %v", err)
	}
	if n, _ := db.Post(ctx, Letter{ID: "a", At: at}); n != 0 {
		t.Error("what was sent is posted again")
	}
	if err := db.ForgetLetters(ctx, at.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if state, _, err := db.LetterState(ctx, "a"); err != nil || state != "" {
		t.Errorf("not forgotten: %s, %v", state, err)
	}
}
