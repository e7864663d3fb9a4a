package detect

const (
	segRing   = 8   // segments held at a time
	proximity = 300 // characters, as Purview has it
	maxHits   = 24  // topic hits held for a segment

	maxSegment = 500 // characters
)

// hit is one topic term in a segment.
type hit struct {
	kind, grade, langs uint8
	owner              int16
	from, to           int32 // tokens
	id                 int32
}

// segment is about a sentence: what was said, and about whom.
type segment struct {
	start, end int32
	words      int32
	hits       *[maxHits]hit
	nhits      int
	cues       [classCount]uint8
	full       uint8 // full names
	given      uint8 // given names alone
	initials   uint8
	staff      bool  // somebody is named by title
	maybe      uint8 // two capitalised words that no list knows
	proper     uint8 // one such word inside a sentence
	numbers    uint8 // national numbers
	signature  bool
	after      bool      // the signature: footers say nothing of the mail
	names      [4]uint64 // hashes of the full names in it
	nnames     uint8
	weight     int16 // of the words that say the mail only discusses
	paragraph  bool  // it begins one
	colon      bool
	law        uint8   // § and %
	icd        uint8   // codes of diagnoses
	tongues    tongues // function words
	cued       tongues // cues
	ncued      uint8
}

// emit notes one matched term, from its first token and position to the current word.
func (s *Scanner) emit(t *term, tok, pos int32, f *tokenFacts) {
	if t.class == classLanguage {
		s.tellLanguage(t)
		return
	}
	if t.langs != allLangs && !s.spoken(t.langs) {
		return
	}
	seg := s.seg
	if t.class >= firstCue && t.langs != allLangs && seg.ncued < 250 {
		seg.ncued++
		seg.cued.add(t.langs) // who says "her mother" speaks English
	}
	switch t.class {
	case classTopic:
		s.topic(seg, t, tok)
		return
	case classNumberContext:
		s.ctxAt[t.weight] = s.w.pos // the end of a phrase is what stands by the number
		s.contextAfter(uint8(t.weight), pos)
		return
	case classNumberAgainst:
		s.notAt[t.weight] = pos
		return
	case classNumber:
		s.numAt = pos
	case classAnyNumber:
		s.anyAt = pos
	case classOwn:
		s.ownAt = pos
		s.ownAfter(pos)
	case classMine:
		s.mineAt = s.w.pos
	case classPlural:
		if s.prev.digits() > 0 && s.prev.letters() == 0 {
			seg.weight += 2 // 318 recipients: statistics
		}
	case classTitle:
		*f |= tokTitle
	case classOfficial:
		*f |= tokOfficial
	case classHousehold:
		if s.run.n > 0 && s.run.known == 0 || s.prev.is(tokHasRun) {
			seg.maybe++
		}
	case classIdentity:
		*f |= tokKeeps
	case classGreeting:
		f.set(tokGreeting, seg.words <= 2)
		if f.is(tokGreeting) {
			s.closing, s.after = 0, false
		}
	case classClosing:
		if seg.words <= t64(t.words)+1 {
			s.closing, s.after, seg.signature = 9, true, true
		}
	case classDiscuss:
		seg.weight += int16(t.weight)
	case classCompany:
		s.firmAt = pos
	case classCase:
		s.caseAt = s.w.pos + int32(s.w.n)
	case classYear:
		*f |= tokYear
	case classMinutes, classAdvice, classAnimal, classAdvert, classNews, classTemplate, classScience, classHistory, classAuto, classGoods:
		s.genreSign(t)
	case classSender:
		s.client(t)
	}
	seg.count(t.class)
}

// count counts a cue.
func (g *segment) count(class uint8) {
	if n := &g.cues[class]; *n < 255 {
		*n++
	}
}

func t64(n uint8) int32 { return int32(n) }

// topic adds a hit, unless a better one or a false friend stands on the same words.
func (s *Scanner) topic(seg *segment, t *term, tok int32) {
	h := hit{kind: t.kind, grade: t.grade, langs: t.langs, owner: t.owner, from: tok, to: s.tok, id: t.id}
	for i := 0; i < seg.nhits; i++ {
		o := &seg.hits[i]
		if o.kind != h.kind || o.to < h.from || o.langs&h.langs == 0 {
			continue
		}
		if longer := h.to-h.from > o.to-o.from; o.grade == gradeNever && longer {
			continue // a longer phrase knows better than the false friend inside it
		} else if o.grade > h.grade || o.grade == h.grade && !longer {
			return
		}
		seg.nhits--
		seg.hits[i] = seg.hits[seg.nhits]
		i--
	}
	if s.explain && len(s.shapes) < maxNotes {
		s.shapes[s.tok] = mask(s.w.sym[:s.w.n])
	}
	if seg.nhits < maxHits {
		seg.hits[seg.nhits] = h
		seg.nhits++
	}
}

// tellLanguage counts a function word.
func (s *Scanner) tellLanguage(t *term) {
	if t.weight == 2 {
		s.nynorsk++
		return
	}
	s.seg.tongues.add(t.langs)
}

// spoken says whether text in one of the languages is to be expected here. Before the language is known all are.
func (s *Scanner) spoken(langs uint8) bool {
	if s.heardTo != s.seg.tongues || s.heard == 0 {
		s.heard, s.heardTo = s.hear(), s.seg.tongues
	}
	return s.heard&langs != 0
}

// hear gives the languages that are spoken here.
func (s *Scanner) hear() uint8 {
	if langs := loud(&s.langs, s.seg.tongues); langs != 0 {
		return langs
	}
	if langs := loud(&s.total, s.seg.tongues); langs != 0 {
		return langs
	}
	return 1<<8 - 1
}

// loud gives the languages that have a sixth of the function words of the one with most, 0 if there are too few to say.
func loud(counts *[langCount]int32, here tongues) (langs uint8) {
	a, b, c, d, e, f := counts[0]+here.of(0), counts[1]+here.of(1), counts[2]+here.of(2), counts[3]+here.of(3), counts[4]+here.of(4), counts[5]+here.of(5)
	most := max(a, b, c, d, e, f)
	if most < 6 {
		return 0
	}
	least := (most + 5) / 6
	for l, n := range [langCount]int32{a, b, c, d, e, f} {
		langs |= uint8(uint32(least-1-n)>>31) << l // n >= least
	}
	return langs
}

// share gives the count of the language most used, and of the most used among langs.
func share(counts *[langCount]int32, langs uint8) (most, own int32) {
	for l, n := range counts {
		most = max(most, n)
		if langs>>l&1 == 1 {
			own = max(own, n)
		}
	}
	return most, own
}

// endSegment closes the current segment, judges the one whose neighbours are now known, and opens the next.
func (s *Scanner) endSegment(pos int32) {
	seg := s.seg
	if seg.words == 0 {
		seg.start = pos
		return
	}
	s.endRun()
	if s.closing > 0 && (seg.words < 10 || s.dashed && seg.words < 40 && seg.verbless()) {
		seg.signature = true
	} else if s.closing > 0 && !seg.signature {
		s.closing = 0
	}
	for l := range s.langs {
		n := seg.tongues.of(l)
		s.total[l] += n
		s.langs[l] += n
		s.langs[l] -= s.langs[l] / 3 // old text says less about the language than new
	}
	s.heard = 0
	s.endsInName(seg)
	seg.after = s.after
	s.nseg++
	if s.nseg >= lookAhead {
		s.judge(s.nseg - lookAhead)
	}
	s.startSegment(pos)
}

// startSegment begins the current segment.
func (s *Scanner) startSegment(pos int32) {
	s.seg = &s.segs[s.nseg%segRing]
	*s.seg = segment{start: pos, end: pos, hits: &s.held[s.nseg%segRing]}
}

// endsInName lets a signature begin at a paragraph that holds a name and a title, in one line or two, and no verb.
func (s *Scanner) endsInName(seg *segment) {
	if s.closing > 0 || s.stopped || seg.cues[classOfficial] == 0 || seg.colon || seg.words > 20 || !seg.verbless() {
		return
	}
	name := seg.paragraph && seg.words <= 12 && seg.full+seg.given+seg.maybe > 0
	if s.nseg > s.parts[s.part].start {
		before := &s.segs[(s.nseg+segRing-1)%segRing]
		name = name || before.paragraph && before.words <= 4 && before.full+before.given+before.maybe > 0 && before.nhits == 0
	}
	if name {
		seg.signature, s.closing = true, 4
	}
}

// verbless says whether a segment tells nothing of anybody: lines of titles and departments.
func (g *segment) verbless() bool {
	c := &g.cues
	return c[classTold] == 0 && c[classThird] == 0 && c[classFirst] == 0 && c[classSecond] == 0 && c[classRole] == 0 && c[classRelative] == 0
}

// lookAhead is how many segments after one are seen before it is judged.
const lookAhead = 3

// drain judges what is left at the end of a part.
func (s *Scanner) drain() {
	pos := s.seg.end
	s.stopped = s.gap.bits&(1<<sepDot|1<<sepStop) != 0
	s.endSegment(pos)
	for n := max(0, s.nseg-lookAhead+1); n < s.nseg; n++ {
		s.judge(n)
	}
}
