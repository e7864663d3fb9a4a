package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Deleted transmissions are gone, their figures stand, and nothing that comes late is counted a second time.
func TestPurgeKeepsFigures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	s, err := Open(t.Context(), path, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	documents := randomDocuments(20, 800, spring, 40)
	commit(t, s, Batch{Documents: documents})
	old := spring.AddDate(0, 0, 20)
	var held []string
	var oldDays, kept int
	for _, d := range documents {
		if !d.Time.Before(old) {
			kept++
		} else if oldDays++; len(held) < 3 {
			held = append(held, d.Key)
		}
	}
	if err := s.Hold(t.Context(), "case 1", held...); err != nil {
		t.Fatal(err)
	}
	n, err := s.Purge(t.Context(), Retention{Details: old}, spring.AddDate(0, 0, 60))
	if err != nil || n != int64(oldDays-len(held)) {
		t.Fatalf("%d deleted of %d, %v", n, oldDays, err)
	}
	late := documents[0]
	for _, d := range documents {
		if d.Time.Before(old) && d.Key != held[0] && d.Key != held[1] && d.Key != held[2] {
			late = d
		}
	}
	late.Outcome = "bounced"
	commit(t, s, Batch{Documents: []event.Document{late}})
	for range 2 { // in memory, and read again from the file
		checkShared(t, s, documents)
		all, total, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 2000)
		if err != nil || total != kept+len(held) || len(all) != total {
			t.Errorf("%d transmissions of %d are left, want %d, %v", len(all), total, kept+len(held), err)
		}
		o, err := s.Overview(t.Context())
		if err != nil || !o.DetailsFrom.Equal(old) || o.Late != 1 || o.Transmissions != 800 || o.DetailsDeleted.IsZero() {
			t.Errorf("details from %v, %d late, %d in all, %v", o.DetailsFrom, o.Late, o.Transmissions, err)
		}
		if err := s.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		s.Close()
		if s, err = Open(t.Context(), path, In(copenhagen)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Release(t.Context(), "case 1"); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Purge(t.Context(), Retention{Details: old, Figures: old}, time.Now()); err != nil || n != 3 {
		t.Errorf("%d deleted after the case was closed, %v", n, err)
	}
	if o, err := s.Overview(t.Context()); err != nil || o.Transmissions != int64(kept) {
		t.Errorf("%d in all after the figures were deleted too, %v", o.Transmissions, err)
	}
	s.Close()
}

// checkShared asks for whole days, which the daily figures alone can answer.
func checkShared(t *testing.T, s *Store, documents []event.Document) {
	t.Helper()
	to := spring.AddDate(0, 0, 40)
	p := dashboards.Period{From: spring.Format(time.RFC3339), To: to.Format(time.RFC3339)}
	for _, q := range append(dashboards.On(dashboards.Ombudsman), dashboards.ReportQuestions()...) { // what an authority is told must outlive the transmissions
		if q.Notes {
			continue // asked of notes, which transmissions are no part of
		}
		if c, err := compile(q, nil); err != nil || !c.shared {
			t.Errorf("%s cannot be answered by the daily figures, %v", q.ID, err)
		}
	}
	shared := slices.DeleteFunc(append(dashboards.Questions(), dashboards.ReportQuestions()...), func(q dashboards.Question) bool { c, _ := compile(q, nil); return !c.shared })
	answers, err := s.AskAll(t.Context(), shared, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range shared {
		if want := naive(t, q, documents, spring, to, nil, copenhagen); !equalRows(want, answers[q.ID]) {
			t.Errorf("%s: %v, want %v", q.ID, answers[q.ID], want)
		}
	}
}

func equalRows(a, b []dashboards.Row) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestArchivesAreKeptUntilReleased(t *testing.T) {
	s := open(t)
	commit(t, s, Batch{Documents: randomDocuments(21, 50, spring, 5), Archive: true})
	cut := Retention{Details: spring.AddDate(1, 0, 0)}
	if n, err := s.Purge(t.Context(), cut, spring.AddDate(2, 0, 0)); err != nil || n != 0 {
		t.Errorf("%d imported transmissions were deleted, %v", n, err)
	}
	more := randomDocuments(22, 50, spring, 5)
	for i := range more {
		more[i].Key = more[i].Key[:60] + "ffff"
	}
	commit(t, s, Batch{Documents: more, Archive: true})
	if o, err := s.Overview(t.Context()); err != nil || o.Transmissions != 100 || o.Late != 0 {
		t.Errorf("%d transmissions, %d dropped of an archive, %v", o.Transmissions, o.Late, err)
	}
	if err := s.ReleaseArchives(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Purge(t.Context(), cut, spring.AddDate(2, 0, 0)); err != nil || n != 100 {
		t.Errorf("%d deleted after the release, %v", n, err)
	}
}

// A change of zone counts days anew, but not those whose transmissions are gone.
func TestZoneChangesAfterPurge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	for i, zone := range []*time.Location{time.UTC, time.FixedZone("", 5*3600)} {
		s, err := Open(t.Context(), path, In(zone))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			commit(t, s, Batch{Documents: randomDocuments(23, 400, spring, 20)})
			if _, err := s.Purge(t.Context(), Retention{Details: spring.AddDate(0, 0, 10)}, spring.AddDate(1, 0, 0)); err != nil {
				t.Fatal(err)
			}
		}
		if o, err := s.Overview(t.Context()); err != nil || o.Transmissions < 395 {
			t.Errorf("%d transmissions are still counted, %v", o.Transmissions, err)
		}
		s.Close()
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	path, file := filepath.Join(dir, "postvagt.db"), filepath.Join(dir, "backup.db")
	s, err := Open(t.Context(), path, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	documents := randomDocuments(30, 300, spring, 20)
	commit(t, s, Batch{Documents: documents[:200], Positions: []Position{{"mail.log", []byte("200")}}})
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), file); !errors.Is(err, ErrExists) {
		t.Errorf("a second backup: %v", err)
	}
	commit(t, s, Batch{Documents: documents[200:]})
	if _, err := Restore(t.Context(), file, path, spring); !errors.Is(err, ErrLocked) {
		t.Errorf("restored under a running agent: %v", err)
	}
	s.Close()
	kept, err := Restore(t.Context(), file, path, spring)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path, In(copenhagen)); err != nil {
		t.Fatal(err)
	}
	checkQuestions(t, s, documents[:200], dashboards.Questions())
	if p, err := s.Positions(t.Context()); err != nil || len(p) != 1 || string(p[0].Data) != "200" {
		t.Errorf("%d positions, %v", len(p), err)
	}
	if g, err := s.Generation(t.Context()); err != nil || g != 2 {
		t.Errorf("generation %d, %v", g, err)
	}
	s.Close()
	before, err := Open(t.Context(), kept, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	checkQuestions(t, before, documents, dashboards.Questions()[:4])
	before.Close()
	if _, err := Restore(t.Context(), file, path, spring.Add(time.Second)); err != nil { // generation of the one in use counts
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path, In(copenhagen)); err != nil {
		t.Fatal(err)
	}
	if g, err := s.Generation(t.Context()); err != nil || g != 3 {
		t.Errorf("generation %d after a second restore, %v", g, err)
	}
	s.Close()
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "postvagt.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, Batch{Documents: randomDocuments(31, 5, spring, 1)})
	s.Close()
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{garbage, filepath.Join(dir, "none"), dir} {
		if _, err := Restore(t.Context(), from, path, spring); err == nil {
			t.Errorf("%s was restored", filepath.Base(from))
		}
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if o, err := s.Overview(t.Context()); err != nil || o.Transmissions != 5 {
		t.Errorf("a refused restore left %d transmissions, %v", o.Transmissions, err)
	}
}

// Verify finds figures that are not those of the transmissions.
func TestVerifyFindsDrift(t *testing.T) {
	s := open(t)
	commit(t, s, Batch{Documents: randomDocuments(32, 50, spring, 5)})
	if err := s.Verify(t.Context()); err != nil {
		t.Errorf("a sound database: %v", err)
	}
	if _, err := s.write.Exec("UPDATE rollup SET n = n + 1 WHERE (day, facet) = (SELECT day, facet FROM rollup LIMIT 1)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("a wrong figure: %v", err)
	}
}
