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
	word    [maxWord + 4]uint8
	wlen    int
	long    bool
	digits  int
	upper   int
	first   bool // begins with a capital
	wordPos int32
	gap     gap
	tok     int32
	lineAt  int32 // where the line began
	cells   bool  // the line holds cells
	longest int32 // line of the part

	hits   [48]int32
	active [16]thread
	nact   int
	run    nameRun
	prev   tokenFacts

	win     window
	canon   [maxDigits]byte
	pending [64]candidate
	npend   int
	ctxAt   [maxNumbers]int32 // where context words last stood
	notAt   [maxNumbers]int32
	numAt   int32 // where a word for another kind of number last stood
	anyAt   int32
	ownAt   int32
	moneyAt int32
	column  [maxNumbers]int32

	segs    [segRing]segment
	nseg    int32 // number of the segment being filled
	closing int   // lines left of a signature
	after   bool  // the signature has begun

	part     int // index into parts
	parts    []partFacts
	entries  []entry
	seed     maphash.Seed
	persons  map[uint64]struct{}
	names    map[uint64]struct{}
	namedNum map[uint64]struct{}
	langs    [langCount]int32 // function words of the part
	total    [langCount]int32 // and of the message
	before   [langCount]int32 // what total was when the part began
	nynorsk  int32
	msg      messageFacts
	selfName map[uint64]struct{}
	explain  bool
	notes    []note
	shapes   map[int32]string // by token, only to explain
	accepted []accepted
	dropped  map[uint64]struct{} // numbers that are another kind of number
}

// gap is what stood between two words.
type gap struct {
	bits  uint32 // 1<<class of each character
	chars int
	lines int
	last  uint8
}

// thread is a phrase that may go on.
type thread struct {
	node int32
	tok  int32
	pos  int32
	gaps int32 // function words left out so far
}

const maxGaps = 2

const farAway = -1 << 20

// NewScanner makes a Scanner for one message.
func (e *Engine) NewScanner(ctx Context) *Scanner {
	s := &Scanner{e: e, ctx: ctx, seed: maphash.MakeSeed(), persons: map[uint64]struct{}{}, names: map[uint64]struct{}{},
		namedNum: map[uint64]struct{}{}, selfName: map[uint64]struct{}{}, dropped: map[uint64]struct{}{}, part: -1}
	s.context()
	return s
}

// Scan reads one text. Pieces of a part come in order, the last with More false.
func (s *Scanner) Scan(t Text) {
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
		if sym := tab.sym[c]; sym != 0 {
			if s.wlen == 0 {
				s.startWord(int32(i), c >= 'A' && c <= 'Z')
			}
			i = s.letters(data, i)
			continue
		}
		if c < utf8.RuneSelf {
			if s.wlen > 0 {
				if c == '\'' {
					s.push(symApos)
					i++
					continue
				}
				if c == '<' {
					if n, inline := tagLength(data[i:]); n > 0 && inline {
						i += n
						continue
					} else if n < 0 && more {
						return len(data) - i
					}
				}
				s.endWord(int32(i))
			}
			if c == '<' {
				if n, inline := tagLength(data[i:]); n > 0 {
					if !inline {
						s.separator(sepNewline, int32(i))
					}
					i += n
					continue
				} else if n < 0 && more {
					return len(data) - i
				}
			}
			s.separator(tab.sep[c], int32(i))
			i++
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

// letters takes ASCII letters and digits from data[i] on, and gives where they end.
func (s *Scanner) letters(data []byte, i int) int {
	tab, w := &s.e.tab.sym, s.wlen
	for ; i < len(data); i++ {
		sym := tab[data[i]]
		if sym == 0 {
			break
		}
		if w < maxWord {
			s.word[w] = sym
			w++
		} else {
			s.long = true
		}
		if sym >= symZero {
			s.digits++
		} else if data[i] < 'a' {
			s.upper++
		}
	}
	s.wlen = w
	return i
}

// rune takes one character beyond ASCII.
func (s *Scanner) rune(r rune, i int32) {
	sym, sep := foldRune(r)
	if sym == symNone {
		if sep == sepZero {
			if s.wlen > 0 && r >= 0x300 {
				s.word[s.wlen-1] = combine(s.word[s.wlen-1], r)
			}
			return
		}
		if s.wlen > 0 {
			s.endWord(i)
		}
		s.separator(sep, i)
		return
	}
	if s.wlen == 0 {
		if sym == symApos {
			s.separator(sepOther, i)
			return
		}
		s.startWord(i, unicode.IsUpper(r))
	}
	if unicode.IsUpper(r) {
		s.upper++
	}
	if sym >= symZero && sym < symApos {
		s.digits++
	}
	s.push(sym)
}

func (s *Scanner) push(sym uint8) {
	if s.wlen < maxWord {
		s.word[s.wlen] = sym
		s.wlen++
	} else {
		s.long = true
	}
}

// tagLength gives the length of the HTML tag at the start of b, and whether it stands inside a line; 0 if
// there is none, -1 if b ends too early to say.
func tagLength(b []byte) (n int, inline bool) {
	i := 1
	if i < len(b) && b[i] == '/' {
		i++
	}
	start := i
	for i < len(b) && i < 12 && (b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z' || i > start && b[i] >= '1' && b[i] <= '6') {
		i++
	}
	if i == len(b) && i < 12 {
		return -1, false
	}
	if i == start || i >= 12 {
		return 0, false
	}
	if c := b[i]; c != '>' && c != '/' && c != ' ' {
		return 0, false
	}
	switch string(b[start:i]) {
	case "b", "i", "u", "em", "strong", "span", "font", "a", "small", "wbr", "mark", "sup", "sub", "B", "I", "U", "EM",
		"STRONG", "SPAN", "FONT", "A", "SMALL", "WBR", "MARK", "SUP", "SUB":
		inline = true
	case "br", "p", "div", "td", "th", "tr", "li", "h1", "h2", "h3", "BR", "P", "DIV", "TD", "TH", "TR", "LI", "H1", "H2", "H3":
	default:
		return 0, false
	}
	for ; i < len(b) && i < 200; i++ {
		switch b[i] {
		case '>':
			return i + 1, inline
		case '<', '@':
			return 0, false
		}
	}
	if i == len(b) && i < 200 {
		return -1, false
	}
	return 0, false
}

// separator notes one character between words.
func (s *Scanner) separator(class uint8, i int32) {
	if class == sepZero {
		return
	}
	g := &s.gap
	g.bits |= 1 << class
	g.last = class
	g.chars++
	switch class {
	case sepNewline:
		g.lines++
		if s.closing > 0 {
			s.closing--
		}
	case sepTab:
		s.cells = true
	}
}

const (
	breaksPhrase = 1<<sepStop | 1<<sepComma | 1<<sepColon | 1<<sepTab | 1<<sepAt | 1<<sepHash
	breaksName   = breaksPhrase | 1<<sepOther | 1<<sepSlash | 1<<sepUnder | 1<<sepPara | 1<<sepQuote | 1<<sepPercent | 1<<sepPlus
)

// startWord is called with the first character of a word at byte i of the piece: what stood between it and
// the last word decides what goes on.
func (s *Scanner) startWord(i int32, capital bool) {
	pos := s.base + i - s.extra
	g := s.gap
	s.wordPos, s.first = pos, capital
	s.gap = gap{}
	if s.tok == 0 || g.chars == 0 {
		s.lineAt = min(s.lineAt, pos)
		return
	}
	line := g.lines > 0
	width := pos - s.lineAt
	short := line && (s.cells || capital && width < min(62, s.longest*3/4))
	sentence := g.bits&(1<<sepStop) != 0 ||
		g.bits&(1<<sepDot) != 0 && g.chars > 1 && capital && !(s.prev.letters <= 4 && g.lines == 0 && (s.prev.title || s.prev.official || s.prev.initial || s.prev.keeps))
	if line || sentence {
		s.prev = tokenFacts{}
	}
	if line {
		s.longest = max(s.longest, min(width, 200))
		s.lineAt, s.cells = pos, g.bits&(1<<sepTab) != 0
		if g.bits&(1<<sepQuote) != 0 {
			s.closing, s.after = 0, false
		}
	}
	if sentence || g.lines > 1 || short || pos-s.segs[s.nseg%segRing].start > 500 {
		s.endSegment(pos)
	}
	if g.bits&(1<<sepLaw|1<<sepPercent) != 0 {
		s.segs[s.nseg%segRing].weight += 2
	}
	if g.bits&(1<<sepMoney) != 0 {
		s.segs[s.nseg%segRing].cues[classMoney]++
	}
	if g.bits&breaksPhrase != 0 && !(g.bits == 1<<sepColon && g.chars == 1) || sentence || g.lines > 1 {
		s.nact = 0
	}
	if g.bits&breaksName != 0 || sentence || line || g.bits&(1<<sepDot) != 0 && !s.prev.initial {
		s.endRun()
	}
	s.joinWindow(g)
}

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
}

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
	hits := s.e.dict.find(w, s.first, s.hits[:0])
	if len(hits) == 0 {
		s.nact = 0
		if s.first || s.run.n > 0 || s.prev.greeting || s.prev.title {
			s.nameToken(w, false, false, false, f)
		}
		return
	}
	var given, surname, known, place, filler, not bool
	var next [len(s.active)]thread
	n := 0
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
			default:
				filler = filler || t.class == classLanguage && len(w) <= 6
				not = not || t.class == classNot
				known = known || t.class == classTopic || t.class >= firstCue || t.class == classLanguage
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
	copy(s.active[:n], next[:n])
	s.nact = n
	if place && given && s.prev.letters == 0 {
		given = false // June and April are months first
	}
	s.nameToken(w, given, surname && !place, known, f)
}
