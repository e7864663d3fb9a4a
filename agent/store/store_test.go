package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

var copenhagen = mustZone("Europe/Copenhagen")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.FixedZone(name, 3600)
	}
	return z
}

func open(t *testing.T, options ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), append([]Option{In(copenhagen)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func commit(t *testing.T, s *Store, b Batch) {
	t.Helper()
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

var spring = time.Date(2026, 3, 9, 0, 0, 0, 0, copenhagen) // summer time begins on 29 March

func TestDocumentsComeBackWhole(t *testing.T) {
	s := open(t)
	want := randomDocuments(1, 50, spring, 20)
	want[3].Key = "not a hash"
	commit(t, s, Batch{Documents: want})
	slices.SortFunc(want, func(a, b event.Document) int { return b.Time.Compare(a.Time) })
	for i := range want {
		want[i].Time = want[i].Time.UTC()
		want[i].Revision = 1
		if !want[i].OutcomeTime.IsZero() {
			want[i].OutcomeTime = want[i].OutcomeTime.UTC()
		}
	}
	got, n, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 100)
	if err != nil || n != len(want) {
		t.Fatalf("%d documents, %v", n, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, d := range want[:5] {
		one, n, err := s.Documents(t.Context(), dashboards.Period{}, dashboards.Filter{dashboards.Is("event.id", d.Key)}, 0, 2)
		if err != nil || n != 1 || len(one) != 1 || one[0].QueueID != d.QueueID {
			t.Errorf("a transmission is not found by its key: %d, %v", n, err)
		}
	}
}

func TestRevisionRisesOnlyWithContent(t *testing.T) {
	s := open(t)
	d := randomDocuments(2, 1, spring, 1)[0]
	revision := func() int64 {
		all, _, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d documents, %v", len(all), err)
		}
		return all[0].Revision
	}
	commit(t, s, Batch{Documents: []event.Document{d}})
	d.Revision = 77 // is the store's own
	commit(t, s, Batch{Documents: []event.Document{d, d}})
	if r := revision(); r != 1 {
		t.Errorf("revision %d after the same content", r)
	}
	d.Outcome, d.DSN = "bounced", "5.1.1"
	commit(t, s, Batch{Documents: []event.Document{d}})
	if r := revision(); r != 2 {
		t.Errorf("revision %d after a change", r)
	}
	d.Evidence = append(d.Evidence, "mail.log:9:ff")
	commit(t, s, Batch{Documents: []event.Document{d}})
	if r := revision(); r != 3 {
		t.Errorf("revision %d after more evidence", r)
	}
}

// checkQuestions compares each question's answer with the naive one, for several periods and filters.
func checkQuestions(t *testing.T, s *Store, documents []event.Document, questions []dashboards.Question) {
	t.Helper()
	spans := [][2]time.Time{
		{spring, spring.AddDate(0, 0, 60)},
		{spring.AddDate(0, 0, 5), spring.AddDate(0, 0, 26)},
		{spring.Add(31 * time.Hour), spring.Add(20*24*time.Hour + 7*time.Minute)}, // ragged ends
		{spring.Add(3 * time.Hour), spring.Add(8 * time.Hour)},                    // within one day
		{spring.AddDate(-1, 0, 0), spring.AddDate(-1, 0, 8)},                      // nothing there
	}
	wheres := []dashboards.Filter{nil, {dashboards.Is("postvagt.department", "Jobcenter", "Borgerservice")}, {dashboards.Is("postvagt.to_domain", "a.example")}}
	asked := 0
	for _, q := range questions {
		for _, span := range spans {
			for _, where := range wheres {
				p := dashboards.Period{From: span[0].Format(time.RFC3339), To: span[1].Format(time.RFC3339)}
				got, err := s.Ask(t.Context(), q, p, where)
				if err != nil {
					t.Fatal(err)
				}
				want := naive(t, q, documents, span[0], span[1], where, copenhagen)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, %s to %s, %v: (-want +got)\n%s", q.ID, p.From, p.To, where, diff)
				}
				asked++
			}
		}
	}
	t.Logf("%d answers compared", asked)
}

func TestEveryQuestionAgainstNaiveCounting(t *testing.T) {
	s := open(t)
	documents := randomDocuments(3, 3000, spring, 45)
	commit(t, s, Batch{Documents: documents[:2000]})
	commit(t, s, Batch{Documents: documents[2000:]})
	checkQuestions(t, s, documents, append(dashboards.Questions(), oddQuestions()...))
}

// oddQuestions are shapes that the dashboards don't have yet.
func oddQuestions() []dashboards.Question {
	some := dashboards.Filter{dashboards.Not("postvagt.level", "none"), dashboards.Is("postvagt.kinds", "health", "debt")}
	mailbox := dashboards.Measure{Kind: dashboards.Distinct, Field: "postvagt.secure_mailbox", Of: some}
	week := dashboards.Split{By: dashboards.ByTime, Every: "week"}
	return []dashboards.Question{
		{ID: "sum", Measure: dashboards.Measure{Kind: dashboards.Sum, Field: "postvagt.persons", Of: some}},
		{ID: "sum-detail", Measure: dashboards.Measure{Kind: dashboards.Sum, Field: "postvagt.size", Of: dashboards.Filter{dashboards.Is("postvagt.lang", "da")}}, Split: week},
		{ID: "sum-department", Measure: dashboards.Measure{Kind: dashboards.Sum, Field: "postvagt.size"}, Split: dashboards.Split{By: "postvagt.department"}},
		{ID: "mailboxes-weekly", Measure: mailbox, Split: week},
		{ID: "mailboxes-monthly", Measure: mailbox, Split: dashboards.Split{By: dashboards.ByTime, Every: "month"}},
		{ID: "mailboxes-department", Measure: mailbox, Split: dashboards.Split{By: "postvagt.department", Top: 2}},
		{ID: "senders", Measure: dashboards.Measure{Kind: dashboards.Distinct, Field: "email.from.address", Of: some}, Split: week},
		{ID: "domains-kind", Measure: dashboards.Measure{Kind: dashboards.Distinct, Field: "postvagt.to_domain"}, Split: dashboards.Split{By: "postvagt.kinds"}},
		{ID: "not-kinds", Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Not("postvagt.kinds", "health")}}},
		{ID: "by-flag", Measure: dashboards.Measure{Kind: dashboards.Ratio, Of: some, Over: some[:1]}, Split: dashboards.Split{By: "postvagt.held"}},
		{ID: "by-number", Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Not("postvagt.unopened", "0")}}, Split: dashboards.Split{By: "postvagt.persons"}},
		{ID: "nobody", Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Is("postvagt.level")}}},
		{ID: "daily", Measure: dashboards.Measure{Kind: dashboards.Count}, Split: dashboards.Split{By: dashboards.ByTime, Every: "day"}},
	}
}

// Documents change often before they are final; the daily figures must follow each change, and so must a
// database that is opened again, or opened where days begin at another hour.
func TestAnswersFollowChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	s, err := Open(t.Context(), path, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	documents := randomDocuments(4, 400, spring, 30)
	for range 12 {
		var changed []event.Document
		for range 80 {
			i := r.IntN(len(documents))
			fresh := randomDocument(r, i, spring, 30)
			fresh.Time = documents[i].Time
			documents[i] = fresh
			changed = append(changed, fresh)
		}
		commit(t, s, Batch{Documents: changed})
	}
	commit(t, s, Batch{Documents: documents})
	checkQuestions(t, s, documents, append(dashboards.Questions(), oddQuestions()...))
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("", -9*3600), copenhagen} {
		s.Close()
		if s, err = Open(t.Context(), path, In(zone)); err != nil {
			t.Fatal(err)
		}
	}
	defer s.Close()
	checkQuestions(t, s, documents, append(dashboards.Questions(), oddQuestions()...))
	var drift int
	if err := s.read.QueryRow("SELECT count(*) FROM rollup WHERE n <= 0 OR NOT EXISTS (SELECT 1 FROM facet WHERE id = facet)").Scan(&drift); err != nil || drift != 0 {
		t.Errorf("%d daily figures without a transmission, %v", drift, err)
	}
}

func TestPagesOfTransmissions(t *testing.T) {
	s := open(t)
	documents := randomDocuments(5, 500, spring, 25)
	commit(t, s, Batch{Documents: documents})
	p := dashboards.Period{From: spring.Add(30 * time.Hour).Format(time.RFC3339), To: spring.AddDate(0, 0, 22).Format(time.RFC3339)}
	for _, where := range []dashboards.Filter{nil, {dashboards.Is("postvagt.level", "sensitive")}, {dashboards.Is("postvagt.to_domain", "b.example")}} {
		var want, got []string
		for i := range documents {
			d := &documents[i]
			if !d.Time.Before(spring.Add(30*time.Hour)) && d.Time.Before(spring.AddDate(0, 0, 22)) && matches(t, d, where) {
				want = append(want, d.Time.UTC().Format(time.RFC3339Nano)+d.Key)
			}
		}
		slices.Sort(want)
		slices.Reverse(want)
		for offset := 0; ; offset += 7 {
			page, total, err := s.Documents(t.Context(), p, where, offset, 7)
			if err != nil || total != len(want) {
				t.Fatalf("%d in all, want %d, %v", total, len(want), err)
			}
			for _, d := range page {
				got = append(got, d.Time.Format(time.RFC3339Nano)+d.Key)
			}
			if len(page) < 7 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestStatePositionsUnknownGaps(t *testing.T) {
	s := open(t)
	due := spring.UTC()
	commit(t, s, Batch{
		Put:       []Item{{Key: "a", Data: []byte{0, 1}, Due: due}, {Key: "b", Data: []byte("x")}, {Key: "c", Due: due.Add(time.Hour)}},
		Positions: []Position{{"mail.log", []byte("100")}},
		Unknown:   map[string]int64{"postfix/smtp": 2},
		Gaps:      []Gap{{Source: "journal", From: due, To: due.Add(time.Minute), Lines: 9}},
	})
	commit(t, s, Batch{
		Put: []Item{{Key: "b", Data: []byte("y"), Due: due.Add(-time.Hour)}}, Delete: []string{"a", "never there"},
		Positions: []Position{{"mail.log", []byte("250")}, {"verdict.log", nil}},
		Unknown:   map[string]int64{"postfix/smtp": 3, "cron": 1},
	})
	ctx := t.Context()
	want := []Item{{Key: "b", Data: []byte("y"), Due: due.Add(-time.Hour)}, {Key: "c", Due: due.Add(time.Hour)}}
	if diff := cmp.Diff(want, stateOf(t, s)); diff != "" {
		t.Error(diff)
	}
	if _, ok, err := s.Item(ctx, "a"); ok || err != nil {
		t.Errorf("deleted state is there: %v, %v", ok, err)
	}
	if i, ok, err := s.Item(ctx, "c"); !ok || err != nil || !i.Due.Equal(due.Add(time.Hour)) {
		t.Errorf("state is lost: %v, %v", ok, err)
	}
	positions, err := s.Positions(ctx)
	if diff := cmp.Diff([]Position{{"mail.log", []byte("250")}, {"verdict.log", nil}}, positions); diff != "" || err != nil {
		t.Error(diff, err)
	}
	unknown, err := s.Unknown(ctx)
	if diff := cmp.Diff(map[string]int64{"postfix/smtp": 5, "cron": 1}, unknown); diff != "" || err != nil {
		t.Error(diff, err)
	}
	day := dashboards.Period{From: due.Add(30 * time.Second).Format(time.RFC3339), To: due.Add(time.Hour).Format(time.RFC3339)}
	if gaps, err := s.Gaps(ctx, day); err != nil || len(gaps) != 1 || gaps[0].Lines != 9 || !gaps[0].From.Equal(due) {
		t.Errorf("%d gaps, %v", len(gaps), err)
	}
}

func stateOf(t *testing.T, s *Store) (all []Item) {
	t.Helper()
	for i, err := range s.State(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	return all
}

// A batch that cannot be stored leaves nothing behind, not even its position.
func TestAllOrNothing(t *testing.T) {
	s := open(t)
	documents := randomDocuments(6, 3, spring, 1)
	documents[2].Key = ""
	err := s.Commit(t.Context(), Batch{Documents: documents, Positions: []Position{{"mail.log", []byte("1")}}})
	if err == nil {
		t.Fatal("a document without a key was taken")
	}
	if o, err := s.Overview(t.Context()); err != nil || o.Transmissions != 0 {
		t.Errorf("%d transmissions of a failed commit, %v", o.Transmissions, err)
	}
	if p, err := s.Positions(t.Context()); err != nil || len(p) != 0 {
		t.Errorf("%d positions of a failed commit, %v", len(p), err)
	}
	documents[2].Key = "k"
	commit(t, s, Batch{Documents: documents}) // facets of the failed commit must not be remembered
	checkQuestions(t, s, documents, dashboards.Questions())
}

// A reader in another process sees what the agent has committed, each time that it asks.
func TestReaderFollows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	s, err := Open(t.Context(), path, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := OpenRead(t.Context(), path, In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	checkQuestions(t, r, nil, dashboards.Questions()[:3])
	documents := randomDocuments(8, 300, spring, 30)
	for _, n := range []int{100, 101, 300} {
		commit(t, s, Batch{Documents: documents[:n]})
		checkQuestions(t, r, documents[:n], dashboards.Questions())
		first, last := documents[0].Time, documents[0].Time
		for _, d := range documents[:n] {
			if d.Time.Before(first) {
				first = d.Time
			}
			if d.Time.After(last) {
				last = d.Time
			}
		}
		for _, reader := range []*Store{s, r} {
			if o, err := reader.Overview(t.Context()); err != nil || !o.First.Equal(first) || !o.Last.Equal(last) {
				t.Errorf("mails from %v to %v, want %v to %v, %v", o.First, o.Last, first, last, err)
			}
		}
		if o, err := r.Overview(t.Context()); err != nil || o.Transmissions != int64(n) || len(o.Departments) != 3 {
			t.Errorf("%d transmissions and %d departments of %d, %v", o.Transmissions, len(o.Departments), n, err)
		}
	}
}

func TestSecondAgentIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second agent got %v", err)
	}
	r, err := OpenRead(t.Context(), path)
	if err != nil {
		t.Fatalf("a reader is refused: %v", err)
	}
	if err := r.Commit(t.Context(), Batch{}); err == nil {
		t.Error("a reader may write")
	}
	r.Close()
	s.Close()
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatalf("the lock outlives its agent: %v", err)
	}
	s.Close()
}

// A database knows whether its last agent closed it, so that a large one is checked only when it must be.
func TestKnowsWhetherItWasClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	for range 2 {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		closed := func(db *Store) (n int) {
			if err := db.read.QueryRow("SELECT count(*) FROM meta WHERE name = 'closed'").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if closed(s) != 0 {
			t.Error("an open database says that it is closed")
		}
		s.Close()
		r, err := OpenRead(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if closed(r) != 1 {
			t.Error("a closed database does not say so")
		}
		r.Close()
	}
}

func TestOddPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"here.db", "no/such/folder yet/p%41?x=1&y#z.db"} {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		s.Close()
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q: the database is elsewhere: %v", path, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte("SQLite format 3\x00 and then something else entirely, for a page or more"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), garbage); !errors.Is(err, ErrDamaged) {
		t.Errorf("a file that is no database: %v", err)
	}
	newer := filepath.Join(dir, "newer.db")
	s, err := Open(t.Context(), newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("PRAGMA user_version = 9999"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(t.Context(), newer); !errors.Is(err, ErrNewer) {
		t.Errorf("a database of a newer program: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(garbage, "below a file")); err == nil {
		t.Error("a path below a file was opened")
	}
	if _, err := OpenRead(t.Context(), filepath.Join(dir, "none.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a reader of a missing file: %v", err)
	}
}

func TestOtherDimensionsAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec("UPDATE meta SET value = 'level department' WHERE name = 'dimensions'"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrForm) {
		t.Errorf("a database of other dimensions: %v", err)
	}
}

// Bytes of any kind come back as they were; nothing is cut at a NUL.
func TestHostileText(t *testing.T) {
	s := open(t)
	d := event.Document{Key: "k\x00\xff", Time: spring.UTC(), Why: "a\x00b\xffc'; DROP TABLE facet; --", Department: "\x00\xfe", QueueID: strings.Repeat("ø", 100_000), Evidence: []string{"a\x00b", "\xff", ""}}
	commit(t, s, Batch{Documents: []event.Document{d}})
	commit(t, s, Batch{Documents: []event.Document{d}})
	all, n, err := s.Documents(t.Context(), dashboards.Period{}, dashboards.Filter{dashboards.Is("event.id", d.Key), dashboards.Is("postvagt.department", d.Department)}, 0, 10)
	if err != nil || n != 1 || all[0].Revision != 1 {
		t.Fatalf("%d documents, %v", n, err)
	}
	d.Revision = 1
	if diff := cmp.Diff(d, all[0]); diff != "" {
		t.Error(diff)
	}
}

func TestBadQuestions(t *testing.T) {
	s := open(t)
	ask := func(q dashboards.Question, p dashboards.Period) error {
		_, err := s.Ask(context.Background(), q, p, nil)
		return err
	}
	count := dashboards.Measure{Kind: dashboards.Count}
	for name, err := range map[string]error{
		"no kind":        ask(dashboards.Question{}, dashboards.Period{}),
		"no such field":  ask(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Is("nonsense", "1")}}}, dashboards.Period{}),
		"no such split":  ask(dashboards.Question{Measure: count, Split: dashboards.Split{By: "nonsense"}}, dashboards.Period{}),
		"sum of a text":  ask(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Sum, Field: "postvagt.level"}}, dashboards.Period{}),
		"flag of text":   ask(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Is("postvagt.held", "often")}}}, dashboards.Period{}),
		"number of text": ask(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Is("postvagt.persons", "many")}}}, dashboards.Period{}),
		"evidence":       ask(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Is("postvagt.evidence", "x")}}}, dashboards.Period{}),
		"time as filter": ask(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Count, Of: dashboards.Filter{dashboards.Is("@timestamp", "now")}}}, dashboards.Period{}),
		"period":         ask(dashboards.Question{Measure: count}, dashboards.Period{From: "yesterday"}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
