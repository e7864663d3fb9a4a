package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/login"
)

// Note writes a line into the access log, which nobody can change: the tables refuse it.
func (s *Store) Note(ctx context.Context, a login.Access) error {
	if s.write == nil {
		return errReadOnly
	}
	// Beside s.mu, which guards what is kept in memory: a page need not wait for it, only for the transaction under way.
	_, err := s.write.ExecContext(ctx, "INSERT INTO access (at, user, action, object, reason) VALUES (?, ?, ?, ?, ?)", a.At.UnixMicro(), a.User, a.Action, a.Object, a.Reason)
	if err != nil {
		return fmt.Errorf("store %s: access log: %w", s.path, err)
	}
	return nil
}

// Accesses returns lines of the access log of [from, to), the newest first, and how many there are in all; user and
// action keep those of one, "" keeps all.
func (s *Store) Accesses(ctx context.Context, from, to time.Time, user, action string, offset, limit int) ([]login.Access, int, error) {
	conditions, args := []string{"at >= ?", "at < ?"}, []any{from.UnixMicro(), to.UnixMicro()}
	if user != "" {
		conditions, args = append(conditions, "user = ?"), append(args, user)
	}
	if action != "" {
		conditions, args = append(conditions, "action = ?"), append(args, action)
	}
	where := " FROM access WHERE " + strings.Join(conditions, " AND ")
	var total int
	if err := s.read.QueryRowContext(ctx, "SELECT count(*)"+where, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("store %s: access log: %w", s.path, err)
	}
	all, err := collect(ctx, s.read, "SELECT at, user, action, object, reason"+where+" ORDER BY at DESC, id DESC LIMIT ? OFFSET ?", append(args, limit, offset),
		func(scan func(...any) error) (a login.Access, err error) {
			var at int64
			err = scan(&at, &a.User, &a.Action, &a.Object, &a.Reason)
			a.At = time.UnixMicro(at)
			return a, err
		})
	if err != nil {
		return nil, 0, fmt.Errorf("store %s: access log: %w", s.path, err)
	}
	return all, total, nil
}

// purgeAccess deletes lines of the access log that were kept long enough.
func (s *Store) purgeAccess(ctx context.Context, before time.Time) error {
	return s.change(ctx, "access log", func(tx *sql.Tx) error {
		if err := setMeta(ctx, tx, "access_from", strconv.FormatInt(before.UnixMicro(), 10)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM access WHERE at < ?", before.UnixMicro())
		return err
	})
}
