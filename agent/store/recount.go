package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// recount makes the day of each transmission and the daily figures anew.
func (s *Store) recount(ctx context.Context, tx *sql.Tx) error {
	if err := s.redate(ctx, tx); err != nil {
		return err
	}
	for _, q := range recountSteps() {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// redate gives each transmission the day that its time has in the store's zone.
func (s *Store) redate(ctx context.Context, tx *sql.Tx) error {
	var first, last sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT min(time), max(time) FROM transmission").Scan(&first, &last); err != nil || !first.Valid {
		return err
	}
	end := dayOf(time.UnixMicro(last.Int64), s.zone)
	for day := dayOf(time.UnixMicro(first.Int64), s.zone); day <= end; day++ {
		from, to := dateOf(day, s.zone).UnixMicro(), dateOf(day+1, s.zone).UnixMicro()
		if _, err := tx.ExecContext(ctx, "UPDATE transmission SET day = ?1 WHERE day BETWEEN ?1 - 1 AND ?1 + 1 AND time >= ?2 AND time < ?3", day, from, to); err != nil {
			return fmt.Errorf("days of transmissions: %w", err)
		}
	}
	return nil
}

// recountSteps leave alone the days whose transmissions were deleted: their figures cannot be made again.
func recountSteps() []string {
	const kept = "day >= ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'details_from'), day)"
	steps := []string{
		"DELETE FROM rollup WHERE " + kept,
		"DELETE FROM entity WHERE " + kept,
		"INSERT INTO rollup (day, facet, n, persons, recipients, size) " + counts + " WHERE " + kept + " GROUP BY day, facet",
	}
	for _, e := range entities {
		steps = append(steps, fmt.Sprintf("INSERT INTO entity (field, day, facet, value, n) SELECT '%s', day, facet, %s, count(*) FROM transmission WHERE %s <> '' AND %s GROUP BY day, facet, %s", e, e, e, kept, e))
	}
	return steps
}

// counts is what table rollup must hold.
const counts = "SELECT day, facet, count(*), sum(persons), sum(recipients), sum(size) FROM transmission"

// Verify reads the whole database: SQLite's integrity check, and whether the daily figures are those of the
// transmissions. It takes seconds for each million of them.
func (s *Store) Verify(ctx context.Context) error {
	var said string
	if err := s.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	if said != "ok" {
		return fmt.Errorf("store %s: %w: %s", s.path, ErrDamaged, said)
	}
	const kept = " WHERE day >= ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'details_from'), day)"
	rollup, fresh := "SELECT day, facet, n, persons, recipients, size FROM rollup"+kept, counts+kept+" GROUP BY day, facet"
	var wrong int64
	err := s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM ("+rollup+" EXCEPT "+fresh+")) + (SELECT count(*) FROM ("+fresh+" EXCEPT "+rollup+"))").Scan(&wrong)
	if err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	if wrong > 0 {
		return fmt.Errorf("store %s: %w: %d daily figures are not those of the transmissions", s.path, ErrDamaged, wrong)
	}
	return nil
}
