package detect

// joinable says how the gap between two words may stand inside one number, as window bits; ok is false where
// it may not.
func joinable(g *gap) (bits uint8, ok bool) {
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
func (s *Scanner) joinWindow(g *gap) {
	if s.win.n > 0 {
		bits, ok := joinable(g)
		if ok {
			s.win.next = bits
			return
		}
		s.closeWindow()
	}
	s.win.next = 0 // nobody asks what stands before the first group but for lead and decimal
	s.win.lead = g.last
	s.win.decimal = g.last == sepComma && g.chars == 1 && s.prev.digits() > 0 && s.prev.letters() == 0
}

// numberToken adds a word that holds digits to the number window.
func (s *Scanner) numberToken(w []uint8) {
	win := &s.win
	letters, from := 0, leadingLetters(w)
	if from > 0 && len(w)-from >= 6 && from != 2 { // letters glued before: cpr0101801234
		w, letters = w[from:], from
	}
	if len(w) > 34 || s.w.long {
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
	*g = group{off: uint8(win.used), sep: win.next, pos: s.w.pos + int32(letters), tok: s.tok}
	for _, sym := range w {
		win.chars[win.used] = plain(sym)
		win.used++
	}
	g.end = uint8(win.used)
	if len(w) >= 4 && from == 2 && w[2] >= symZero && w[3] >= symZero && w[2] < symApos && w[3] < symApos {
		win.iban = true
	}
	win.n++
	win.endPos = s.w.pos + int32(letters+len(w))
	if win.n == 2 && win.thousands() {
		s.seg.count(classMoney)
	}
}

// thousands says whether two groups read as an amount: 27 400, 27.400.
func (win *window) thousands() bool {
	first, second := &win.groups[0], &win.groups[1]
	digits, _ := classify(win.chars[:win.used])
	return digits == 1<<win.used-1 && first.end <= 3 && second.end-second.off == 3 && win.chars[0] != '0' && (second.sep == bitSpace || second.sep == bitDot)
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
	if s.win.iban && len(w) <= 4 && s.w.counts.upper() == len(w) && s.win.n < 8 {
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
	if win.used >= maxApart-1 {
		s.joinApart()
	}
	win.n, win.used, win.iban, win.glued = 0, 0, false, false
}

// minNumber is the least of characters that any number has.
const minNumber = 8

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

// tryFrom tries the runs of groups that begin at group from, up to the first whose check proves something. Digits that are
// a number to nobody but a rule without a check may be the beginning of a longer one, and settle chooses.
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
	letters, until := win.chars[start] >= 'A', from
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
			break
		}
		hit, proven := s.tryRun(candidateRun{from: from, to: to, cuts: cuts, seps: seps, forms: forms})
		if hit {
			until = to + 1
		}
		if proven {
			break
		}
	}
	for g := from; g < until; g++ {
		taken[g] = true
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
