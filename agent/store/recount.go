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

func recountSteps() []string {
	steps := []string{
		"DELETE FROM rollup",
		"DELETE FROM entity",
		"INSERT INTO rollup (day, facet, n, persons, recipients, size) SELECT day, facet, count(*), sum(persons), sum(recipients), sum(size) FROM transmission GROUP BY day, facet",
	}
	for _, e := range entities {
		steps = append(steps, fmt.Sprintf("INSERT INTO entity (field, day, facet, value, n) SELECT '%s', day, facet, %s, count(*) FROM transmission WHERE %s <> '' GROUP BY day, facet, %s", e, e, e, e))
	}
	return steps
}
