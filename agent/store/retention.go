package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"postvagt/dashboards"
)

// Retention is how long things are kept. What is older than Details loses its transmissions, what is older than
// Figures its daily figures and gaps too; Access is that of the access log. A zero time keeps all.
type Retention struct{ Details, Figures, Access time.Time }

// purgeRows is how many transmissions one transaction deletes, so that the log is never waited for long.
const purgeRows = 5000

// Purge deletes what was kept long enough, whole local days at a time, and returns how many transmissions it
// deleted. Transmissions under hold and days that came from archives stay. The daily figures keep what they counted.
func (s *Store) Purge(ctx context.Context, r Retention, now time.Time) (deleted int64, err error) {
	if s.write == nil {
		return 0, errReadOnly
	}
	if !r.Details.IsZero() {
		if deleted, err = s.purgeDetails(ctx, dayOf(r.Details, s.zone), now); err != nil {
			return deleted, fmt.Errorf("store %s: purge: %w", s.path, err)
		}
	}
	if !r.Figures.IsZero() {
		if err := s.purgeFigures(ctx, dayOf(r.Figures, s.zone)); err != nil {
			return deleted, fmt.Errorf("store %s: purge: %w", s.path, err)
		}
	}
	if !r.Access.IsZero() {
		if err := s.purgeAccess(ctx, r.Access); err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

var errReadOnly = errors.New("store: opened for reading only")

// purgeDetails deletes some rows at a time; between them commits go on.
func (s *Store) purgeDetails(ctx context.Context, before int64, now time.Time) (deleted int64, err error) {
	if before, err = s.startPurge(ctx, before, now); err != nil {
		return 0, err
	}
	for {
		n, err := s.purgeSome(ctx, before)
		deleted += n
		if err != nil || n < purgeRows {
			return deleted, err
		}
	}
}

// startPurge writes from which day on all is kept: from then on nothing older is taken in, and lists don't trust the
// figures of older days. It returns the day, which never goes back.
func (s *Store) startPurge(ctx context.Context, before int64, now time.Time) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before <= s.details {
		return s.details, nil
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		return errors.Join(setMeta(ctx, tx, "details_from", strconv.FormatInt(before, 10)), setMeta(ctx, tx, "details_deleted", now.UTC().Format(time.RFC3339)))
	})
	if err != nil {
		return 0, err
	}
	s.setDetails(before, now)
	return before, nil
}

func (s *Store) purgeSome(ctx context.Context, before int64) (n int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM transmission WHERE id IN (SELECT t.id FROM transmission t WHERE t.day < ?
			AND NOT EXISTS (SELECT 1 FROM archive_day a WHERE a.day = t.day) AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.key = t.key)
			AND NOT EXISTS (SELECT 1 FROM hold_days d WHERE t.day BETWEEN d.first AND d.last) LIMIT ?)`, before, purgeRows)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == purgeRows {
			return err
		}
		for _, table := range []string{"unshipped", "refused"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE id NOT IN (SELECT id FROM transmission)"); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM found WHERE at < ?", dateOf(before, s.zone).UnixMicro())
		return err
	})
	s.cube.forget()
	return n, err
}

func (s *Store) purgeFigures(ctx context.Context, before int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"rollup", "entity"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE day < ? AND day NOT IN (SELECT day FROM archive_day) AND day NOT IN (SELECT day FROM transmission WHERE day < ?)"+
				" AND NOT EXISTS (SELECT 1 FROM hold_days d WHERE day BETWEEN d.first AND d.last)", before, before); err != nil {
				return err
			}
		}
		return s.purgeGaps(ctx, tx, before)
	})
	if err != nil {
		return err
	}
	return s.cube.load(ctx, s.read)
}

// purgeGaps deletes the gaps, outages and answers to test messages that end before a day, but those of days under hold.
func (s *Store) purgeGaps(ctx context.Context, tx *sql.Tx, before int64) error {
	rows, err := tx.QueryContext(ctx, "SELECT first, last FROM hold_days")
	if err != nil {
		return err
	}
	where, args := "to_time < ?", []any{dateOf(before, s.zone).UnixMicro()}
	for rows.Next() {
		var first, last int64
		if err := rows.Scan(&first, &last); err != nil {
			return errors.Join(err, rows.Close())
		}
		where += " AND NOT (to_time >= ? AND from_time < ?)"
		args = append(args, dateOf(first, s.zone).UnixMicro(), dateOf(last+1, s.zone).UnixMicro())
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, table := range []string{"gap", "outage"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE "+where, args...); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM selftest_answer WHERE "+strings.NewReplacer("from_time", "at", "to_time", "at").Replace(where), args...)
	return err
}

// Hold keeps transmissions beyond their time for a reason, such as the number of a case.
func (s *Store) Hold(ctx context.Context, reason string, keys ...string) error {
	return s.change(ctx, "hold", func(tx *sql.Tx) error {
		for _, key := range keys {
			if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO hold (key, reason) VALUES (?, ?)", keyValue(key), reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// HoldPeriod keeps the transmissions, figures and gaps of all days that a period touches beyond their time for a reason, such
// as the fingerprint of a frozen report; those that come later too.
func (s *Store) HoldPeriod(ctx context.Context, reason string, p dashboards.Period) error {
	span, err := parsePeriod(p)
	if err != nil {
		return err
	}
	if span.from == math.MinInt64 || span.to == math.MaxInt64 || span.to <= span.from {
		return fmt.Errorf("store %s: hold: the period has no two ends, or is empty", s.path)
	}
	first, last := dayOf(time.UnixMicro(span.from), s.zone), dayOf(time.UnixMicro(span.to-1), s.zone)
	return s.change(ctx, "hold", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO hold_days (reason, first, last) VALUES (?, ?, ?)", reason, first, last)
		return err
	})
}

// Release ends all holds for a reason; other reasons go on.
func (s *Store) Release(ctx context.Context, reason string) error {
	return s.change(ctx, "release", func(tx *sql.Tx) error {
		for _, table := range []string{"hold", "hold_days"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE reason = ?", reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReleaseArchives lets imported days be purged like all others.
func (s *Store) ReleaseArchives(ctx context.Context) error {
	err := s.change(ctx, "release archives", func(tx *sql.Tx) error {
		for _, q := range []string{ // Elasticsearch is told that they may go
			"UPDATE transmission SET revision = revision + 1 WHERE day IN (SELECT day FROM archive_day)",
			"INSERT OR IGNORE INTO unshipped (id) SELECT id FROM transmission WHERE day IN (SELECT day FROM archive_day) AND EXISTS (SELECT 1 FROM meta WHERE name = 'shipping')",
			"DELETE FROM archive_day",
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loadRetention(ctx)
}

// change runs one transaction beside commits.
func (s *Store) change(ctx context.Context, what string, f func(*sql.Tx) error) error {
	if s.write == nil {
		return errReadOnly
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.inTx(ctx, f); err != nil {
		return fmt.Errorf("store %s: %s: %w", s.path, what, err)
	}
	return nil
}

// loadRetention reads what was purged and which days are archives.
func (s *Store) loadRetention(ctx context.Context) error {
	type pair struct{ name, value string }
	all, err := collect(ctx, s.read, "SELECT name, value FROM meta WHERE name IN ('details_from', 'details_deleted')", nil,
		func(scan func(...any) error) (p pair, err error) { err = scan(&p.name, &p.value); return p, err })
	if err != nil {
		return err
	}
	details, deleted := int64(math.MinInt64), time.Time{}
	for _, p := range all {
		switch p.name {
		case "details_from":
			details, err = strconv.ParseInt(p.value, 10, 64)
		case "details_deleted":
			deleted, err = time.Parse(time.RFC3339, p.value)
		}
		if err != nil {
			return fmt.Errorf("meta %s: %w", p.name, err)
		}
	}
	days, err := collect(ctx, s.read, "SELECT day FROM archive_day", nil, func(scan func(...any) error) (day int64, err error) { err = scan(&day); return day, err })
	if err != nil {
		return err
	}
	s.archives = map[int64]bool{}
	for _, day := range days {
		s.archives[day] = true
	}
	s.setDetails(details, deleted)
	return nil
}

// setDetails tells readers from which day on all transmissions are there.
func (s *Store) setDetails(from int64, deleted time.Time) {
	s.details = from
	s.cube.mu.Lock()
	defer s.cube.mu.Unlock()
	s.cube.detailsFrom, s.cube.detailsDeleted = from, deleted
	s.cube.anyChanged()
	s.cube.summary.Store(nil)
}

// late says that a document is of a day whose transmissions were deleted: it must not be counted a second time.
func (s *Store) late(day int64, archive bool) bool {
	return day < s.details && !archive && !s.archives[day]
}

func setMeta(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}
