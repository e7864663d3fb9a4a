package detect

// tokenFacts is what later words ask of the word before.
type tokenFacts struct {
	letters  int
	digits   int
	initial  bool // one capital letter
	keeps    bool // a word such as "vedr.", after whose dot the sentence goes on
	title    bool
	official bool
	greeting bool
	hasRun   bool
	year     bool // a word after which a year may stand
}

// thread is a phrase that may go on.
type thread struct {
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
	end := s.base + i - s.extra
	s.tok++
	seg := &s.segs[s.nseg%segRing]
	seg.end = end
	seg.words++
	if s.digits > 0 {
		if lead := leadingLetters(w); lead >= 3 && lead <= 20 && len(w)-lead >= 6 {
			s.lookup(w[:lead], &tokenFacts{}) // cpr0101801234
		}
		s.numberToken(w)
	} else if s.win.n > 0 {
		s.letterToken(w)
	}
	var f tokenFacts
	f.letters, f.digits = s.wlen-s.digits, s.digits
	if s.first && f.digits >= 2 && f.digits <= 4 && (f.letters == 1 || f.letters == 2 && w[0] == symA+3 && w[1] != symA+10) && w[0] < symZero && w[s.wlen-1] >= symZero {
		seg.icd++ // F32, C18, or the Danish DF32 (DK is the country)
	}
	if s.prev.year && s.digits == 4 && f.letters == 0 && w[0] == symZero+1 && w[1] >= symZero+5 && w[1] <= symZero+8 && s.closing == 0 {
		s.parts[s.part].genre.weight[genreHistory] += 2
	}
	f.initial = s.wlen == 1 && s.upper == 1
	if s.digits == 0 || f.letters > 0 || s.digits <= 2 {
		if !s.long {
			s.lookup(w, &f)
		}
	} else {
		s.nact = 0
		s.endRun()
	}
	s.prev = f
	s.wlen, s.digits, s.upper, s.long = 0, 0, 0, false
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
	hits := s.find(w)
	if len(hits) == 0 {
		s.nact = 0
		if s.first || s.run.n > 0 || s.prev.greeting || s.prev.title {
			s.nameToken(w, false, false, false, f)
		}
		return
	}
	var given, surname, known, place, filler, not bool
	family := s.first && s.run.given && s.surname(hits)
	next, n := &s.next, 0
	for _, h := range hits {
		p := &s.e.patterns[h]
		for _, id := range p.terms {
			t := &s.e.terms[id]
			switch t.class {
			case classGiven:
				given = given || s.first
			case classSurname:
				surname = surname || s.first
			case classPlace:
				known, place = true, true
			case classTopic:
				known = true
				if !family {
					s.emit(t, s.tok, s.wordPos, f)
				}
			default:
				filler = filler || t.class == classLanguage && len(w) <= 6
				not = not || t.class == classNot
				known = known || t.class >= firstCue || t.class == classLanguage
				s.emit(t, s.tok, s.wordPos, f)
			}
		}
		if p.later {
			for a := range s.nact {
				if node := s.e.phrases.step(s.active[a].node, h); node != 0 {
					for _, id := range s.e.phrases.ends[node] {
						s.emit(&s.e.terms[id], s.active[a].tok, s.active[a].pos, f)
					}
					if n < len(next) {
						next[n] = thread{node, s.active[a].tok, s.active[a].pos, s.active[a].gaps}
						n++
					}
				}
			}
		}
	}
	for a := 0; a < s.nact && filler && !not && n < len(next); a++ { // "has lately been admitted" is "has been admitted"
		if t := s.active[a]; t.gaps < maxGaps {
			t.gaps++
			next[n] = t
			n++
		}
	}
	for _, h := range hits {
		if p := &s.e.patterns[h]; p.first != 0 && n < len(next) {
			next[n] = thread{p.first, s.tok, s.wordPos, 0}
			n++
		}
	}
	if s.nact = n; n > 0 {
		copy(s.active[:n], next[:n])
	}
	if place && given && s.prev.letters == 0 {
		given = false // June and April are months first
	}
	s.nameToken(w, given, surname && !place, known, f)
}

// surname says whether a list of surnames knows the word: Anna Foster is in nobody's care.
func (s *Scanner) surname(hits []int32) bool {
	for _, h := range hits {
		for _, id := range s.e.patterns[h].terms {
			if s.e.terms[id].class == classSurname {
				return true
			}
		}
	}
	return false
}
