package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// Supervision is what people stated of a period.
type Supervision struct {
	Measures []supervise.Measure `json:"measures"`
	Controls []supervise.Control `json:"controls"`
	Sample   *supervise.Result   `json:"sample,omitempty"` // nil: none was drawn
}

// Registers keep what people state; see package store.
type Registers interface {
	Entries(ctx context.Context, register string) ([]supervise.Entry, error)
}

// readSupervision reads the registers: measures and controls of the period, and samples of mails that lie in it.
func readSupervision(ctx context.Context, s Registers, o Options) (v Supervision, err error) {
	v.Measures, err = read(ctx, s, supervise.Measures, func(m supervise.Measure) bool { return m.In(o.From, o.To, o.Department) })
	if err != nil {
		return v, err
	}
	first, end := o.From.Format(time.DateOnly), o.To.Format(time.DateOnly)
	v.Controls, err = read(ctx, s, supervise.Controls, func(c supervise.Control) bool { return c.Date >= first && c.Date < end })
	if err != nil {
		return v, err
	}
	samples, err := read(ctx, s, supervise.Samples, func(s supervise.Sample) bool {
		return s.From >= first && s.To < end && (o.Department == "" || s.Department == "" || s.Department == o.Department)
	})
	if r := supervise.Results(samples, o.Department, o.From.Location()); r.Passed.Drawn+r.Flagged.Drawn > 0 {
		v.Sample = &r
	}
	slices.SortStableFunc(v.Measures, func(a, b supervise.Measure) int { return strings.Compare(a.Date, b.Date) })
	slices.SortStableFunc(v.Controls, func(a, b supervise.Control) int { return strings.Compare(a.Date, b.Date) })
	return v, err
}

func read[T any](ctx context.Context, s Registers, register string, keep func(T) bool) (all []T, err error) {
	entries, err := s.Entries(ctx, register)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		value, err := supervise.Read[T](e)
		if err != nil {
			return nil, err
		}
		if keep(value) {
			all = append(all, value)
		}
	}
	return all, nil
}

// sample says how much was missed, as far as somebody looked.
func (r *Report) sample() section {
	s := section{Heading: text(r.Lang, "sample")}
	res := r.Supervision.Sample
	if res == nil || res.Passed.Wrong == nil && res.Flagged.Wrong == nil {
		s.Paragraphs = []string{text(r.Lang, "sample-none")}
		return s
	}
	s.Paragraphs = []string{text(r.Lang, "sample-how", r.number(res.Passed.Drawn), r.number(res.Passed.Population), r.number(res.Flagged.Drawn), r.number(res.Flagged.Population))}
	s.List = slices.DeleteFunc([]string{r.rate("sample-miss", res.Passed.Yes, res.Passed), r.rate("sample-alarm", res.Flagged.No, res.Flagged)}, func(l string) bool { return l == "" })
	recognised := r.Answers.Count("recognised")
	passed := r.Answers.Count("sent") - recognised - r.Answers.Count("unseen") - r.Answers.Count("not-judged")
	if e, known := res.Reviewed(recognised, max(0, passed)); known {
		s.List = append(s.List, text(r.Lang, "sample-reviewed", r.number(recognised), r.number(e.Number), r.number(e.Low), r.number(e.High)))
	}
	return s
}

func (r *Report) rate(name string, wrong int64, p supervise.Pile) string {
	if p.Wrong == nil {
		return ""
	}
	return text(r.Lang, name, r.number(wrong), r.number(p.Yes+p.No), dashboards.Share(r.Lang, p.Wrong.Share), dashboards.Share(r.Lang, p.Wrong.Low), dashboards.Share(r.Lang, p.Wrong.High), r.number(p.Unsure), r.number(p.Open))
}

// measures are what was done in the period.
func (r *Report) measures() section {
	s := section{Heading: text(r.Lang, "measures"), Paragraphs: []string{text(r.Lang, "measures-help")}}
	for _, m := range r.Supervision.Measures {
		parts := []string{m.Date, text(r.Lang, "measure-"+m.Kind), strings.TrimSpace(m.Title + " " + m.Version), m.Document, fileOf(m), m.Audience, m.Department}
		if m.Participants > 0 {
			parts = append(parts, text(r.Lang, "participants", r.number(int64(m.Participants))))
		}
		s.List = append(s.List, joined(append(parts, m.Note)))
	}
	if len(s.List) == 0 {
		s.Paragraphs = []string{text(r.Lang, "measures-none")}
	}
	return s
}

// fileOf names the file of a measure and its digest, so that a frozen report says which one it was.
func fileOf(m supervise.Measure) string {
	if m.File == "" {
		return ""
	}
	return m.File + " (SHA-256 " + m.Digest + ")"
}

// controls are those of the period on 004's six points.
func (r *Report) controls() section {
	s := section{Heading: text(r.Lang, "controls")}
	for _, c := range r.Supervision.Controls {
		line := joined([]string{c.Date, text(r.Lang, fmt.Sprint("point-", c.Point)), c.Sample, c.Finding, c.FollowUp})
		if c.Approver != "" {
			line += " · " + text(r.Lang, "approved", c.Approver, c.Approved)
		} else {
			line += " · " + text(r.Lang, "not-approved")
		}
		s.List = append(s.List, line)
	}
	if len(s.List) == 0 {
		s.Paragraphs = []string{text(r.Lang, "controls-none")}
	}
	return s
}

func joined(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" }), " · ")
}
