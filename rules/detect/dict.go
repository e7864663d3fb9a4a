package detect

import "slices"

// A dictionary finds which word patterns a folded word matches. Patterns that are anchored at the start
// of a word lie in tries, whose walk ends early for most words; those that are not (*part) in an Aho-Corasick automaton.
type dictionary struct {
	head, name trie // name is of names, for capitalised words only
	tail       automaton
	endings    endingTable
}

// trie is anchored at the start of a word. It is a double array: the cell that a symbol leads to stands at the base of
// the cell before plus the symbol, if it is of that symbol; no two cells have the same base. So a step is one load of four
// bytes, and the whole stays in the cache.
type trie struct {
	cells []cell
	outs  []uint32 // by cell, where in lists that of what ends here (of a leaf, after its rest) begins, 0 for nothing
	lists outputs
	rests []uint8 // of leaves: a length and as many symbols
}

// cell stands for one beginning of literals: its last symbol, flags, and its base, or, of a leaf, where in rests the one way
// on stands.
type cell uint32

const (
	symShift  = 26
	leafFlag  = 1 << 25 // only one literal is left
	openFlag  = 1 << 24 // something may follow what ends here
	flags     = leafFlag | openFlag
	baseLimit = 1 << 24
	free      = 1<<6 - 1 // the symbol of a cell that is not in use
)

func (c cell) sym() uint8   { return uint8(c >> symShift) }
func (c cell) base() uint32 { return uint32(c) % baseLimit }

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
	last    bool
}

type literal struct {
	word []uint8
	out  output
}

// outputs are lists of what ends somewhere, each up to one with last set. The first is nothing.
type outputs []output

// list files what ends at one place, and says where.
func (l *outputs) list(outs []output) uint32 {
	if len(*l) == 0 {
		*l = make(outputs, 1)
	}
	if len(outs) == 0 {
		return 0
	}
	at := uint32(len(*l))
	*l = append(*l, outs...)
	(*l)[len(*l)-1].last = true
	return at
}

// listed copies a list.
func (l outputs) listed(at uint32) (outs []output) {
	for ; at != 0; at++ {
		o := l[at]
		last := o.last
		o.last = false
		if outs = append(outs, o); last {
			break
		}
	}
	return outs
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
	cell := uint16(0)
	for i, sym := range word {
		cell = d.tail.rows[cell&^outBit][sym]
		if cell&outBit != 0 {
			hits = d.collect(d.tail.lists, d.tail.outs[cell&^outBit], word, i+1, hits)
		}
	}
	return hits
}

// walk follows a trie as far as it goes.
func (d *dictionary) walk(t *trie, word []uint8, hits []int32) []int32 {
	at, end := uint32(0), 0
	for end >= 0 && end < len(word) {
		if at, end = t.descend(at, word, end); end < 0 {
			break
		}
		if c := t.cells[at]; c&leafFlag != 0 {
			from := c.base()
			rest := t.rests[from+1:][:t.rests[from]]
			if after := word[end:]; len(after) >= len(rest) && string(after[:len(rest)]) == string(rest) {
				hits = d.collect(t.lists, t.outs[at], word, end+len(rest), hits)
			}
			break
		}
		if out := t.outs[at]; out != 0 {
			hits = d.collect(t.lists, out, word, end, hits)
		}
	}
	return hits
}

// descend goes on from a cell along word[from:] to where only one literal is left or something ends that the rest
// of the word may follow, at the latest to the end of the word. It gives that cell and what is behind it, -1 if
// no literal goes on so.
func (t *trie) descend(at uint32, word []uint8, from int) (uint32, int) {
	cells := t.cells
	base := cells[at].base()
	for i := from; i < len(word); i++ {
		at = base + uint32(word[i])
		if int(at) >= len(cells) {
			return 0, -1
		}
		c := cells[at]
		if c.sym() != word[i] {
			return 0, -1
		}
		if base = c.base(); c&flags != 0 {
			return at, i + 1
		}
	}
	return at, len(word)
}

// collect appends the patterns of a list that allow what is left of the word after the literal part. A doubled
// consonant before the ending is regular in all Scandinavian languages (sygdom, sygdommen).
func (d *dictionary) collect(lists outputs, at uint32, word []uint8, end int, hits []int32) []int32 {
	rest := word[end:]
	var regular, doubled uint8 // languages in which the rest is an ending
	if len(rest) > 0 {
		regular = d.endings.of(rest)
		if len(rest) > 1 && rest[0] == word[end-1] {
			doubled = d.endings.of(rest[1:]) &^ finnish
		}
	}
	for ; ; at++ {
		o := &lists[at]
		var fits bool
		switch o.rest {
		case restAny:
			fits = true
		case restNone:
			fits = len(rest) == 0
		case restEnding:
			fits = len(rest) == 0 || (regular|doubled)&o.langs != 0
		case restDropped:
			fits = regular&o.langs != 0
		}
		if fits && len(hits) < cap(hits) && !slices.Contains(hits, o.pattern) {
			hits = append(hits, o.pattern)
		}
		if o.last {
			return hits
		}
	}
}
