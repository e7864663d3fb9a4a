package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openRegister(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.db")
	db, err := Open(context.Background(), path, In(time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, path
}

// write appends a record with a body to a subject, which is new if it has no key.
func write(t *testing.T, db *Store, subject string, sealed []byte) (key []byte) {
	t.Helper()
	err := db.ChangeRegister(context.Background(), func(r *RegisterTx) error {
		_, had, err := r.Subject(subject)
		if err != nil {
			return err
		}
		if key = had; key == nil {
			if key, err = r.NewKey(subject); err != nil {
				return err
			}
		}
		last, err := r.Last()
		if err != nil {
			return err
		}
		return r.Append(RegisterRecord{N: last.N + 1, At: time.UnixMicro(last.N + 1).UTC(), Subject: subject, Kind: "k", Sealed: sealed, Link: [32]byte{byte(last.N + 1)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRegister(t *testing.T) {
	db, _ := openRegister(t)
	ctx := context.Background()
	a := write(t, db, "2026-0002", []byte("one"))
	write(t, db, "triage/x_y", []byte("two"))
	if again := write(t, db, "2026-0002", []byte("three")); !bytes.Equal(a, again) || len(a) != 32 {
		t.Errorf("a subject has one key, of 32 bytes: %d", len(a))
	}
	all, key, err := db.RegisterSubject(ctx, "2026-0002")
	if err != nil || !bytes.Equal(key, a) || len(all) != 2 || all[1].N != 3 || string(all[1].Sealed) != "three" || all[1].Link[0] != 3 || !all[1].At.Equal(time.UnixMicro(3)) {
		t.Errorf("%+v, %v", all, err)
	}
	if _, _, err := db.RegisterSubject(ctx, "2026-0009"); !errors.Is(err, ErrNoSubject) {
		t.Errorf("a subject that is not there: %v", err)
	}
	if s, err := db.RegisterSubjects(ctx, "2026-"); err != nil || len(s) != 1 || s[0] != "2026-0002" {
		t.Errorf("%v, %v", s, err)
	}
	if s, _ := db.RegisterSubjects(ctx, "triage/x%"); s != nil {
		t.Errorf("a prefix is no pattern: %v", s)
	}
	failed := errors.New("no")
	err = db.ChangeRegister(ctx, func(r *RegisterTx) error {
		if err := r.Append(RegisterRecord{N: 4, Subject: "2026-0002"}); err != nil {
			t.Fatal(err)
		}
		return failed
	})
	var n int
	if err := errors.Join(db.EachRegisterRecord(ctx, func(RegisterRecord) error { n++; return nil })); err != nil || n != 3 {
		t.Errorf("%d records after a change that failed: %v", n, err)
	}
	if !errors.Is(err, failed) {
		t.Error(err)
	}
}

// The tables themselves refuse a change, whoever has the file.
func TestRegisterIsOnlyAddedTo(t *testing.T) {
	db, path := openRegister(t)
	write(t, db, "2026-0001", []byte("one"))
	raw, err := connect(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, q := range []string{
		"DELETE FROM register_record", "UPDATE register_record SET kind = 'other'", "UPDATE register_record SET sealed = x'00'",
		"UPDATE register_record SET n = 7", "UPDATE register_record SET link = x'00', sealed = NULL",
	} {
		if _, err := raw.Exec(q); err == nil || !strings.Contains(err.Error(), "only added to") {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// After an erasure neither the key nor the body is in the file or its write-ahead log.
func TestEraseRegister(t *testing.T) {
	db, path := openRegister(t)
	body := bytes.Repeat([]byte("sealed body "), 1000)
	key := write(t, db, "2026-0001", body)
	kept := write(t, db, "2026-0002", []byte("kept"))
	err := db.EraseRegister(context.Background(), "2026-0001", func(last RegisterRecord) RegisterRecord {
		return RegisterRecord{N: last.N + 1, Subject: "2026-0001", Kind: "erased"}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, key) || bytes.Contains(data, body[:100]) {
			t.Errorf("agent.db%s still holds what was erased", suffix)
		}
		if suffix == "" && !bytes.Contains(data, kept) {
			t.Error("the other subject's key is gone, or the test looks in the wrong place")
		}
	}
	all, key, err := db.RegisterSubject(context.Background(), "2026-0001")
	if err != nil || key != nil || len(all) != 2 || all[0].Sealed != nil || all[1].Kind != "erased" {
		t.Errorf("%+v, %v", all, err)
	}
}
