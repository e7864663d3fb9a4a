package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postvagt/dashboards"
)

// What was in force is told for the period asked for, as it was then: what was said before holds until something else is said, and
// what came later is not there.
func TestSettings(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	day := func(n int) time.Time { return spring.AddDate(0, 0, n).UTC() }
	say := func(host string, n int, mode, policy string) Setting {
		table := ""
		if n >= 3 && policy == "p1" { // an older milter did not tell it
			table = "sensitive:hold,otherwise:pass"
		}
		return Setting{Host: host, From: day(n), Mode: mode, Policy: policy, Rules: "r1", Table: table}
	}
	commit(t, s, Batch{Settings: []Setting{say("b", 4, "observe", "p1"), say("a", 12, "observe", "p3"), say("a", 1, "observe", "p1")}})
	commit(t, s, Batch{Settings: []Setting{say("a", 6, "enforce", "p1"), say("a", 3, "observe", "p1"), say("a", 7, "enforce", "p1"), say("a", 9, "enforce", "p2"), say("b", 4, "observe", "p1")}})
	got, err := s.Settings(t.Context(), dashboards.Period{From: day(2).Format(time.RFC3339), To: day(10).Format(time.RFC3339)})
	want := []Setting{
		{Host: "a", From: day(2), To: day(6), Mode: "observe", Policy: "p1", Rules: "r1", Table: "sensitive:hold,otherwise:pass"},
		{Host: "a", From: day(6), To: day(9), Mode: "enforce", Policy: "p1", Rules: "r1", Table: "sensitive:hold,otherwise:pass"},
		{Host: "a", From: day(9), To: day(10), Mode: "enforce", Policy: "p2", Rules: "r1"},
		{Host: "b", From: day(4), To: day(10), Mode: "observe", Policy: "p1", Rules: "r1", Table: "sensitive:hold,otherwise:pass"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("(-want +got), %v:\n%s", err, diff)
	}
	if got, err = s.Settings(t.Context(), dashboards.Period{From: day(-5).Format(time.RFC3339), To: day(1).Format(time.RFC3339)}); err != nil || len(got) != 0 {
		t.Errorf("before anything was said: %v, %v", got, err)
	}
}

// A policy is told in full once all its lines have come, in whatever order and commits; until then by name and action.
func TestPolicyInFull(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, step := range []struct {
		come []PolicyLine
		want string
	}{
		{nil, "sensitive:hold,otherwise:pass"},
		{[]PolicyLine{{"p1", 2, 2, "otherwise:pass?"}, {"p2", 1, 1, "all:pass?"}}, "sensitive:hold,otherwise:pass"},
		{[]PolicyLine{{"p1", 1, 2, "sensitive:hold?level=sensitive"}, {"p1", 1, 2, "sensitive:hold?level=sensitive"}}, "sensitive:hold?level=sensitive,otherwise:pass?"},
	} {
		commit(t, s, Batch{Settings: []Setting{{Host: "a", From: spring.UTC(), Mode: "enforce", Policy: "p1", Rules: "r1", Table: "sensitive:hold,otherwise:pass"}}, Policy: step.come})
		got, err := s.Settings(t.Context(), dashboards.Period{From: spring.UTC().Format(time.RFC3339), To: spring.AddDate(0, 0, 1).UTC().Format(time.RFC3339)})
		if err != nil || len(got) != 1 || got[0].Table != step.want {
			t.Errorf("step %d: %+v, %v; want %s", i, got, err, step.want)
		}
	}
}
