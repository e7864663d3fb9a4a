package detect

// accepted is a number that counts unless its digits turn out to be another kind of number.
type accepted struct {
	key     uint64
	entry   int32
	tier    int16
	context bool
	person  bool
}

// settle decides about the n oldest waiting numbers. Of several readings of the same digits the surest wins.
func (s *Scanner) settle(n int) {
	for i := 0; i < n; {
		best, rank, against := i, -1, false
		j := i
		for ; j < s.npend && s.pending[j].pos == s.pending[i].pos; j++ {
			c := &s.pending[j]
			against = against || c.against
			if r := s.rank(c); r > rank {
				best, rank = j, r
			}
		}
		c := &s.pending[best]
		if rank >= 0 {
			s.found(c)
		} else {
			if against && len(s.dropped) < maxEntries {
				s.dropped[c.key] = struct{}{}
			}
			s.noteNumber(c, -1)
		}
		i, n = j, max(n, j)
	}
	s.npend = copy(s.pending[:], s.pending[n:s.npend])
}

// rank orders readings of the same digits, -1 for one that does not count.
func (s *Scanner) rank(c *candidate) int {
	r := &s.e.rules[c.rule]
	c.tier = s.tierOf(r, c)
	if c.tier < r.number.least {
		return -1
	}
	rank := 4 * c.tier
	if c.context {
		rank += 40
	}
	if c.checked {
		rank += 8
	}
	if s.spoken(r.main) {
		rank += 12
	}
	return rank
}

// tierOf gives the highest tier whose conditions a number meets, 0 if none.
func (s *Scanner) tierOf(r *rule, c *candidate) int {
	if c.against {
		return 0
	}
	context := c.context || c.column
	for _, t := range r.number.tiers {
		if t.forms&c.form == 0 || t.checked && !c.checked && !(t.exempt && c.exempt) || t.context && !context || t.length > 0 && t.length != c.full {
			continue
		}
		if t.person && !c.mine && (c.own || !s.personNear(c.seg)) {
			continue
		}
		return t.tier
	}
	return 0
}

// personNear says whether somebody is named or meant near a segment; in a letter that greets one person by name, that is the
// reader.
func (s *Scanner) personNear(n int32) bool {
	if g := &s.segs[n%segRing]; s.msg.greeted && !s.msg.greetOther && n > s.nseg-segRing && g.cues[classSecond] > 0 {
		return true
	}
	for i := max(n-2, s.parts[s.part].start, s.nseg-segRing+1, 0); i <= min(n+1, s.nseg); i++ {
		if g := &s.segs[i%segRing]; g.named() >= 0.8 && !g.signature {
			return true
		}
	}
	return false
}

// found files a number that counts.
func (s *Scanner) found(c *candidate) {
	r := &s.e.rules[c.rule]
	if r.level == None { // an organisation's: its digits are no person's, here and elsewhere
		s.nobodys[r.number.slot] = true
		s.noteNumber(c, -1)
		if len(s.dropped) < maxEntries {
			s.dropped[c.key] = struct{}{}
		}
		return
	}
	if c.context {
		s.column[r.number.slot] = c.end
	}
	e, index := s.entry(c.rule)
	if e == nil {
		return
	}
	s.noteNumber(c, index)
	e.fresh = e.fresh || !s.parts[s.part].quoted
	if len(s.accepted) < maxEntries {
		s.accepted = append(s.accepted, accepted{key: c.key, entry: int32(index), tier: int16(c.tier), context: c.context || c.column, person: r.number.person})
	} else {
		s.count(&accepted{key: c.key, entry: int32(index), tier: int16(c.tier), person: r.number.person})
	}
	if r.number.person {
		if g := &s.segs[c.seg%segRing]; c.seg > s.nseg-segRing {
			for _, name := range g.names[:g.nnames] {
				s.identify(s.namedNum, name)
			}
		}
		if s.ctx.Person != nil {
			s.ctx.Person(r.spec.Kind, c.canon[:c.len])
		}
	}
}

// count adds a number to its entry.
func (s *Scanner) count(a *accepted) {
	e := &s.entries[a.entry]
	e.count++
	e.tier = max(e.tier, int(a.tier))
	if a.person {
		s.identify(s.persons, a.key)
	}
}

// lowered says whether the digits were another kind of number somewhere in the message.
func (s *Scanner) lowered(key uint64) bool {
	_, ok := s.dropped[key]
	return ok
}

// numbers counts the accepted numbers at the end: an order number in the text is one in the subject too, unless
// a word for a person's number stands by it.
func (s *Scanner) numbers() {
	for i := range s.accepted {
		if a := &s.accepted[i]; a.context || !s.lowered(a.key) {
			s.count(a)
		}
	}
	s.accepted = nil
}
