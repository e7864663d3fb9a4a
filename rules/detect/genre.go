package detect

// A genre is a manner of mail in which people are named beside topics, and no topic is told of them: minutes, adverts, news.
// Its words, and the way it is laid out, add up for each part of a message.
const (
	genreMinutes  = iota // of boards and committees: items, votes, parties
	genreAdvice          // to readers in general
	genreAnimal          // illnesses of dogs and cats
	genreAdvert          // for a post
	genreNews            // press releases, events, clubs, programmes
	genreTemplate        // with places to fill in
	genreScience         // abstracts
	genreHistory         // people of former centuries
	genreAuto            // automatic replies, rotas
	genreGoods           // orders, deliveries, stocks
	genreCount
)

// genreFacts counts what speaks for each genre in one part.
type genreFacts struct {
	weight       [genreCount]int16
	lines        int16 // numbered lines
	placeholders int16
	markup       bool   // closing tags stand in the text, so names in angle brackets are tags
	seen         uint64 // lists of terms that have been met
}

// enough is what must speak for a genre before it counts.
func enough(genre int) int16 {
	switch genre {
	case genreMinutes:
		return 4
	case genreTemplate, genreGoods:
		return 3
	}
	return 2
}

// of says what one genre weighs, with what the layout says.
func (f *genreFacts) of(genre int) int16 {
	w := f.weight[genre]
	switch genre {
	case genreMinutes:
		w += min(f.lines, 1)
	case genreTemplate:
		if !f.markup || f.placeholders > 5 {
			w += f.placeholders
		}
	}
	return w
}

// genre gives what a part is, with its subject, or genreCount for an ordinary mail. Of several it is the first that asks for
// the surest tie: a novel in the news is a novel.
func (s *Scanner) genre(part int32) int {
	is := genreCount
	for g := range genreCount {
		if s.genreWeight(g, part) < enough(g) || is < genreCount && sureFor(g) != sureStrict {
			continue
		}
		if is = g; sureFor(g) == sureStrict {
			break
		}
	}
	return is
}

// genreWeight adds up what speaks for a genre in a part and the subjects.
func (s *Scanner) genreWeight(g int, part int32) (w int16) {
	here := &s.parts[part]
	if g == genreAdvice && s.msg.greeted && !s.msg.greetOther {
		return 0 // a letter to one person gives advice, too
	}
	for i := range min(len(s.parts), 16) {
		if p := &s.parts[i]; !p.address && (int32(i) == part || here.subject && i < 4 || p.subject) {
			w += p.genre.of(g)
		}
	}
	if int32(16) <= part {
		w += here.genre.of(g)
	}
	return w
}

// Whom a segment must speak of to count in spite of its genre.
const (
	sureClient = iota // a client, or somebody of whom something is told without a full name
	sureNamed         // or with one
	sureOwner         // a role, or a full name: no animal, no article
	sureStrict        // a national number, or the writer's own family
	sureTopic         // whoever it is, more than one usual word
	sureClasses
)

// sureFor gives what a genre asks.
func sureFor(genre int) int {
	switch genre {
	case genreMinutes, genreAdvice, genreNews:
		return sureClient
	case genreAdvert:
		return sureNamed
	case genreAuto:
		return sureTopic
	case genreAnimal, genreGoods:
		return sureOwner
	}
	return sureStrict
}

// sure gives the classes that a segment meets, as bits.
func (g *segment) sure() (bits uint8) {
	c := &g.cues
	if g.numbers > 0 || c[classRelative] > 0 && c[classFirst] > 0 {
		return 1<<sureClasses - 1
	}
	told := c[classTold] > 0 && c[classCondition] == 0
	if told && g.tie() >= 0.8 {
		bits |= 1 << sureNamed
	}
	if told && (c[classRole] > 0 || g.full == 0 && (c[classThird] > 0 || g.given > 0)) {
		bits |= 1 << sureClient
	}
	if g.full > 0 || c[classRole] > 0 || c[classRelative] > 0 {
		bits |= 1 << sureOwner
	}
	return bits
}

// genreSign counts a term of a genre, each list of terms once in a part: what is said twice is not said more surely.
func (s *Scanner) genreSign(t *term) {
	f := &s.parts[s.part].genre
	if bit := uint64(1) << (t.owner & 63); s.closing == 0 && f.seen&bit == 0 {
		f.seen |= bit
		f.weight[t.class-classMinutes] += int16(t.weight)
	}
}

// layout notes what the gap before a word says of the genre: a numbered line, a party after a name, a place to fill in.
func (s *Scanner) layout(g *gap, line, capital bool) {
	const inner = 1<<sepSpace | 1<<sepDash | 1<<sepUnder | 1<<sepSlash
	const marks = 1<<sepOpen | 1<<sepParen | 1<<sepBox | 1<<sepClose | 1<<sepQuote | 1<<sepUnder
	f := &s.parts[s.part].genre
	if g.bits&marks != 0 || s.enumerated { // few are
		switch {
		case s.enumerated && !line && capital && g.bits&(1<<sepDot|1<<sepClose) != 0 && s.prev.letters() == 0 && s.prev.digits() > 0 && s.prev.digits() <= 2:
			f.lines++
		case s.opened == s.tok && g.bits&(1<<sepClose) != 0 && s.inParens && s.prev.letters() <= 4 && s.prev.digits() == 0 && s.party:
			f.weight[genreMinutes]++
		case s.opened > 0 && s.tok-s.opened < 3 && g.bits&(1<<sepClose|1<<sepQuote) != 0 && !s.inParens && s.prev.digits() == 0:
			f.placeholders++
		case g.bits&(1<<sepUnder) != 0 && g.chars >= 5: // Name: ________
			f.placeholders++
		}
	}
	if g.bits&^inner != 0 {
		s.opened = 0
	}
	if g.bits&(1<<sepOpen) != 0 && g.last == sepSlash {
		f.markup = true
	}
	if g.last == sepParen || g.last == sepBox || g.last == sepOpen {
		s.opened, s.inParens = s.tok+1, g.last == sepParen
		s.party = s.inParens && s.prev.is(tokHasRun) && g.chars <= 2
	}
	s.enumerated = line
}
