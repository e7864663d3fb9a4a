package detect

import (
	"math/bits"
	"slices"
)

// What a word may mean, as bits, whoever says it: most words are function words, which only tell the language, and begin or
// go on phrases.
const (
	meansGiven = 1 << iota
	meansSurname
	meansPlace
	meansKnown  // it is no unknown name
	meansFiller // may stand inside a phrase, if it is short and no negation
	meansNot
	meansTongue // it tells a language
	meansTerms  // it has terms of its own, besides those of languages, names and places
	meansFirst  // it begins phrases
	meansLater  // it stands further on in some

	worth    = meansTerms | meansFirst | meansLater // of which a hit tells, so that nobody looks at a pattern in vain
	hitShift = 20                                   // a hit is the number of a pattern and, so far up, what is worth to know
	hitMask  = 1<<hitShift - 1
)

// sumUp makes a pattern of its draft.
func (b *builder) sumUp(d *draft) {
	e := b.e
	p, tells := pattern{first: d.first, on: d.on, more: int32(len(e.said))}, speech{}
	if d.first > 0 {
		p.flags |= meansFirst
	}
	if d.later {
		p.flags |= meansLater
	}
	for _, id := range d.terms {
		t := &b.terms[id]
		switch t.class {
		case classGiven:
			p.flags |= meansGiven
		case classSurname:
			p.flags |= meansSurname
		case classPlace:
			p.flags |= meansPlace | meansKnown
		case classLanguage:
			p.flags |= meansFiller | meansKnown | meansTongue
			if t.weight == 2 {
				tells.nynorsk++
			} else {
				tells.tongues.add(t.langs)
			}
		default:
			if p.terms++; p.terms == 1 {
				p.term = *t
			} else {
				e.said = append(e.said, *t)
			}
			p.flags |= meansTerms
			if t.class == classTopic || t.class >= firstCue {
				p.flags |= meansKnown
			}
			if t.class == classNot {
				p.flags |= meansNot
			}
		}
	}
	e.patterns, e.speech = append(e.patterns, p), append(e.speech, tells)
}

// slot is what is known of one word, in 64 bytes: a line of the cache.
type slot struct {
	key     uint64 // its hash, which says too whether it began with a capital
	tongues tongues
	later   uint64 // follows of what it matches that stands further on in phrases
	on      uint64 // what may follow in the phrases that begin with it
	flags   uint16
	nynorsk uint8
	n       uint8
	hits    [slotHits]int32
}

// slotHits is how many patterns a slot holds. Few words match more.
const slotHits = 6

// frequentWords looks up the words that tell a language, which are half of any text.
func (e *Engine) frequentWords(lits []literal) []slot {
	var found []slot
	var hits [48]int32
	seen := map[uint64]bool{}
	for i := range lits {
		w := lits[i].word
		if e.patterns[lits[i].out.pattern].flags&meansFiller == 0 || lits[i].out.rest == restDropped || i > 0 && slices.Equal(w, lits[i-1].word) {
			continue
		}
		for _, capital := range [...]bool{false, true} {
			all, key := e.dict.find(w, capital, hits[:0]), e.key(hashOf(w, e.step), capital)
			if len(all) <= slotHits && !seen[key] {
				seen[key] = true
				found = append(found, slot{})
				found[len(found)-1].sum(e, key, len(w), all)
			}
		}
	}
	return found[:min(len(found), memoSlots/2)]
}

// sum fills in what is known of a word with that key, of so many letters, from what it matches.
func (m *slot) sum(e *Engine, key uint64, letters int, hits []int32) {
	*m = slot{key: key, n: uint8(min(len(hits), slotHits))}
	for i, h := range hits {
		p := &e.patterns[h]
		hits[i] |= int32(p.flags&worth) << hitShift
		if i < slotHits {
			m.hits[i] = hits[i]
		}
		m.flags |= p.flags
		if p.flags&meansTongue != 0 {
			m.tongues += e.speech[h].tongues
			m.nynorsk += e.speech[h].nynorsk
		}
		if p.flags&meansLater != 0 {
			m.later |= follows(h)
		}
		m.on |= p.on
	}
	if letters > 6 || m.flags&meansNot != 0 {
		m.flags &^= meansFiller
	}
}

// Sizes of the memo, powers of two.
const (
	memoSets  = 1 << 14
	memoSlots = 1 << 14
)

// memo remembers what words match, from one message to the next: what a word matches depends on nothing else. Words are
// known by 62 bits of their hashes under the Engine's own salt, so that nobody can make two words meet. A cell holds
// 48 bits of them and, in the low 16, the number of the slot, 0 for the one of all words that match nothing, which are
// most of the rarer ones. Two words share a set of cells, the one met last in front.
type memo struct {
	cells [memoSets][2]uint64
	slots [memoSlots]slot // the first is of words that match nothing, then come the frequent ones, then a ring of others
	from  int             // where the ring begins
	next  int             // which of it is the oldest
}

const slotBits = 1<<16 - 1

// newMemo makes a memo that knows the frequent words.
func (e *Engine) newMemo() *memo {
	m := &memo{from: 1 + len(e.frequent)}
	m.next = m.from
	for i, known := range e.frequent {
		m.slots[1+i] = known
		m.file(known.key, 1+i)
	}
	return m
}

// file notes which slot is a word's, and forgets the word that stood behind in its set.
func (m *memo) file(key uint64, at int) {
	set := &m.cells[key%memoSets]
	set[0], set[1] = key&^slotBits|uint64(at), set[0]
}

// recall gives the slot of a word that stands behind in its set, and brings it to the front; nil if it is not there.
func (m *memo) recall(key uint64) *slot {
	set := &m.cells[key%memoSets]
	at := set[1] ^ key&^slotBits
	if at >= memoSlots {
		return nil
	}
	set[0], set[1] = set[1], set[0]
	return &m.slots[at]
}

// take frees the oldest slot of the ring for a word, and gives its number.
func (m *memo) take() int {
	at := m.next
	if m.next++; m.next == len(m.slots) {
		m.next = m.from
	}
	old := m.slots[at].key
	set := &m.cells[old%memoSets]
	for i := range set {
		if set[i] == old&^slotBits|uint64(at) {
			set[i] = 0
		}
	}
	return at
}

// find gives what is known of the word w with this key. It is valid until the next call.
func (s *Scanner) find(w []uint8, key uint64) *slot {
	if at := s.memo.cells[key%memoSets][0] ^ key&^slotBits; at < memoSlots {
		return &s.memo.slots[at]
	}
	return s.meet(w, key)
}

// meet finds a word that is not in front of its set.
func (s *Scanner) meet(w []uint8, key uint64) *slot {
	if m := s.memo.recall(key); m != nil {
		return m
	}
	hits := s.e.dict.find(w, s.w.capital, s.hits[:0])
	if len(hits) == 0 {
		s.memo.file(key, 0)
		return &s.memo.slots[0]
	}
	if len(hits) > slotHits {
		s.rare.sum(s.e, key, len(w), hits)
		s.rare.on, s.nrare = 0, len(hits) // see beginRare
		return &s.rare
	}
	at := s.memo.take()
	m := &s.memo.slots[at]
	s.begun.leave(m)
	s.memo.file(key, at)
	m.sum(s.e, key, len(w), hits)
	return m
}

// matched gives the patterns that a word matches.
func (s *Scanner) matched(m *slot) []int32 {
	if m == &s.rare {
		return s.hits[:s.nrare]
	}
	return m.hits[:m.n]
}

// hash is of symbols, with a secret odd number as the step.
type hash uint64

func (h hash) add(sym uint8, step hash) hash { return (h ^ hash(sym)) * step }

// hashOf hashes symbols.
func hashOf(word []uint8, step hash) (h hash) {
	for _, sym := range word {
		h = h.add(sym, step)
	}
	return h
}

// key makes the key of a word out of its hash.
func (e *Engine) key(h hash, capital bool) uint64 {
	hi, lo := bits.Mul64(uint64(h)^e.salt, uint64(e.step))
	return (hi^lo)&^(1<<63) | uint64(b2i(capital))<<63
}

// tongues counts words of each language, packed ten bits a language: a segment has fewer than a thousand.
type tongues uint64

func (t *tongues) add(langs uint8) {
	for l := range langCount {
		*t += tongues(langs>>l&1) << (10 * l)
	}
}

func (t tongues) of(lang int) int32 { return int32(t >> (10 * lang) & 1023) }

// chorus sums up tongues, packed twenty bits a language: those of even numbers, and those of odd ones.
type chorus [2]uint64

// add adds tongues some times, a thousand at most in all.
func (c *chorus) add(t tongues, times uint64) {
	const even = 1023 | 1023<<20 | 1023<<40
	c[0] += uint64(t) & even * times
	c[1] += uint64(t) >> 10 & even * times
}

func (c *chorus) of(lang int) int32 { return int32(c[lang%2] >> (20 * (lang / 2)) & (1<<20 - 1)) }
