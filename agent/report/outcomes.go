package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"postvagt/dashboards"
)

// Outcomes are what became of the mail that people had to look at, as known when the report is made: counts only, of nobody.
type Outcomes struct {
	Incidents Incidents  `json:"incidents"`
	Cases     CaseCounts `json:"cases"`
	Repeated  []Repeated `json:"repeated"` // in the order of the rules
	Unjudged  int64      `json:"days_with_unjudged_mail"`
}

// Incidents are transmissions with recognised data that left without proof of protection, and those that were lost or expired while we
// held them, by what a person judged them to be (cases.Judgement). The parts add up to Open and Lost.
type Incidents struct {
	Open       int64 `json:"open"` // all that left
	Lost       int64 `json:"lost"` // all that were lost
	FalseAlarm int64 `json:"false_alarm"`
	RuleBroken int64 `json:"rule_broken"` // and no breach
	Breach     int64 `json:"breach"`
	Erased     int64 `json:"erased"` // judged, and the judgement erased after its time of keeping
	Waiting    int64 `json:"waiting"`
}

// namedCount is one of several counts.
type namedCount struct {
	key string
	n   int64
}

// counts are named as the report says them.
func (i Incidents) counts() []namedCount {
	return []namedCount{{"incidents-open", i.Open}, {"incidents-lost", i.Lost}, {"incidents-false-alarm", i.FalseAlarm}, {"incidents-rule-broken", i.RuleBroken},
		{"incidents-breach", i.Breach}, {"incidents-erased", i.Erased}, {"incidents-waiting", i.Waiting}}
}

// CaseCounts are the breaches that were opened in the period. Those erased after their time of keeping can be told from no
// period, and are counted apart, whenever they were opened.
type CaseCounts struct {
	Opened     int64 `json:"opened"`
	Closed     int64 `json:"closed"`
	NoRisk     int64 `json:"no_risk"`
	Risk       int64 `json:"risk"`
	HighRisk   int64 `json:"high_risk"`
	Unassessed int64 `json:"risk_not_assessed"`
	Notified   int64 `json:"notified"` // to the supervisory authority
	Late       int64 `json:"notified_late"`
	Told       int64 `json:"persons_told"` // cases in which the persons were told
	Erased     int64 `json:"erased_ever"`
}

// Repeated is what one rule of repeated open mail found, of which at least one mail lies in the period.
type Repeated struct {
	Rule       string `json:"rule"`
	By         string `json:"by"` // what the rule groups by, watch.By
	Episodes   int64  `json:"episodes"`
	Messages   int64  `json:"messages"`
	Recipients int64  `json:"recipients"`
	Prevented  int64  `json:"held_back"`
	Confirmed  int64  `json:"confirmed"` // episodes of which a person confirmed a mail
}

// AsOf is the moment as of which repeated open mail is looked for: the end of the period, or when the report is made.
func (o Options) AsOf() time.Time {
	if end := o.To.Add(-time.Microsecond); end.Before(o.Made) {
		return end
	}
	return o.Made
}

// incidents says how what left in the open was judged, and what followed.
func (r *Report) incidents() section {
	s := section{Heading: text(r.Lang, "incidents")}
	if r.Outcomes == nil {
		s.Paragraphs = []string{text(r.Lang, "outcomes-unknown")}
		return s
	}
	s.Paragraphs = []string{text(r.Lang, "incidents-help")}
	if r.detailsGone() {
		s.Paragraphs = append(s.Paragraphs, text(r.Lang, "incidents-deleted"))
	}
	s.Table = &table{Head: []string{text(r.Lang, "incidents-judged"), text(r.Lang, "number")}, Wide: true}
	for _, c := range r.Outcomes.Incidents.counts() {
		if c.n > 0 || c.key != "incidents-erased" {
			s.Table.Rows = append(s.Table.Rows, append(words(text(r.Lang, c.key)), r.opens(r.number(c.n), Behind{Page: "/triage"})))
		}
	}
	s.List = r.cases()
	return s
}

// cases says what became of the breaches.
func (r *Report) cases() []string {
	c, n := r.Outcomes.Cases, r.number
	list := []string{text(r.Lang, "cases-opened", n(c.Opened), n(c.Closed))}
	if c.Opened > 0 {
		list = append(list, text(r.Lang, "cases-risk", n(c.NoRisk), n(c.Risk), n(c.HighRisk), n(c.Unassessed)),
			text(r.Lang, "cases-notified", n(c.Notified), n(c.Late)), text(r.Lang, "cases-told", n(c.Told)))
	}
	if c.Erased > 0 {
		list = append(list, text(r.Lang, "cases-erased", n(c.Erased)))
	}
	return list
}

// repeated says how often open mail was repeated.
func (r *Report) repeated() section {
	s := section{Heading: text(r.Lang, "repeated")}
	if r.Outcomes == nil {
		s.Paragraphs = []string{text(r.Lang, "outcomes-unknown")}
		return s
	}
	s.Paragraphs = []string{text(r.Lang, "repeated-help")}
	s.Table = &table{Head: []string{text(r.Lang, "repeated-what"), text(r.Lang, "repeated-episodes"), text(r.Lang, "repeated-mails"), text(r.Lang, "repeated-recipients"),
		text(r.Lang, "repeated-held"), text(r.Lang, "repeated-confirmed")}}
	for _, f := range r.Outcomes.Repeated {
		s.Table.Rows = append(s.Table.Rows, append([]cell{{{Text: r.ruleName(f)}}, r.opens(r.number(f.Episodes), Behind{Page: "/repeated"})},
			words(r.number(f.Messages), r.number(f.Recipients), r.number(f.Prevented), r.number(f.Confirmed))...))
	}
	return s
}

// ruleName says what a rule looks for; where several look for the same, each has the name that the house gave it.
func (r *Report) ruleName(f Repeated) string {
	name := text(r.Lang, "by-"+f.By)
	if slices.ContainsFunc(r.Outcomes.Repeated, func(other Repeated) bool { return other.By == f.By && other.Rule != f.Rule }) {
		name += " (" + f.Rule + ")"
	}
	return name
}

// unjudged says how many mails left unjudged, on how many days, and for how long a mail server did not reach the check.
func (r *Report) unjudged() string {
	line := text(r.Lang, "unseen-judged", dashboards.Mails(r.Lang, r.Answers.Count("not-judged")))
	if r.Outcomes != nil && r.Outcomes.Unjudged > 0 {
		line = text(r.Lang, "unseen-judged-days", dashboards.Mails(r.Lang, r.Answers.Count("not-judged")), r.number(r.Outcomes.Unjudged))
	}
	switch {
	case r.Outages == nil:
		return line
	case len(r.Outages) == 0:
		return line + " " + text(r.Lang, "unseen-not-out")
	}
	return line + " " + text(r.Lang, "unseen-out", dashboards.HoursMinutes(r.out()))
}

// out is for how long at least one mail server did not reach the check.
func (r *Report) out() time.Duration { return dashboards.Out(r.Outages, r.From, r.To, r.Made) }

// outageSpan is the part of an outage that lies in the period; to is "" where it lasted beyond what is known.
func (r *Report) outageSpan(o dashboards.Outage) (from, to string) {
	if from = r.From.Format(time.RFC3339); o.From.After(r.From) {
		from = o.From.Format(time.RFC3339)
	}
	switch {
	case o.To.IsZero():
	case o.To.After(r.To):
		to = r.To.Format(time.RFC3339)
	default:
		to = o.To.Format(time.RFC3339)
	}
	return from, to
}

// outcomeLines are the outcomes as lines of the CSV.
func (r *Report) outcomeLines() (lines [][]string) {
	if r.Outcomes == nil {
		return nil
	}
	add := func(id, title, before string, counts []namedCount) {
		for _, c := range counts {
			lines = append(lines, []string{id, title, before + strings.TrimPrefix(c.key, "incidents-"), strconv.FormatInt(c.n, 10), ""})
		}
	}
	add("incidents", text(r.Lang, "incidents"), "", r.Outcomes.Incidents.counts())
	c := r.Outcomes.Cases
	add("cases", text(r.Lang, "cases"), "", []namedCount{{"opened", c.Opened}, {"closed", c.Closed}, {"no-risk", c.NoRisk}, {"risk", c.Risk}, {"high-risk", c.HighRisk},
		{"risk-not-assessed", c.Unassessed}, {"notified", c.Notified}, {"notified-late", c.Late}, {"persons-told", c.Told}, {"erased-ever", c.Erased}})
	for _, f := range r.Outcomes.Repeated {
		add("repeated", r.ruleName(f), f.Rule+"/", []namedCount{{"episodes", f.Episodes}, {"messages", f.Messages}, {"recipients", f.Recipients},
			{"held-back", f.Prevented}, {"confirmed", f.Confirmed}})
	}
	return lines
}

// UnjudgedDays asks on how many days mail left unjudged.
func UnjudgedDays() dashboards.Question {
	q, _ := dashboards.ByID("not-judged")
	q.ID, q.Split = "not-judged-daily", dashboards.Split{By: dashboards.ByTime, Every: "day"}
	return q
}
