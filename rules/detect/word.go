package detect

// tokenFacts is what later words ask of the word before.
type tokenFacts struct {
	letters  int8
	digits   int8
	initial  bool // one capital letter
	keeps    bool // a word such as "vedr.", after whose dot the sentence goes on
	title    bool
	official bool
	greeting bool
	hasRun   bool
	year     bool // a word after which a year may stand
	past     bool // a year of a former century
}

// thread is a phrase that may go on.
type thread struct {
	on   uint64 // what may go on, see phraseNode
	word *slot  // of one that has only begun, the word that it began with; any of the phrases that begin so may go on
	node int32  // of others
	tok  int32
	pos  int32
	gaps int32 // function words left out so far
}

const (
	maxGaps    = 2
	maxThreads = 16
)

// endWord closes the word that ends before byte i of the piece.
func (s *Scanner) endWord(i int32) {
	for s.wlen > 1 && s.word[s.wlen-1] == symApos {
		s.wlen--
	}
	w := s.word[:s.wlen]
	s.tok++
	seg := s.seg
	seg.end = s.base + i - s.extra
	seg.words++
	digits := s.counts.digits()
	f := tokenFacts{letters: int8(s.wlen - digits), digits: int8(digits)}
	if digits > 0 {
		s.figures(w, &f)
	} else if s.win.n > 0 {
		s.letterToken(w)
	}
	f.initial = s.wlen == 1 && s.counts.upper() == 1
	if f.letters <= 0 && digits > 2 {
		s.nact = 0
		s.endRun()
	} else if !s.long {
		s.lookup(w, &f)
	}
	s.prev = f
	s.wlen, s.counts, s.long = 0, 0, false
}

// figures looks at a word that holds digits.
func (s *Scanner) figures(w []uint8, f *tokenFacts) {
	lead := leadingLetters(w)
	if lead >= 3 && lead <= 20 && len(w)-lead >= 6 {
		s.lookup(w[:lead], &tokenFacts{}) // cpr0101801234
	}
	s.numberToken(w)
	last := w[len(w)-1]
	if s.first && f.digits >= 2 && f.digits <= 4 && (f.letters == 1 || f.letters == 2 && w[0] == symA+3 && w[1] != symA+10) && w[0] < symZero && last >= symZero {
		s.seg.icd++ // F32, C18, or the Danish DF32 (DK is the country)
	}
	past := f.digits == 4 && f.letters == 0 && w[0] == symZero+1 && w[1] >= symZero+5 && w[1] <= symZero+8
	if f.past = past; past && (s.prev.year || s.prev.past) && s.closing == 0 { // in 1843, (1702–1768)
		s.parts[s.part].genre.weight[genreHistory] += 2
	}
}

// leadingLetters counts the letters before the first digit.
func leadingLetters(w []uint8) int {
	n := 0
	for n < len(w) && (w[n] < symZero || w[n] >= symApos) {
		n++
	}
	return n
}

// lookup finds what the word means, alone and in phrases.
func (s *Scanner) lookup(w []uint8, f *tokenFacts) {
	m := s.find(w)
	s.seg.tongues += m.tongues
	s.nynorsk += int32(m.nynorsk)
	if m.flags&meansTerms != 0 || s.nact > 0 && s.on&m.later != 0 {
		s.say(m, f)
	} else if s.nact > 0 || m.flags&meansFirst != 0 {
		n := 0
		if s.nact > 0 && m.flags&(meansFiller|meansNot) == meansFiller {
			n = s.fill(s.active[:s.nact], &s.active, 0)
		}
		s.begin(m, &s.active, n)
	}
	if s.first || s.run.n > 0 || s.prev.greeting || s.prev.title {
		place := m.flags&meansPlace != 0
		given := m.flags&meansGiven != 0 && !(place && s.prev.letters == 0) // June and April are months first
		s.nameToken(w, given, m.flags&meansSurname != 0 && !place, m.flags&meansKnown != 0, f)
	}
}

// say emits what the word's patterns mean, alone and at the end of phrases, and lets phrases begin and go on.
func (s *Scanner) say(m *slot, f *tokenFacts) {
	family := s.first && s.run.given && (m.flags&meansSurname != 0 || s.counts.upper() == 1 && s.run.n < 3) // Anna Foster is in nobody's care, nor is Per Prest one
	n := 0
	for _, h := range s.matched(m) {
		p := &s.e.patterns[h]
		if p.sum.flags&meansTerms != 0 {
			s.terms(p, family, f)
		}
		if p.later && s.on&follows(h) != 0 {
			n = s.goOn(h, n, f)
		}
	}
	if m.flags&(meansFiller|meansNot) == meansFiller { // "has lately been admitted" is "has been admitted"
		n = s.fill(s.active[:s.nact], &s.next, n)
	}
	s.begin(m, &s.next, n)
	copy(s.active[:], s.next[:s.nact])
}

// goOn lets the active phrases go on by one pattern, into the next ones from the n-th on, and gives how many there are then.
func (s *Scanner) goOn(h int32, n int, f *tokenFacts) int {
	for i := range s.active[:s.nact] {
		a := &s.active[i]
		if a.on&follows(h) == 0 {
			continue
		}
		if a.word == nil {
			n = s.step(a, a.node, h, n, f)
			continue
		}
		for _, first := range a.word.hits[:a.word.n] {
			if node := s.e.patterns[first].first; node != 0 {
				n = s.step(a, node, h, n, f)
			}
		}
	}
	return n
}

// step lets one phrase go on by one pattern.
func (s *Scanner) step(a *thread, node, h int32, n int, f *tokenFacts) int {
	if s.e.phrases.node[node].on&follows(h) == 0 {
		return n
	}
	if node = s.e.phrases.step(node, h); node == 0 {
		return n
	}
	at := &s.e.phrases.node[node]
	for _, id := range at.ends {
		s.emit(&s.e.terms[id], a.tok, a.pos, f)
	}
	if at.on != 0 && n < len(s.next) {
		s.next[n] = thread{on: at.on, node: node, tok: a.tok, pos: a.pos, gaps: a.gaps}
		n++
	}
	return n
}

// fill keeps the phrases inside which one more function word may stand.
func (s *Scanner) fill(active []thread, next *[maxThreads]thread, n int) int {
	for i := range active {
		if t := &active[i]; t.gaps < maxGaps && n < maxThreads {
			next[n] = *t
			next[n].gaps++
			n++
		}
	}
	return n
}

// begin adds the phrases that begin with a word to the n next ones, which are the active ones from now on.
func (s *Scanner) begin(m *slot, next *[maxThreads]thread, n int) {
	if m.flags&meansFirst != 0 && n < maxThreads {
		next[n] = thread{on: m.on, word: m, tok: s.tok, pos: s.wordPos}
		n++
		if m == &s.rare {
			n = s.split(next, n-1, n)
		}
	}
	s.nact, s.on = n, 0
	for i := range next[:n] {
		s.on |= next[i].on
	}
}

// expand gives the phrases that begin with a word of which the slot is about to be another's a place of their own each.
func (s *Scanner) expand(m *slot) {
	for i := range s.active[:s.nact] {
		if s.active[i].word == m {
			s.nact = s.split(&s.active, i, s.nact)
		}
	}
}

// split puts the phrases that begin with the word of one thread in place of it and behind all n.
func (s *Scanner) split(threads *[maxThreads]thread, i, n int) int {
	t, at := threads[i], i
	for _, first := range s.matched(t.word) {
		node := s.e.patterns[first].first
		if node == 0 || at == maxThreads {
			continue
		}
		threads[at] = thread{on: s.e.phrases.node[node].on, node: node, tok: t.tok, pos: t.pos, gaps: t.gaps}
		n = max(n, at+1)
		at = n
	}
	return n
}

// terms emits what one pattern means alone.
func (s *Scanner) terms(p *pattern, family bool, f *tokenFacts) {
	for _, id := range p.terms {
		t := &s.e.terms[id]
		switch t.class {
		case classLanguage, classGiven, classSurname, classPlace: // known by the word's meaning
		case classTopic:
			if !family {
				s.emit(t, s.tok, s.wordPos, f)
			}
		default:
			s.emit(t, s.tok, s.wordPos, f)
		}
	}
}
