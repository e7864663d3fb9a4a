package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Bounds of what is remembered; when there is more, all is forgotten.
const (
	mostAnswers = 256
	mostLists   = 64
	longestList = 101 // rows of a list that is remembered
)

// remembered are answers by what was asked: questions, filter and period, the filter being all that a viewer's rights do to an
// answer. Each stands while no day that it is about has changed, so none is older than the daily figures themselves. Who asks the
// same while an answer is being made waits for it.
type remembered[T any] struct {
	most, room int         // how many answers, and of what size together; 0 for any
	size       func(T) int // of an answer; nil where room is 0

	mu   sync.Mutex
	held int // size of all
	all  map[[sha256.Size]byte]*answered[T]
}

type answered[T any] struct {
	mu       sync.Mutex
	made     bool
	revision int64 // of the days that it is about
	value    T
}

// of returns what is remembered of a revision, or makes it.
func (r *remembered[T]) of(asked [sha256.Size]byte, revision int64, make func() (T, error)) (T, error) {
	one := r.find(asked)
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.made && one.revision == revision {
		return one.value, nil
	}
	value, err := make()
	if err == nil && r.roomFor(one, value) {
		one.made, one.revision, one.value = true, revision, value
	}
	return value, err
}

// roomFor makes room for a new value of an answer. One that would take a large part of it is not remembered.
func (r *remembered[T]) roomFor(one *answered[T], value T) bool {
	if r.size == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size(value) > r.room/10 {
		return false
	}
	r.held = max(0, r.held+r.size(value)-r.size(one.value)) // one that was forgotten meanwhile may have been counted before
	if r.held > r.room {
		r.all, r.held = nil, 0
	}
	return true
}

func (r *remembered[T]) find(asked [sha256.Size]byte) *answered[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.all[asked]
	if one == nil {
		if r.all == nil || len(r.all) >= r.most {
			r.all, r.held = map[[sha256.Size]byte]*answered[T]{}, 0
		}
		one = &answered[T]{}
		r.all[asked] = one
	}
	return one
}

// list is a page of transmissions and how many there are in all.
type list struct {
	rows  []event.Document
	total int
}

// asking writes down what is asked, so that two texts are equal only where the answers are.
type asking []byte

func (a asking) text(s string) asking {
	return append(binary.AppendUvarint(a, uint64(len(s))), s...)
}

func (a asking) numbers(all ...int64) asking {
	for _, n := range all {
		a = binary.AppendVarint(a, n)
	}
	return a
}

func (a asking) filter(f dashboards.Filter) asking {
	a = a.numbers(int64(len(f)))
	for _, t := range f {
		a = a.text(t.Field).numbers(int64(len(t.Values)), map[bool]int64{true: 1}[t.Not])
		for _, v := range t.Values {
			a = a.text(v)
		}
	}
	return a
}

func (a asking) question(q dashboards.Question) asking {
	a = a.text(q.ID).text(string(q.Measure.Kind)).text(q.Measure.Field).text(q.Split.By).text(q.Split.Every).numbers(int64(q.Split.Top))
	return a.filter(q.Measure.Of).filter(q.Measure.Over)
}

func (a asking) sum() [sha256.Size]byte { return sha256.Sum256(a) }

// askedOf names questions about a period and a filter.
func askedOf(qs []dashboards.Question, span period, where dashboards.Filter) [sha256.Size]byte {
	a := asking(nil).numbers(span.from, span.to, int64(len(qs))).filter(where)
	for _, q := range qs {
		a = a.question(q)
	}
	return a.sum()
}

// revisionOf is the newest change of the days that a span touches; the cube is locked for reading.
func (c *cube) revisionOf(first, last int64) int64 {
	newest := c.loaded
	for day, d := range c.days {
		if first <= day && day < last {
			newest = max(newest, d.revision)
		}
	}
	return newest
}

// touched are the local days [first, last) of which a span holds a part.
func (s *Store) touched(span period) (first, last int64) {
	first, last = math.MinInt64, math.MaxInt64
	if span.from != math.MinInt64 {
		first = dayOf(time.UnixMicro(span.from), s.zone)
	}
	if span.to != math.MaxInt64 {
		last = dayOf(time.UnixMicro(span.to-1), s.zone) + 1
	}
	return first, last
}

// forget makes everything that is remembered be made anew.
func (c *cube) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.anyChanged()
}

// anyChanged notes that any day may be another now; the cube is locked.
func (c *cube) anyChanged() {
	c.revision++
	c.loaded = c.revision
}

// errDetails says that the daily figures alone cannot answer.
var errDetails = errors.New("the transmissions themselves must be asked")

// askedAll remembers answers that come of the daily figures alone. Error: errDetails.
func (s *Store) askedAll(qs []dashboards.Question, span period, where dashboards.Filter) (map[string][]dashboards.Row, error) {
	if len(ragged(span, s.zone)) > 0 {
		return nil, errDetails
	}
	s.cube.mu.RLock()
	defer s.cube.mu.RUnlock()
	first, last := wholeDays(span, s.zone)
	known, err := s.answers.of(askedOf(qs, span, where), s.cube.revisionOf(first, last), func() (map[string][]dashboards.Row, error) {
		all, err := s.prepareAll(qs, span, where)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(a *asked) bool { return !a.shared }) {
			return nil, errDetails
		}
		days, rows := s.cube.daily(first, last), map[string][]dashboards.Row{}
		for i, a := range all {
			days.answer(&a.compiled, where, a.tally)
			rows[qs[i].ID] = a.tally.rows(span)
		}
		return rows, nil
	})
	all := make(map[string][]dashboards.Row, len(known))
	for id, rows := range known { // what is remembered stays as it is, whatever the caller does
		all[id] = slices.Clone(rows)
	}
	return all, err
}

// listed remembers short lists.
func (s *Store) listed(span period, where dashboards.Filter, offset, limit int, make func() (list, error)) (list, error) {
	if limit > longestList || s.write == nil { // another process writes: a row may change and no figure with it
		return make()
	}
	s.cube.mu.RLock()
	revision := s.cube.revisionOf(s.touched(span))
	s.cube.mu.RUnlock()
	l, err := s.lists.of(asking(nil).numbers(span.from, span.to, int64(offset), int64(limit)).filter(where).sum(), revision, make)
	l.rows = slices.Clone(l.rows)
	return l, err
}
