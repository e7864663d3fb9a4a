package detect

import "strings"

// messageFacts is what holds for the whole message.
type messageFacts struct {
	greeted    bool // Dear Anna: the mail is to a person
	greetOther bool // Dear colleagues: to nobody in particular
	subjectTie float64
	bodyTie    float64 // of the first sentences of a part
	discuss    int32
	words      int32
	segments   int32
	subject    int32 // discussing weight of the subject
	ask        bool
	client     uint32  // kinds of services whose clients are secret, that send or sign
	contact    float64 // tie of a sentence about an appointment
	appointed  bool
	signed     bool // a person's name stands in the signature
	told       int32
	second     int32
}

// partFacts is what is known of a part.
type partFacts struct {
	name    string
	quoted  bool
	subject bool
	address bool  // of correspondents: who writes to whom is not what is told
	start   int32 // its first segment
	langs   [langCount]int32
	genre   genreFacts
}

// around counts the words that tell a language of a segment, twice, and of those beside it.
func (s *Scanner) around(n int32) (counts [langCount]int32, words int32) {
	var sum chorus
	for i := max(n-2, s.parts[s.part].start, s.nseg-segRing+1, 0); i <= min(n+2, s.nseg); i++ {
		g, times := &s.segs[i%segRing], int32(1)
		if i == n {
			times = 2
		}
		words += times * g.words
		sum.add(g.tongues, uint64(times))
		sum.add(g.cued, uint64(times))
	}
	for l := range counts {
		counts[l] = sum.of(l)
	}
	return counts, words
}

// foreign says whether a segment is in none of the languages: others stand around it, or none that is known, since a
// twentieth of ordinary text are function words at the very least.
func foreign(counts *[langCount]int32, words int32, langs uint8) bool {
	most, own := share(counts, langs)
	return words >= 25 && own*20 < words || most >= 3 && own*3 < most || own*3 < counts[langCount-1]*2
}

// entry gathers what one rule found in one part.
type entry struct {
	rule  int16
	part  int32
	count int32
	tier  int                   // of numbers
	tied  evidence              // the segment that tells most, its own ties counted
	loose evidence              // the segment that tells most if the message ties it
	sure  [sureClasses]evidence // the one that tells most in spite of a genre
	more  float64               // topic of the segments after the first, in all
	fresh bool                  // some of it stands in new text
	noted int32
	final int // tier in the Result
}

const maxEntries = 4096

// context reads what is known besides the texts.
func (s *Scanner) context() {
	s.addName(s.selfName, s.ctx.SenderName)
	s.forgetWords()
	if s.ctx.SenderName != "" || s.ctx.Sender != "" {
		s.senderText()
	}
}

// forgetWords forgets where words stood that say what is near them.
func (s *Scanner) forgetWords() {
	for i := range s.ctxAt {
		s.ctxAt[i], s.notAt[i], s.column[i] = farAway, farAway, farAway
	}
	for _, at := range [...]*int32{&s.numAt, &s.anyAt, &s.ownAt, &s.mineAt, &s.firmAt, &s.caseAt} {
		*at = farAway
	}
	s.opened, s.enumerated, s.dashed = 0, false, false
}

// addName files the hash that endRun would give to a name.
func (s *Scanner) addName(set map[uint64]struct{}, name string) {
	var h uint64
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == ',' || r == '-' || r == '.' }) {
		word, ok := foldTerm(s.e.tab, w)
		if !ok {
			return
		}
		h = h*31 + uint64(hashOf(word, s.e.step))
	}
	set[h] = struct{}{}
}

// senderText scans the sender's name and address for what tells a client relationship (R12).
func (s *Scanner) senderText() {
	local, domain, _ := strings.Cut(s.ctx.Sender, "@")
	s.Scan(Text{Part: senderPart, Data: []byte(s.ctx.SenderName + "\n\n" + spaced.Replace(local+" "+domain))})
}

var spaced = strings.NewReplacer(".", " ", "-", " ", "_", " ")

const senderPart = "from"

// isAddress says whether a part holds the correspondents' names and addresses.
func isAddress(part string) bool {
	switch part[strings.LastIndexByte(part, ' ')+1:] {
	case "from", "to", "cc", "bcc", "sender", "reply-to":
		return true
	}
	return false
}

// startPart begins a part.
func (s *Scanner) startPart(t Text) {
	s.base, s.extra, s.carry = 0, 0, nil
	s.w = word{}
	s.gap, s.tok, s.lineAt, s.cells, s.longest = gap{}, 0, 0, false, 0
	s.prev, s.run, s.closing, s.after = 0, nameRun{}, 0, false
	s.endPhrases()
	s.win, s.apart, s.langs = window{}, apart{}, [langCount]int32{}
	s.forgetWords()
	s.part = len(s.parts)
	p := partFacts{name: t.Part, quoted: t.Quoted, subject: t.Part == "subject" || strings.HasSuffix(t.Part, " subject"), address: isAddress(t.Part), start: s.nseg}
	if len(s.parts) < maxEntries {
		s.parts = append(s.parts, p)
	} else {
		s.part--
		s.parts[s.part].start = s.nseg
	}
	s.heard = 0
	s.startSegment(0)
}

// endPart closes what is open and judges what is left of the part.
func (s *Scanner) endPart() {
	if s.w.n > 0 {
		s.closeWord(0)
	}
	s.closeWindow()
	s.endRun()
	s.drain()
	s.settle(s.npend)
	for l := range langCount {
		s.parts[s.part].langs[l] += s.total[l] - s.before[l]
	}
	s.before = s.total
	s.open = false
}

// entry gives the entry for a rule in the current part, and its index.
func (s *Scanner) entry(rule int16) (*entry, int) {
	if i := int(s.filed[rule]); i < len(s.entries) && s.entries[i].rule == rule && s.entries[i].part == int32(s.part) {
		return &s.entries[i], i
	}
	i := len(s.entries)
	if i >= maxEntries {
		return nil, 0
	}
	s.entries = append(s.entries, entry{rule: rule, part: int32(s.part)})
	s.filed[rule] = int16(i)
	return &s.entries[i], i
}
