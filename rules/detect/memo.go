package detect

// memoSize is a power of two; most of a text is made of few words.
const memoSize = 1 << 10

// memo remembers what the short words of a message match, for as long as its Scanner lives. A slot holds one word.
type memo [memoSize]struct {
	key  uint64 // the word, packed, and whether it began with a capital; 0 for none
	n    int32
	hits [7]int32
}

// find gives the patterns that a word matches; the slice is valid until the next call.
func (s *Scanner) find(w []uint8) []int32 {
	if len(w) == 0 || len(w) > maxEnding { // as many symbols as pack has room for
		return s.e.dict.find(w, s.first, s.hits[:0])
	}
	key := pack(w) << 1
	if s.first {
		key |= 1
	}
	m := &s.memo[spread(key)&(memoSize-1)]
	if m.key == key {
		return m.hits[:m.n]
	}
	hits := s.e.dict.find(w, s.first, s.hits[:0])
	if len(hits) <= len(m.hits) {
		m.key, m.n = key, int32(copy(m.hits[:], hits))
	}
	return hits
}
