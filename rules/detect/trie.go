package detect

import "slices"

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

// trie makes the double array of literals.
func (d *dictionary) trie(lits []literal) trie {
	t, tree := trie{cells: []cell{{check: free}}}, newTree(lits)
	gap := uint32(1) // the first free cell, about
	for {
		s, ends, on, ok := tree.next()
		if !ok {
			return t
		}
		c := cell{check: t.cells[s.at].check, out: d.list(ends)}
		if slices.ContainsFunc(ends, func(o output) bool { return o.rest != restNone }) {
			c.base = openFlag
		}
		if rest := tree.single(s); s.at > 0 && len(rest) > 0 {
			t.cells[s.at].base, t.cells[s.at].out = leafFlag|uint32(len(t.rests)), d.list(tree.outputs(s))
			t.rests = append(append(t.rests, uint8(len(rest))), rest...)
			continue
		}
		if len(on) > 0 {
			base := t.place(on, &gap)
			c.base |= base
			for _, child := range on {
				child.at += base
				t.cells[child.at].check = s.at
				tree.queue = append(tree.queue, child)
			}
		}
		t.cells[s.at] = c
	}
}

// place finds room for the cells that go on from one, and gives their base.
func (t *trie) place(on []span, gap *uint32) uint32 {
	fits := func(base uint32) bool {
		for _, child := range on {
			if at := base + child.at; int(at) < len(t.cells) && t.cells[at].check != free {
				return false
			}
		}
		return true
	}
	for int(*gap) < len(t.cells) && t.cells[*gap].check != free {
		*gap++
	}
	base := uint32(1)
	if *gap > on[0].at {
		base = *gap - on[0].at
	}
	tried := 0
	for !fits(base) {
		base++
		if tried++; tried > 100 { // but for single cells it is full up to here
			*gap, tried = base, 0
		}
	}
	for int(base+symCount) >= len(t.cells) {
		t.cells = append(t.cells, cell{check: free})
	}
	return base
}
