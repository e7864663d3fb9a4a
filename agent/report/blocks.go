package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// section is a part of a report with its heading. HTML and PDF are made of the same sections.
type section struct {
	Heading    string
	Large      []string // paragraphs in large type
	Paragraphs []string
	List       []string
	Cards      []card
	Stack      []Part
	Charts     []weekChart
	Table      *table
	NewPage    bool // begins a page where there are pages
}

// card is one of the three figures of the first page.
type card struct{ Title, Value, Share, Help, Beside, Href string }

// Part is a part of a bar, in hundredths.
type Part struct {
	Class, Title, Value, Share string
	X, Width                   float64
}

// weekChart is a chart with its names.
type weekChart struct {
	Chart
	ID, Title, Desc, Lower, Upper, LowerIs, UpperIs string
}

// few is the number of mails below which a share is said to rest on few.
const few = 50

func (r *Report) number(n int64) string { return dashboards.Number(r.Lang, n) }

// sections are the report from its first to its last.
func (r *Report) sections() []section {
	all := []section{
		{Heading: text(r.Lang, "question"), Paragraphs: []string{text(r.Lang, "question-text")}},
		{Heading: text(r.Lang, "answer"), Large: []string{strings.Join(r.Answers.InShort(r.Lang), " ")}, Paragraphs: []string{text(r.Lang, "answer-limit")},
			Cards: []card{r.ratio("left-safely", "left-safely-unseen"), r.ratio("done-right", "done-right-unseen"), r.notShown()}},
		{Heading: text(r.Lang, "unseen"), List: r.unseen()},
		{Heading: text(r.Lang, "standard"), Paragraphs: []string{text(r.Lang, "standard-1"), text(r.Lang, "standard-2")}},
		r.sample(),
		{Heading: text(r.Lang, "numbers"), Table: r.figures(), NewPage: true},
		r.howLeft(),
		r.howAllLeft(),
		r.inForce(),
		r.policyTable(),
		r.measures(),
		r.controls(),
		r.months(),
		r.weeks(),
		{Heading: text(r.Lang, "departments"), Paragraphs: []string{text(r.Lang, "range-help")}, Table: r.departments()},
		r.split("held-ended", text(r.Lang, "outcome"), "outcome"),
		r.incidents(),
		r.repeated(),
		{Heading: text(r.Lang, "secure"), List: []string{r.stock()}, Table: r.channels()},
		{Heading: text(r.Lang, "reported"), Paragraphs: []string{text(r.Lang, "reported-help")}, Table: r.reported()},
		r.split("recognised-kinds", text(r.Lang, "kind"), "kind"),
		{Heading: text(r.Lang, "meanings"), List: r.meanings()},
		{Heading: text(r.Lang, "limits"), List: []string{text(r.Lang, "limits-1"), text(r.Lang, "limits-2"), text(r.Lang, "limits-3")}},
	}
	all = slices.DeleteFunc(all, func(s section) bool { return s.Heading == "" })
	second := slices.IndexFunc(all, func(s section) bool { return s.NewPage })
	all = slices.Concat(r.edition(), all[:second+1], r.changed(), all[second+1:])
	for i := range all {
		if all[i].Table != nil && len(all[i].Table.Rows) == 0 {
			all[i].Table, all[i].Paragraphs = nil, []string{text(r.Lang, "none")}
		}
	}
	return all
}

func (r *Report) ratio(id, unseenID string) card {
	q, _ := dashboards.ByID(id)
	a, with := r.Answers.Row(id), r.Answers.With(id, unseenID)
	c := card{Title: q.Title.In(r.Lang), Help: q.Help.In(r.Lang), Value: text(r.Lang, "share-none")}
	if with.N > 0 {
		c.Beside = text(r.Lang, "share-with", dashboards.PartOf(r.Lang, with.Count, with.N))
	}
	if !r.Answers.Known(id) {
		c.Value, c.Beside = text(r.Lang, "not-known"), ""
	}
	if a.N == 0 {
		return c
	}
	c.Href = r.opening("", Behind{Question: id}).Href
	c.Value, c.Share, _ = strings.Cut(dashboards.PartOf(r.Lang, a.Count, a.N), " (")
	c.Share = "(" + c.Share
	if a.N < few {
		c.Beside = strings.TrimSpace(c.Beside + " " + text(r.Lang, "share-small", r.number(int64(math.Round(100/float64(a.N))))))
	}
	return c
}

func (r *Report) notShown() card {
	n := r.Answers.Count("unseen") + r.Answers.Count("not-judged")
	return card{Title: text(r.Lang, "not-shown"), Value: dashboards.Mails(r.Lang, n), Help: text(r.Lang, "not-shown-help")}
}

// unseen lists what the figures don't cover.
func (r *Report) unseen() []string {
	var list []string
	for _, l := range []struct {
		name string
		n    int64
	}{
		{"unseen-mails", r.Answers.Count("unseen")},
		{"unseen-opened", r.Answers.Count("unopened")},
		{"unseen-proof", r.Answers.Count("protection-unknown") + r.Answers.Count("outcome-unknown")},
	} {
		list = append(list, text(r.Lang, l.name, dashboards.Mails(r.Lang, l.n)))
	}
	list = slices.Insert(list, 1, r.unjudged())
	if span, lines := r.lost(); span > 0 {
		list = append(list, text(r.Lang, "unseen-gaps", fmt.Sprintf("%d:%02d", int(span.Hours()), int(span.Minutes())%60), r.number(lines)))
	}
	if r.First.IsZero() || r.First.After(r.From.AddDate(0, 0, 1)) {
		first := r.Made
		if !r.First.IsZero() {
			first = r.First
		}
		list = append(list, text(r.Lang, "unseen-begins", dashboards.Date(r.Lang, first.In(r.From.Location()))))
	}
	if r.detailsGone() {
		list = append(list, text(r.Lang, "unseen-deleted", dashboards.Date(r.Lang, r.Details.In(r.From.Location())), dashboards.Date(r.Lang, r.Deleted.In(r.From.Location()))))
	}
	return append(list, text(r.Lang, "unseen-never"))
}

// lost is how much of the period lost lines, overlaps counted once, and how many lines.
func (r *Report) lost() (span time.Duration, lines int64) {
	end := r.From
	for _, g := range r.Gaps { // in order of time
		lines += g.Lines
		from, to := g.From, g.To
		if from.Before(end) {
			from = end
		}
		if to.After(r.To) {
			to = r.To
		}
		if to.After(from) {
			span += to.Sub(from)
			end = to
		}
	}
	return max(span, time.Duration(len(r.Gaps))*time.Minute), lines
}

// figures is the table of all single numbers.
func (r *Report) figures() *table {
	t := &table{Head: []string{text(r.Lang, "figure"), text(r.Lang, "number")}, Wide: true}
	for _, q := range Questions() {
		if q.Split.By != "" {
			continue
		}
		a := r.Answers.Row(q.ID)
		value := r.number(a.Count)
		if q.Measure.Kind == dashboards.Ratio {
			value = r.share(a)
		}
		if !r.Answers.Known(q.ID) {
			value = text(r.Lang, "not-known")
		}
		t.Rows = append(t.Rows, append(words(q.Title.In(r.Lang)), r.opens(value, Behind{Question: q.ID})))
	}
	return t
}

func (r *Report) share(a dashboards.Row) string {
	if a.N == 0 {
		return noShare
	}
	return dashboards.PartOf(r.Lang, a.Count, a.N)
}

func (r *Report) howLeft() section {
	q, _ := dashboards.ByID("recognised-protection")
	s := section{Heading: q.Title.In(r.Lang), Paragraphs: []string{q.Help.In(r.Lang)}}
	s.Stack = Stack(r.Lang, r.Answers[q.ID])
	s.Table = r.partsTable(q.ID, "how-left", s.Stack)
	return s
}

// howAllLeft is by which connections all copies left, judged or not.
func (r *Report) howAllLeft() section {
	q, _ := dashboards.ByID("copies-transports")
	s := section{Heading: q.Title.In(r.Lang), Paragraphs: []string{q.Help.In(r.Lang), text(r.Lang, "all-left-help")}}
	if parts := partsOf(r.Lang, r.Answers[q.ID], "transport", "verified", "encrypted", "to-relay", "plaintext", "local", "unknown"); parts != nil {
		s.Table = r.partsTable(q.ID, "connection", parts)
		s.Table.Wide = true
	}
	return s
}

// partsTable is a table of the parts of a question.
func (r *Report) partsTable(id, head string, parts []Part) *table {
	t := &table{Head: []string{text(r.Lang, head), text(r.Lang, "number"), text(r.Lang, "share")}}
	for _, p := range parts {
		t.Rows = append(t.Rows, append(words(p.Title), r.opens(p.Value, Behind{Question: id, Key: strings.TrimPrefix(p.Class, "is-")}), cell{{Text: p.Share}}))
	}
	return t
}

// Stack lays out a question split by how well mails were protected; nil where there is none.
func Stack(lang string, rows []dashboards.Row) []Part {
	return partsOf(lang, rows, "protected", "yes", "first-hop", "unknown", "no")
}

// partsOf lays out a question split by a field, whose values stand in this order; nil where there is nothing to lay out.
func partsOf(lang string, rows []dashboards.Row, field string, values ...string) []Part {
	counts, total := map[string]int64{}, int64(0)
	for _, r := range rows {
		counts[r.Key] += r.Count
		total += max(0, r.Count)
	}
	if total == 0 {
		return nil
	}
	var parts []Part
	x := 0.0
	for _, key := range values {
		w := 100 * float64(max(0, counts[key])) / float64(total)
		parts = append(parts, Part{"is-" + key, dashboards.Word(lang, field, key), dashboards.Number(lang, counts[key]), dashboards.Percent(lang, counts[key], total), x, w})
		x += w
	}
	return parts
}

// shares are the charts of both shares by week or month.
func (r *Report) shares(split string, spans func(id string) []Week) (charts []weekChart) {
	for _, c := range []struct{ id, lower, upper string }{{"left-safely", "lower-safe", "upper-safe"}, {"done-right", "lower-right", "upper-right"}} {
		id := c.id + split
		one := weekChart{Chart: NewChart(r.Lang, spans(id), r.marks()...), ID: id, Title: r.title(id), Lower: text(r.Lang, c.lower), Upper: text(r.Lang, c.upper), LowerIs: "is-yes", UpperIs: "is-no"}
		one.Desc = text(r.Lang, "chart"+split, one.Lower, one.Upper, r.number(one.Most))
		charts = append(charts, one)
	}
	return charts
}

// marks are the measures of the period.
func (r *Report) marks() []Mark {
	return MarksOf(r.Supervision.Measures, r.From.Location(), func(m supervise.Measure) string {
		return joined([]string{text(r.Lang, "measure-"+m.Kind), strings.TrimSpace(m.Title + " " + m.Version), m.Department})
	})
}

// weeks are the two shares by week, with what was done meanwhile.
func (r *Report) weeks() section {
	weeks := func(id string) []Week { return Weeks(r.Answers[id], r.From, r.To) }
	return r.trend("-weekly", weeks)
}

// months are the two shares by month; of a report of one month they would say what its figures say.
func (r *Report) months() section {
	months := func(id string) []Week { return Months(r.Answers[id], r.From, r.To) }
	if len(months("recognised-monthly")) < 2 {
		return section{}
	}
	return r.trend("-monthly", months)
}

func (r *Report) trend(split string, spans func(id string) []Week) section {
	s := section{Heading: text(r.Lang, "trend"+split), Paragraphs: []string{text(r.Lang, "range-help")}, Charts: r.shares(split, spans), Table: r.spans(split, spans("recognised"+split))}
	if marks := s.Charts[0].Marks; len(marks) > 0 {
		s.Paragraphs = append(s.Paragraphs, text(r.Lang, "marks"))
		for _, m := range marks {
			s.List = append(s.List, fmt.Sprintf("%d: %s", m.N, m.Text))
		}
	}
	return s
}

func (r *Report) title(id string) string {
	q, _ := dashboards.ByID(id)
	return q.Title.In(r.Lang)
}

func (r *Report) channels() *table {
	t := &table{Head: []string{text(r.Lang, "channel"), text(r.Lang, "proven"), text(r.Lang, "marked")}}
	for _, c := range r.Answers.Channels() {
		t.Rows = append(t.Rows, append(words(c.Name), r.count("channel-proven", c.Name, nil), r.count("channel-marked", c.Name, nil)))
	}
	return t
}

// split is a section of a question split by a field.
func (r *Report) split(id, first, field string) section {
	q, _ := dashboards.ByID(id)
	t := &table{Head: []string{first, text(r.Lang, "number")}}
	for _, a := range r.Answers[id] {
		t.Rows = append(t.Rows, append(words(dashboards.Word(r.Lang, field, a.Key)), r.count(id, a.Key, nil)))
	}
	return section{Heading: q.Title.In(r.Lang), Paragraphs: []string{q.Help.In(r.Lang)}, Table: t}
}

// meanings are the definitions of the single figures.
func (r *Report) meanings() []string {
	var list []string
	for _, q := range Questions() {
		if q.Split.By == "" {
			list = append(list, q.Title.In(r.Lang)+": "+q.Help.In(r.Lang))
		}
	}
	return list
}

// reported are the sums of what was entered by hand.
func (r *Report) reported() *table {
	t := &table{Head: []string{text(r.Lang, "channel"), text(r.Lang, "source"), text(r.Lang, "months"), text(r.Lang, "number")}}
	for _, s := range dashboards.SumReported(r.Reported) {
		t.Rows = append(t.Rows, words(s.Channel, s.Source, s.Span(r.Lang), r.number(s.Count)))
	}
	return t
}
