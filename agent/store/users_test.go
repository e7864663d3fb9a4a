package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"postvagt/agent/login"
	"postvagt/agent/supervise"

	"github.com/google/go-cmp/cmp"
)

func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, In(time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A command line adds a user while the agent has the database open, and the agent sees it.
func TestUsersBesideTheAgent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.db")
	agent := openAt(t, path)
	beside, err := OpenBeside(t.Context(), path, In(time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	at := time.UnixMicro(1_790_000_000_000_000)
	want := login.User{Name: "anna", Roles: []login.Role{login.Officer, login.Reviewer}, Departments: []string{"Børn & Unge"}, Addresses: []string{"anna@nordvig.example"}, Hash: "h", Revision: 1, Created: at}
	if err := beside.AddUser(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := agent.AddUser(t.Context(), want); !errors.Is(err, ErrUserExists) {
		t.Errorf("a second anna: %v", err)
	}
	got, known, err := agent.User(t.Context(), "anna")
	if err != nil || !known || !cmp.Equal(got, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
	if err := agent.ChangeUser(t.Context(), "anna", func(u *login.User) error { return u.Attempt(at) }); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	if err := beside.ChangeUser(t.Context(), "anna", func(u *login.User) error { u.Disabled = true; return stop }); !errors.Is(err, stop) {
		t.Errorf("the reason is lost: %v", err)
	}
	if got, _, err = beside.User(t.Context(), "anna"); err != nil || got.Failures != 1 || got.Disabled {
		t.Errorf("%v, %+v", err, got)
	}
	if err := beside.RemoveUser(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if _, known, err := agent.User(t.Context(), "anna"); err != nil || known {
		t.Errorf("removed, and yet %v, %v", known, err)
	}
	if err := agent.RemoveUser(t.Context(), "anna"); !errors.Is(err, ErrNoUser) {
		t.Errorf("removed twice: %v", err)
	}
}

// Lines of the access log stand as they were written until their time is over.
func TestAccessLogStands(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "agent.db"))
	start := time.UnixMicro(1_790_000_000_000_000)
	for i := range 10 {
		a := login.Access{At: start.Add(time.Duration(i) * time.Hour), User: []string{"anna", "bo"}[i%2], Action: "open", Object: "/report"}
		if err := s.Note(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []string{"DELETE FROM access", "UPDATE access SET user = 'x'", "DELETE FROM access WHERE id = 1"} {
		if _, err := s.write.Exec(q); err == nil {
			t.Errorf("%s is possible", q)
		}
	}
	all, n, err := s.Accesses(t.Context(), start, start.AddDate(0, 0, 1), "bo", "open", 1, 2)
	if err != nil || n != 5 || len(all) != 2 || all[0].User != "bo" || !all[0].At.Equal(start.Add(7*time.Hour)) {
		t.Errorf("%v, %d of %d: %+v", err, len(all), n, all)
	}
	if _, err := s.Purge(t.Context(), Retention{Access: start.Add(4 * time.Hour)}, start); err != nil {
		t.Fatal(err)
	}
	if _, n, err := s.Accesses(t.Context(), start, start.AddDate(0, 0, 1), "", "", 0, 1); err != nil || n != 6 {
		t.Errorf("%d lines after the time of four was over, %v", n, err)
	}
}

func TestEntriesAreRevised(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "agent.db"))
	at := time.UnixMicro(1_790_000_000_000_000).UTC()
	entry := func(id string, revision int, value any) supervise.Entry {
		e, err := supervise.Write("measures", id, revision, "anna", at.Add(time.Duration(revision)*time.Hour), value)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, e := range []supervise.Entry{entry("b", 1, "first"), entry("a", 1, "other"), entry("b", 2, "second")} {
		if err := s.AddEntry(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []supervise.Entry{entry("b", 2, "late"), entry("b", 4, "early"), entry("c", 2, "none before")} {
		if err := s.AddEntry(t.Context(), e); !errors.Is(err, supervise.ErrChanged) {
			t.Errorf("%s %d: %v", e.ID, e.Revision, err)
		}
	}
	all, err := s.Entries(t.Context(), "measures")
	if err != nil || !cmp.Equal(all, []supervise.Entry{entry("a", 1, "other"), entry("b", 2, "second")}) {
		t.Errorf("%v, %+v", err, all)
	}
	if all, err = s.Entry(t.Context(), "measures", "b"); err != nil || len(all) != 2 || string(all[0].Data) != `"first"` {
		t.Errorf("%v, %+v", err, all)
	}
	for _, q := range []string{"DELETE FROM entry", "UPDATE entry SET author = 'x'"} {
		if _, err := s.write.Exec(q); err == nil {
			t.Errorf("%s is possible", q)
		}
	}
}
