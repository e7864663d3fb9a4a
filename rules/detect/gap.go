package detect

import "unicode/utf8"

// gap is what stood between two words.
type gap struct {
	bits   uint32 // 1<<class of each character
	chars  int32
	lines  int32
	dashes int32
	last   uint8
}

const (
	breaksPhrase = 1<<sepStop | 1<<sepComma | 1<<sepColon | 1<<sepTab | 1<<sepAt | 1<<sepHash
	breaksName   = breaksPhrase | 1<<sepOther | 1<<sepSlash | 1<<sepUnder | 1<<sepPara | 1<<sepQuote | 1<<sepPercent | 1<<sepPlus | 1<<sepParen | 1<<sepBox | 1<<sepClose
)

// startWord is called with the first character of a word at byte i of the piece: what stood between it and
// the last word decides what goes on.
func (s *Scanner) startWord(i int32, capital bool) {
	pos, g := s.base+i-s.extra, &s.gap
	s.w.pos, s.w.capital = pos, capital
	if s.tok > 0 && g.chars > 0 {
		s.bridge(g, pos, capital)
	} else {
		s.lineAt = min(s.lineAt, pos)
		if s.tok == 0 {
			s.layout(g, true, capital)
		}
	}
	*g = gap{}
}

// bridge looks at what stood between two words.
func (s *Scanner) bridge(g *gap, pos int32, capital bool) {
	line := g.lines > 0
	width := pos - s.lineAt
	short := line && (s.cells || capital && width < min(62, s.longest*3/4))
	sentence := g.bits&(1<<sepStop) != 0 ||
		g.bits&(1<<sepDot) != 0 && g.chars > 1 && capital && !(s.prev.letters() <= 4 && g.lines == 0 && s.prev.is(tokTitle|tokOfficial|tokInitial|tokKeeps))
	if g.lines > 1 && g.dashes >= 2 && g.chars < 8 { // "-- " begins a signature
		s.closing, s.after, s.dashed = 9, true, true
	}
	s.layout(g, line, capital)
	if line || sentence {
		s.prev = 0
	}
	if g.bits&(1<<sepComma) != 0 {
		s.prev &^= tokGreeting // "Hi, Anna is ill" greets nobody by name
	}
	if line {
		s.longest = max(s.longest, min(width, 200))
		s.lineAt, s.cells = pos, g.bits&(1<<sepTab) != 0
		if g.bits&(1<<sepQuote) != 0 {
			s.closing, s.after = 0, false
		}
	}
	s.stopped = g.bits&(1<<sepDot|1<<sepStop) != 0
	s.joinWindow(g) // first: a number belongs to the segment in which it stands
	if sentence || g.lines > 1 || short || pos-s.seg.start > maxSegment {
		s.endSegment(pos)
	}
	if at := s.seg; g.lines > 1 {
		at.paragraph = true
	} else if g.bits&(1<<sepColon) != 0 {
		at.colon = true
	}
	if g.bits&(1<<sepLaw|1<<sepPercent) != 0 {
		s.seg.law++
	}
	if g.bits&(1<<sepMoney) != 0 {
		s.seg.count(classMoney)
	}
	if g.bits&breaksPhrase != 0 && !(g.bits == 1<<sepColon && g.chars == 1) || sentence || g.lines > 1 {
		s.endPhrases()
	}
	if g.bits&breaksName != 0 || sentence || line || g.bits&(1<<sepDot) != 0 && !s.prev.is(tokInitial) {
		s.endRun()
	}
}

// startNext is startWord for a word behind a single space.
func (s *Scanner) startNext(pos int32, capital bool) {
	s.w.pos, s.w.capital = pos, capital
	s.enumerated, s.stopped = false, false
	if pos-s.seg.start > maxSegment {
		s.endSegment(pos)
	}
	if s.win.n == 0 {
		s.win.lead, s.win.decimal = sepSpace, false
	}
	s.win.next = bitSpace
}

// separators notes the characters between words from data[i] on, which is one, and gives where they end.
func (s *Scanner) separators(data []byte, i int) int {
	tab := s.e.tab
	for {
		s.separator(tab.sep[data[i]])
		i++
		if i == len(data) || data[i] >= utf8.RuneSelf || data[i] == '<' || tab.ascii[data[i]] != 0 {
			return i
		}
	}
}

// separator notes one character between words.
func (s *Scanner) separator(class uint8) {
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
	case sepDash:
		g.dashes++
	case sepTab:
		s.cells = true
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
