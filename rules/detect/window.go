package detect

import (
	"hash/maphash"

	"postvagt/rules/checks"
)

// joinable says how the gap between two words may stand inside one number, as window bits; ok is false where
// it may not.
func joinable(g gap) (bits uint8, ok bool) {
	const inner = 1<<sepSpace | 1<<sepDot | 1<<sepDash | 1<<sepNewline | 1<<sepReturn | 1<<sepSlash | 1<<sepPlus | 1<<sepQuote
	if g.chars > 5 || g.bits&^inner != 0 || g.lines > 1 || g.bits&(1<<sepQuote) != 0 && g.lines == 0 {
		return 0, false
	}
	if g.bits&(1<<sepSpace) != 0 {
		bits |= bitSpace
	}
	if g.bits&(1<<sepDot) != 0 {
		bits |= bitDot
	}
	if g.bits&(1<<sepDash) != 0 {
		bits |= bitDash
	}
	if g.lines > 0 {
		bits |= bitNewline
	}
	if g.bits&(1<<sepSlash) != 0 {
		bits |= bitSlash
	}
	if g.bits&(1<<sepPlus) != 0 {
		bits |= bitPlus
	}
	return bits, true
}

// joinWindow closes the number window if the gap before the new word can't be part of a number.
func (s *Scanner) joinWindow(g gap) {
	bits, ok := joinable(g)
	if s.win.n > 0 && !ok {
		s.closeWindow()
	}
	if s.win.n == 0 {
		s.win.lead = g.last
		s.win.decimal = g.last == sepComma && g.chars == 1 && s.prev.digits > 0 && s.prev.letters == 0
	}
	s.win.next = bits
}

// numberToken adds a word that holds digits to the number window.
func (s *Scanner) numberToken(w []uint8) {
	win := &s.win
	letters, from := 0, leadingLetters(w)
	if from > 0 && len(w)-from >= 6 && from != 2 { // letters glued before: cpr0101801234
		w, letters = w[from:], from
	}
	if len(w) > maxDigits-win.used || win.n == maxGroups {
		s.closeWindow()
		win.next = bitNone
	}
	if len(w) > 34 || s.long {
		s.closeWindow()
		return
	}
	if win.n == 0 {
		win.glued = letters > 0
	}
	g := &win.groups[win.n]
	*g = group{off: uint8(win.used), sep: win.next, pos: s.wordPos + int32(letters), tok: s.tok}
	for _, sym := range w {
		win.chars[win.used] = plain(sym)
		win.used++
	}
	g.end = uint8(win.used)
	if win.n == 0 && len(w) >= 4 && from == 2 && w[2] >= symZero && w[3] >= symZero && w[2] < symApos && w[3] < symApos {
		win.iban = true
	}
	win.n++
	win.endPos = s.wordPos + int32(letters+len(w))
}

// plain gives the upper-case letter or digit of a symbol, '?' for letters beyond A to Z.
func plain(sym uint8) byte {
	switch {
	case sym >= symA && sym <= symA+25:
		return 'A' + sym - symA
	case sym >= symZero && sym <= symZero+9:
		return '0' + sym - symZero
	}
	return '?'
}

// letterToken meets a word without digits while a window is open: inside an IBAN it belongs to it, elsewhere
// the window ends.
func (s *Scanner) letterToken(w []uint8) {
	if s.win.iban && len(w) <= 4 && s.upper == len(w) && s.win.n < 8 {
		s.numberToken(w)
		return
	}
	s.closeWindow()
}

// closeWindow tries every run of groups as every number, official spellings first, and empties the window.
func (s *Scanner) closeWindow() {
	win := &s.win
	if win.n == 0 {
		return
	}
	if win.used >= 9 {
		var taken [maxGroups]bool
		for _, forms := range [...]uint8{formOfficial | formBare | formSplit, formLoose} {
			for from := 0; from < win.n; from++ {
				s.tryFrom(from, forms, &taken)
			}
		}
	}
	win.n, win.used, win.iban, win.glued = 0, 0, false, false
}

// tryFrom tries the runs of groups that begin at group from.
func (s *Scanner) tryFrom(from int, forms uint8, taken *[maxGroups]bool) {
	win := &s.win
	if from == 0 && (win.lead == sepPlus || win.decimal) || from > 0 && win.groups[from].sep&bitPlus != 0 {
		return
	}
	var cuts uint64
	var seps uint8
	for to := from; to < win.n && !taken[to]; to++ {
		if to > from {
			cuts |= 1 << (win.groups[to].off - win.groups[from].off)
			seps |= win.groups[to].sep
		}
		chars := win.chars[win.groups[from].off:win.groups[to].end]
		if len(chars) < 9 {
			continue
		}
		hit := false
		for _, ri := range s.e.numbers {
			hit = s.try(&s.e.rules[ri], int16(ri), chars, cuts, seps, forms, from, to) || hit
		}
		if hit {
			for g := from; g <= to; g++ {
				taken[g] = true
			}
			return
		}
	}
}

// try checks one run of groups against one rule.
func (s *Scanner) try(r *rule, ri int16, chars []byte, cuts uint64, seps, forms uint8, from, to int) bool {
	for i := range r.number.shapes {
		sh := &r.number.shapes[i]
		if !sh.match(chars) {
			continue
		}
		form := sh.form(cuts, seps)
		if form&forms == 0 || !s.clean(form, from, to) {
			continue
		}
		number, sign := s.canonical(chars, sh, seps)
		res := r.number.check(number, sign)
		if res.Reason != 0 {
			continue
		}
		if len(number) == 12 && r.number.person { // the same person with and without the century
			number = number[2:]
		}
		s.propose(r, ri, number, form, res, from, to)
		return true
	}
	return false
}

// match says whether the characters are of the shape's classes.
func (sh *shape) match(chars []byte) bool {
	if len(chars) != len(sh.classes) {
		return false
	}
	for i, c := range chars {
		digit := c >= '0' && c <= '9'
		switch sh.classes[i] {
		case 'd':
			if !digit {
				return false
			}
		case 'x':
			if c == '?' {
				return false
			}
		default:
			if digit || c == '?' {
				return false
			}
		}
	}
	return true
}

// form classifies how the characters were separated.
func (sh *shape) form(cuts uint64, seps uint8) uint8 {
	switch {
	case cuts == 0 && sh.sign >= 0:
		return formOfficial // a century letter stands where the separator would
	case cuts == 0:
		return formBare
	case cuts == sh.cuts && seps&^(bitDash|bitPlus|bitSpace) == 0 && (seps&bitDash != 0 || sh.cuts&(sh.cuts-1) != 0):
		return formOfficial
	case cuts == sh.cuts || seps&bitDash != 0 && sh.dated(cuts):
		return formSplit
	}
	return formLoose
}

// dated says whether the separators are those of a date before the official one: 09.10.81-768J.
func (sh *shape) dated(cuts uint64) bool {
	switch sh.cuts {
	case 1 << 6:
		return cuts == 1<<2|1<<4|1<<6
	case 1 << 8:
		return cuts == 1<<4|1<<6|1<<8
	}
	return sh.sign == 6 && cuts == 1<<2|1<<4
}

// clean says whether the groups around leave this run alone: 2024-010180-1234 is a case, not a person.
func (s *Scanner) clean(form uint8, from, to int) bool {
	win := &s.win
	tight := func(sep uint8) bool { return sep&(bitDash|bitDot|bitSlash) != 0 && sep&(bitSpace|bitNewline) == 0 }
	if from > 0 && tight(win.groups[from].sep) || to+1 < win.n && tight(win.groups[to+1].sep) {
		return false
	}
	if form != formLoose {
		return true
	}
	// Loosely spaced digits must not go on in the same manner: that is a telephone list or a long number.
	if from > 0 && win.groups[from].sep&bitNewline == 0 && win.groups[from-1].end-win.groups[from-1].off <= 4 {
		return false
	}
	return !(to+1 < win.n && win.groups[to+1].sep&bitNewline == 0 && win.groups[to+1].end-win.groups[to+1].off <= 4)
}

// canonical takes the century sign out.
func (s *Scanner) canonical(chars []byte, sh *shape, seps uint8) ([]byte, byte) {
	if sh.sign >= 0 {
		n := append(s.canon[:0], chars[:sh.sign]...)
		return append(n, chars[sh.sign+1:]...), chars[sh.sign]
	}
	n := append(s.canon[:0], chars...)
	switch {
	case seps&bitPlus != 0:
		return n, '+'
	case seps&bitDash != 0:
		return n, '-'
	}
	return n, 0
}

// propose files a number that passed its check; the words around will decide.
func (s *Scanner) propose(r *rule, ri int16, number []byte, form uint8, res checks.Result, from, to int) {
	win := &s.win
	slot := r.number.slot
	c := candidate{pos: win.groups[from].pos, end: win.endPos, rule: ri, form: form, checked: res.Checked, exempt: res.Exempt, seg: s.nseg,
		key: maphash.Bytes(s.seed, number), len: uint8(len(number))}
	copy(c.canon[:], number)
	c.full = win.groups[to].end - win.groups[from].off
	ctx, against := c.pos-s.ctxAt[slot], min(c.pos-s.numAt, c.pos-s.notAt[slot])
	c.context = ctx <= proximity
	c.column = r.number.column && c.pos-s.column[slot] <= 2*proximity
	c.against = against <= 40 && s.numAt != s.anyAt && !(c.context && ctx <= against)
	c.against = c.against || form == formBare && !c.context && (from == 0 && win.lead == sepHash || clock(win.chars[win.groups[from].off:win.groups[to].end]))
	c.own = c.pos-s.ownAt <= proximity
	if win.glued && from == 0 && !c.context {
		return
	}
	if s.npend == len(s.pending) {
		s.settle(len(s.pending) / 2)
	}
	s.pending[s.npend] = c
	s.npend++
	if g := &s.segs[s.nseg%segRing]; r.number.person && g.numbers < 255 && !c.against &&
		(c.context || form&formOfficial != 0 && (c.checked || c.exempt)) {
		g.numbers++
	}
}

// clock says whether twelve digits read as a point in time, YYYYMMDDhhmm.
func clock(n []byte) bool {
	return len(n) == 12 && (n[0] == '1' && n[2] == '9' || n[0] == '2') && string(n[8:10]) < "24" && n[10] < '6'
}

// contextAfter tells waiting numbers that a word for them has followed.
func (s *Scanner) contextAfter(slot uint8, pos int32) {
	for i := range s.npend {
		c := &s.pending[i]
		if s.e.rules[c.rule].number.slot == slot && pos-c.end <= proximity {
			c.context = true
		}
	}
}
