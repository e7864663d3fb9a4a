package store

import (
	"testing"
	"time"
)

// Blocks cut a span without a gap, long where days are settled and single days where they are not; a day later all but a few are the
// same ones.
func TestBlocks(t *testing.T) {
	s := open(t)
	newest := time.Date(2026, 11, 29, 15, 0, 0, 0, copenhagen)
	span := period{newest.AddDate(-1, 0, 0).Add(3 * time.Hour).UnixMicro(), newest.Add(time.Hour).UnixMicro()}
	cut := func(newest time.Time, span period) []block {
		t.Helper()
		s.cube.mu.Lock()
		s.cube.first, s.cube.last = newest.AddDate(-2, 0, 0).UnixMicro(), newest.UnixMicro()
		s.cube.mu.Unlock()
		all := s.blocksOf(span)
		settled := dayOf(newest, copenhagen) - unsettledDays
		for i, b := range all {
			if i > 0 && b.from != all[i-1].to {
				t.Fatalf("a gap before block %d", i)
			}
			if b.last > b.first && (dateOf(b.first, copenhagen).UnixMicro() != b.from || dateOf(b.last, copenhagen).UnixMicro() != b.to) {
				t.Errorf("block %d is not of whole days", i)
			}
			if b.last > settled && b.last-b.first > 1 {
				t.Errorf("a block of %d days ends in the last week", b.last-b.first)
			}
		}
		return all
	}
	today := cut(newest, span)
	if first, last := today[0], today[len(today)-1]; first.from != span.from || last.to != span.to || len(today) > 11+2*5+unsettledDays+4 {
		t.Errorf("%d blocks of a year, from %d to %d", len(today), first.from, last.to)
	}
	known := map[period]bool{}
	for _, b := range today {
		known[b.period] = true
	}
	span.to += (24 * time.Hour).Microseconds()
	others := 0
	for _, b := range cut(newest.AddDate(0, 0, 1), period{span.from, span.to}) {
		if !known[b.period] {
			others++
		}
	}
	if others > 6 {
		t.Errorf("%d blocks are others on the next day", others)
	}
	if all := s.blocksOf(period{newest.AddDate(1, 0, 0).UnixMicro(), newest.AddDate(2, 0, 0).UnixMicro()}); all != nil {
		t.Errorf("%d blocks after the last transmission", len(all))
	}
}
