package detect

// word is one word as it is read.
type word struct {
	sym     [maxWord]uint8
	n       int
	counts  counts
	hash    hash
	long    bool
	capital bool // it begins with one
	pos     int32
}

// tokenFacts is what later words ask of the word before: how many letters and digits it has, and what it is.
type tokenFacts uint32

const (
	tokInitial tokenFacts = 1 << (16 + iota) // one capital letter
	tokKeeps                                 // a word such as "vedr.", after whose dot the sentence goes on
	tokTitle
	tokOfficial
	tokGreeting
	tokHasRun
	tokYear // a word after which a year may stand
	tokPast // a year of a former century
)

func (f tokenFacts) letters() int { return int(f & 255) }
func (f tokenFacts) digits() int  { return int(f >> 8 & 255) }

// is says whether the word is any of some things.
func (f tokenFacts) is(what tokenFacts) bool { return f&what != 0 }

func (f *tokenFacts) set(what tokenFacts, is bool) {
	if *f &^= what; is {
		*f |= what
	}
}

// endWord closes the word that ends at a position.
func (s *Scanner) endWord(end int32) {
	at := &s.w
	w := at.sym[:at.n]
	s.tok++
	s.seg.end = end
	s.seg.words++
	digits := at.counts.digits()
	f := tokenFacts(at.n - digits | digits<<8)
	if digits > 0 {
		s.figures(w, &f)
	} else if s.win.n > 0 {
		s.letterToken(w)
	}
	if at.n == 1 && at.counts.upper() == 1 {
		f |= tokInitial
	}
	if digits > 2 && digits == at.n {
		s.endPhrases()
		s.endRun()
	} else if !at.long {
		s.lookup(w, at.hash, &f)
	}
	s.prev = f
	at.n, at.counts, at.hash, at.long = 0, 0, 0, false
}

// figures looks at a word that holds digits.
func (s *Scanner) figures(w []uint8, f *tokenFacts) {
	lead := leadingLetters(w)
	if lead >= 3 && lead <= 20 && len(w)-lead >= 6 {
		s.lookup(w[:lead], hashOf(w[:lead], s.e.step), new(tokenFacts)) // cpr0101801234
	}
	s.numberToken(w)
	last := w[len(w)-1]
	if s.w.capital && f.digits() >= 2 && f.digits() <= 4 && (f.letters() == 1 || f.letters() == 2 && w[0] == symA+3 && w[1] != symA+10) && w[0] < symZero && last >= symZero {
		s.seg.icd++ // F32, C18, or the Danish DF32 (DK is the country)
	}
	if f.digits() == 4 && f.letters() == 0 && w[0] == symZero+1 && w[1] >= symZero+5 && w[1] <= symZero+8 {
		*f |= tokPast
	}
	if f.is(tokPast) && s.prev.is(tokYear|tokPast) && s.closing == 0 { // in 1843, (1702–1768)
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
func (s *Scanner) lookup(w []uint8, h hash, f *tokenFacts) {
	m := s.find(w, s.e.key(h, s.w.capital))
	s.seg.tongues += m.tongues
	s.nynorsk += int32(m.nynorsk)
	if m.flags&meansTerms != 0 || s.begun.may()&m.later != 0 || s.nact > 0 {
		s.say(m, f)
	}
	s.begun.shift(m, s.tok, s.w.pos)
	if m == &s.rare {
		s.beginRare()
	}
	if s.w.capital || s.run.n > 0 || s.prev.is(tokGreeting|tokTitle) {
		place := m.flags&meansPlace != 0
		given := m.flags&meansGiven != 0 && !(place && s.prev.letters() == 0) // June and April are months first
		s.nameToken(h, given, m.flags&meansSurname != 0 && !place, m.flags&meansKnown != 0, f)
	}
}

// say emits what the word's patterns mean, alone and at the end of phrases, and lets phrases go on.
func (s *Scanner) say(m *slot, f *tokenFacts) {
	family := s.w.capital && s.run.given && (m.flags&meansSurname != 0 || s.w.counts.upper() == 1 && s.run.n < 3) // Anna Foster is in nobody's care, nor is Per Prest one
	n := 0
	for _, h := range s.matched(m) {
		if h&(meansTerms<<hitShift) != 0 {
			s.terms(&s.e.patterns[h&hitMask], family, f)
		}
		if h&(meansLater<<hitShift) != 0 && (s.nact > 0 || s.begun.may()&follows(h) != 0) {
			n = s.goOn(h&hitMask, n, f)
		}
	}
	if n > 0 || s.nact > 0 {
		s.keep(m, n)
	}
}

// terms emits what one pattern means alone.
func (s *Scanner) terms(p *pattern, family bool, f *tokenFacts) {
	if t := &p.term; t.class != classTopic || !family {
		s.emit(t, s.tok, s.w.pos, f)
	}
	if p.terms == 1 {
		return
	}
	said := s.e.said[p.more:][:p.terms-1]
	for i := range said {
		if t := &said[i]; t.class != classTopic || !family {
			s.emit(t, s.tok, s.w.pos, f)
		}
	}
}
