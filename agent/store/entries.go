package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postvagt/agent/supervise"
)

// Entries returns the last revision of each entry of a register, in the order in which they were first made.
func (s *Store) Entries(ctx context.Context, register string) ([]supervise.Entry, error) {
	return s.entries(ctx, `SELECT e.register, e.id, e.revision, e.at, e.author, e.data FROM entry e JOIN
		(SELECT id, max(revision) AS last, min(at) AS made FROM entry WHERE register = ?1 GROUP BY id) l ON l.id = e.id AND l.last = e.revision
		WHERE e.register = ?1 ORDER BY l.made, e.id`, register)
}

// Entry returns all revisions of one entry, the first one first; none if there is no such entry.
func (s *Store) Entry(ctx context.Context, register, id string) ([]supervise.Entry, error) {
	return s.entries(ctx, "SELECT register, id, revision, at, author, data FROM entry WHERE register = ? AND id = ? ORDER BY revision", register, id)
}

func (s *Store) entries(ctx context.Context, query string, args ...any) ([]supervise.Entry, error) {
	all, err := collect(ctx, s.read, query, args, func(scan func(...any) error) (e supervise.Entry, err error) {
		var at int64
		var data []byte
		err = scan(&e.Register, &e.ID, &e.Revision, &at, &e.Author, &data)
		e.At, e.Data = time.UnixMicro(at).In(s.zone), data
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("store %s: registers: %w", s.path, err)
	}
	return all, nil
}

// AddEntry adds an entry, or its next revision: supervise.ErrChanged says that there is one of that number already, or
// none before it.
func (s *Store) AddEntry(ctx context.Context, e supervise.Entry) error {
	return s.change(ctx, "registers", func(tx *sql.Tx) error {
		var last int
		if err := tx.QueryRowContext(ctx, "SELECT ifnull(max(revision), 0) FROM entry WHERE register = ? AND id = ?", e.Register, e.ID).Scan(&last); err != nil {
			return err
		}
		if e.Revision != last+1 {
			return fmt.Errorf("%s %s: %w", e.Register, e.ID, supervise.ErrChanged)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO entry (register, id, revision, at, author, data) VALUES (?, ?, ?, ?, ?, ?)",
			e.Register, e.ID, e.Revision, e.At.UnixMicro(), e.Author, []byte(e.Data))
		return err
	})
}
