package detect

import "slices"

// A dictionary finds which word patterns a folded word matches. Patterns that are anchored at the start
// of a word lie in a trie, whose walk ends early for most words; those that are not (*part) in an Aho-Corasick automaton.
// Both are dense tables of rows of symCount cells; a cell holds the target row's offset, with
// outBit set if patterns end there.
type dictionary struct {
	head    trie
	name    trie     // of names, for capitalised words only
	tail    []uint32 // automaton
	tailOut [][]output
	endings endingTable
}

// endingTable maps endings, packed six bits a symbol, to the languages that have them; open addressing.
type endingTable struct {
	keys  [1 << 14]uint64
	langs [1 << 14]uint8
	used  int
}

const maxEnding = 10

func pack(ending []uint8) (key uint64) {
	for _, sym := range ending {
		key = key<<6 | uint64(sym)
	}
	return key
}

func (t *endingTable) slot(key uint64) uint64 {
	i := spread(key) & (1<<14 - 1)
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & (1<<14 - 1)
	}
	return i
}

// add registers an ending; longer ones than any language has, and more than fit, are left out.
func (t *endingTable) add(ending []uint8, langs uint8) {
	if len(ending) > maxEnding || t.used > 1<<13 {
		return
	}
	i := t.slot(pack(ending))
	if t.keys[i] == 0 {
		t.used++
	}
	t.keys[i] = pack(ending)
	t.langs[i] |= langs
}

func (t *endingTable) has(ending []uint8, langs uint8) bool {
	return len(ending) <= maxEnding && t.langs[t.slot(pack(ending))]&langs != 0
}

// trie is anchored at the start of a word. Where only one literal is left its rest is not spread over rows but kept as
// a leaf, which keeps the table small enough for the cache.
type trie struct {
	table  []uint32
	outs   [][]output // by row
	leaves []leaf
}

type leaf struct {
	rest []uint8 // what must follow
	outs []output
}

const (
	outBit  = 1 << 31 // patterns end at the row
	leafBit = 1 << 30 // the cell names a leaf, not a row
)

// How a pattern wants the rest of the word after its literal part.
const (
	restNone    = iota // the word ends here
	restAny            // anything may follow
	restEnding         // nothing, or a regular ending of one of its languages
	restDropped        // a regular ending must follow (the pattern's last vowel was dropped)
)

type output struct {
	pattern int32
	rest    uint8
	langs   uint8
}

type literal struct {
	word []uint8
	out  output
}

// span is the literals that share a row.
type span struct{ lo, hi, depth, row int }

// buildTrie lays the rows out breadth first, so that those that every word visits lie together.
func buildTrie(lits []literal, leaves bool) trie {
	t := trie{table: make([]uint32, symCount), outs: make([][]output, 1)}
	slices.SortFunc(lits, func(a, b literal) int { return slices.Compare(a.word, b.word) })
	queue := []span{{0, len(lits), 0, 0}}
	for q := 0; q < len(queue); q++ {
		s := queue[q]
		for s.lo < s.hi && len(lits[s.lo].word) == s.depth {
			t.outs[s.row] = append(t.outs[s.row], lits[s.lo].out)
			s.lo++
		}
		for s.lo < s.hi {
			sym, hi := lits[s.lo].word[s.depth], s.lo
			for hi < s.hi && lits[hi].word[s.depth] == sym {
				hi++
			}
			cell := &t.table[s.row*symCount+int(sym)]
			if first, last := lits[s.lo].word, lits[hi-1].word; leaves && len(first) > s.depth+1 && slices.Equal(first, last) {
				*cell = leafBit | uint32(len(t.leaves))
				t.leaves = append(t.leaves, newLeaf(lits[s.lo:hi], s.depth+1))
			} else {
				*cell = uint32(len(t.outs) * symCount)
				if len(first) == s.depth+1 {
					*cell |= outBit
				}
				queue = append(queue, span{s.lo, hi, s.depth + 1, len(t.outs)})
				t.table = append(t.table, make([]uint32, symCount)...)
				t.outs = append(t.outs, nil)
			}
			s.lo = hi
		}
	}
	return t
}

// newLeaf is of literals that are all the same word.
func newLeaf(lits []literal, depth int) leaf {
	l := leaf{rest: lits[0].word[depth:]}
	for i := range lits {
		l.outs = append(l.outs, lits[i].out)
	}
	return l
}

// linkFailures makes an Aho-Corasick automaton of a trie; rows are in breadth-first order.
func linkFailures(table []uint32, outs [][]output) {
	fail := make([]uint32, len(outs))
	for row := range outs {
		for sym := range symCount {
			cell := &table[row*symCount+sym]
			var miss uint32
			if row > 0 {
				miss = table[int(fail[row])*symCount+sym]
			}
			if *cell == 0 {
				*cell = miss
				continue
			}
			child := (*cell &^ outBit) / symCount
			fail[child] = (miss &^ outBit) / symCount
			if inherited := outs[fail[child]]; len(inherited) > 0 {
				outs[child] = append(slices.Clip(outs[child]), inherited...)
				*cell |= outBit
			}
		}
	}
}

// fits says whether what is left of the word after a literal part is what the pattern allows. A doubled
// consonant before the ending is regular in all Scandinavian languages (sygdom, sygdommen).
func (d *dictionary) fits(o *output, word []uint8, end int) bool {
	rest := word[end:]
	switch {
	case o.rest == restAny:
		return true
	case len(rest) == 0:
		return o.rest != restDropped
	case o.rest == restNone || len(rest) > maxEnding+1:
		return false
	}
	if d.endings.has(rest, o.langs) {
		return true
	}
	return end > 0 && len(rest) > 1 && rest[0] == word[end-1] && o.rest == restEnding &&
		d.endings.has(rest[1:], o.langs&^finnish)
}

// find appends the patterns that word matches to hits, which it never grows.
func (d *dictionary) find(word []uint8, capital bool, hits []int32) []int32 {
	hits = d.walk(&d.head, word, hits)
	if capital {
		hits = d.walk(&d.name, word, hits)
	}
	if len(word) < 4 {
		return hits
	}
	row := uint32(0)
	for i, sym := range word {
		cell := d.tail[row+uint32(sym)]
		row = cell &^ outBit
		if cell&outBit != 0 {
			hits = d.collect(d.tailOut[row/symCount], word, i+1, hits)
		}
	}
	return hits
}

// walk follows a trie as far as it goes.
func (d *dictionary) walk(t *trie, word []uint8, hits []int32) []int32 {
	row := uint32(0)
	for i, sym := range word {
		cell := t.table[row+uint32(sym)]
		if cell == 0 {
			break
		}
		if cell&leafBit != 0 {
			l := &t.leaves[cell&^leafBit]
			if rest := word[i+1:]; len(rest) >= len(l.rest) && string(rest[:len(l.rest)]) == string(l.rest) {
				hits = d.collect(l.outs, word, i+1+len(l.rest), hits)
			}
			break
		}
		row = cell &^ outBit
		if cell&outBit != 0 {
			hits = d.collect(t.outs[row/symCount], word, i+1, hits)
		}
	}
	return hits
}

func (d *dictionary) collect(outs []output, word []uint8, end int, hits []int32) []int32 {
	for i := range outs {
		o := &outs[i]
		if len(hits) < cap(hits) && d.fits(o, word, end) && !slices.Contains(hits, o.pattern) {
			hits = append(hits, o.pattern)
		}
	}
	return hits
}
