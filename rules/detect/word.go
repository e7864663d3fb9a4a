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
	node int32
	tok  int32
	pos  int32
	gaps int32 // function words left out so far
}

const maxGaps = 2

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
	m, hits := s.find(w)
	if len(hits) == 0 {
		s.nact = 0
		if s.first || s.run.n > 0 || s.prev.greeting || s.prev.title {
			s.nameToken(w, false, false, false, f)
		}
		return
	}
	s.seg.tongues += m.tongues
	s.nynorsk += int32(m.nynorsk)
	if s.nact > 0 || m.flags&(meansFirst|meansTerms) != 0 {
		s.say(hits, m.flags, f)
	}
	if s.first || s.run.n > 0 || s.prev.greeting || s.prev.title {
		place := m.flags&meansPlace != 0
		given := m.flags&meansGiven != 0 && !(place && s.prev.letters == 0) // June and April are months first
		s.nameToken(w, given, m.flags&meansSurname != 0 && !place, m.flags&meansKnown != 0, f)
	}
}

// say emits what the word's patterns mean, alone and at the end of phrases, and lets phrases begin and go on.
func (s *Scanner) say(hits []int32, flags uint16, f *tokenFacts) {
	family := s.first && s.run.given && (flags&meansSurname != 0 || s.counts.upper() == 1 && s.run.n < 3) // Anna Foster is in nobody's care, nor is Per Prest one
	next, n := &s.next, 0
	for _, h := range hits {
		p := &s.e.patterns[h]
		if p.sum.flags&meansTerms != 0 {
			s.terms(p, family, f)
		}
		if !p.later {
			continue
		}
		for _, a := range s.active[:s.nact] {
			if a.on&follows(h) == 0 {
				continue
			}
			node := s.e.phrases.step(a.node, h)
			if node == 0 {
				continue
			}
			at := &s.e.phrases.node[node]
			for _, id := range at.ends {
				s.emit(&s.e.terms[id], a.tok, a.pos, f)
			}
			if at.on != 0 && n < len(next) {
				next[n] = thread{at.on, node, a.tok, a.pos, a.gaps}
				n++
			}
		}
	}
	for a := 0; a < s.nact && flags&(meansFiller|meansNot) == meansFiller && n < len(next); a++ { // "has lately been admitted" is "has been admitted"
		if t := s.active[a]; t.gaps < maxGaps {
			t.gaps++
			next[n] = t
			n++
		}
	}
	for _, h := range hits {
		if p := &s.e.patterns[h]; p.first != 0 && n < len(next) {
			next[n] = thread{s.e.phrases.node[p.first].on, p.first, s.tok, s.wordPos, 0}
			n++
		}
	}
	s.nact = copy(s.active[:], next[:n])
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
