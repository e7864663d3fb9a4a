package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Ask answers a question about the transmissions born in a period that match where.
//
// Without a split there is one row, with Key "". Split by time gives a row for each span that the period touches, those
// without a transmission too where the period is bounded; Key is the span's first local day, of a week its
// Monday. Split by a field gives the values that occur, the most frequent first, then by value.
func (s *Store) Ask(ctx context.Context, q dashboards.Question, p dashboards.Period, where dashboards.Filter) ([]dashboards.Row, error) {
	all, err := s.AskAll(ctx, []dashboards.Question{q}, p, where)
	return all[q.ID], err
}

// AskAll answers several questions about the same period and filter, by the id of the question. Their answers from
// the daily figures are of one moment.
func (s *Store) AskAll(ctx context.Context, qs []dashboards.Question, p dashboards.Period, where dashboards.Filter) (map[string][]dashboards.Row, error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, err
	}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	all, rest := make(map[string][]dashboards.Row, len(qs)), make([]dashboards.Question, 0, len(qs))
	for _, q := range qs {
		if !q.Notes {
			rest = append(rest, q)
			continue
		}
		if all[q.ID], err = s.askNotes(ctx, q, span, where); err != nil {
			return nil, fmt.Errorf("question %s: %w", q.ID, err)
		}
	}
	rows, err := s.askedAll(rest, span, where)
	if errors.Is(err, errDetails) {
		rows, err = s.askTransmissions(ctx, rest, span, where)
	}
	maps.Copy(all, rows)
	return all, err
}

// askTransmissions answers from the daily figures, and from the transmissions themselves what these do not tell.
func (s *Store) askTransmissions(ctx context.Context, qs []dashboards.Question, span period, where dashboards.Filter) (map[string][]dashboards.Row, error) {
	asked, err := s.prepareAll(qs, span, where)
	if err != nil {
		return nil, err
	}
	s.askCube(asked, span, where)
	all := make(map[string][]dashboards.Row, len(qs))
	for _, a := range asked {
		if err := s.askDetails(ctx, a, where); err != nil {
			return nil, fmt.Errorf("question %s: %w", a.q.ID, err)
		}
		all[a.q.ID] = a.tally.rows(span)
	}
	return all, nil
}

// asked is a question that is being answered.
type asked struct {
	compiled
	tally *tally
	rest  []period // what the transmissions themselves must be asked for
}

func (s *Store) prepareAll(qs []dashboards.Question, span period, where dashboards.Filter) (all []*asked, err error) {
	all = make([]*asked, len(qs))
	for i, q := range qs {
		if all[i], err = s.prepare(q, span, where); err != nil {
			return nil, fmt.Errorf("question %s: %w", q.ID, err)
		}
	}
	return all, nil
}

func (s *Store) prepare(q dashboards.Question, span period, where dashboards.Filter) (*asked, error) {
	c, err := compile(q, where)
	if err != nil {
		return nil, err
	}
	a := &asked{compiled: c, tally: newTally(q, s.zone), rest: []period{span}}
	if c.shared {
		a.rest = ragged(span, s.zone)
	}
	return a, nil
}

// askCube answers for whole days, all questions while no commit changes them. Nothing here reads the disk, so a
// commit does not wait for long.
func (s *Store) askCube(all []*asked, span period, where dashboards.Filter) {
	s.cube.mu.RLock()
	defer s.cube.mu.RUnlock()
	days := s.cube.daily(wholeDays(span, s.zone))
	for _, a := range all {
		if a.shared {
			days.answer(&a.compiled, where, a.tally)
		}
	}
}

// askDetails reads the rest from the transmissions.
func (s *Store) askDetails(ctx context.Context, a *asked, where dashboards.Filter) error {
	for _, part := range a.rest {
		for _, b := range s.blocksOf(part) {
			rows, err := s.readBlock(ctx, a, where, b)
			if err != nil {
				return err
			}
			for r := range rows.all() {
				if a.tally.boolean {
					r.key = map[string]string{"0": "false", "1": "true"}[r.key]
				}
				a.tally.add(r)
			}
		}
	}
	return nil
}

// wholeDays returns the local days [first, last) that lie in a span.
func wholeDays(span period, zone *time.Location) (first, last int64) {
	first, last = math.MinInt32, math.MaxInt32
	if span.from != math.MinInt64 {
		if first = dayOf(time.UnixMicro(span.from), zone); dateOf(first, zone).UnixMicro() != span.from {
			first++
		}
	}
	if span.to != math.MaxInt64 {
		last = dayOf(time.UnixMicro(span.to), zone)
	}
	return first, max(first, last)
}

// ragged returns the parts of a span that are no whole days.
func ragged(span period, zone *time.Location) (parts []period) {
	first, last := wholeDays(span, zone)
	if first == last {
		return []period{span}
	}
	if from := dateOf(first, zone).UnixMicro(); span.from != math.MinInt64 && span.from < from {
		parts = append(parts, period{span.from, from})
	}
	if to := dateOf(last, zone).UnixMicro(); span.to != math.MaxInt64 && to < span.to {
		parts = append(parts, period{to, span.to})
	}
	return parts
}

// period is a span of time in microseconds since 1970, [from, to).
type period struct{ from, to int64 }

// parsePeriod reads a period; an empty end is open.
func parsePeriod(p dashboards.Period) (period, error) {
	span := period{math.MinInt64, math.MaxInt64}
	for _, end := range []struct {
		text string
		at   *int64
	}{{p.From, &span.from}, {p.To, &span.to}} {
		if end.text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, end.text)
		if err != nil {
			return span, fmt.Errorf("period: %q is no time like 2026-11-23T00:00:00+01:00", end.text)
		}
		*end.at = t.UnixMicro()
	}
	return span, nil
}

// answer is one row that SQLite returned: the day and key it belongs to, and the value to be counted once or the counts.
type answer struct {
	day      int64
	key      string
	value    string // of distinct
	count, n int64
}

func scanAnswer(scan func(...any) error) (a answer, err error) {
	var key, value any
	err = scan(&a.day, &key, &value, &a.count, &a.n)
	a.key, a.value = keyText(key), keyText(value)
	return a, err
}

// keyText writes a value as it stands in filters: booleans as they are stored are turned in tally.
func keyText(v any) string {
	if n, ok := v.(int64); ok {
		return fmt.Sprint(n)
	}
	return textOf(v)
}

// tally gathers answers into rows.
type tally struct {
	q        dashboards.Question
	zone     *time.Location
	boolean  bool
	counts   map[string]dashboards.Row
	distinct map[string]map[string]bool // key -> values
}

func newTally(q dashboards.Question, zone *time.Location) *tally {
	f, _ := event.FieldByName(q.Split.By)
	return &tally{q: q, zone: zone, boolean: f.Type == event.Boolean, counts: map[string]dashboards.Row{}, distinct: map[string]map[string]bool{}}
}

func (t *tally) add(a answer) {
	key := a.key
	if t.q.Split.By == dashboards.ByTime {
		key = t.start(a.day)
	}
	if t.q.Measure.Kind == dashboards.Distinct {
		if t.distinct[key] == nil {
			t.distinct[key] = map[string]bool{}
		}
		t.distinct[key][a.value] = true
		return
	}
	r := t.counts[key]
	t.counts[key] = dashboards.Row{Key: key, Count: r.Count + a.count, N: r.N + a.n}
}

// start returns the first day of the span that a day lies in.
func (t *tally) start(day int64) string {
	d := time.Unix(day*86400, 0).UTC()
	switch t.q.Split.Every {
	case "week":
		d = d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
	case "month":
		d = d.AddDate(0, 0, 1-d.Day())
	}
	return d.Format(time.DateOnly)
}

func (t *tally) rows(span period) []dashboards.Row {
	for key, values := range t.distinct {
		t.counts[key] = dashboards.Row{Key: key, Count: int64(len(values))}
	}
	switch t.q.Split.By {
	case "":
		return []dashboards.Row{t.counts[""]}
	case dashboards.ByTime:
		return t.spans(span)
	}
	var all []dashboards.Row
	for _, r := range t.counts {
		if r.Count != 0 || r.N != 0 {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b dashboards.Row) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	if top := t.q.Split.Top; top > 0 && len(all) > top {
		all = all[:top]
	}
	return all
}

// spans lists the spans in order of time; empty ones too, where both ends of the period are known.
func (t *tally) spans(span period) []dashboards.Row {
	var all []dashboards.Row
	if span.from != math.MinInt64 && span.to != math.MaxInt64 {
		last := dayOf(time.UnixMicro(span.to-1), t.zone)
		for day := dayOf(time.UnixMicro(span.from), t.zone); day <= last; day++ {
			if key := t.start(day); len(all) == 0 || all[len(all)-1].Key != key {
				r := t.counts[key]
				r.Key = key
				all = append(all, r)
			}
		}
		return all
	}
	for _, r := range t.counts {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b dashboards.Row) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

func newestFirst(byDay map[int64]int) []int64 {
	days := slices.Collect(maps.Keys(byDay))
	slices.SortFunc(days, func(a, b int64) int { return cmp.Compare(b, a) })
	return days
}
