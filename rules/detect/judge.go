package detect

import "math/bits"

// tie says how surely a segment speaks of one person, 0 to 1.
func (g *segment) tie() float64 {
	if g.numbers > 0 {
		return 1
	}
	return g.named()
}

// named is tie without national numbers.
func (g *segment) named() float64 {
	c := &g.cues
	switch {
	case g.full > 0:
		return 0.95
	case c[classRelative] > 0:
		return 0.85
	case c[classRole] > 0 || c[classThird] > 0 || g.given > 0:
		return 0.8
	case g.initials > 0:
		return 0.7
	case g.maybe > 0 || c[classFirst] > 0:
		return 0.6
	case c[classSecond] > 0:
		return 0.55
	case g.staff && c[classTold] > 0 && c[classCondition] == 0: // our former cleaner Anna was arrested
		return 0.5
	case c[classIdentity] > 0:
		return 0.5
	case g.proper > 0:
		return 0.4
	}
	return 0
}

// judge weighs one segment by what it says and who stands near, and files it with its rules.
func (s *Scanner) judge(n int32) {
	g := &s.segs[n%segRing]
	start := s.parts[s.part].start
	if n < start || g.nhits == 0 && g.weight == 0 && g.words == 0 {
		return
	}
	if s.parts[s.part].address {
		return
	}
	if g.nhits > 0 || g.numbers > 0 { // persons of whom something is told, not colleagues in passing
		for _, name := range g.names[:g.nnames] {
			s.identify(s.names, name)
		}
	}
	s.msg.words += g.words
	s.msg.told += int32(g.cues[classTold])
	s.msg.second += int32(g.cues[classSecond])
	own := g.tie()
	if g.law > 0 && own < 0.8 { // a letter of an authority about somebody names its law
		g.weight += 2
	}
	s.msg.segments++
	if own < 0.85 && g.given == 0 && !g.after {
		s.msg.discuss += int32(g.weight)
	}
	if !s.parts[s.part].subject && n-start < 6 && !g.signature {
		s.msg.bodyTie = max(s.msg.bodyTie, own)
	}
	if s.parts[s.part].subject {
		s.msg.subject += int32(g.weight)
		s.msg.subjectTie = max(s.msg.subjectTie, own)
	}
	s.asks(g)
	if g.cues[classContact] > 0 && !g.signature {
		s.msg.appointed = true
		s.msg.contact = max(s.msg.contact, own)
	}
	if g.nhits == 0 || g.signature {
		return
	}
	tie, plural := own, g.cues[classPlural] > 0 && own < 0.7
	for d := int32(-2); d <= 2; d++ {
		i := n + d
		if d == 0 || i < start || i < 0 || i > s.nseg || i <= s.nseg-segRing {
			continue
		}
		o := &s.segs[i%segRing]
		if d < 0 && g.start-o.end > proximity || d > 0 && o.start-g.end > proximity || o.signature {
			continue
		}
		f := 0.85
		if d == 2 || d == -2 {
			f = 0.7
		}
		if g.weight >= 2 && own < 0.5 {
			f *= 0.75 // who discusses a topic need not mean the person named before
		}
		tie = max(tie, f*o.tie())
	}
	if g.cues[classCompany] > 0 && own < 0.5 {
		tie *= 0.6 // the company owes, not whoever is named beside it
	}
	v := evidence{tie: tie, weight: float64(min(g.weight, 5)), own: g.cues[classOwn] > 0, condition: g.cues[classCondition] > 0, plural: plural,
		told: g.cues[classTold] > 0, named: own >= 0.95, sure: g.sure(), single: g.full == 0 && g.cues[classThird]+g.given > 0, reader: g.cues[classSecond] > 0, kinds: float64(s.kindCount(g))}
	s.weigh(n, g, v)
}

// kindCount counts the kinds of which a segment holds more than weak terms. Family and income beside social are one with it: a
// child taken into care, and social assistance, are both.
func (s *Scanner) kindCount(g *segment) int {
	set := uint32(0)
	for _, h := range g.hits[:g.nhits] {
		if h.grade == gradeUsual || h.grade == gradeStrong {
			set |= 1 << h.kind
		}
	}
	if set&s.e.social != 0 {
		set &^= s.e.besideSocial
	}
	return bits.OnesCount32(set)
}

// distinct gives the grades of a segment's hits, gradeNever for what another one tells better: rules of several languages may
// know the same word.
func (g *segment) distinct() (grades [maxHits]uint8) {
	hits := g.hits[:g.nhits]
	for i := range hits {
		h := &hits[i]
		grades[i] = h.grade
		for j := range hits {
			o := &hits[j]
			if o.grade < h.grade || o.grade == h.grade && j >= i {
				continue
			}
			if o.kind == h.kind && o.to >= h.from && o.from <= h.to || o.id == h.id {
				grades[i] = gradeNever
				break
			}
		}
	}
	return grades
}

// topicOf adds up the terms of one kind in a segment, each once: the best in full, the rest at half weight.
func (s *Scanner) topicOf(g *segment, grades *[maxHits]uint8, kind uint8) (topic, best float64) {
	rest, sure := 0.0, false
	for i := range g.hits[:g.nhits] {
		h, grade := &g.hits[i], grades[i]
		if h.kind != kind {
			continue
		}
		sure = sure || h.grade != gradeNever && h.grade != gradeHint
		if grade == gradeNever {
			continue
		}
		w := [...]float64{0.4, 0.25, 0.6, 1}[grade] * s.e.rules[h.owner].weight
		if grade == gradeHint && !sure {
			w *= 0.6
		}
		if w > best {
			w, best = best, w
		}
		rest += w
	}
	return best + min(0.5*rest, 0.6), best
}

// weigh sums the terms of each kind in a segment and files the sums with the rules they are of.
func (s *Scanner) weigh(n int32, g *segment, v evidence) {
	counts, words := s.around(n)
	for i := 0; i < g.nhits; i++ {
		if foreign(&counts, words, g.hits[i].langs) {
			g.nhits--
			g.hits[i] = g.hits[g.nhits]
			i--
		}
	}
	var done uint64
	grades := g.distinct()
	for i := range g.nhits {
		kind := g.hits[i].kind
		if done>>kind&1 == 1 {
			continue
		}
		done |= 1 << kind
		best := 0.0
		v.topic, best = s.topicOf(g, &grades, kind)
		if name := s.e.kinds[kind]; g.cues[classMoney] > 0 && (name == "income" || name == "debt") {
			v.topic += min(0.35, 0.5*best)
		} else if g.icd > 0 && best >= 0.25 && name == "health" {
			v.topic += 0.5
		}
		for j := range g.nhits {
			h := &g.hits[j]
			if h.kind != kind || h.grade == gradeNever {
				continue
			}
			if e, index := s.entry(h.owner); e != nil {
				if e.noted != g.start+1 {
					e.noted = g.start + 1
					s.noteTopic(g, kind, index, h.owner, v)
					e.fresh = e.fresh || !s.parts[s.part].quoted
					e.add(v)
				}
				e.count++
				e.more += v.topic
			}
		}
	}
}
