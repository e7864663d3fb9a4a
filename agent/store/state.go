package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// State returns all unfinished state, by key.
func (s *Store) State(ctx context.Context) ([]Item, error) {
	return s.items(ctx, "SELECT key, data, due FROM item ORDER BY key")
}

// Due returns the unfinished state that is due at or before a time, the oldest first, at most limit.
func (s *Store) Due(ctx context.Context, at time.Time, limit int) ([]Item, error) {
	return s.items(ctx, "SELECT key, data, due FROM item WHERE due <= ? ORDER BY due, key LIMIT ?", at.UnixMicro(), limit)
}

// Item returns one piece of unfinished state and whether it is there.
func (s *Store) Item(ctx context.Context, key string) (Item, bool, error) {
	all, err := s.items(ctx, "SELECT key, data, due FROM item WHERE key = ?", key)
	if err != nil || len(all) == 0 {
		return Item{}, false, err
	}
	return all[0], true, nil
}

func (s *Store) items(ctx context.Context, query string, args ...any) ([]Item, error) {
	return collect(ctx, s.read, query, args, func(scan func(...any) error) (i Item, err error) {
		var due sql.NullInt64
		err = scan(&i.Key, &i.Data, &due)
		if due.Valid {
			i.Due = time.UnixMicro(due.Int64).UTC()
		}
		return i, err
	})
}

// Positions returns how far each source was read.
func (s *Store) Positions(ctx context.Context) ([]Position, error) {
	return collect(ctx, s.read, "SELECT source, data FROM position ORDER BY source", nil, func(scan func(...any) error) (p Position, err error) {
		err = scan(&p.Source, &p.Data)
		return p, err
	})
}

// Unknown returns how many lines of each program nobody understood.
func (s *Store) Unknown(ctx context.Context) (map[string]int64, error) {
	type count struct {
		program string
		lines   int64
	}
	all, err := collect(ctx, s.read, "SELECT program, lines FROM unknown_lines", nil, func(scan func(...any) error) (c count, err error) {
		err = scan(&c.program, &c.lines)
		return c, err
	})
	unknown := make(map[string]int64, len(all))
	for _, c := range all {
		unknown[c.program] = c.lines
	}
	return unknown, err
}

// collect runs a query and reads all its rows.
func collect[T any](ctx context.Context, db *sql.DB, query string, args []any, one func(scan func(...any) error) (T, error)) (all []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := one(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
