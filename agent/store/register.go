package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// RegisterRecord is a record of the register of breaches, whose form is package cases'. The store looks into none.
type RegisterRecord struct {
	N       int64
	At      time.Time
	Subject string
	Kind    string
	Sealed  []byte
	Digest  [sha256.Size]byte
	Link    [sha256.Size]byte
}

// registerKeySize is the length of a subject's key in bytes.
const registerKeySize = 32

// ErrNoSubject says that the register has no such subject.
var ErrNoSubject = errors.New("the register has no such subject")

// RegisterTx is one change to the register; nobody else changes it meanwhile.
type RegisterTx struct {
	ctx context.Context
	tx  *sql.Tx
}

// ChangeRegister runs f in one transaction: what it appends is there as a whole or not at all.
func (s *Store) ChangeRegister(ctx context.Context, f func(*RegisterTx) error) error {
	return s.change(ctx, "register", func(tx *sql.Tx) error { return f(&RegisterTx{ctx: ctx, tx: tx}) })
}

// Last is the newest record, the zero one of an empty register.
func (r *RegisterTx) Last() (RegisterRecord, error) {
	all, err := r.records("ORDER BY n DESC LIMIT 1")
	if err != nil || len(all) == 0 {
		return RegisterRecord{}, err
	}
	return all[0], nil
}

// Subject returns the records of a subject in their order, and its key: nil for a subject that is not there or erased.
func (r *RegisterTx) Subject(subject string) (all []RegisterRecord, key []byte, err error) {
	if all, err = r.records("WHERE subject = ? ORDER BY n", subject); err != nil {
		return nil, nil, err
	}
	err = r.tx.QueryRowContext(r.ctx, "SELECT key FROM register_key WHERE subject = ?", subject).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return all, key, err
}

// Subjects lists the subjects whose names begin with a prefix, in the order of their first records.
func (r *RegisterTx) Subjects(prefix string) ([]string, error) {
	return texts(r.ctx, r.tx, "SELECT subject FROM register_record WHERE substr(subject, 1, length(?1)) = ?1 GROUP BY subject ORDER BY min(n)", prefix)
}

// NewKey makes the key of a new subject.
func (r *RegisterTx) NewKey(subject string) ([]byte, error) {
	key := make([]byte, registerKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	_, err := r.tx.ExecContext(r.ctx, "INSERT INTO register_key (subject, key) VALUES (?, ?)", subject, key)
	return key, err
}

// Append adds a record.
func (r *RegisterTx) Append(n RegisterRecord) error {
	_, err := r.tx.ExecContext(r.ctx, "INSERT INTO register_record (n, at, subject, kind, sealed, digest, link) VALUES (?, ?, ?, ?, ?, ?, ?)",
		n.N, n.At.UnixMicro(), n.Subject, n.Kind, n.Sealed, n.Digest[:], n.Link[:])
	return err
}

// Erase destroys the key of a subject and what its records said. Their numbers, times, kinds and links stay.
func (r *RegisterTx) Erase(subject string) error {
	for _, q := range []string{"DELETE FROM register_key WHERE subject = ?", "UPDATE register_record SET sealed = NULL WHERE subject = ?"} {
		if _, err := r.tx.ExecContext(r.ctx, q, subject); err != nil {
			return err
		}
	}
	return nil
}

func (r *RegisterTx) records(where string, args ...any) (all []RegisterRecord, err error) {
	err = eachRecord(r.ctx, r.tx, where, args, func(n RegisterRecord) error { all = append(all, n); return nil })
	return all, err
}

// EraseRegister erases a subject and says so in the last record that f makes of it; then the pages of the file that
// held the key are overwritten. Backups that were made before still have it.
func (s *Store) EraseRegister(ctx context.Context, subject string, f func(last RegisterRecord) RegisterRecord) error {
	err := s.ChangeRegister(ctx, func(r *RegisterTx) error {
		if _, err := r.tx.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		last, err := r.Last()
		if err != nil {
			return err
		}
		return errors.Join(r.Erase(subject), r.Append(f(last)))
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// The write-ahead log still has the pages as they were.
	if _, err := s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("store %s: register: %w", s.path, err)
	}
	return nil
}

// RegisterSubject returns what RegisterTx.Subject does, without changing anything. Errors: ErrNoSubject.
func (s *Store) RegisterSubject(ctx context.Context, subject string) (all []RegisterRecord, key []byte, err error) {
	err = s.readRegister(ctx, func(r *RegisterTx) error { all, key, err = r.Subject(subject); return err })
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%q: %w", subject, ErrNoSubject)
	}
	return all, key, err
}

// RegisterSubjects does what RegisterTx.Subjects does.
func (s *Store) RegisterSubjects(ctx context.Context, prefix string) (all []string, err error) {
	err = s.readRegister(ctx, func(r *RegisterTx) error { all, err = r.Subjects(prefix); return err })
	return all, err
}

// EachRegisterRecord calls f for every record in its order, until it fails.
func (s *Store) EachRegisterRecord(ctx context.Context, f func(RegisterRecord) error) error {
	return s.readRegister(ctx, func(r *RegisterTx) error { return eachRecord(ctx, r.tx, "ORDER BY n", nil, f) })
}

// readRegister shows f one state of the register.
func (s *Store) readRegister(ctx context.Context, f func(*RegisterTx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return f(&RegisterTx{ctx: ctx, tx: tx})
}

func eachRecord(ctx context.Context, tx *sql.Tx, where string, args []any, f func(RegisterRecord) error) error {
	rows, err := tx.QueryContext(ctx, "SELECT n, at, subject, kind, sealed, digest, link FROM register_record "+where, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r RegisterRecord
		var at int64
		var digest, link []byte
		if err := rows.Scan(&r.N, &at, &r.Subject, &r.Kind, &r.Sealed, &digest, &link); err != nil {
			return err
		}
		r.At = time.UnixMicro(at).UTC()
		copy(r.Digest[:], digest)
		copy(r.Link[:], link)
		if err := f(r); err != nil {
			return err
		}
	}
	return rows.Err()
}
