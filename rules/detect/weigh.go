package detect

import "strings"

// evidence is what one segment says of one kind, and about whom.
type evidence struct {
	topic     float64 // weight of the terms
	tie       float64 // how surely it is about one person, 0 to 1
	weight    float64 // of words of discussion
	kinds     float64 // how many kinds are spoken of
	condition bool
	plural    bool // people in general
	told      bool
	own       bool    // the organisation's own accounts
	reader    bool    // it speaks to the reader
	sure      uint8   // what it meets in spite of a genre
	single    bool    // somebody without a full name is meant
	named     bool    // a full name or a national number stands in it
	low       float64 // lower of all the above
}

// threshold is what the score of a topic must reach. In a long text there is more to be mistaken about.
func (m *messageFacts) threshold() float64 {
	t := 0.43
	for n := m.segments; n > 40; n /= 2 {
		t += 0.01
	}
	return t
}

// lower is what speaks against a segment's telling something of somebody.
func (v *evidence) lower() float64 {
	l := 0.12 * v.weight
	if v.own {
		l += 0.2
	}
	if v.condition {
		l += 0.25
	}
	if v.plural {
		l += 0.25
	}
	if v.kinds >= 4 {
		l += 0.15 * (v.kinds - 3) // an enumeration, as laws and policies have it
	}
	if v.named {
		l *= 0.4
	}
	if v.told && v.topic >= 0.4 && v.tie > 0 {
		l -= 0.15
	}
	return l
}

// unspoken says whether the message, or the part, is in other languages than those given, but for a word here and there.
func (s *Scanner) unspoken(part int32, langs uint8) bool {
	p := &s.parts[part]
	_, here := share(&p.langs, langs)
	most, own := share(&s.total, langs)
	if (own < 4 || here == 0) && own*4 < most {
		return true
	}
	return here*3 < p.langs[langCount-1]
}

// add keeps the evidence if it is the best so far.
func (e *entry) add(v evidence) {
	v.low = v.lower()
	if v.topic >= 0.9 {
		v.sure |= 1 << sureTopic
		if v.single && !v.condition {
			v.sure |= 1<<sureClient | 1<<sureNamed
		}
	}
	if v.tie > 0.805 { // somebody's full name stands right beside
		v.sure |= 1 << sureOwner
	}
	for i := 0; v.sure>>i != 0; i++ {
		if b := &e.sure[i]; v.sure>>i&1 == 1 && (b.topic == 0 || v.topic*v.tie-v.low > b.topic*b.tie-b.low) {
			*b = v
		}
	}
	if e.tied.topic == 0 || v.topic*v.tie-v.low > e.tied.topic*e.tied.tie-e.tied.low {
		e.tied = v
	}
	if e.loose.topic == 0 || v.topic-v.low > e.loose.topic-e.loose.low {
		e.loose = v
	}
}

// tie is how surely the whole message is about or to one person.
func (s *Scanner) tie() float64 {
	m := &s.msg
	tie := m.subjectTie * 0.8
	if m.greeted && m.second > 0 {
		tie = max(tie, 0.7)
	} else if m.greeted {
		tie = max(tie, 0.4)
	}
	if len(s.ctx.Recipients) == 1 && strings.ContainsRune(strings.TrimSpace(s.ctx.Recipients[0]), ' ') && m.second > 1 {
		tie = max(tie, 0.5) // to one named person, and speaking to them
	}
	if len(s.persons) > 0 {
		tie = max(tie, 0.7)
	}
	if m.signed && m.discuss < 3 {
		tie = max(tie, 0.45)
	}
	if m.discuss+m.subject == 0 && !m.greetOther && m.segments < 20 {
		tie = max(tie, 0.29) // a short mail that discusses nothing tells something
	}
	return tie
}

// discussed is how much the whole message only talks about such things.
func (m *messageFacts) discussed() float64 {
	words := m.discuss
	if m.greeted || m.subjectTie > 0 {
		words = max(0, words-1) // one such word is in any letter
	}
	d := 0.06 * float64(words) * min(1, 16/float64(m.segments+1))
	if m.segments > 30 { // a long text that keeps discussing
		d = max(d, 1.5*float64(m.discuss)/float64(m.segments))
	}
	d = min(d, 0.5) + min(0.15*float64(m.subject), 0.3)
	if m.greetOther {
		d += 0.1
	}
	return d
}

// score is the last word on an entry of a topic, with what the whole message says.
func (s *Scanner) score(e *entry) float64 {
	tie := s.tie()
	if s.parts[e.part].subject && s.msg.bodyTie >= 0.8 {
		tie = max(tie, 0.8*s.msg.bodyTie)
	}
	if e.tied.plural {
		tie *= 0.6
	}
	discussed := s.msg.discussed()
	if s.msg.greeted && e.tied.reader && !s.msg.greetOther {
		discussed *= 0.6 // a letter to one person explains, too
	}
	switch letter := s.msg.greeted && !s.msg.greetOther; {
	case e.tied.named && letter && e.tied.topic >= 0.9: // nor a page of other matters
		discussed *= 0.4
	case e.tied.named:
		discussed *= 0.8 // one harmless word must not cancel a named diagnosis
	}
	if g := s.genre(e.part); g < genreCount {
		v := &e.sure[sureFor(g)]
		return v.topic*v.tie - v.low - discussed
	}
	best := max(e.tied.topic*max(e.tied.tie, tie)-e.tied.low, e.loose.topic*tie-e.loose.low)
	if e.tied.tie >= 0.8 && s.msg.discuss+s.msg.subject <= 1 && s.msg.segments < 25 {
		best += 0.3 * min(e.more-e.tied.topic, 1) // told of somebody in several sentences
	}
	return best - discussed
}
