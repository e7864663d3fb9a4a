package detect

import "slices"

// Result ends the scan and says what the texts amount to.
func (s *Scanner) Result() Result {
	if s.open {
		s.endPart()
	}
	if s.memo != nil {
		s.e.memos.Put(s.memo)
		s.memo = nil
	}
	s.numbers()
	s.clients()
	r := Result{Lang: s.language(), Asks: s.msg.ask}
	threshold := s.msg.threshold()
	kinds := map[string]bool{}
	for i := range s.entries {
		e := &s.entries[i]
		rule := &s.e.rules[e.rule]
		tier := e.tier
		if rule.number != nil && e.count == 0 {
			continue
		}
		if rule.number == nil {
			sc := s.score(e)
			if sc < threshold || s.unspoken(e.part, rule.langs) {
				continue
			}
			tier = 65
			if sc > threshold+0.35 {
				tier = 85
			} else if sc > threshold+0.15 {
				tier = 75
			}
		}
		e.final = tier
		r.Level = max(r.Level, rule.level)
		kinds[rule.spec.Kind] = true
		p := s.parts[e.part]
		r.Findings = append(r.Findings, Finding{Rule: rule.id, Kind: rule.spec.Kind, Level: rule.level, Tier: tier, Count: int(e.count),
			Part: p.name, Quoted: !e.fresh})
	}
	for k := range kinds {
		r.Kinds = append(r.Kinds, k)
	}
	slices.Sort(r.Kinds)
	r.Persons = s.countPersons(r.Level)
	return r
}

// countPersons counts distinct persons: those with a number, and those only named.
func (s *Scanner) countPersons(level Level) int {
	if level == None {
		return 0
	}
	n := len(s.persons)
	for name := range s.names {
		if _, ok := s.namedNum[name]; !ok {
			n++
		}
	}
	return max(n, 1)
}

// language names the language that most of the text is in.
func (s *Scanner) language() string {
	best, most := "", int32(0)
	for l, n := range s.total {
		if n > most {
			best, most = langNames[l], n
		}
	}
	if best == "no" {
		if s.nynorsk*3 > most {
			return "nn"
		}
		return "nb"
	}
	return best
}

// mainLang gives the bit of the language that most of the message is in, 0 if none is known.
func (s *Scanner) mainLang() uint8 {
	best, most := uint8(0), int32(0)
	for l, n := range s.total {
		if n > most {
			best, most = 1<<l, n
		}
	}
	return best
}

// client notes that the sender, or the signature, is of a service whose clients are secret (R12).
func (s *Scanner) client(t *term) {
	if s.parts[s.part].name == senderPart || s.closing > 0 {
		s.msg.client |= 1 << t.kind
	}
}

// clients files the kinds of a secret client relationship, if the mail is about or to one client.
func (s *Scanner) clients() {
	m := &s.msg
	if m.client == 0 || m.contact < 0.5 && !(m.greeted && m.appointed) || m.discuss > 4 || m.greetOther || len(s.parts) == 0 {
		return
	}
	for i := range s.e.rules {
		r := &s.e.rules[i]
		if m.client>>r.kind&1 == 1 && r.spec.Terms != nil && (r.main&s.mainLang() != 0 || s.mainLang() == 0) {
			m.client &^= 1 << r.kind
			if e, _ := s.entry(int16(i)); e != nil {
				e.count, e.tier, e.tied, e.fresh = e.count+1, 75, evidence{topic: 3, tie: 1}, true
			}
		}
	}
}

// asks notes a sentence that asks its reader to send such data by mail (R17).
func (s *Scanner) asks(g *segment) {
	c := &g.cues
	if c[classAskSend] > 0 && c[classAskData] > 0 && c[classNot] == 0 && (c[classAskMail] > 0 || c[classSecond] > 0) {
		s.msg.ask = true
	}
}
