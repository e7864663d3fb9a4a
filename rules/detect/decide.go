package detect

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
)

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
}

// foreign says whether a segment is in none of the languages: others stand around it, or none that is known, since a
// twentieth of ordinary text are function words at the very least.
func (s *Scanner) foreign(n int32, langs uint8) bool {
	var counts [langCount]int32
	var words int32
	for i := max(n-2, s.parts[s.part].start, s.nseg-segRing+1, 0); i <= min(n+2, s.nseg); i++ {
		g, times := &s.segs[i%segRing], int32(1)
		if i == n {
			times = 2
		}
		words += times * g.words
		for l, c := range g.langs {
			counts[l] += times * int32(c)
		}
	}
	most, own := share(&counts, langs)
	return words >= 25 && own*20 < words || most >= 3 && own*3 < most || own*3 < counts[langCount-1]*2
}

// entry gathers what one rule found in one part.
type entry struct {
	rule  int16
	part  int32
	count int32
	tier  int      // of numbers
	tied  evidence // the segment that tells most, its own ties counted
	loose evidence // the segment that tells most if the message ties it
	more  float64  // topic of the segments after the first, in all
	fresh bool     // some of it stands in new text
	noted int32
	final int // tier in the Result
}

// accepted is a number that counts unless its digits turn out to be another kind of number.
type accepted struct {
	key     uint64
	entry   int32
	tier    int16
	context bool
	person  bool
}

const maxEntries = 4096

// context reads what is known besides the texts.
func (s *Scanner) context() {
	s.addName(s.selfName, s.ctx.SenderName)
	for i := range s.ctxAt {
		s.ctxAt[i], s.notAt[i], s.column[i] = farAway, farAway, farAway
	}
	s.numAt, s.anyAt, s.ownAt, s.moneyAt = farAway, farAway, farAway, farAway
	if s.ctx.SenderName != "" || s.ctx.Sender != "" {
		s.senderText()
	}
}

// addName files the hash that endRun would give to a name.
func (s *Scanner) addName(set map[uint64]struct{}, name string) {
	var h uint64
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == ',' || r == '-' || r == '.' }) {
		word, ok := foldTerm(s.e.tab, w)
		if !ok {
			return
		}
		h = h*31 + maphash.Bytes(s.seed, word)
	}
	set[h] = struct{}{}
}

// senderText scans the sender's name and address for what tells a client relationship (R12).
func (s *Scanner) senderText() {
	local, domain, _ := strings.Cut(s.ctx.Sender, "@")
	s.Scan(Text{Part: senderPart, Data: []byte(s.ctx.SenderName + "\n\n" + strings.NewReplacer(".", " ", "-", " ", "_", " ").Replace(local+" "+domain))})
}

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
	s.wlen, s.digits, s.upper, s.long = 0, 0, 0, false
	s.gap, s.tok, s.lineAt, s.cells, s.longest = gap{}, 0, 0, false, 0
	s.nact, s.prev, s.run, s.closing, s.after = 0, tokenFacts{}, nameRun{}, 0, false
	s.win, s.langs = window{}, [langCount]int32{}
	for i := range s.ctxAt {
		s.ctxAt[i], s.notAt[i], s.column[i] = farAway, farAway, farAway
	}
	s.numAt, s.anyAt, s.ownAt, s.moneyAt = farAway, farAway, farAway, farAway
	s.part = len(s.parts)
	p := partFacts{name: t.Part, quoted: t.Quoted, subject: t.Part == "subject" || strings.HasSuffix(t.Part, " subject"), address: isAddress(t.Part), start: s.nseg}
	if len(s.parts) < maxEntries {
		s.parts = append(s.parts, p)
	} else {
		s.part--
		s.parts[s.part].start = s.nseg
	}
	s.segs[s.nseg%segRing].reset(0)
}

// endPart closes what is open and judges what is left of the part.
func (s *Scanner) endPart() {
	if s.wlen > 0 {
		s.endWord(0)
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
		if t.person && (c.own || !s.personNear(c.seg)) {
			continue
		}
		return t.tier
	}
	return 0
}

// personNear says whether somebody is named or meant near a segment.
func (s *Scanner) personNear(n int32) bool {
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
	if c.context {
		s.column[r.number.slot] = c.end
	}
	e := s.entry(c.rule)
	if e == nil {
		return
	}
	index := s.indexOf(e)
	s.noteNumber(c, index)
	e.fresh = e.fresh || !s.parts[s.part].quoted
	if len(s.accepted) < maxEntries {
		s.accepted = append(s.accepted, accepted{key: c.key, entry: int32(index), tier: int16(c.tier), context: c.context || c.column, person: r.number.person})
	} else {
		s.count(&accepted{key: c.key, entry: int32(index), tier: int16(c.tier), person: r.number.person})
	}
	if r.number.person {
		if g := &s.segs[c.seg%segRing]; c.seg > s.nseg-segRing && g.lastName != 0 {
			s.identify(s.namedNum, g.lastName)
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

func (s *Scanner) indexOf(e *entry) int {
	for i := len(s.entries) - 1; i >= 0; i-- {
		if &s.entries[i] == e {
			return i
		}
	}
	return -1
}

// entry gives the entry for a rule in the current part.
func (s *Scanner) entry(rule int16) *entry {
	for i := len(s.entries) - 1; i >= 0 && s.entries[i].part == int32(s.part); i-- {
		if s.entries[i].rule == rule {
			return &s.entries[i]
		}
	}
	if len(s.entries) >= maxEntries {
		return nil
	}
	s.entries = append(s.entries, entry{rule: rule, part: int32(s.part)})
	return &s.entries[len(s.entries)-1]
}

// tie says how surely a segment speaks of one person, 0 to 1.
func (g *segment) tie() float64 {
	if g.numbers > 0 {
		return 1
	}
	return g.named()
}

// named is tie without national numbers.
func (g *segment) named() float64 {
	t := 0.0
	up := func(v float64, ok bool) {
		if ok && v > t {
			t = v
		}
	}
	up(0.95, g.full > 0)
	up(0.85, g.cues[classRelative] > 0)
	up(0.8, g.cues[classRole] > 0)
	up(0.8, g.cues[classThird] > 0)
	up(0.8, g.given > 0)
	up(0.7, g.initials > 0)
	up(0.6, g.maybe > 0)
	up(0.4, g.proper > 0)
	up(0.5, g.cues[classIdentity] > 0)
	up(0.6, g.cues[classFirst] > 0)
	up(0.55, g.cues[classSecond] > 0)
	return t
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
	s.msg.words += g.words
	s.msg.told += int32(g.cues[classTold])
	s.msg.second += int32(g.cues[classSecond])
	own := g.tie()
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
	v := evidence{tie: tie, weight: float64(min(g.weight, 5)), own: g.cues[classOwn] > 0, condition: g.cues[classCondition] > 0, plural: plural,
		told: g.cues[classTold] > 0, named: own >= 0.95, reader: g.cues[classSecond] > 0, kinds: float64(bits.OnesCount32(g.kindSet()))}
	s.weigh(n, g, v)
}

// kindSet gives the kinds of which a segment holds more than weak terms.
func (g *segment) kindSet() (set uint32) {
	for _, h := range g.hits[:g.nhits] {
		if h.grade == gradeUsual || h.grade == gradeStrong {
			set |= 1 << h.kind
		}
	}
	return set
}

// topicOf adds up the terms of one kind in a segment, each once: the best in full, the rest at half weight.
func (s *Scanner) topicOf(g *segment, kind uint8) (topic, best float64) {
	rest, sure := 0.0, false
	for i, h := range g.hits[:g.nhits] {
		if h.kind == kind && h.grade != gradeNever && h.grade != gradeHint {
			sure = true
		}
		for j, o := range g.hits[:g.nhits] { // rules of several languages may know the same word
			same := o.kind == h.kind && o.to >= h.from && o.from <= h.to || o.id == h.id
			if j != i && same && (o.grade > h.grade || o.grade == h.grade && j < i) {
				h.grade = gradeNever
				break
			}
		}
		if h.kind != kind || h.grade == gradeNever {
			continue
		}
		w := [...]float64{0.4, 0.25, 0.6, 1}[h.grade] * s.e.rules[h.owner].weight
		if h.grade == gradeHint && !sure {
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
	for i := 0; i < g.nhits; i++ {
		if s.foreign(n, g.hits[i].langs) {
			g.nhits--
			g.hits[i] = g.hits[g.nhits]
			i--
		}
	}
	var done uint64
	for i := range g.nhits {
		kind := g.hits[i].kind
		if done>>kind&1 == 1 {
			continue
		}
		done |= 1 << kind
		best := 0.0
		v.topic, best = s.topicOf(g, kind)
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
			if e := s.entry(h.owner); e != nil {
				if e.noted != g.start+1 {
					e.noted = g.start + 1
					s.noteTopic(g, kind, s.indexOf(e), h.owner, v)
				}
				e.count++
				e.fresh = e.fresh || !s.parts[s.part].quoted
				e.add(v)
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
			if e := s.entry(int16(i)); e != nil {
				e.count, e.tier, e.tied, e.fresh = e.count+1, 75, evidence{topic: 3, tie: 1}, true
			}
		}
	}
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

// Result ends the scan and says what the texts amount to.
func (s *Scanner) Result() Result {
	if s.open {
		s.endPart()
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
