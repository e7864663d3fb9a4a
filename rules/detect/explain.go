package detect

import (
	"fmt"
	"strings"
)

// Explanation says why one thing was found, or why not. It holds no matched text, only its shape.
type Explanation struct {
	Rule, Kind string
	Level      Level
	Found      bool // it counts in the Result
	Tier       int
	Part       string
	Offset     int      // characters into the part where its sentence, or the number, begins
	Shapes     []string // ######-####, s………n
	Raised     []string
	Lowered    []string
}

// maxNotes bounds what is kept for Explanations.
const maxNotes = 1000

// note is an Explanation in the making.
type note struct {
	Explanation
	entry int // index into entries, -1 for a number that was dropped
	key   uint64
}

// Explain makes the Scanner keep the reasons for its findings. Call it before the first Scan.
func (s *Scanner) Explain() {
	s.explain = true
	s.shapes = map[int32]string{}
}

// Explanations gives the reasons, in order of the text. Call it after Result.
func (s *Scanner) Explanations() []Explanation {
	out := make([]Explanation, 0, len(s.notes))
	message := s.messageReasons()
	for _, n := range s.notes {
		x := n.Explanation
		if n.entry >= 0 {
			e := &s.entries[n.entry]
			x.Found = e.final >= 65
			x.Tier = max(x.Tier, e.final)
			if s.e.rules[e.rule].number == nil {
				x.Raised = append(x.Raised, message.raised...)
				x.Lowered = append(x.Lowered, message.lowered...)
			}
			if s.lowered(n.key) {
				x.Found, x.Tier = false, 0
				x.Lowered = append(x.Lowered, "the same digits are another kind of number elsewhere in the mail")
			}
		}
		out = append(out, x)
	}
	return out
}

type reasons struct{ raised, lowered []string }

// messageReasons are the facts of the whole message that score uses.
func (s *Scanner) messageReasons() (r reasons) {
	m := &s.msg
	if m.greeted {
		r.raised = append(r.raised, "the mail greets a person by name")
	}
	if m.subjectTie > 0 {
		r.raised = append(r.raised, "the subject is about a person")
	}
	if len(s.persons) > 0 {
		r.raised = append(r.raised, "a national number identifies somebody")
	}
	if m.client != 0 {
		r.raised = append(r.raised, "sent by a service whose clients are secret")
	}
	if m.discuss > 0 {
		r.lowered = append(r.lowered, fmt.Sprintf("words of discussion in the mail: %d", m.discuss))
	}
	if m.greetOther {
		r.lowered = append(r.lowered, "the mail greets nobody in particular")
	}
	return r
}

// noteNumber keeps why a number counts or not.
func (s *Scanner) noteNumber(c *candidate, entry int) {
	if !s.explain || len(s.notes) >= maxNotes {
		return
	}
	r := &s.e.rules[c.rule]
	x := Explanation{Rule: r.id, Kind: r.spec.Kind, Level: r.level, Tier: c.tier, Part: s.parts[s.part].name, Offset: int(c.pos), Shapes: []string{c.shape()}}
	raise := func(ok bool, why string) {
		if ok {
			x.Raised = append(x.Raised, why)
		}
	}
	raise(c.form&formOfficial != 0, "written in the official form")
	raise(c.checked, "the check digit is right")
	raise(c.exempt && !c.checked, "such numbers are allotted without a check digit")
	raise(c.context, "a word for it stands near")
	raise(r.level == None, "it is the number of an organisation")
	raise(c.column, "it stands in a column of such numbers")
	lower := func(ok bool, why string) {
		if ok {
			x.Lowered = append(x.Lowered, why)
		}
	}
	lower(c.against, "the word before says that it is another kind of number")
	lower(c.own, "words of invoices or of the organisation's own account stand near")
	lower(c.form&formLoose != 0, "separators stand in unusual places")
	lower(c.form&formBare != 0, "no separators")
	s.notes = append(s.notes, note{Explanation: x, entry: entry, key: c.key})
}

// shape masks a number.
func (c *candidate) shape() string {
	var b strings.Builder
	for i, d := range c.canon[:c.len] {
		if d >= '0' && d <= '9' {
			d = '#'
		} else {
			d = 'X'
		}
		if c.form&(formOfficial|formSplit) != 0 && c.len == 10 && i == 6 {
			b.WriteByte('-')
		}
		b.WriteByte(d)
	}
	return b.String()
}

// mask gives the shape of a word: its first and last letter, and a dot for each between.
func mask(word []uint8) string {
	if len(word) < 4 {
		return strings.Repeat("…", len(word))
	}
	return letterOf(word[0]) + strings.Repeat("…", len(word)-2) + letterOf(word[len(word)-1])
}

func letterOf(sym uint8) string {
	switch {
	case sym == symAE:
		return "æ"
	case sym == symOE:
		return "ø"
	case sym == symAA:
		return "å"
	}
	if c := plain(sym); c >= 'A' {
		return strings.ToLower(string(c))
	}
	return "#"
}

// noteTopic keeps what raised and lowered one kind in a segment.
func (s *Scanner) noteTopic(g *segment, kind uint8, entry int, owner int16, v evidence) {
	if !s.explain || len(s.notes) >= maxNotes {
		return
	}
	r := &s.e.rules[owner]
	x := Explanation{Rule: r.id, Kind: r.spec.Kind, Level: r.level, Part: s.parts[s.part].name, Offset: int(g.start)}
	var grades [4]int
	for _, h := range g.hits[:g.nhits] {
		if h.owner == owner && h.grade <= gradeStrong {
			grades[h.grade]++
			x.Shapes = append(x.Shapes, s.shapes[h.to])
		}
	}
	x.Raised = append(x.Raised, fmt.Sprintf("terms: %d strong, %d usual, %d weak, %d hints", grades[3], grades[2], grades[1], grades[0]), fmt.Sprintf("tie to a person %.2f (%s)", v.tie, g.tieReason()))
	if g.cues[classTold] > 0 {
		x.Raised = append(x.Raised, "told as a fact")
	}
	if g.weight > 0 {
		x.Lowered = append(x.Lowered, fmt.Sprintf("words of discussion in the sentence: %d", g.weight))
	}
	if g.cues[classCondition] > 0 {
		x.Lowered = append(x.Lowered, "a condition or an example")
	}
	if g.cues[classPlural] > 0 {
		x.Lowered = append(x.Lowered, "people in general")
	}
	s.notes = append(s.notes, note{Explanation: x, entry: entry})
}

// tieReason names the strongest cue of a segment.
func (g *segment) tieReason() string {
	for _, c := range []struct {
		ok   bool
		name string
	}{{g.numbers > 0, "national number"}, {g.full > 0, "full name"}, {g.cues[classRelative] > 0, "relative"}, {g.cues[classRole] > 0, "role"},
		{g.cues[classThird] > 0, "pronoun"}, {g.given > 0, "given name"}, {g.initials > 0, "initials"}, {g.maybe > 0, "capitalised words"},
		{g.cues[classFirst] > 0, "the writer"}, {g.cues[classSecond] > 0, "the reader"}, {g.cues[classIdentity] > 0, "identifying words"}, {g.proper > 0, "a capitalised word"}} {
		if c.ok {
			return c.name
		}
	}
	return "sentences around"
}
