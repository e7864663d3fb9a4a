package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"postvagt/dashboards"
)

// PutReported keeps figures that were entered; a figure of the same month, channel, department and source replaces the one
// before. All are kept or none. It returns how many are new and how many changed.
func (s *Store) PutReported(ctx context.Context, all []dashboards.Reported) (added, changed int, err error) {
	err = s.change(ctx, "reported figures", func(tx *sql.Tx) error {
		for _, r := range all {
			is, err := putReported(ctx, tx, r)
			if err != nil {
				return err
			}
			switch is {
			case isNew:
				added++
			case isOther:
				changed++
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return added, changed, nil
}

// What putting a figure did.
const (
	isSame = iota
	isNew
	isOther
)

func putReported(ctx context.Context, tx *sql.Tx, r dashboards.Reported) (int, error) {
	var count int64
	var by string
	err := tx.QueryRowContext(ctx, "SELECT count, entered_by FROM reported WHERE month = ? AND channel = ? AND department = ? AND source = ?",
		r.Month, r.Channel, r.Department, r.Source).Scan(&count, &by)
	what := isOther
	switch {
	case errors.Is(err, sql.ErrNoRows):
		what = isNew
	case err != nil:
		return 0, err
	case count == r.Count && by == r.EnteredBy:
		return isSame, nil
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO reported (month, channel, department, source, count, entered_by, entered) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.Month, r.Channel, r.Department, r.Source, r.Count, r.EnteredBy, r.Entered.UnixMicro())
	return what, err
}

// Reported returns the figures that were entered for the months that lie wholly in a period, of a department or, with "", of
// all, by month, channel, department and source.
func (s *Store) Reported(ctx context.Context, p dashboards.Period, department string) ([]dashboards.Reported, error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, err
	}
	first, end := s.wholeMonths(span)
	query, args := "SELECT month, channel, department, source, count, entered_by, entered FROM reported WHERE month >= ? AND month < ?", []any{first, end}
	switch department {
	case "":
	case dashboards.NoDepartment:
		query += " AND department = ''"
	default:
		query, args = query+" AND department = ?", append(args, department)
	}
	return collect(ctx, s.read, query+" ORDER BY month, channel, department, source", args, func(scan func(...any) error) (r dashboards.Reported, err error) {
		var entered int64
		err = scan(&r.Month, &r.Channel, &r.Department, &r.Source, &r.Count, &r.EnteredBy, &entered)
		r.Entered = time.UnixMicro(entered).UTC()
		return r, err
	})
}

// wholeMonths returns the months [first, end) that lie wholly in a span.
func (s *Store) wholeMonths(span period) (first, end string) {
	first, end = "", "9999-99"
	if span.from != math.MinInt64 {
		from := time.UnixMicro(span.from).In(s.zone)
		month := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, s.zone)
		if month.Before(from) {
			month = month.AddDate(0, 1, 0)
		}
		first = month.Format("2006-01")
	}
	if span.to != math.MaxInt64 {
		end = time.UnixMicro(span.to).In(s.zone).Format("2006-01")
	}
	return first, end
}
