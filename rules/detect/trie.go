package detect

import (
	"fmt"
	"slices"
)

// A tree of literals is laid out breadth first, so that what every word visits lies together.
type tree struct {
	lits  []literal
	queue []span
}

// span is the literals that share a beginning, and what stands for them.
type span struct {
	lo, hi, depth int
	at            uint32
}

func newTree(lits []literal) *tree {
	slices.SortFunc(lits, func(a, b literal) int { return slices.Compare(a.word, b.word) })
	return &tree{lits: lits, queue: []span{{0, len(lits), 0, 0}}}
}

// next takes a span off the queue, and gives what ends there and the spans that go on, each with its symbol.
func (t *tree) next() (s span, ends []output, on []span, ok bool) {
	if len(t.queue) == 0 {
		return s, nil, nil, false
	}
	s, t.queue = t.queue[0], t.queue[1:]
	lo := s.lo
	for ; lo < s.hi && len(t.lits[lo].word) == s.depth; lo++ {
		ends = append(ends, t.lits[lo].out)
	}
	for lo < s.hi {
		sym, hi := t.lits[lo].word[s.depth], lo
		for hi < s.hi && t.lits[hi].word[s.depth] == sym {
			hi++
		}
		on = append(on, span{lo, hi, s.depth + 1, uint32(sym)})
		lo = hi
	}
	return s, ends, on, true
}

// single gives what is left of the literals of a span if they are all the same word.
func (t *tree) single(s span) []uint8 {
	if s.lo == s.hi {
		return nil
	}
	if first := t.lits[s.lo].word; slices.Equal(first, t.lits[s.hi-1].word) {
		return first[s.depth:]
	}
	return nil
}

// outputs gives what the literals of a span are for.
func (t *tree) outputs(s span) (outs []output) {
	for _, l := range t.lits[s.lo:s.hi] {
		outs = append(outs, l.out)
	}
	return outs
}

// newTrie makes the double array of literals.
func newTrie(lits []literal) (trie, error) {
	m, tree := trieMaker{taken: map[uint32]bool{}, gap: 1}, newTree(lits)
	m.grow(0)
	m.cells[0] = 0
	for {
		s, ends, on, ok := tree.next()
		if !ok {
			return m.trie, nil
		}
		c := m.cells[s.at]
		m.outs[s.at] = m.lists.list(ends)
		if slices.ContainsFunc(ends, func(o output) bool { return o.rest != restNone }) {
			c |= openFlag
		}
		if rest := tree.single(s); s.at > 0 && len(rest) > 0 {
			m.cells[s.at], m.outs[s.at] = c|leafFlag|cell(len(m.rests)), m.lists.list(tree.outputs(s))
			m.rests = append(append(m.rests, uint8(len(rest))), rest...)
			continue
		}
		if len(on) > 0 {
			base := m.place(on)
			c |= cell(base)
			for _, child := range on {
				m.cells[base+child.at] = cell(child.at) << symShift
				child.at += base
				tree.queue = append(tree.queue, child)
			}
		}
		m.cells[s.at] = c
		if len(m.cells) >= baseLimit || len(m.rests) >= baseLimit {
			return m.trie, fmt.Errorf("%w: the terms have more than %d letters in all", ErrRules, baseLimit)
		}
	}
}

// trieMaker lays out a trie.
type trieMaker struct {
	trie
	taken map[uint32]bool // bases
	gap   uint32          // the first free cell, about
}

// place finds room for the cells that go on from one, and gives their base.
func (m *trieMaker) place(on []span) uint32 {
	for int(m.gap) < len(m.cells) && m.cells[m.gap].sym() != free {
		m.gap++
	}
	base := uint32(1)
	if m.gap > on[0].at {
		base = m.gap - on[0].at
	}
	tried := 0
	for m.taken[base] || !m.fits(base, on) {
		base++
		if tried++; tried > 100 { // but for single cells it is full up to here
			m.gap, tried = base, 0
		}
	}
	m.taken[base] = true
	m.grow(base)
	return base
}

// fits says whether the cells that go on from one are free above a base.
func (m *trieMaker) fits(base uint32, on []span) bool {
	for _, child := range on {
		if at := base + child.at; int(at) < len(m.cells) && m.cells[at].sym() != free {
			return false
		}
	}
	return true
}

// grow makes room for any cell above a base.
func (m *trieMaker) grow(base uint32) {
	for int(base+symCount) >= len(m.cells) {
		m.cells, m.outs = append(m.cells, free<<symShift), append(m.outs, 0)
	}
}
