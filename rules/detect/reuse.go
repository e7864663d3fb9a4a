package detect

import "hash/maphash"

// NewScanner makes a Scanner for one message. Close it when nothing more is asked of it.
func (e *Engine) NewScanner(ctx Context) *Scanner {
	s := e.scanners.Get().(*Scanner)
	s.begin(ctx)
	return s
}

// Close forgets the message and leaves the memory to another one. Nobody may use the Scanner any more.
func (s *Scanner) Close() {
	if s.memo != nil {
		s.e.memos.Put(s.memo)
	}
	s.forget()
	s.e.scanners.Put(s)
}

// begin takes up a message, with a key of its own for what is remembered of persons.
func (s *Scanner) begin(ctx Context) {
	s.ctx, s.seed, s.part = ctx, maphash.MakeSeed(), -1
	s.context()
}

// reused are the most things of a kind for which a Scanner keeps its memory.
const reused = 64

// forget leaves nothing but empty memory.
func (s *Scanner) forget() {
	e, parts, entries, taken, filed := s.e, emptied(s.parts), emptied(s.entries), emptied(s.accepted), s.filed
	persons, names, namedNum, selfName, dropped := emptySet(s.persons), emptySet(s.names), emptySet(s.namedNum), emptySet(s.selfName), emptySet(s.dropped)
	clear(filed)
	*s = Scanner{}
	s.e, s.parts, s.entries, s.accepted, s.filed = e, parts, entries, taken, filed
	s.persons, s.names, s.namedNum, s.selfName, s.dropped = persons, names, namedNum, selfName, dropped
}

// emptied clears a slice, or drops it where it is long.
func emptied[T any](s []T) []T {
	if cap(s) > reused {
		return nil
	}
	clear(s)
	return s[:0]
}

// emptySet clears a set, or makes another one where it is large.
func emptySet(set map[uint64]struct{}) map[uint64]struct{} {
	if set == nil || len(set) > reused {
		return map[uint64]struct{}{}
	}
	clear(set)
	return set
}
