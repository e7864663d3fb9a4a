package detect

import (
	"hash/maphash"

	"postvagt/rules/checks"
)

// candidateRun is a run of groups and how they were separated.
type candidateRun struct {
	from, to int
	cuts     uint64
	seps     uint8
	forms    uint8 // the forms that are asked for
}

// tryRun checks one run of groups against every shape of its length; several rules may accept it. It is proven if one did
// whose check takes not any digits.
func (s *Scanner) tryRun(run candidateRun) (hit, proven bool) {
	win := &s.win
	chars := win.chars[win.groups[run.from].off:win.groups[run.to].end]
	digits, plain := classify(chars)
	if !plain {
		return false, false
	}
	last := int16(-1)
	for _, ref := range s.e.shapes[len(chars)] {
		if ref.rule == last {
			continue // one shape of a rule is enough
		}
		r := &s.e.rules[ref.rule]
		sh := &r.number.shapes[ref.shape]
		form := sh.form(run.cuts, run.seps)
		if form&run.forms == 0 || !sh.match(digits) || !s.clean(form, run.from, run.to) {
			continue
		}
		number, sign := s.canonical(chars, sh, run.seps)
		res := r.number.check(number, sign)
		if res.Reason != 0 || r.level == None && win.groups[run.from].pos-s.ctxAt[r.number.slot] > ownNear {
			continue
		}
		if len(number) == 12 && r.number.person { // the same person with and without the century
			number = number[2:]
		}
		s.propose(r, ref.rule, number, form, res, run.from, run.to)
		last, hit, proven = ref.rule, true, proven || r.number.proves
	}
	return hit, proven
}

// classify says, a bit for each character, which are digits, and whether all of the others are letters from A to Z.
func classify(chars []byte) (digits uint64, plain bool) {
	plain = true
	for i, c := range chars {
		if c >= '0' && c <= '9' {
			digits |= 1 << i
		} else if c == '?' {
			plain = false
		}
	}
	return digits, plain
}

// match says whether characters, of as many as the shape has, are of its classes.
func (sh *shape) match(digits uint64) bool {
	return digits&sh.digits == sh.digits && digits&sh.letters == 0
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
	c.against = c.against || !c.context && form != formLoose && c.pos-s.caseAt >= 0 && c.pos-s.caseAt <= 5
	c.own = c.own || c.pos-s.firmAt <= firmNear
	c.mine = c.pos-s.mineAt <= mineNear
	if r.level == None {
		s.firmAt = c.pos
	}
	if win.glued && from == 0 && !c.context {
		return
	}
	if s.npend == len(s.pending) {
		s.settle(len(s.pending) / 2)
	}
	s.pending[s.npend] = c
	s.npend++
	if g := s.seg; r.number.person && g.numbers < 255 && !c.against &&
		(c.context || form&formOfficial != 0 && (c.checked || c.exempt)) {
		g.numbers++
	}
}

const (
	firmNear = 60 // how many characters before an account its holder may stand
	mineNear = 40 // and after the word for a person's own account
	ownNear  = 40 // and before an organisation's number the word for it begins
)

// clock says whether twelve digits read as a point in time, YYYYMMDDhhmm.
func clock(n []byte) bool {
	return len(n) == 12 && (n[0] == '1' && n[2] == '9' || n[0] == '2') && string(n[8:10]) < "24" && n[10] < '6'
}

// ownAfter tells waiting numbers that a word for the organisation's own has followed: IBAN …, reference 2026.
func (s *Scanner) ownAfter(pos int32) {
	for i := s.npend - 1; i >= 0 && pos-s.pending[i].end <= ownNear; i-- {
		s.pending[i].own = true
	}
}

// contextAfter tells waiting numbers that a word for them has followed.
func (s *Scanner) contextAfter(slot uint8, pos int32) {
	for i := s.npend - 1; i >= 0 && pos-s.pending[i].end <= proximity; i-- {
		if c := &s.pending[i]; s.e.rules[c.rule].number.slot == slot {
			c.context = true
		}
	}
}
