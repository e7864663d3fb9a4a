package detect

// apart is a short run of digits that may be the first group of an account, of which the rest stands behind a word:
// reg.nr. 1234, kontonr. 0005678901.
type apart struct {
	chars    [maxApart]byte
	n        int
	pos, end int32
	tok      int32
}

const (
	maxApart  = 5 // a registration number has four digits, a Swedish clearing number four or five
	apartNear = 3 // words from it to the rest, as "konto nr. 0005678901" takes them
)

// joinApart tries the digits of a window as the rest of what stood apart before, or remembers them if they may be such a first
// group.
func (s *Scanner) joinApart() {
	win, a := &s.win, s.apart
	s.apart.n = 0
	if win.glued || win.decimal {
		return
	}
	chars := win.chars[:win.used]
	digits, _ := classify(chars)
	if digits != 1<<win.used-1 {
		return
	}
	if first := &win.groups[0]; a.n > 0 && win.used > maxApart && win.used <= 10 && first.tok-a.tok <= apartNear {
		s.tryApart(&a)
	} else if win.used == maxApart || win.used == maxApart-1 {
		s.apart = apart{n: win.used, pos: first.pos, end: win.endPos, tok: win.groups[win.n-1].tok}
		copy(s.apart.chars[:], chars)
	}
}

// tryApart checks the two groups as the numbers that are written so, of which a context word must stand between them.
func (s *Scanner) tryApart(a *apart) {
	rest := s.win
	n := a.n + rest.used
	s.win = window{n: 2, used: n, endPos: rest.endPos}
	win := &s.win
	copy(win.chars[copy(win.chars[:], a.chars[:a.n]):], rest.chars[:rest.used])
	win.groups[0] = group{end: uint8(a.n), pos: a.pos, tok: a.tok}
	win.groups[1] = group{off: uint8(a.n), end: uint8(n), sep: bitDash, pos: rest.groups[0].pos, tok: rest.groups[0].tok}
	last := int16(-1)
	for _, ref := range s.e.shapes[n] {
		r := &s.e.rules[ref.rule]
		sh := &r.number.shapes[ref.shape]
		if ref.rule == last || sh.cuts>>a.n&1 == 0 || sh.cuts&(1<<a.n-1) != 0 || sh.digits != 1<<n-1 || s.ctxAt[r.number.slot] < a.end {
			continue
		}
		if res := r.number.check(win.chars[:n], '-'); res.Reason == 0 {
			s.propose(r, ref.rule, win.chars[:n], formOfficial, res, 0, 1)
			last = ref.rule
		}
	}
	s.win = rest
}
