package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"postvagt/agent/event"
)

// mostFacets is how many facets are remembered; when there are more, all are forgotten.
const mostFacets = 2000

// facets are what transmissions share, by id. A facet never changes.
type facets struct {
	mu   sync.Mutex
	byID map[int64]*event.Document // only the fields of layout.shared are set
}

// Unshipped returns at most limit rows that are to be shipped, in order, from after on. What rows share is read once, not
// for each of them: that is half of the fields.
func (s *Store) Unshipped(ctx context.Context, after int64, limit int) ([]event.Row, error) {
	var facet int64
	var row event.Row
	own := newCells(layout.own, &row.ID, &row.Archive, &facet)
	of := make([]int64, 0, limit) // the facets of rows
	rows, err := collect(ctx, s.read, "SELECT t.id, EXISTS (SELECT 1 FROM archive_day a WHERE a.day = t.day), t.facet, "+columns(layout.own)+
		" FROM unshipped u JOIN transmission t ON t.id = u.id WHERE u.id > ? ORDER BY u.id LIMIT ?", []any{after, limit}, func(scan func(...any) error) (event.Row, error) {
		row = event.Row{}
		err := own.read(scan, &row.Document)
		of = append(of, facet)
		return row, err
	})
	if err == nil {
		err = s.share(ctx, rows, of)
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: unshipped: %w", s.path, err)
	}
	return rows, nil
}

// share sets the fields that rows have from their facets.
func (s *Store) share(ctx context.Context, rows []event.Row, of []int64) error {
	s.facets.mu.Lock()
	defer s.facets.mu.Unlock()
	if err := s.learnFacets(ctx, of); err != nil {
		return err
	}
	for i := range rows {
		facet := s.facets.byID[of[i]]
		for j := range layout.shared {
			f := &layout.shared[j]
			take(f.At(&rows[i].Document), f.At(facet))
		}
	}
	return nil
}

// learnFacets reads the facets that are not known yet.
func (s *Store) learnFacets(ctx context.Context, ids []int64) error {
	if len(s.facets.byID) > mostFacets || s.facets.byID == nil {
		s.facets.byID = map[int64]*event.Document{}
	}
	var ask []any
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if s.facets.byID[id] == nil {
			ask = append(ask, id)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	var id int64
	shared := newCells(layout.shared, &id)
	_, err := collect(ctx, s.read, "SELECT f.id, "+columns(layout.shared)+" FROM facet f WHERE f.id IN (?"+strings.Repeat(", ?", len(ask)-1)+")", ask, func(scan func(...any) error) (none struct{}, err error) {
		d := new(event.Document)
		err = shared.read(scan, d)
		s.facets.byID[id] = d
		return none, err
	})
	if err != nil {
		return err
	}
	for _, id := range ask {
		if s.facets.byID[id.(int64)] == nil {
			return fmt.Errorf("facet %d is missing", id)
		}
	}
	return nil
}

// take copies what one field points to into another of its type.
func take(to, from any) {
	switch to := to.(type) {
	case *string:
		*to = *from.(*string)
	case *bool:
		*to = *from.(*bool)
	case *int:
		*to = *from.(*int)
	case *int64:
		*to = *from.(*int64)
	case *time.Time:
		*to = *from.(*time.Time)
	case *[]string:
		*to = *from.(*[]string)
	}
}
