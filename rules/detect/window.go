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
	if len(w) > 34 || s.long {
		s.closeWindow()
		return
	}
	for len(w) > maxDigits-win.used || win.n == maxGroups {
		s.slideWindow()
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
	if len(w) >= 4 && from == 2 && w[2] >= symZero && w[3] >= symZero && w[2] < symApos && w[3] < symApos {
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

// closeWindow tries every run of groups as every number, and empties the window.
func (s *Scanner) closeWindow() {
	win := &s.win
	if win.used >= minNumber {
		var taken [maxGroups]bool
		s.tryAll(win.n, &taken)
	}
	win.n, win.used, win.iban, win.glued = 0, 0, false, false
}

// minNumber is the least of characters that any number has.
const minNumber = 9

// slideWindow makes room: it tries the runs that begin in the first half, and drops that half and what they took.
func (s *Scanner) slideWindow() {
	win := &s.win
	var taken [maxGroups]bool
	keep := max(1, win.n/2)
	if win.used >= minNumber {
		s.tryAll(keep, &taken)
	}
	for keep < win.n && taken[keep] {
		keep++
	}
	drop := uint8(win.used)
	if keep < win.n {
		drop = win.groups[keep].off
	}
	win.used = copy(win.chars[:], win.chars[drop:win.used])
	win.n = copy(win.groups[:], win.groups[keep:win.n])
	for i := range win.n {
		win.groups[i].off -= drop
		win.groups[i].end -= drop
	}
	win.lead, win.decimal, win.glued = sepSpace, false, false
	if win.n == 0 {
		win.iban = false
	}
}

// tryAll tries the runs that begin before group until, official spellings first.
func (s *Scanner) tryAll(until int, taken *[maxGroups]bool) {
	for _, forms := range [...]uint8{formOfficial | formBare | formSplit, formLoose} {
		for from := range until {
			s.tryFrom(from, forms, taken)
		}
	}
}

// tryFrom tries the runs of groups that begin at group from.
func (s *Scanner) tryFrom(from int, forms uint8, taken *[maxGroups]bool) {
	win := &s.win
	if from == 0 && (win.lead == sepPlus || win.decimal) || from > 0 && win.groups[from].sep&bitPlus != 0 {
		return
	}
	if from > 0 && tight(win.groups[from].sep) {
		return // 2024-010180-1234 is a case, not a person
	}
	var cuts uint64
	var seps uint8
	start := win.groups[from].off
	letters := win.chars[start] >= 'A'
	for to := from; to < win.n && !taken[to]; to++ {
		if to > from {
			cuts |= 1 << (win.groups[to].off - start)
			seps |= win.groups[to].sep
		}
		n := int(win.groups[to].end - start)
		if n < minNumber {
			continue
		}
		if n > s.e.longest[b2i(letters)] {
			return
		}
		if s.tryRun(candidateRun{from: from, to: to, cuts: cuts, seps: seps, forms: forms}) {
			for g := from; g <= to; g++ {
				taken[g] = true
			}
			return
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tight says whether a separator binds what it stands between.
func tight(sep uint8) bool {
	return sep&(bitDash|bitDot|bitSlash) != 0 && sep&(bitSpace|bitNewline) == 0
}

// candidateRun is a run of groups and how they were separated.
type candidateRun struct {
	from, to int
	cuts     uint64
	seps     uint8
	forms    uint8 // the forms that are asked for
}

// tryRun checks one run of groups against every shape of its length; several rules may accept it.
func (s *Scanner) tryRun(run candidateRun) (hit bool) {
	win := &s.win
	chars := win.chars[win.groups[run.from].off:win.groups[run.to].end]
	last := int16(-1)
	for _, ref := range s.e.shapes[len(chars)] {
		if ref.rule == last {
			continue // one shape of a rule is enough
		}
		r := &s.e.rules[ref.rule]
		sh := &r.number.shapes[ref.shape]
		form := sh.form(run.cuts, run.seps)
		if form&run.forms == 0 || !sh.match(chars) || !s.clean(form, run.from, run.to) {
			continue
		}
		number, sign := s.canonical(chars, sh, run.seps)
		res := r.number.check(number, sign)
		if res.Reason != 0 {
			continue
		}
		if len(number) == 12 && r.number.person { // the same person with and without the century
			number = number[2:]
		}
		s.propose(r, ref.rule, number, form, res, run.from, run.to)
		last, hit = ref.rule, true
	}
	return hit
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

// clean says whether the groups after, and for loose forms those before, leave this run alone.
func (s *Scanner) clean(form uint8, from, to int) bool {
	win := &s.win
	if to+1 < win.n && tight(win.groups[to+1].sep) {
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
