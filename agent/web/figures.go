package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"postvagt/agent/report"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// figuresPage is what the overview shows.
type figuresPage struct {
	Empty    *emptyPage // instead of all else
	Notices  []string
	Gaps     []string
	Answer   []string
	Look     []figure
	Volume   []figure
	Before   string // which period the figures are compared with
	Ratios   []ratioCard
	Beside   []figure
	Left     *stack
	Trends   []chart
	HeldEnds []figure
	HeldWeek *chart
	Rows     []departmentRow
	Secure   []figure
	Stock    string // of secure mailboxes, "" where no list says so
	Channels []channelRow
	Kinds    []bar
	Reported []reportedRow

	all []string
}

func (figuresPage) title(lang string) string { return texts["figures-title"].In(lang) }

func (p figuresPage) departments() []string { return p.all }

// figure is one number that opens what lies behind it.
type figure struct {
	ID, Title, Help, Value, Href string
	Before                       string // in the period before; "" where that is not known
	Zero                         bool
}

// departmentRow is a department's line in the table.
type departmentRow struct {
	Name, Href               string
	Sent, Recognised, Held   string
	Left, Right              string
	HrefRecognised, HrefHeld string
	HrefLeft, HrefRight      string
}

// channelRow is a secure channel's line.
type channelRow struct {
	Name, Proven, Marked, HrefProven, HrefMarked string
}

// reportedRow is what was entered by hand of a channel.
type reportedRow struct{ Channel, Source, Months, Value string }

// answers are the rows of all questions of the page.
type answers struct {
	view
	dashboards.Answers
	earlier dashboards.Answers // of the period before, nil where it is not known
	marks   []report.Mark      // what was done in the period
}

// figures makes the overview.
func (s *site) figures(r *http.Request, v view) (string, any, error) {
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return "", nil, err
	}
	page := figuresPage{all: s.departmentsOf(v, overview)}
	rows, err := s.Store.AskAll(r.Context(), onDashboard(dashboards.Ombudsman), v.period(), v.where())
	if err != nil {
		return "", nil, err
	}
	if v.rounded() {
		rows = dashboards.Answers(rows).Withhold()
		page.Notices = append(page.Notices, fmt.Sprintf(texts["withheld"].In(v.Lang), dashboards.Least)+" "+texts["narrow"].In(v.Lang))
	}
	a := answers{view: v, Answers: rows}
	if overview.Transmissions == 0 || a.Count("sent") == 0 && a.Count("secure-mailboxes") == 0 {
		page.Empty = s.empty(v, overview)
		page.Reported, err = s.reported(r, v)
		return "figures", page, err
	}
	if a.Unjudged() {
		page.Notices = append(page.Notices, texts["unjudged"].In(v.Lang))
	}
	page.Notices = append(page.Notices, s.deleted(v, overview)...)
	if page.Gaps, err = s.gaps(r, v); err != nil {
		return "", nil, err
	}
	if a.earlier, err = s.before(r, v, overview); err != nil {
		return "", nil, err
	}
	if a.marks, err = s.marks(r, v); err != nil {
		return "", nil, err
	}
	page.fill(a)
	if page.Stock, err = s.stock(v); err != nil {
		return "", nil, err
	}
	page.Reported, err = s.reported(r, v)
	return "figures", page, err
}

// stock says how many secure mailboxes there are at the end of the period.
func (s *site) stock(v view) (string, error) {
	o := report.Options{To: v.To, Made: s.Now().In(s.Zone)}
	n, err := s.Mailboxes(o.Stock(), v.Department)
	if n == nil || err != nil {
		return "", err
	}
	if v.rounded() && 0 < *n && *n < dashboards.Least {
		*n = dashboards.Hidden
	}
	return say(v.Lang, "stock", dashboards.Date(v.Lang, o.Stock()), dashboards.Number(v.Lang, *n))
}

func (p *figuresPage) fill(a answers) {
	p.Answer = a.InShort(a.Lang)
	p.Look = a.figures("open-sensitive", "open-confidential", "open-after-objection", "released-open", "held-now")
	p.Volume = a.figures("sent", "sensitive", "confidential", "held")
	p.Ratios = []ratioCard{a.ratio("left-safely", "left-safely-unseen"), a.ratio("done-right", "done-right-unseen")}
	p.Before = a.beforeSpan()
	p.Beside = a.figures("unseen", "unopened", "not-judged", "protection-unknown", "outcome-unknown")
	p.Left = a.stack("recognised-protection")
	p.Trends = a.trends()
	p.HeldEnds = a.split("held-ended", "outcome")
	p.HeldWeek = a.heldWeeks()
	p.Rows = a.departmentRows()
	p.Secure = a.figures("secure-mailboxes")
	p.Channels = a.channels()
	p.Kinds = a.bars("recognised-kinds", "kind")
}

// reported are the sums of what was entered by hand.
func (s *site) reported(r *http.Request, v view) (rows []reportedRow, err error) {
	all, err := s.Store.Reported(r.Context(), v.period(), v.Department)
	for _, sum := range dashboards.SumReported(all) {
		if v.rounded() && 0 < sum.Count && sum.Count < dashboards.Least {
			sum.Count = dashboards.Hidden
		}
		rows = append(rows, reportedRow{sum.Channel, sum.Source, sum.Span(v.Lang), dashboards.Number(v.Lang, sum.Count)})
	}
	return rows, err
}

// before answers for the period before, where the mails known cover the whole of it. Whoever sees no small counts gets the
// answers to all questions, as on the page of that period: what is withheld here is what is withheld there.
func (s *site) before(r *http.Request, v view, o dashboards.Overview) (dashboards.Answers, error) {
	return s.beforeOf(r, v, o, onDashboard(dashboards.Ombudsman))
}

func (s *site) beforeOf(r *http.Request, v view, o dashboards.Overview, questions []dashboards.Question) (dashboards.Answers, error) {
	if o.First.After(v.before().From.AddDate(0, 0, 1)) {
		return nil, nil
	}
	if !v.rounded() {
		questions = slices.DeleteFunc(slices.Clone(questions), func(q dashboards.Question) bool { return q.Split.By != "" })
	}
	rows, err := s.Store.AskAll(r.Context(), questions, v.before().period(), v.where())
	if v.rounded() {
		rows = dashboards.Answers(rows).Withhold()
	}
	return rows, err
}

// beforeSpan names the period before, where figures are compared with it.
func (a answers) beforeSpan() string {
	if a.earlier == nil || a.earlier.Unjudged() {
		return ""
	}
	return fmt.Sprintf(texts["before-span"].In(a.Lang), dashboards.Dates(a.Lang, a.before().From, a.before().To))
}

// was is a figure in the period before. What is held now was held then too: there is nothing to compare.
func (a answers) was(q dashboards.Question) string {
	var value string
	switch row := a.earlier.Row(q.ID); {
	case q.Measure.Kind == dashboards.Ratio && row.N > 0:
		value = dashboards.PartOf(a.Lang, row.Count, row.N)
	case q.Measure.Kind == dashboards.Ratio, a.earlier == nil, !a.earlier.Known(q.ID), q.ID == "held-now":
		return ""
	default:
		value = dashboards.Number(a.Lang, a.earlier.Count(q.ID))
	}
	return fmt.Sprintf(texts["before"].In(a.Lang), value)
}

// marks are the measures of the period. What they are called is for those who see the register.
func (s *site) marks(r *http.Request, v view) ([]report.Mark, error) {
	_, all, err := entriesOf[supervise.Measure](r.Context(), s, supervise.Measures)
	all = slices.DeleteFunc(all, func(m supervise.Measure) bool { return !m.In(v.From, v.To, v.Department) })
	return report.MarksOf(all, s.Zone, func(m supervise.Measure) string {
		said := texts["measure-"+m.Kind].In(v.Lang)
		if v.user.Is(overseers...) {
			said += " · " + strings.TrimSpace(m.Title+" "+m.Version)
		}
		return said
	}), err
}

func onDashboard(id string) []dashboards.Question {
	return slices.DeleteFunc(dashboards.Questions(), func(q dashboards.Question) bool { return !slices.Contains(q.Dashboards, id) })
}

// departmentsOf joins the departments that were configured with those that occur. A reviewer may choose own ones.
func (s *site) departmentsOf(v view, o dashboards.Overview) []string {
	if own, bound := v.own(); bound {
		return slices.Clone(own)
	}
	all := append(slices.Clone(s.Departments()), o.Departments...)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(d string) bool { return d == "" })
}

// deleted says which of the transmissions behind the figures are gone.
func (s *site) deleted(v view, o dashboards.Overview) []string {
	if o.DetailsFrom.IsZero() || !v.From.Before(o.DetailsFrom) {
		return nil
	}
	return []string{fmt.Sprintf(texts["deleted"].In(v.Lang), dashboards.Date(v.Lang, o.DetailsFrom.In(s.Zone)), dashboards.Date(v.Lang, o.DetailsDeleted.In(s.Zone)))}
}

func (s *site) gaps(r *http.Request, v view) ([]string, error) {
	gaps, err := s.Store.Gaps(r.Context(), v.period())
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, g := range gaps {
		lines = append(lines, fmt.Sprintf(texts["gap-line"].In(v.Lang), dashboards.Clock(v.Lang, g.From.In(s.Zone)), dashboards.Clock(v.Lang, g.To.In(s.Zone)), dashboards.Number(v.Lang, g.Lines)))
	}
	return lines, nil
}

// figures returns single numbers and shares.
func (a answers) figures(ids ...string) []figure {
	var all []figure
	for _, id := range ids {
		q, _ := dashboards.ByID(id)
		f := figure{ID: id, Title: q.Title.In(a.Lang), Help: q.Help.In(a.Lang), Href: a.behind(id), Before: a.was(q)}
		switch {
		case q.Measure.Kind == dashboards.Ratio:
			f.Value = shareOrDash(a.Lang, a.Row(id))
		case !a.Known(id):
			f.Value, f.Zero = texts["not-known"].In(a.Lang), a.Count(id) == 0
		default:
			f.Value, f.Zero = dashboards.Number(a.Lang, a.Count(id)), a.Count(id) == 0
		}
		all = append(all, f)
	}
	return all
}

// behind is the address of the transmissions behind a figure; "" for a user who may not open them.
func (a answers) behind(id string, pairs ...string) string {
	if !a.user.Is(details...) {
		return ""
	}
	return a.link("/transmissions", append([]string{"q", id}, pairs...)...)
}

// split returns one number for each value of a question.
func (a answers) split(id, field string) []figure {
	var all []figure
	for _, r := range a.Answers[id] {
		all = append(all, figure{Title: dashboards.Word(a.Lang, field, r.Key), Value: dashboards.Number(a.Lang, r.Count), Href: a.behind(id, "key", keyParam(r.Key))})
	}
	return all
}

// keyParam stands for a value in an address, where the empty one would be lost.
func keyParam(key string) string {
	if key == "" {
		return "-"
	}
	return key
}

func (a answers) departmentRows() []departmentRow {
	var all []departmentRow
	for _, d := range a.Departments() {
		at := func(id string) string { return a.behind(id, "key", keyParam(d.Name)) }
		row := departmentRow{Name: dashboards.Word(a.Lang, "department", d.Name),
			Sent: dashboards.Number(a.Lang, d.Sent), Recognised: dashboards.Number(a.Lang, d.Recognised), Held: dashboards.Number(a.Lang, d.Held),
			Left: shareOrDash(a.Lang, d.LeftSafely), Right: shareOrDash(a.Lang, d.DoneRight),
			HrefRecognised: at("recognised-departments"), HrefHeld: at("held-departments")}
		if !a.Narrow() {
			row.Href = a.link("/", "department", keyParam(d.Name))
		}
		all = append(all, row)
	}
	return all
}

func shareOrDash(lang string, r dashboards.Row) string {
	if r.N == 0 {
		return "–"
	}
	return dashboards.PartOf(lang, r.Count, r.N)
}

func (a answers) channels() []channelRow {
	var all []channelRow
	for _, c := range a.Channels() {
		all = append(all, channelRow{c.Name, dashboards.Number(a.Lang, c.Proven), dashboards.Number(a.Lang, c.Marked),
			a.behind("channel-proven", "key", c.Name), a.behind("channel-marked", "key", c.Name)})
	}
	return all
}

// emptyPage guides a reader who has nothing to see yet.
type emptyPage struct {
	New            bool
	Month          bool // for who sees whole months only
	Text           string
	Span           string
	Href, HrefText string
	AllHref        string
}

// lastMonthWithMail leads to the newest month that is over, where there were mails by then; "" where there were none.
func (s *site) lastMonthWithMail(v view, first, last time.Time) string {
	this, month := monthOf(s.Now().In(s.Zone)), monthOf(last.In(s.Zone))
	if !month.Before(this) {
		month = this.AddDate(0, -1, 0)
	}
	if !first.Before(month.AddDate(0, 1, 0)) || month.Equal(v.From) {
		return ""
	}
	return v.link("/", "period", month.Format(monthForm))
}

func (s *site) empty(v view, o dashboards.Overview) *emptyPage {
	if o.Transmissions == 0 {
		return &emptyPage{New: true}
	}
	first, last := o.First.In(s.Zone), o.Last.In(s.Zone)
	e := &emptyPage{Span: fmt.Sprintf(texts["empty-period-all"].In(v.Lang), dashboards.Date(v.Lang, first), dashboards.Date(v.Lang, last))}
	e.Href = v.link("/", "period", "", "from", day(last.AddDate(0, 0, -29)), "to", day(last))
	if v.Narrow() {
		e.Month, e.Text, e.Href = true, texts["narrow"].In(v.Lang), s.lastMonthWithMail(v, first, last)
	}
	if v.Department != "" {
		e.Text = fmt.Sprintf(texts["empty-department"].In(v.Lang), v.DepartmentName())
		e.AllHref = v.link("/", "department", "")
	}
	return e
}
