package dashboards

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Answers are the rows of several questions, by the id of the question.
type Answers map[string][]Row

// Row is the single row of a figure; the zero Row where there is none.
func (a Answers) Row(id string) Row {
	if r := a[id]; len(r) == 1 {
		return r[0]
	}
	return Row{}
}

// Count is the number that a figure counts.
func (a Answers) Count(id string) int64 { return a.Row(id).Count }

// With adds two shares: the figure with the mails whose content could not be seen.
func (a Answers) With(id, other string) Row {
	x, y := a.Row(id), a.Row(other)
	if min(x.Count, x.N, y.Count, y.N) == Hidden {
		return Row{Count: Hidden, N: Hidden}
	}
	return Row{Count: x.Count + y.Count, N: x.N + y.N}
}

var summary = struct{ nothing, unjudged, sent, left, none, stayed, withheld, unseen, one, many Text }{
	nothing: Text{DA: "Der er ikke set nogen mails sendt ud af huset i perioden.", EN: "No mail to recipients outside was seen in this period."},
	unjudged: Text{DA: "I perioden blev %s sendt eller forsøgt sendt ud af huset. Ingen af dem blev vurderet: hvad de rummede, og om det var beskyttet, som det skulle, vides ikke.",
		EN: "In this period, %s were sent, or were to be sent, to recipients outside. None of them was judged: what they held, and whether it was protected as it had to be, is not known."},
	sent: Text{DA: "I perioden blev %s sendt eller forsøgt sendt ud af huset. I %s af dem blev der genkendt følsomme eller fortrolige personoplysninger.",
		EN: "In this period, %s were sent, or were to be sent, to recipients outside. In %s of them, sensitive or confidential personal data was recognised."},
	left: Text{DA: "%s af de genkendte mails forlod huset. For %s af dem er det bevist, at hver kopi var beskyttet; for %s er det ikke.",
		EN: "%s of the recognised mails left. For %s of them it is proven that every copy was protected; for %s it is not."},
	none: Text{DA: "Der blev ikke genkendt følsomme eller fortrolige personoplysninger i nogen af dem. Det viser ikke, at der ikke var nogen.",
		EN: "Sensitive or confidential personal data was recognised in none of them. That does not show that there was none."},
	stayed:   Text{DA: "Ingen af de genkendte mails har forladt huset.", EN: "None of the recognised mails has left."},
	withheld: Text{DA: "Hvor mange af dem der var beskyttet, er for få til at blive vist.", EN: "How many of them were protected are too few to be shown."},
	unseen: Text{DA: "Hertil kommer %s, hvis indhold ikke kunne ses eller ikke blev vurderet.",
		EN: "Beside these stand %s whose content could not be seen or was not judged."},
	one:  Text{DA: "1 mail", EN: "1 mail"},
	many: Text{DA: "%s mails", EN: "%s mails"},
}

// Mails writes "1 mail" or "1,204 mails".
func Mails(lang string, n int64) string {
	if n == 1 {
		return summary.one.In(lang)
	}
	return fmt.Sprintf(summary.many.In(lang), Number(lang, n))
}

// InShort is the answer to the Ombudsman's second question in sentences.
func (a Answers) InShort(lang string) []string {
	text := func(t Text, args ...any) string { return fmt.Sprintf(t.In(lang), args...) }
	recognised, left := a.Count("recognised"), a.Row("left-safely")
	if a.Count("sent") == 0 {
		return []string{summary.nothing.In(lang)}
	}
	if a.Unjudged() {
		return []string{text(summary.unjudged, Mails(lang, a.Count("sent")))}
	}
	said := []string{text(summary.sent, Mails(lang, a.Count("sent")), Number(lang, recognised))}
	switch {
	case recognised == 0:
		said = append(said, summary.none.In(lang))
	case left.N == 0:
		said = append(said, summary.stayed.In(lang))
	case left.N == Hidden || left.Count == Hidden:
		said = append(said, summary.withheld.In(lang))
	default:
		said = append(said, text(summary.left, Number(lang, left.N), Number(lang, left.Count), Number(lang, left.N-left.Count)))
	}
	if unseen, unjudged := a.Count("unseen"), a.Count("not-judged"); unseen+unjudged > 0 && min(unseen, unjudged) != Hidden {
		said = append(said, text(summary.unseen, Mails(lang, unseen+unjudged)))
	}
	return said
}

// Unjudged says whether mail was sent and none of it was judged, as in an imported archive: what it held, and whether it was
// protected as it had to be, is then not known, which is not 0.
func (a Answers) Unjudged() bool {
	return a.Count("sent") > 0 && a.Count("not-judged") == a.Count("sent")
}

// Known says whether a figure is known though nothing was judged.
func (a Answers) Known(id string) bool {
	switch id {
	case "sent", "sent-departments", "not-judged", "secure-mailboxes", "channel-proven":
		return true
	}
	return !a.Unjudged()
}

// Department is what the figures say of one department.
type Department struct {
	Name                   string
	Sent, Recognised, Held int64
	LeftSafely, DoneRight  Row
}

// Departments joins the answers by department, the one with most recognised mails first.
func (a Answers) Departments() []Department {
	byName := map[string]*Department{}
	each := func(id string, put func(*Department, Row)) {
		for _, r := range a[id] {
			if byName[r.Key] == nil {
				byName[r.Key] = &Department{Name: r.Key}
			}
			put(byName[r.Key], r)
		}
	}
	each("sent-departments", func(d *Department, r Row) { d.Sent = r.Count })
	each("recognised-departments", func(d *Department, r Row) { d.Recognised = r.Count })
	each("left-safely-departments", func(d *Department, r Row) { d.LeftSafely = r })
	each("done-right-departments", func(d *Department, r Row) { d.DoneRight = r })
	each("held-departments", func(d *Department, r Row) { d.Held = r.Count })
	var all []Department
	for _, d := range byName {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(x, y Department) int {
		return cmp.Or(cmp.Compare(y.Recognised, x.Recognised), cmp.Compare(y.Sent, x.Sent), cmp.Compare(x.Name, y.Name))
	})
	return all
}

// Channel is how many mails a secure channel is proven to have taken, and how many merely bore its mark.
type Channel struct {
	Name           string
	Proven, Marked int64
}

// Channels joins the answers by channel, in order of name.
func (a Answers) Channels() []Channel {
	byName := map[string]*Channel{}
	for _, id := range []string{"channel-proven", "channel-marked"} {
		for _, r := range a[id] {
			if byName[r.Key] == nil {
				byName[r.Key] = &Channel{Name: r.Key}
			}
			if id == "channel-proven" {
				byName[r.Key].Proven = r.Count
			} else {
				byName[r.Key].Marked = r.Count
			}
		}
	}
	var all []Channel
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, *byName[name])
	}
	return all
}
