package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Documents returns the transmissions born in a period that match where, the newest first, from offset on at
// most limit of them, and how many there are in all.
func (s *Store) Documents(ctx context.Context, p dashboards.Period, where dashboards.Filter, offset, limit int) ([]event.Document, int, error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, 0, err
	}
	var l list
	if key, rest, ok := oneKey(where); ok && offset == 0 && limit > 0 {
		l.rows, err = s.byKey(ctx, span, key, rest)
		l.total = len(l.rows)
	} else {
		l, err = s.listed(span, where, offset, limit, func() (list, error) { return s.documents(ctx, span, where, offset, limit) })
	}
	if err != nil {
		return nil, 0, fmt.Errorf("transmissions: %w", err)
	}
	for i := range l.rows {
		s.places.remember(l.rows[i].Key, dayOf(l.rows[i].Time, s.zone))
	}
	return l.rows, l.total, nil
}

func (s *Store) documents(ctx context.Context, span period, where dashboards.Filter, offset, limit int) (l list, err error) {
	match, err := conditions(where)
	if err != nil {
		return l, err
	}
	at, err := s.locate(ctx, span, where, offset, limit)
	if l.total = at.total; err != nil || at.total <= offset || limit <= 0 {
		return l, err
	}
	// The inner query sorts ids, not whole rows.
	when := within(span, s.zone)
	const from = " FROM transmission t JOIN facet f ON f.id = t.facet WHERE "
	query := "SELECT " + columns(event.Fields) + from + "t.id IN (SELECT t.id" + from + at.cells.sql + " AND " + when.sql + " AND " + match.sql +
		" ORDER BY t.time DESC, t.id DESC LIMIT ? OFFSET ?) ORDER BY t.time DESC, t.id DESC"
	args := append(append(append(at.cells.args, when.args...), match.args...), limit, offset-at.skipped)
	l.rows, err = collect(ctx, s.read, query, args, scanDocument)
	return l, err
}

// place is where the wanted transmissions are.
type place struct {
	total   int
	cells   piece // the condition that keeps the days that hold them, and their facets where these are few
	skipped int   // matching transmissions on later days
}

// fewFacets is how many facets SQLite is made to look up one by one on each day; more than that, and reading the
// day is quicker.
const fewFacets = 300

// locate counts the matching transmissions by day, and finds the days of those from offset on.
func (s *Store) locate(ctx context.Context, span period, where dashboards.Filter, offset, limit int) (at place, err error) {
	byDay, facets, err := s.countDays(ctx, span, where)
	if err != nil {
		return at, err
	}
	at.cells = piece{"t.day IN (", nil}
	for _, day := range newestFirst(byDay) {
		n := byDay[day]
		switch {
		case at.total+n <= offset:
			at.skipped += n
		case at.total < offset+limit:
			at.cells.args = append(at.cells.args, day)
		}
		at.total += n
	}
	at.cells.sql += strings.TrimSuffix(strings.Repeat("?, ", len(at.cells.args)), ", ") + ")"
	if 0 < len(facets) && len(facets) <= fewFacets {
		at.cells.sql += " AND t.facet IN (" + strings.TrimSuffix(strings.Repeat("?, ", len(facets)), ", ") + ")"
		for _, f := range facets {
			at.cells.args = append(at.cells.args, f)
		}
	}
	return at, nil
}

// countDays counts the matching transmissions of each day, and returns the facets that match where these decide.
func (s *Store) countDays(ctx context.Context, span period, where dashboards.Filter) (byDay map[int64]int, facets []int64, err error) {
	c, err := compile(dashboards.Question{Measure: dashboards.Measure{Kind: dashboards.Count, Of: where}, Split: dashboards.Split{By: dashboards.ByTime}}, nil)
	if err != nil {
		return nil, nil, err
	}
	byDay, rest := map[int64]int{}, []period{span}
	if c.shared {
		if err := s.refresh(ctx); err != nil {
			return nil, nil, err
		}
		byDay, facets, rest = s.kept(span, where)
	}
	for _, part := range rest {
		query := c.detail(part, s.zone)
		rows, err := collect(ctx, s.read, query.sql, query.args, scanAnswer)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range rows {
			byDay[r.day] += int(r.count)
		}
	}
	return byDay, facets, nil
}

// kept counts by day from the daily figures where all transmissions are still there, and returns the spans that
// they cannot answer for: ragged ends, and the time whose transmissions were deleted but for some.
func (s *Store) kept(span period, where dashboards.Filter) (byDay map[int64]int, facets []int64, rest []period) {
	s.cube.mu.RLock()
	defer s.cube.mu.RUnlock()
	if s.cube.detailsFrom != math.MinInt64 {
		if from := dateOf(s.cube.detailsFrom, s.zone).UnixMicro(); span.from < from {
			rest = append(rest, period{span.from, min(from, span.to)})
			span.from = min(from, span.to)
		}
	}
	if span.from == span.to {
		return map[int64]int{}, nil, rest
	}
	byDay, facets = s.cube.daily(wholeDays(span, s.zone)).byDay(where)
	return byDay, facets, append(rest, ragged(span, s.zone)...)
}

// scanDocument reads the columns of event.Fields.
func scanDocument(scan func(...any) error) (d event.Document, err error) {
	err = newCells(event.Fields).read(scan, &d)
	return d, err
}

// cells are the values of one row, of fields and of what stands before them. They are read into again and again.
type cells struct {
	fields []event.Field
	values []any
	at     []any // where a row is read to: what stands before, then values
}

func newCells(fields []event.Field, before ...any) *cells {
	c := &cells{fields, make([]any, len(fields)), before}
	for i := range c.values {
		c.at = append(c.at, &c.values[i])
	}
	return c
}

func (c *cells) read(scan func(...any) error, d *event.Document) error {
	if err := scan(c.at...); err != nil {
		return err
	}
	for i := range c.fields {
		f := &c.fields[i]
		if err := fill(f, f.At(d), c.values[i]); err != nil {
			return err
		}
	}
	return nil
}

// Gaps returns the spans that overlap a period and lost lines, by time.
func (s *Store) Gaps(ctx context.Context, p dashboards.Period) ([]Gap, error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.read, "SELECT source, from_time, to_time, lines FROM gap WHERE from_time < ? AND to_time >= ? ORDER BY from_time, source",
		[]any{span.to, span.from}, func(scan func(...any) error) (g Gap, err error) {
			var from, to int64
			err = scan(&g.Source, &from, &to, &g.Lines)
			g.From, g.To = time.UnixMicro(from).UTC(), time.UnixMicro(to).UTC()
			return g, err
		})
}

// Overview says what the database holds in all.
func (s *Store) Overview(ctx context.Context) (o dashboards.Overview, err error) {
	if err := s.refresh(ctx); err != nil {
		return o, fmt.Errorf("overview: %w", err)
	}
	o = s.cube.overview(s.zone)
	if err := s.read.QueryRowContext(ctx, "SELECT ifnull((SELECT value FROM meta WHERE name = 'late'), 0)").Scan(&o.Late); err != nil {
		return o, fmt.Errorf("overview: %w", err)
	}
	return o, nil
}
