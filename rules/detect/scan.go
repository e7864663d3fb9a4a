package detect

import (
	"hash/maphash"
	"unicode"
	"unicode/utf8"
)

// Scanner judges one message. It is not safe for concurrent use; its memory is bounded whatever it is fed.
type Scanner struct {
	e   *Engine
	ctx Context

	// The piece being read.
	base  int32 // characters of this part before data[0]
	extra int32 // continuation bytes in this piece so far
	carry []byte
	open  bool // the part goes on

	// The word being read, and what stood before it.
	w       word
	gap     gap
	tok     int32
	lineAt  int32 // where the line began
	cells   bool  // the line holds cells
	longest int32 // line of the part

	hits   [48]int32
	memo   *memo
	rare   slot // of a word that matches more than the memo holds
	nrare  int  // how many, in hits
	begun  begun
	active [maxThreads]thread
	next   [maxThreads]thread // the active ones after this word
	nact   int
	run    nameRun
	prev   tokenFacts

	win     window
	apart   apart
	canon   [maxDigits]byte
	pending [64]candidate
	npend   int
	ctxAt   [maxNumbers]int32 // where context words last stood
	notAt   [maxNumbers]int32
	numAt   int32 // where a word for another kind of number last stood
	anyAt   int32
	ownAt   int32
	mineAt  int32 // where words for a person's own account last ended
	firmAt  int32 // where a legal form last stood
	caseAt  int32 // where a word for a case last ended
	column  [maxNumbers]int32

	segs    [segRing]segment
	held    [segRing][maxHits]hit // of the segments
	seg     *segment              // the one being filled
	nseg    int32                 // and its number
	closing int                   // lines left of a signature
	after   bool                  // the signature has begun
	dashed  bool                  // with a line of dashes

	opened     int32 // token after an opening bracket
	inParens   bool  // and it was a round one
	party      bool  // after a name
	stopped    bool  // a dot, or the like, stood last
	enumerated bool  // the word before began a line

	part     int // index into parts
	parts    []partFacts
	entries  []entry
	filed    []int16 // by rule, its last entry
	seed     maphash.Seed
	persons  map[uint64]struct{}
	names    map[uint64]struct{}
	namedNum map[uint64]struct{}
	langs    [langCount]int32 // function words of the part
	total    [langCount]int32 // and of the message
	before   [langCount]int32 // what total was when the part began
	heard    uint8            // languages spoken here, 0 if not known,
	heardTo  tongues          // as of these words of the segment
	nynorsk  int32
	msg      messageFacts
	selfName map[uint64]struct{}
	explain  bool
	notes    []note
	shapes   map[int32]string // by token, only to explain
	accepted []accepted
	dropped  map[uint64]struct{} // numbers that are another kind of number
	nobodys  [maxNumbers]bool    // by slot, rules of level none that found a number
}

const farAway = -1 << 20

// Scan reads one text. Pieces of a part come in order, the last with More false.
func (s *Scanner) Scan(t Text) {
	if s.memo == nil {
		s.memo = s.e.memos.Get().(*memo)
	}
	if !s.open {
		s.startPart(t)
	}
	data := t.Data
	if len(s.carry) > 0 {
		data = append(s.carry, data...)
		s.carry = nil
	}
	s.extra = 0
	rest := s.read(data, t.More)
	s.base += int32(len(data)-rest) - s.extra
	if t.More {
		s.carry = append([]byte(nil), data[len(data)-rest:]...)
		s.open = true
		return
	}
	s.endPart()
}

// read runs through data and gives how many bytes at its end wait for the next piece.
func (s *Scanner) read(data []byte, more bool) int {
	tab := s.e.tab
	for i := 0; i < len(data); {
		c := data[i]
		if l := tab.ascii[c]; l != 0 {
			if s.w.n == 0 {
				s.startWord(int32(i), l.upper())
			}
			i = s.words(data, i)
			continue
		}
		if c < utf8.RuneSelf {
			switch {
			case c == '<':
				n, inline := tagLength(data[i:])
				if n < 0 && more {
					return len(data) - i
				}
				if n > 0 {
					if !inline {
						s.closeOpen(i)
						s.separator(sepNewline)
					}
					i += n
					continue
				}
			case c == '\'' && s.w.n > 0:
				s.push(newLetter(symApos, false))
				i++
				continue
			}
			s.closeOpen(i)
			i = s.separators(data, i)
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 && more && len(data)-i < utf8.UTFMax && !utf8.FullRune(data[i:]) {
			return len(data) - i
		}
		s.rune(r, int32(i))
		s.extra += int32(n - 1)
		i += n
	}
	return 0
}

// closeWord ends the word before byte i of the piece, without the apostrophes that stand at its end.
func (s *Scanner) closeWord(i int) {
	if w := &s.w; w.sym[w.n-1] == symApos && !w.long {
		for w.n > 1 && w.sym[w.n-1] == symApos {
			w.n--
		}
		w.hash = hashOf(w.sym[:w.n], s.e.step)
	}
	s.endWord(s.base + int32(i) - s.extra)
}

// closeOpen closes the word before byte i of the piece, if there is one.
func (s *Scanner) closeOpen(i int) {
	if s.w.n > 0 {
		s.closeWord(i)
	}
}

// words takes letters from data[i] on, and as many words as stand behind one space each, which is most of any text. It
// gives where the last word ends or breaks off.
func (s *Scanner) words(data []byte, i int) int {
	i = s.letters(data, i)
	for i+1 < len(data) && data[i] == ' ' {
		l := s.e.tab.ascii[data[i+1]]
		if l == 0 {
			break
		}
		s.endWord(s.base + int32(i) - s.extra)
		i++
		s.startNext(s.base+int32(i)-s.extra, l.upper())
		i = s.letters(data, i)
	}
	return i
}

// letters takes the letters and digits of a word from data[i] on, and gives where they end.
func (s *Scanner) letters(data []byte, i int) int {
	w, tab, step := &s.w, s.e.tab, s.e.step
	n, sum, hash, from := uint(w.n), letter(0), w.hash, data[:min(len(data), i+maxWord-w.n)]
	for uint(i) < uint(len(from)) {
		l := tab.ascii[from[i]]
		if l == 0 {
			if from[i] != latinLead || i+1 >= len(data) {
				break
			}
			if l = tab.latin[data[i+1]]; l == 0 {
				break
			}
			i++
			s.extra++
		}
		w.sym[n%maxWord] = l.sym() // it is less: the compiler knows it so
		sum += l
		hash = hash.add(l.sym(), step)
		n++
		i++
	}
	w.n, w.counts, w.hash = int(n), w.counts+sum.counts(), hash
	if i >= len(from) {
		return s.overlong(data, i)
	}
	return i
}

// overlong takes what is left of a word that may have more letters than a word holds.
func (s *Scanner) overlong(data []byte, i int) int {
	for ; i < len(data); i++ {
		l := s.e.tab.ascii[data[i]]
		if l == 0 {
			if data[i] != latinLead || i+1 == len(data) || s.e.tab.latin[data[i+1]] == 0 {
				break
			}
			i++
			l = s.e.tab.latin[data[i]]
			s.extra++
		}
		s.push(l)
	}
	return i
}

// rune takes one character beyond ASCII.
func (s *Scanner) rune(r rune, i int32) {
	sym, sep := foldRune(r)
	if sym == symNone {
		if sep == sepZero {
			if s.w.n > 0 && r >= 0x300 {
				last := &s.w.sym[s.w.n-1]
				if to := combine(*last, r); to != *last {
					*last = to
					s.w.hash = hashOf(s.w.sym[:s.w.n], s.e.step)
				}
			}
			return
		}
		s.closeOpen(int(i))
		s.separator(sep)
		return
	}
	if s.w.n == 0 {
		if sym == symApos {
			s.separator(sepOther)
			return
		}
		s.startWord(i, unicode.IsUpper(r))
	}
	s.push(newLetter(sym, unicode.IsUpper(r)))
}

// push adds one letter to the word.
func (s *Scanner) push(l letter) {
	if s.w.n == maxWord {
		s.w.long = true
		return
	}
	s.w.sym[s.w.n] = l.sym()
	s.w.n++
	s.w.hash = s.w.hash.add(l.sym(), s.e.step)
	s.w.counts += l.counts()
}
