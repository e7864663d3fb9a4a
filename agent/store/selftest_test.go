package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
}
