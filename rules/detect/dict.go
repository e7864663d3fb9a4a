package detect

import "slices"

// A dictionary finds which word patterns a folded word matches. Patterns that are anchored at the start
// of a word lie in a trie, whose walk ends early for most words; those that are not (*part) in an Aho-Corasick automaton.
// Both are dense tables of rows of symCount cells; a cell holds the target row's offset, with
// outBit set if patterns end there.
type dictionary struct {
	head    []uint32   // trie
	headOut [][]output // by row
	name    []uint32   // trie of names, for capitalised words only
	nameOut [][]output
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

const outBit = 1 << 31

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

// build lays the tables out breadth first, so that the rows that every word visits lie together.
func buildTrie(lits []literal) ([]uint32, [][]output) {
	table := make([]uint32, symCount, symCount*max(2, 4*len(lits)))
	outs := make([][]output, 1, max(2, 4*len(lits)))
	slices.SortFunc(lits, func(a, b literal) int { return slices.Compare(a.word, b.word) })
	type span struct{ lo, hi, depth, row int }
	queue := []span{{0, len(lits), 0, 0}}
	for q := 0; q < len(queue); q++ {
		s := queue[q]
		for s.lo < s.hi && len(lits[s.lo].word) == s.depth {
			outs[s.row] = append(outs[s.row], lits[s.lo].out)
			s.lo++
		}
		for s.lo < s.hi {
			sym, hi := lits[s.lo].word[s.depth], s.lo
			for hi < s.hi && lits[hi].word[s.depth] == sym {
				hi++
			}
			row := len(outs)
			table = append(table, make([]uint32, symCount)...)
			outs = append(outs, nil)
			cell := uint32(row * symCount)
			if len(lits[s.lo].word) == s.depth+1 {
				cell |= outBit
			}
			table[s.row*symCount+int(sym)] = cell
			queue = append(queue, span{s.lo, hi, s.depth + 1, row})
			s.lo = hi
		}
	}
	return table, outs
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
	hits = d.walk(d.head, d.headOut, word, hits)
	if capital {
		hits = d.walk(d.name, d.nameOut, word, hits)
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
func (d *dictionary) walk(table []uint32, outs [][]output, word []uint8, hits []int32) []int32 {
	row := uint32(0)
	for i, sym := range word {
		cell := table[row+uint32(sym)]
		if cell == 0 {
			break
		}
		row = cell &^ outBit
		if cell&outBit != 0 {
			hits = d.collect(outs[row/symCount], word, i+1, hits)
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
