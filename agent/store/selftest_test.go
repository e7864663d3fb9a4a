package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postvagt/dashboards"
)

// The newest answer of each host stands, and the newest good one, in whatever order they were read.
func TestSelfTests(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	hour := func(n int) time.Time { return spring.Add(time.Duration(n) * time.Hour).UTC() }
	commit(t, s, Batch{SelfTests: []SelfTest{
		{Host: "b", At: hour(3), Wanted: "pass"},
		{Host: "a", At: hour(2), Good: hour(2), Wanted: "hold"},
		{Host: "a", At: hour(5), Wanted: "tag"},
	}})
	commit(t, s, Batch{SelfTests: []SelfTest{
		{Host: "a", At: hour(4), Good: hour(4), Wanted: "hold"},
		{Host: "a", At: hour(1), Good: hour(1), Wanted: "reject"},
	}})
	got, err := s.SelfTests(t.Context())
	want := []SelfTest{{Host: "a", At: hour(5), Good: hour(4), Wanted: "tag"}, {Host: "b", At: hour(3), Wanted: "pass"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("(-want +got), %v:\n%s", err, diff)
	}
	commit(t, s, Batch{SelfTests: []SelfTest{{Host: "a", At: hour(4), Good: hour(4), Wanted: "hold"}}}) // read a second time
	for to, want := range map[int][]dashboards.Tested{6: {{Host: "a", Good: 2, All: 3}, {Host: "b", Good: 0, All: 1}}, 5: {{Host: "a", Good: 2, All: 2}, {Host: "b", Good: 0, All: 1}}, 2: nil} {
		got, err := s.Tested(t.Context(), dashboards.Period{From: hour(2).Format(time.RFC3339), To: hour(to).Format(time.RFC3339)})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("hours 2 to %d (-want +got), %v:\n%s", to, err, diff)
		}
	}
}
