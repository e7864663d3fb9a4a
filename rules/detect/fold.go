package detect

import "unicode"

// Symbols are the folded letters that words are made of. Case, most accents and the Swedish and Danish
// spellings of the same sound (ä/æ, ö/ø) fold together; å stays apart.
const (
	symNone  = 0
	symA     = 1 // … 26 is z
	symAE    = 27
	symOE    = 28
	symAA    = 29
	symZero  = 30 // … 39 is nine
	symApos  = 40
	symOther = 41
	symCount = 42
)

// Classes of what stands between words.
const (
	sepOther   = iota // anything else: breaks numbers, keeps sentences
	sepSpace          // space, no-break space
	sepTab            // tab, semicolon, bar: a cell ends
	sepNewline        // line feed
	sepReturn         // carriage return
	sepDot
	sepStop // ! ?
	sepComma
	sepColon
	sepDash
	sepSlash
	sepQuote // > at the start of a line
	sepPlus
	sepAt
	sepPercent
	sepZero // zero width: as if it were not there
	sepOpen // < may open a tag
	sepHash // # and =
	sepPara // § and bullets
	sepUnder
	sepLaw   // §
	sepMoney // € £ $
	sepParen // (
	sepBox   // [ {
	sepClose // ) ] }
)

type tables struct {
	ascii [256]letter // ASCII bytes that belong to words
	latin [256]letter // second bytes of such letters from U+00C0 to U+00FF, of which latinLead is the first byte
	sep   [256]uint8  // ASCII bytes that don't belong to words
}

// letter is a symbol, 0 for none, and in its upper half what it adds to the counts of a word.
type letter uint64

const (
	latinLead  = 0xC3
	countShift = 32
)

func newLetter(sym uint8, upper bool) letter {
	l := letter(sym)
	if upper {
		l |= 1 << countShift
	}
	if sym >= symZero && sym < symApos {
		l |= 1 << (countShift + 8)
	}
	return l
}

func (l letter) sym() uint8     { return uint8(l) }
func (l letter) upper() bool    { return l>>countShift&1 == 1 }
func (l letter) counts() counts { return counts(l >> countShift) }

// counts are of the capitals and, in the upper part, the digits of a word.
type counts uint32

func (c counts) upper() int  { return int(c & 255) }
func (c counts) digits() int { return int(c >> 8) }

// newTables builds the class tables; they live in the Engine, so that nothing is global.
func newTables() *tables {
	t := new(tables)
	for c := 'a'; c <= 'z'; c++ {
		t.ascii[c] = newLetter(uint8(c-'a')+symA, false)
		t.ascii[c-32] = newLetter(uint8(c-'a')+symA, true)
	}
	for c := '0'; c <= '9'; c++ {
		t.ascii[c] = newLetter(uint8(c-'0')+symZero, false)
	}
	for c, v := range map[byte]uint8{' ': sepSpace, '\t': sepTab, ';': sepTab, '|': sepTab, '\n': sepNewline,
		'\r': sepReturn, '.': sepDot, '!': sepStop, '?': sepStop, ',': sepComma, ':': sepColon, '-': sepDash,
		'/': sepSlash, '>': sepQuote, '+': sepPlus, '@': sepAt, '%': sepPercent, '<': sepOpen, '#': sepHash, '=': sepHash,
		'_': sepUnder, '$': sepMoney, '(': sepParen, '[': sepBox, '{': sepBox, ')': sepClose, ']': sepClose, '}': sepClose} {
		t.sep[c] = v
	}
	for i := range latin1 {
		if sym := latin1[i]; sym != 0 {
			t.latin[0x80+i] = newLetter(sym, unicode.IsUpper(rune(0xC0+i)))
		}
	}
	return t
}

// latin1 gives the symbol of the letters U+00C0 to U+00FF, by code point minus 0xC0.
const latin1 = "\x01\x01\x01\x01\x1b\x1d\x1b\x03\x05\x05\x05\x05\x09\x09\x09\x09" +
	"\x04\x0e\x0f\x0f\x0f\x0f\x1c\x00\x1c\x15\x15\x15\x15\x19\x14\x13" +
	"\x01\x01\x01\x01\x1b\x1d\x1b\x03\x05\x05\x05\x05\x09\x09\x09\x09" +
	"\x04\x0e\x0f\x0f\x0f\x0f\x1c\x00\x1c\x15\x15\x15\x15\x19\x14\x19"

// foldRune classifies a rune beyond ASCII: a symbol, or symNone and the class of separator.
func foldRune(r rune) (sym, sep uint8) {
	switch {
	case r >= 0xC0 && r <= 0xFF:
		if s := latin1[r-0xC0]; s != 0 {
			return s, 0
		}
		return symNone, sepOther
	case r == 0xA0 || r >= 0x2000 && r <= 0x200A || r == 0x202F || r == 0x205F || r == 0x3000:
		return symNone, sepSpace
	case r == 0xAD || r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF || r >= 0x202A && r <= 0x202E ||
		r >= 0x2061 && r <= 0x2069 || r == 0x180E:
		return symNone, sepZero
	case r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xFE58 || r == 0xFE63 || r == 0xFF0D || r == 0x2043:
		return symNone, sepDash
	case r == 0x2028 || r == 0x2029 || r == 0x85:
		return symNone, sepNewline
	case r == 0xA3 || r == 0x20AC:
		return symNone, sepMoney
	case r == 0xA7:
		return symNone, sepLaw
	case r == 0x2022 || r == 0xB7 || r == 0x25CF || r == 0x25AA:
		return symNone, sepPara
	}
	return foldRare(r)
}

// foldRare is the slow end of foldRune.
func foldRare(r rune) (sym, sep uint8) {
	switch {
	case r == 0x2019 || r == 0x2BC || r == 0xB4 || r == 0x2018:
		return symApos, 0
	case r >= 0xFF10 && r <= 0xFF19: // full width digits
		return uint8(r-0xFF10) + symZero, 0
	case r == 0x160 || r == 0x161:
		return symA + 18, 0
	case r == 0x17D || r == 0x17E:
		return symA + 25, 0
	case r >= 0x300 && r <= 0x36F: // combining marks are dealt with by the scanner
		return symNone, sepZero
	case unicode.IsLetter(r):
		return symOther, 0
	case unicode.IsSpace(r):
		return symNone, sepSpace
	}
	return symNone, sepOther
}

// combine gives the letter that a combining mark makes of the one before, or the same.
func combine(sym uint8, mark rune) uint8 {
	switch {
	case mark == 0x30A && sym == symA:
		return symAA
	case mark == 0x308 && sym == symA:
		return symAE
	case mark == 0x308 && sym == symA+14:
		return symOE
	}
	return sym
}

// foldTerm turns one word of a term into symbols; ok is false if it holds something that no word holds.
func foldTerm(t *tables, word string) (out []uint8, ok bool) {
	for _, r := range word {
		var s uint8
		switch {
		case r == '\'':
			s = symApos
		case r < 0x80:
			s = t.ascii[r].sym()
		default:
			s, _ = foldRune(r)
		}
		if s == symNone {
			return nil, false
		}
		out = append(out, s)
	}
	return out, len(out) > 0
}

// spellings gives the ways that word is written where æ, ø and å are not at hand: as it stands, with aa
// for å only, and with ae, oe, aa throughout.
func spellings(word []uint8) [][]uint8 {
	out := [][]uint8{word}
	rings, all, old := 0, []uint8(nil), []uint8(nil)
	for _, s := range word {
		switch s {
		case symAA:
			all, old, rings = append(all, symA, symA), append(old, symA, symA), rings|1
		case symAE:
			all, old, rings = append(all, symA, symA+4), append(old, s), rings|2
		case symOE:
			all, old, rings = append(all, symA+14, symA+4), append(old, s), rings|2
		default:
			all, old = append(all, s), append(old, s)
		}
	}
	if rings != 0 {
		out = append(out, all)
	}
	if rings == 3 {
		out = append(out, old)
	}
	return out
}
