package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"time"
)

// State walks all unfinished state, by key; there may be more of it than is good to have in memory. It ends with an error, if any.
func (s *Store) State(ctx context.Context) iter.Seq2[Item, error] {
	return walk(ctx, s.read, "SELECT key, data, due FROM item ORDER BY key", nil, scanItem)
}

// Item returns one piece of unfinished state and whether it is there.
func (s *Store) Item(ctx context.Context, key string) (Item, bool, error) {
	all, err := collect(ctx, s.read, "SELECT key, data, due FROM item WHERE key = ?", []any{key}, scanItem)
	if err != nil || len(all) == 0 {
		return Item{}, false, err
	}
	return all[0], true, nil
}

func scanItem(scan func(...any) error) (i Item, err error) {
	var due sql.NullInt64
	err = scan(&i.Key, &i.Data, &due)
	if due.Valid {
		i.Due = time.UnixMicro(due.Int64).UTC()
	}
	return i, err
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
	for v, err := range walk(ctx, db, query, args, one) {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// walk gives the rows of a query one by one, and ends at the first error.
func walk[T any](ctx context.Context, db *sql.DB, query string, args []any, one func(scan func(...any) error) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := one(rows.Scan)
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			yield(none, err)
		}
	}
}
