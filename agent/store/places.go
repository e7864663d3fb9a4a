package store

import (
	"context"
	"slices"
	"strings"
	"sync"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// mostPlaces is how many transmissions are remembered by their day; when there are more, all is forgotten.
const mostPlaces = 20_000

// places are the days of transmissions that were shown, by key: a key has one day, for ever.
type places struct {
	mu   sync.Mutex
	days map[string]int64
}

func (p *places) remember(key string, day int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.days == nil || len(p.days) >= mostPlaces {
		p.days = map[string]int64{}
	}
	p.days[key] = day
}

func (p *places) day(key string) (int64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	day, ok := p.days[key]
	return day, ok
}

// oneKey splits a filter that asks for a single transmission.
func oneKey(where dashboards.Filter) (key string, rest dashboards.Filter, ok bool) {
	for i, term := range where {
		if f, known := dashboards.Field(term.Field); known && f.Column == "key" && !term.Not && len(term.Values) == 1 {
			return term.Values[0], slices.Concat(where[:i], where[i+1:]), true
		}
	}
	return "", where, false
}

// byKey reads a single transmission, without a search where its day is remembered. Keys are sorted within days.
func (s *Store) byKey(ctx context.Context, span period, key string, where dashboards.Filter) ([]event.Document, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	match, err := conditions(where)
	if err != nil {
		return nil, err
	}
	days := s.daysOf(key)
	when := within(span, s.zone)
	query := "SELECT " + columns(event.Fields) + " FROM transmission t JOIN facet f ON f.id = t.facet WHERE t.day IN (" +
		strings.TrimSuffix(strings.Repeat("?, ", len(days)), ", ") + ") AND t.key = ? AND " + when.sql + " AND " + match.sql
	return collect(ctx, s.read, query, slices.Concat(days, []any{keyValue(key)}, when.args, match.args), scanDocument)
}

// daysOf are the days on which a transmission can be, the newest first.
func (s *Store) daysOf(key string) (days []any) {
	if day, ok := s.places.day(key); ok {
		return []any{day}
	}
	s.cube.mu.RLock()
	defer s.cube.mu.RUnlock()
	byDay := make(map[int64]int, len(s.cube.days))
	for day := range s.cube.days {
		byDay[day] = 1
	}
	for _, day := range newestFirst(byDay) {
		days = append(days, day)
	}
	return days
}
