package store

import (
	"context"
	"iter"
	"sync"
	"time"

	"postvagt/dashboards"
)

// What the transmissions themselves must be asked for is asked by blocks: whole months, half ones and smaller beside them, single days
// of the last week, and what is left of a day at either end. A block of whole days is read again only after one of them has changed,
// so that of a year today is read each time, and a day of the last week when an outcome came late.

// Bounds of the blocks that are remembered; when there is more, all is forgotten. An answer is 32 bytes, and a text some 60.
const (
	mostBlocks       = 4096
	mostBlockAnswers = 800_000
	mostTexts        = 200_000
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
	at := max(span.from, dateOf(dayOf(time.UnixMicro(oldest), s.zone), s.zone).UnixMicro())
	to := min(span.to, dateOf(dayOf(time.UnixMicro(newest), s.zone)+1, s.zone).UnixMicro())
	settled := dayOf(time.UnixMicro(newest), s.zone) - unsettledDays
	for at < to {
		b := s.blockAt(at, to, settled)
		all = append(all, b)
		at = b.to
	}
	return all
}

// unsettledDays are the last ones, of which outcomes still come in.
const unsettledDays = 7

// blockAt is the longest block that begins at a moment, ends before another, and has, but for a single day, only settled days.
func (s *Store) blockAt(at, to, settled int64) block {
	day := dayOf(time.UnixMicro(at), s.zone)
	if dateOf(day, s.zone).UnixMicro() != at {
		return block{period: period{at, min(to, dateOf(day+1, s.zone).UnixMicro())}}
	}
	for _, last := range endsOf(day) {
		if end := dateOf(last, s.zone).UnixMicro(); end <= to && (last <= settled || last == day+1) {
			return block{period{at, end}, day, last}
		}
	}
	return block{period: period{at, to}}
}

// endsOf are the days before which a block may end that begins with a day, the latest first: its month's end where it is the first,
// else 16, 8, 4 or 2 days later where that many fit its number in the month; so blocks of different periods are the same ones.
func endsOf(day int64) (ends []int64) {
	d := time.Unix(day*86400, 0).UTC()
	next := d.AddDate(0, 1, 1-d.Day()).Unix() / 86400
	if d.Day() == 1 {
		ends = append(ends, next)
	}
	for size := int64(16); size > 1; size /= 2 {
		if int64(d.Day()-1)%size == 0 && day+size <= next {
			ends = append(ends, day+size)
		}
	}
	return append(ends, day+1)
}

// readBlock asks the transmissions of a block, or remembers what they said.
func (s *Store) readBlock(ctx context.Context, a *asked, where dashboards.Filter, b block) (packed, error) {
	read := func() (packed, error) {
		query := a.detail(b.period, s.zone)
		p := packed{texts: s.texts.current()}
		for r, err := range walk(ctx, s.read, query.sql, query.args, scanAnswer) {
			if err != nil {
				return packed{}, err
			}
			p.add(r)
		}
		return p, nil
	}
	if b.first == b.last || s.write == nil { // another process writes: a row may change and no figure with it
		return read()
	}
	s.cube.mu.RLock()
	revision := s.cube.revisionOf(b.first, b.last)
	s.cube.mu.RUnlock()
	return s.blocks.of(asking(nil).numbers(b.from, b.to).filter(where).question(a.q).sum(), revision, read)
}

// packed are answers whose texts, the same ones month by month, stand once for all.
type packed struct {
	texts *vocabulary
	rows  []packedAnswer
}

type packedAnswer struct {
	day        int32
	key, value uint32 // numbers of texts
	count, n   int64
}

func (p *packed) add(r answer) {
	p.rows = append(p.rows, packedAnswer{int32(r.day), p.texts.number(r.key), p.texts.number(r.value), r.count, r.n})
}

// all gives the answers as they were.
func (p packed) all() iter.Seq[answer] {
	return func(yield func(answer) bool) {
		for _, r := range p.rows {
			if !yield(answer{int64(r.day), p.texts.text(r.key), p.texts.text(r.value), r.count, r.n}) {
				return
			}
		}
	}
}

// vocabulary numbers texts in the order in which they come.
type vocabulary struct {
	mu      sync.RWMutex
	numbers map[string]uint32
	all     []string
}

func (t *vocabulary) number(s string) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.numbers[s]
	if !ok {
		n = uint32(len(t.all))
		t.numbers[s] = n
		t.all = append(t.all, s)
	}
	return n
}

func (t *vocabulary) text(n uint32) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.all[n]
}

// lexicon hands out the texts of new blocks: others when there are very many, the old ones going with the blocks that use them.
type lexicon struct {
	mu  sync.Mutex
	now *vocabulary
}

func (l *lexicon) current() *vocabulary {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil || l.now.count() > mostTexts {
		l.now = &vocabulary{numbers: map[string]uint32{}}
	}
	return l.now
}

func (t *vocabulary) count() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.all)
}
