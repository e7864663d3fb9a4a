package detect

const (
	maxGaps    = 2 // function words that may stand inside a phrase
	maxThreads = 16
)

// thread is a phrase that has gone on beyond its first word, and may go on.
type thread struct {
	on   uint64 // what may go on, see edge
	node int32
	tok  int32
	pos  int32
	gaps int32 // function words left out so far
}

// begun are the phrases that have only begun: with the last word, or with one before it and function words between. Most
// function words begin phrases, and few phrases go on, so what is kept is just the word.
type begun struct {
	on [maxGaps + 1]uint64 // what may follow, by how many function words have been left out
	at [4]start            // by n
	n  uint8               // words so far

	own [4]slot // where words of at point that the memo has forgotten
}

// start is a word with which phrases may have begun.
type start struct {
	word     *slot
	tok, pos int32
}

// may gives what may follow any of them.
func (b *begun) may() uint64 { return b.on[0] | b.on[1] | b.on[2] }

// shift takes up one more word.
func (b *begun) shift(m *slot, tok, pos int32) {
	fills := -uint64(m.flags / meansFiller & 1) // "has lately been admitted" is "has been admitted"
	b.on[2] = b.on[1] & fills
	b.on[1] = b.on[0] & fills
	b.on[0] = m.on
	b.n++
	at := &b.at[b.n%4]
	at.word, at.tok, at.pos = m, tok, pos
}

// leave keeps what is known of the words whose slot is about to be another word's.
func (b *begun) leave(m *slot) {
	for i := range b.at {
		if at := &b.at[i]; at.word == m {
			b.own[i] = *m
			at.word = &b.own[i]
		}
	}
}

// beginRare begins the phrases that begin with a word that matches more than a slot holds.
func (s *Scanner) beginRare() {
	for _, first := range s.hits[:s.nrare] {
		if p := &s.e.patterns[first&hitMask]; p.first != 0 && s.nact < maxThreads {
			s.active[s.nact] = thread{on: p.on, node: p.first, tok: s.tok, pos: s.w.pos}
			s.nact++
		}
	}
}

// endPhrases is called where no phrase goes on.
func (s *Scanner) endPhrases() {
	s.begun.on, s.nact = [maxGaps + 1]uint64{}, 0
}

// goOn lets phrases go on by one pattern, into the next ones from the n-th on, and gives how many there are then.
func (s *Scanner) goOn(h int32, n int, f *tokenFacts) int {
	for i := range s.active[:s.nact] {
		n = s.step(&s.active[i], h, n, f)
	}
	for gaps := maxGaps; gaps >= 0; gaps-- {
		if s.begun.on[gaps]&follows(h) == 0 {
			continue
		}
		at := &s.begun.at[(s.begun.n-uint8(gaps))%4]
		for _, first := range at.word.hits[:at.word.n] {
			if first&(meansFirst<<hitShift) == 0 {
				continue
			}
			p := &s.e.patterns[first&hitMask]
			n = s.step(&thread{on: p.on, node: p.first, tok: at.tok, pos: at.pos, gaps: int32(gaps)}, h, n, f)
		}
	}
	return n
}

// step lets one phrase go on by one pattern.
func (s *Scanner) step(t *thread, h int32, n int, f *tokenFacts) int {
	if t.on&follows(h) == 0 {
		return n
	}
	phrases := &s.e.phrases
	i := phrases.probe(t.node, h)
	at := &phrases.edges[i]
	if at.from == 0 {
		return n
	}
	if at.end.words > 0 {
		s.emit(&at.end, t.tok, t.pos, f)
	}
	for k := at.more; phrases.several[k].words > 0; k++ {
		s.emit(&phrases.several[k], t.tok, t.pos, f)
	}
	if at.on != 0 && n < maxThreads {
		s.next[n] = thread{on: at.on, node: phrases.node(i), tok: t.tok, pos: t.pos, gaps: t.gaps}
		n++
	}
	return n
}

// keep makes the n next phrases the active ones, and those inside which this word may stand.
func (s *Scanner) keep(m *slot, n int) {
	if m.flags&meansFiller != 0 {
		for i := range s.active[:s.nact] {
			if t := &s.active[i]; t.gaps < maxGaps && n < maxThreads {
				s.next[n] = *t
				s.next[n].gaps++
				n++
			}
		}
	}
	s.nact = copy(s.active[:], s.next[:n])
}
