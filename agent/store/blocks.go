package store

import (
	"context"
	"math"
	"time"

	"postvagt/dashboards"
)

// What the transmissions themselves must be asked for is asked by blocks: whole months, the days beside them, and what is left of a
// day at either end. A block of whole days is read again only after one of them has changed, so that of a year only today is read
// each time.

// Bounds of the blocks that are remembered; when there is more, all is forgotten. An answer is some 100 bytes.
const (
	mostBlocks       = 4096
	mostBlockAnswers = 200_000
)

// block is a part of a span. It holds the local days [first, last), none of them where it is a part of a day.
type block struct {
	period
	first, last int64
}

// blocksOf cuts a span, in the order of time. An open end is where the transmissions end.
func (s *Store) blocksOf(span period) (all []block) {
	s.cube.mu.RLock()
	oldest, newest := s.cube.first, s.cube.last
	s.cube.mu.RUnlock()
	if newest == 0 {
		return nil
	}
	at, to := max(span.from, oldest), min(span.to, newest+1)
	if span.from == math.MinInt64 {
		at = dateOf(dayOf(time.UnixMicro(oldest), s.zone), s.zone).UnixMicro()
	}
	if span.to == math.MaxInt64 {
		to = dateOf(dayOf(time.UnixMicro(newest), s.zone)+1, s.zone).UnixMicro()
	}
	for at < to {
		b := s.blockAt(at, to)
		all = append(all, b)
		at = b.to
	}
	return all
}

// blockAt is the longest block that begins at a moment and ends before another.
func (s *Store) blockAt(at, to int64) block {
	day := dayOf(time.UnixMicro(at), s.zone)
	if dateOf(day, s.zone).UnixMicro() != at {
		return block{period: period{at, min(to, dateOf(day+1, s.zone).UnixMicro())}}
	}
	ends := []int64{day + 1}
	if d := time.Unix(day*86400, 0).UTC(); d.Day() == 1 {
		ends = []int64{d.AddDate(0, 1, 0).Unix() / 86400, day + 1}
	}
	for _, last := range ends {
		if end := dateOf(last, s.zone).UnixMicro(); end <= to {
			return block{period{at, end}, day, last}
		}
	}
	return block{period: period{at, to}}
}

// readBlock asks the transmissions of a block, or remembers what they said. The answers are not to be changed.
func (s *Store) readBlock(ctx context.Context, a *asked, where dashboards.Filter, b block) ([]answer, error) {
	read := func() ([]answer, error) {
		query := a.detail(b.period, s.zone)
		return collect(ctx, s.read, query.sql, query.args, scanAnswer)
	}
	if b.first == b.last || s.write == nil { // another process writes: a row may change and no figure with it
		return read()
	}
	s.cube.mu.RLock()
	revision := s.cube.revisionOf(b.first, b.last)
	s.cube.mu.RUnlock()
	return s.blocks.of(asking(nil).numbers(b.from, b.to).filter(where).question(a.q).sum(), revision, read)
}
