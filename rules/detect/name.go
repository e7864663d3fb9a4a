package detect

// nameRun is a run of capitalised words that may be somebody's name.
type nameRun struct {
	n              uint8
	given, surname bool
	titled         bool
	official       bool
	greeting       bool
	starts         bool
	initials       uint8
	known          uint8
	hash           uint64
	tok            int32
}

const maxPersons = 1 << 17

// nameToken lets a capitalised word begin or go on a name; h is its hash.
func (s *Scanner) nameToken(h hash, given, surname, known bool, f *tokenFacts) {
	if !s.w.capital || f.digits() > 0 || s.w.n < 4 && s.w.counts.upper() > 1 && s.w.counts.upper() == s.w.n {
		if s.run.n > 0 {
			s.endRun()
		}
		*f &^= tokHasRun
		f.set(tokTitle, f.is(tokTitle) || s.prev.is(tokTitle) && s.prev.letters() <= 3 && f.letters() <= 2)
		if s.prev.is(tokGreeting) && f.letters() > 0 && !f.is(tokGreeting) {
			s.msg.greetOther = s.msg.greetOther || s.seg.cues[classPlural] > 0
		}
		return
	}
	r := &s.run
	if r.n == 0 {
		*r = nameRun{titled: s.prev.is(tokTitle), official: s.prev.is(tokOfficial), greeting: s.prev.is(tokGreeting) || f.is(tokGreeting),
			starts: s.seg.words == 1, tok: s.tok}
	}
	if f.is(tokTitle) || f.is(tokGreeting) || f.is(tokOfficial) {
		r.titled, r.official, r.greeting = r.titled || f.is(tokTitle), r.official || f.is(tokOfficial), r.greeting || f.is(tokGreeting)
		return
	}
	if known && !given && !surname {
		r.known++
	}
	r.n++
	r.given, r.surname = r.given || given, r.surname || surname && (r.n > 1 || !r.starts)
	if f.is(tokInitial) {
		r.initials++
	}
	r.hash = r.hash*31 + uint64(h)
	*f |= tokHasRun
}

// endRun decides what a run of capitalised words was.
func (s *Scanner) endRun() {
	if s.run.n == 0 {
		return
	}
	r := s.run
	s.run = nameRun{}
	if r.n > 5 {
		return
	}
	seg := s.seg
	full := r.titled || r.n >= 2 && (r.given || r.surname && r.known == 0)
	switch {
	case r.greeting:
		if r.given || r.surname || r.n >= 2 || r.titled {
			s.msg.greeted = true
		}
	case s.parts[s.part].address:
	case s.closing > 0:
		if full || r.given || r.n >= 2 && r.known == 0 {
			s.msg.signed = true
		}
	case r.official:
		seg.staff = true
	case r.initials == r.n && r.n >= 2 && r.n <= 3:
		seg.initials++
	case full:
		if _, own := s.selfName[r.hash]; !own {
			seg.full++
			if int(seg.nnames) < len(seg.names) {
				seg.names[seg.nnames] = r.hash
				seg.nnames++
			}
		}
	case r.given:
		seg.given++
	case r.known > 0:
	case r.surname:
		seg.maybe++
	case r.n >= 2 && (r.n == 2 || !r.starts):
		seg.maybe++
	case !r.starts:
		seg.proper++
	}
}

func (s *Scanner) identify(set map[uint64]struct{}, key uint64) {
	if len(set) < maxPersons {
		set[key] = struct{}{}
	}
}
