package detect

import "hash/maphash"

// memoSize is a power of two; most of a text is made of few words.
const memoSize = 1 << 10

// memo remembers what the words of a message match, for as long as its Scanner lives. A slot holds the hash of one
// word under the Scanner's own seed, so that nobody can make two words meet.
type memo [memoSize]struct {
	key  uint64 // its last bit says that the word began with a capital
	n    int32
	hits [5]int32
}

// find gives the patterns that a word matches; the slice is valid until the next call.
func (s *Scanner) find(w []uint8) []int32 {
	key := maphash.Bytes(s.seed, w) &^ 1
	if s.first {
		key |= 1
	}
	m := &s.memo[key>>32&(memoSize-1)]
	if m.key == key {
		return m.hits[:m.n]
	}
	hits := s.e.dict.find(w, s.first, s.hits[:0])
	if len(hits) <= len(m.hits) {
		m.key, m.n = key, int32(copy(m.hits[:], hits))
	}
	return hits
}
