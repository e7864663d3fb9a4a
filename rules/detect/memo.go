package detect

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// meaning is what a word says whoever says it, as far as it can be told in advance: most words are function words,
// which only tell the language, and begin or go on phrases.
type meaning struct {
	tongues tongues
	nynorsk uint8
	flags   uint16
}

// What a word may mean, as bits.
const (
	meansGiven = 1 << iota
	meansSurname
	meansPlace
	meansKnown  // it is no unknown name
	meansFiller // may stand inside a phrase, if it is short
	meansNot
	meansTerms // it has terms of its own, besides those of languages, names and places
	meansFirst // phrases begin with it
	meansLater // it stands further on in phrases
)

// sumUp fills in the meaning of a pattern's terms.
func (e *Engine) sumUp(p *pattern) {
	m := &p.sum
	if p.first != 0 {
		m.flags |= meansFirst
	}
	if p.later {
		m.flags |= meansLater
	}
	for _, id := range p.terms {
		t := &e.terms[id]
		switch t.class {
		case classGiven:
			m.flags |= meansGiven
		case classSurname:
			m.flags |= meansSurname
		case classPlace:
			m.flags |= meansPlace | meansKnown
		case classLanguage:
			m.flags |= meansFiller | meansKnown
			if t.weight == 2 {
				m.nynorsk++
			} else {
				m.tongues.add(t.langs)
			}
		default:
			m.flags |= meansTerms
			if t.class == classTopic || t.class >= firstCue {
				m.flags |= meansKnown
			}
			if t.class == classNot {
				m.flags |= meansNot
			}
		}
	}
}

// slot is what is known of one word, in 64 bytes: a line of the cache.
type slot struct {
	key uint64 // its hash; the last bit says that it began with a capital
	meaning
	n    uint8
	hits [8]int32
}

// frequent are the words that tell a language, which are half of any text, with all that they match. Open addressing.
// The keys stand apart, so that a word which is not there is told by one look at few bytes.
type frequent struct {
	keys  []uint64 // 0 is free
	slots []slot
}

func newFrequent(n int) frequent {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return frequent{keys: make([]uint64, size), slots: make([]slot, size)}
}

func (f *frequent) find(key uint64) *slot {
	keys := f.keys
	for i := key >> 32; ; i++ {
		if at := i & uint64(len(keys)-1); keys[at] == key {
			return &f.slots[at]
		} else if keys[at] == 0 {
			return nil
		}
	}
}

func (f *frequent) add(m slot) {
	mask := uint64(len(f.keys) - 1)
	i := m.key >> 32 & mask
	for f.keys[i] != 0 {
		i = (i + 1) & mask
	}
	f.keys[i], f.slots[i] = m.key, m
}

// frequentWords looks up the words that tell a language.
func (e *Engine) frequentWords(lits []literal) frequent {
	var found []slot
	var hits [48]int32
	for i := range lits {
		w := lits[i].word
		if e.patterns[lits[i].out.pattern].sum.flags&meansFiller == 0 || lits[i].out.rest == restDropped || i > 0 && slices.Equal(w, lits[i-1].word) {
			continue
		}
		for _, capital := range [...]bool{false, true} {
			var word [maxWord + 4]uint8
			copy(word[:], w)
			m, all := e.look(w, capital, hashWord(&word, len(w), e.salt), hits[:0])
			if int(m.n) == len(all) {
				found = append(found, m)
			}
		}
	}
	f := newFrequent(len(found))
	for i := range found {
		if f.find(found[i].key) == nil {
			f.add(found[i])
		}
	}
	return f
}

// look finds what a word matches, and sums up the meaning. All that matches is in hits, and in the slot as much as it holds.
func (e *Engine) look(w []uint8, capital bool, hash uint64, hits []int32) (slot, []int32) {
	hits = e.dict.find(w, capital, hits)
	m := slot{key: capitalKey(hash, capital)}
	m.n = uint8(copy(m.hits[:], hits))
	for _, h := range hits {
		sum := &e.patterns[h].sum
		m.tongues += sum.tongues
		m.nynorsk += sum.nynorsk
		m.flags |= sum.flags
	}
	if len(w) > 6 {
		m.flags &^= meansFiller
	}
	return m, hits
}

// Sizes of the memo, powers of two.
const (
	memoSize  = 1 << 12
	blankSize = 1 << 15
)

// memo remembers what the other words match, from one message to the next: what a word matches depends on nothing else.
// Words are known by their hashes under the Engine's own salt, so that nobody can make two words meet.
type memo struct {
	slots  [memoSize]slot
	blanks [blankSize]uint64 // words that match nothing, which are most of the rarer ones
}

// find gives the meaning of the word that is being read, of which w is the beginning, and the patterns that it
// matches; both are valid until the next call.
func (s *Scanner) find(w []uint8) (*meaning, []int32) {
	hash := hashWord(&s.word, len(w), s.e.salt)
	key := capitalKey(hash, s.first)
	if m := s.e.frequent.find(key); m != nil {
		return &m.meaning, m.hits[:m.n]
	}
	b := &s.memo.blanks[key>>32%blankSize]
	if *b == key {
		return nil, nil
	}
	m := &s.memo.slots[key>>32%memoSize]
	if m.key == key {
		return &m.meaning, m.hits[:m.n]
	}
	found, hits := s.e.look(w, s.first, hash, s.hits[:0])
	switch {
	case len(hits) == 0:
		*b = key
	case len(hits) > len(m.hits):
		s.rare = found.meaning
		return &s.rare, hits
	default:
		*m = found
	}
	return &m.meaning, hits
}

func capitalKey(hash uint64, capital bool) uint64 {
	if capital {
		return hash | 1
	}
	return hash &^ 1
}

// hashWord hashes the first n symbols, 1 to 60, of a word.
func hashWord(word *[maxWord + 4]uint8, n int, salt [2]uint64) uint64 {
	h, w := salt[0]^salt[1]*uint64(n), word[:]
	for ; n > 8; n -= 8 {
		h = mix(h^binary.LittleEndian.Uint64(w), salt[1])
		w = w[8:]
	}
	return mix(h^binary.LittleEndian.Uint64(w)<<(64-8*uint(n)), salt[1])
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// tongues counts function words of each language, packed ten bits a language: a segment has fewer than a thousand.
type tongues uint64

func (t *tongues) add(langs uint8) {
	for l := range langCount {
		*t += tongues(langs>>l&1) << (10 * l)
	}
}

func (t tongues) of(lang int) int32 { return int32(t >> (10 * lang) & 1023) }
