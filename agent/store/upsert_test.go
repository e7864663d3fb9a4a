package store

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Rows are inserted some at a time. Whether a key is new, in the same statement again, or long there: the last row stands, and the
// figures follow.
func TestKeysRepeatWithinABatch(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(11, 11))
	documents := randomDocuments(11, 60, spring, 9)
	latest := map[string]event.Document{}
	for range 5 {
		var batch []event.Document
		for range 10 * together / 3 {
			i := r.IntN(len(documents))
			d := randomDocument(r, i, spring, 9)
			d.Time = documents[i].Time
			batch = append(batch, d)
			latest[d.Key] = d
		}
		commit(t, s, Batch{Documents: batch})
	}
	var want []event.Document
	for _, d := range latest {
		want = append(want, d)
	}
	checkQuestions(t, s, want, dashboards.Questions())
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	got, _, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 1000)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d rows, want %d, %v", len(got), len(want), err)
	}
	for _, d := range got {
		w := latest[d.Key]
		if d.Outcome != w.Outcome || d.From != w.From || !slices.Equal(d.Evidence, w.Evidence) {
			t.Errorf("row %s is not the last one of its key", d.Key)
		}
	}
}

func TestEvidenceIsPacked(t *testing.T) {
	const hash = ":00ff00ff12345678"
	for _, lines := range [][]string{
		{"/var/log/mail.log:120" + hash, "/var/log/mail.log:98120" + hash, "/var/log/postvagt/verdict.log:7" + hash},
		{"mail.log:9" + hash, "mail.log:3" + hash, "a:b:-12" + hash, "journal:9223372036854775807" + hash},
		{"", ":", "no colon", "a:b", "mail.log:12:ab12", "mail.log:+1" + hash, "mail.log:007" + hash, "mail.log:-0" + hash, "mail.log:1:00FF00FF12345678", "\xff\x00"},
	} {
		packed := packEvidence(lines)
		got, err := unpackEvidence(packed)
		if diff := cmp.Diff(lines, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		for n := range len(packed) { // a blob that was cut is an error or shorter, never a crash or made-up lines
			if short, err := unpackEvidence(packed[:n]); err == nil && len(short) >= len(lines) {
				t.Errorf("%d of %d bytes give %d lines", n, len(packed), len(short))
			}
		}
	}
	if n := len(packEvidence([]string{"/var/log/mail.log:120" + hash, "/var/log/mail.log:220" + hash, "/var/log/mail.log:320" + hash})); n > 55 {
		t.Errorf("three lines take %d bytes", n)
	}
}

// Rows that an older version wrote hold their evidence as JSON.
func TestOlderEvidence(t *testing.T) {
	s := open(t)
	d := randomDocuments(12, 1, spring, 1)[0]
	commit(t, s, Batch{Documents: []event.Document{d}})
	if _, err := s.write.Exec(`UPDATE transmission SET evidence = '["mail.log:7:00ff00ff12345678","x"]'`); err != nil {
		t.Fatal(err)
	}
	all, _, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 1)
	if err != nil || len(all) != 1 || !slices.Equal(all[0].Evidence, []string{"mail.log:7:00ff00ff12345678", "x"}) {
		t.Errorf("%v, %v", all, err)
	}
}

// A key alone is looked up on each day, and not in each row.
func TestKeyIsLookedUp(t *testing.T) {
	s := open(t)
	commit(t, s, Batch{Documents: randomDocuments(13, 200, spring, 40)})
	match, err := conditions(dashboards.Filter{dashboards.Is("event.id", "x", "y")})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := collect(t.Context(), s.read, "EXPLAIN QUERY PLAN SELECT t.id FROM transmission t JOIN facet f ON f.id = t.facet WHERE 1 AND "+match.sql, match.args,
		func(scan func(...any) error) (detail string, err error) {
			var id, parent, unused int
			err = scan(&id, &parent, &unused, &detail)
			return detail, err
		})
	if err != nil || !slices.ContainsFunc(plan, func(s string) bool { return strings.Contains(s, "transmission_day_key (day=? AND key=?)") }) {
		t.Errorf("%v: %q", err, plan)
	}
}

// A database of an older version has the index of keys alone. It goes on with the same rows.
func TestOlderIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	documents := randomDocuments(14, 300, spring, 20)
	s, err := Open(t.Context(), path, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, Batch{Documents: documents})
	for _, q := range []string{"DROP INDEX transmission_day_key", "CREATE UNIQUE INDEX transmission_key ON transmission (key)"} {
		if _, err := s.write.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if s, err = Open(t.Context(), path, In(copenhagen)); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range documents {
		documents[i].Outcome = "bounced"
	}
	commit(t, s, Batch{Documents: documents[:150]})
	commit(t, s, Batch{Documents: documents})
	checkQuestions(t, s, documents, dashboards.Questions()[:8])
	if _, n, err := s.Documents(t.Context(), dashboards.Period{}, dashboards.Filter{dashboards.Is("event.id", documents[7].Key)}, 0, 1); n != 1 || err != nil {
		t.Errorf("%d rows of a key, %v", n, err)
	}
}
