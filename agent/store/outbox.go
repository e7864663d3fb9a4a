package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Letter is something that must be told once. The store does not look into Data.
type Letter struct {
	ID    string
	At    time.Time
	Due   time.Time // of the next try
	Tries int
	Data  []byte
}

// States of a letter.
const (
	LetterWaiting = "waiting"
	LetterSent    = "sent"
	LetterRefused = "refused" // nobody will ever take it
)

const putLetter = "INSERT OR IGNORE INTO outbox (id, at, due, data, state) VALUES (?, ?, ?, ?, '" + LetterWaiting + "')"

// Post puts letters into the outbox; those that were ever there, whatever became of them, are not put again. It returns
// how many are new.
func (s *Store) Post(ctx context.Context, letters ...Letter) (posted int64, err error) {
	err = s.change(ctx, "post", func(tx *sql.Tx) error {
		for _, l := range letters {
			res, err := tx.ExecContext(ctx, putLetter, l.ID, l.At.UnixMicro(), l.At.UnixMicro(), orEmpty(l.Data))
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			posted += n
		}
		return nil
	})
	return posted, err
}

// DueLetters are those to be sent at a time, the longest due first.
func (s *Store) DueLetters(ctx context.Context, at time.Time, limit int) ([]Letter, error) {
	return collect(ctx, s.read, "SELECT id, at, due, tries, data FROM outbox WHERE due <= ? ORDER BY due LIMIT ?", []any{at.UnixMicro(), limit},
		func(scan func(...any) error) (l Letter, err error) {
			var at, due int64
			err = scan(&l.ID, &at, &due, &l.Tries, &l.Data)
			l.At, l.Due = time.UnixMicro(at).UTC(), time.UnixMicro(due).UTC()
			return l, err
		})
}

// NextLetter is when the next letter is due; false while none waits.
func (s *Store) NextLetter(ctx context.Context) (time.Time, bool, error) {
	var due sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT min(due) FROM outbox WHERE due IS NOT NULL").Scan(&due); err != nil {
		return time.Time{}, false, fmt.Errorf("store %s: %w", s.path, err)
	}
	return time.UnixMicro(due.Int64).UTC(), due.Valid, nil
}

// RetryLetter says that a try failed and when the next one is due.
func (s *Store) RetryLetter(ctx context.Context, id string, due time.Time) error {
	return s.change(ctx, "retry letter", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE outbox SET due = ?, tries = tries + 1 WHERE id = ? AND due IS NOT NULL", due.UnixMicro(), id)
		return err
	})
}

// EndLetter says that a letter was sent or refused, and forgets what it said.
func (s *Store) EndLetter(ctx context.Context, id, state string, at time.Time) error {
	return s.change(ctx, "end letter", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE outbox SET due = NULL, data = NULL, state = ?, at = ?, tries = tries + 1 WHERE id = ? AND due IS NOT NULL", state, at.UnixMicro(), id)
		return err
	})
}

// LetterState is what became of a letter and when; "" for one that was never there.
func (s *Store) LetterState(ctx context.Context, id string) (state string, at time.Time, err error) {
	var us int64
	err = s.read.QueryRowContext(ctx, "SELECT state, at FROM outbox WHERE id = ?", id).Scan(&state, &us)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	return state, time.UnixMicro(us).UTC(), err
}

// ForgetLetters removes those that were done before a time.
func (s *Store) ForgetLetters(ctx context.Context, before time.Time) error {
	return s.change(ctx, "forget letters", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM outbox WHERE due IS NULL AND at < ?", before.UnixMicro())
		return err
	})
}
