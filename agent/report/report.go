// Package report makes the Ombudsman's report: the question, the answer in words that a councillor reads, the
// three figures with what stands beside them, what was not seen, the standard, and behind it trends, departments
// and limits. It is written as HTML (one file), PDF, CSV or JSON; all four say the same.
//
// The report says what the log proves. It never says that the rules were kept: that is for its reader.
package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"postvagt/dashboards"
)

// Schema is the version of the form of the JSON report.
const Schema = 1

// ErrFormat says that a report cannot be written in a format.
var ErrFormat = errors.New("no such format of report")

// Store answers the questions of a report; see package store.
type Store interface {
	AskAll(ctx context.Context, qs []dashboards.Question, p dashboards.Period, where dashboards.Filter) (map[string][]dashboards.Row, error)
	Gaps(ctx context.Context, p dashboards.Period) ([]dashboards.Gap, error)
	Overview(ctx context.Context) (dashboards.Overview, error)
	Reported(ctx context.Context, p dashboards.Period, department string) ([]dashboards.Reported, error)
	Settings(ctx context.Context, p dashboards.Period) ([]dashboards.Setting, error)
	Outages(ctx context.Context, p dashboards.Period) ([]dashboards.Outage, error)
	Tested(ctx context.Context, p dashboards.Period) ([]dashboards.Tested, error)
	Registers
}

// Options say what a report is about.
type Options struct {
	Organisation string
	Department   string    // "" for the whole organisation, dashboards.NoDepartment for mails of none
	Lang         string    // da or en
	From, To     time.Time // [From, To), whole days in the zone of From
	Made         time.Time
	Outcomes     *Outcomes `json:",omitempty"` // of the same period and department; nil where they are not known
	Mailboxes    *int64    `json:",omitempty"` // secure mailboxes that were there at Stock(); nil where no list says so
}

// Report is what a report says, before it takes a form.
type Report struct {
	Options
	Answers  dashboards.Answers
	Gaps     []dashboards.Gap
	Reported []dashboards.Reported // entered by hand, of the whole months of the period
	Details  time.Time             // what lies before it was deleted, on Deleted; zero while nothing was
	Deleted  time.Time
	First    time.Time            // of all transmissions known, zero while there are none
	Outages  []dashboards.Outage  // times in which a mail server did not reach the check; nil of a report frozen before they were known
	Settings []dashboards.Setting `json:",omitempty"` // in force in the period, as the log told them then
	Tested   []dashboards.Tested  `json:",omitempty"` // test messages of the period (R16)

	Supervision Supervision // what people stated

	Open func(Behind) string `json:"-"` // the address of what lies behind a figure, for pages whose reader may open it; else nil

	hash    string   // of a frozen report, which stands
	version int      // of a frozen report
	changes []string // since the version before
}

// Period is the time that a report is about.
func (o Options) Period() dashboards.Period {
	return dashboards.Period{From: o.From.Format(time.RFC3339), To: o.To.Format(time.RFC3339)}
}

// Stock is the moment of which the stock of secure mailboxes is told: the end of the period, or now.
func (o Options) Stock() time.Time {
	end := o.To.Add(-time.Second)
	if o.Made.Before(end) {
		return o.Made
	}
	return end
}

// Make asks all questions of a report.
func Make(ctx context.Context, s Store, o Options) (*Report, error) {
	if !o.From.Before(o.To) {
		return nil, fmt.Errorf("report: the period from %s to %s is empty", o.From.Format(time.DateOnly), o.To.Format(time.DateOnly))
	}
	p := o.Period()
	answers, err := s.AskAll(ctx, Questions(), p, dashboards.OfDepartment(o.Department))
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	gaps, err := s.Gaps(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	overview, err := s.Overview(ctx)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	reported, err := s.Reported(ctx, p, o.Department)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	settings, err := s.Settings(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	outages, err := s.Outages(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	tested, err := s.Tested(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	stated, err := readSupervision(ctx, s, o)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return &Report{Options: o, Answers: answers, Gaps: gaps, Reported: reported, Details: overview.DetailsFrom, Deleted: overview.DetailsDeleted, First: overview.First, Outages: append([]dashboards.Outage{}, outages...), Settings: settings, Tested: tested, Supervision: stated}, nil
}

// Questions are those that a report answers.
func Questions() []dashboards.Question {
	shown := slices.DeleteFunc(dashboards.Questions(), func(q dashboards.Question) bool { return !slices.Contains(q.Dashboards, dashboards.Ombudsman) })
	return append(shown, dashboards.ReportQuestions()...)
}

// Formats are the names that Write takes.
func Formats() []string { return []string{"html", "pdf", "csv", "json"} }

// MediaType is the type of a format as HTTP names it.
func MediaType(format string) string {
	return map[string]string{"html": "text/html; charset=utf-8", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}[format]
}

// Write writes a report in a format.
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "html":
		return r.writeHTML(w)
	case "pdf":
		return r.writePDF(w)
	case "csv":
		return r.writeCSV(w)
	case "json":
		return r.writeJSON(w)
	}
	return fmt.Errorf("%w: %q, known are %s", ErrFormat, format, strings.Join(Formats(), ", "))
}

// FileName is a name for the report's file, without its ending.
func (r *Report) FileName() string {
	return "postvagt-" + r.From.Format(time.DateOnly) + "-" + r.last().Format(time.DateOnly)
}

// last is the last day that is included.
func (r *Report) last() time.Time { return r.To.AddDate(0, 0, -1) }

// document is the JSON form.
type document struct {
	Schema       int         `json:"schema"`
	Organisation string      `json:"organisation"`
	Department   string      `json:"department"`
	From         string      `json:"from"`
	To           string      `json:"to"`
	Figures      []figure    `json:"figures"`
	Gaps         []gap       `json:"gaps"`
	Reported     []entry     `json:"reported_not_measured"`
	NotChecked   []outage    `json:"not_checked"`               // times in which a mail server did not reach the check
	Deleted      string      `json:"details_deleted,omitempty"` // when; of the transmissions before details_from
	DetailsFrom  string      `json:"details_from,omitempty"`
	Settings     []setting   `json:"settings_in_force,omitempty"`
	Tests        []tests     `json:"test_messages,omitempty"`
	Mailboxes    *stock      `json:"secure_mailboxes,omitempty"`
	Stated       Supervision `json:"stated"`
	Outcomes     *Outcomes   `json:"outcomes,omitempty"`
	Hash         string      `json:"sha256,omitempty"`
	Made         string      `json:"made,omitempty"`
}

type figure struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Help    string `json:"help"`
	Source  string `json:"source"`
	Measure string `json:"measure"`
	Split   string `json:"split,omitempty"`
	Rows    []row  `json:"rows"`
	// NotKnown says that nothing was judged in the period, as in an archive without verdicts; that is not 0.
	NotKnown bool `json:"not_known,omitempty"`
}

type row struct {
	Key   string `json:"key,omitempty"`
	Count int64  `json:"count"`
	Of    *int64 `json:"of,omitempty"` // of a ratio
}

type gap struct {
	Source string `json:"source"`
	From   string `json:"from"`
	To     string `json:"to"`
	Lines  int64  `json:"lines"`
}

// outage lies in the period; an empty end: it lasted.
type outage struct {
	Host string `json:"host"`
	From string `json:"from"`
	To   string `json:"to"`
}

// setting is what was in force on a mail host; policy and rules are fingerprints.
type setting struct {
	Host   string   `json:"host"`
	From   string   `json:"from"`
	To     string   `json:"to"`
	Mode   string   `json:"mode"`
	Policy string   `json:"policy"`
	Rules  string   `json:"rules"`
	Table  []string `json:"policy_lines,omitempty"`      // name:action
	When   []string `json:"policy_conditions,omitempty"` // of each line, key=value|value&key=value; not there where the milter did not tell them
}

// tests are the test messages that a mail host's check answered, and how many it would have stopped.
type tests struct {
	Host    string `json:"host"`
	Stopped int64  `json:"stopped"`
	Of      int64  `json:"of"`
}

// stock is how many secure mailboxes were there on the last day; of a period that lasts, when it was made.
type stock struct {
	On    string `json:"on,omitempty"` // empty while the period lasts, so that the days alone don't change the hash
	Count int64  `json:"count"`
}

// entry is one figure that somebody entered.
type entry struct {
	Month      string `json:"month"`
	Channel    string `json:"channel"`
	Department string `json:"department"`
	Source     string `json:"source"`
	Count      int64  `json:"count"`
	EnteredBy  string `json:"entered_by"`
}

// content is all that the report says, without when it was made.
func (r *Report) content() document {
	d := document{Schema: Schema, Organisation: r.Organisation, Department: r.Department, From: r.From.Format(time.RFC3339), To: r.To.Format(time.RFC3339),
		Figures: []figure{}, Gaps: []gap{}, NotChecked: []outage{}, Reported: []entry{}, Stated: r.Supervision, Outcomes: r.Outcomes}
	for _, q := range Questions() {
		if !r.asked(q.ID) {
			continue
		}
		f := figure{ID: q.ID, Title: q.Title.In(r.Lang), Help: q.Help.In(r.Lang), Source: q.Source, Measure: string(q.Measure.Kind), Split: q.Split.By, Rows: []row{}}
		if f.NotKnown = !r.Answers.Known(q.ID); f.NotKnown {
			d.Figures = append(d.Figures, f)
			continue
		}
		for _, a := range r.Answers[q.ID] {
			one := row{Key: a.Key, Count: a.Count}
			if q.Measure.Kind == dashboards.Ratio {
				one.Of = &a.N
			}
			f.Rows = append(f.Rows, one)
		}
		d.Figures = append(d.Figures, f)
	}
	for _, g := range r.Gaps {
		d.Gaps = append(d.Gaps, gap{g.Source, g.From.Format(time.RFC3339), g.To.Format(time.RFC3339), g.Lines})
	}
	for _, o := range r.Outages {
		from, to := r.outageSpan(o)
		d.NotChecked = append(d.NotChecked, outage{o.Host, from, to})
	}
	for _, g := range r.Settings {
		lines, when := inFull(g.Table)
		d.Settings = append(d.Settings, setting{g.Host, g.From.Format(time.RFC3339), g.To.Format(time.RFC3339), g.Mode, g.Policy, g.Rules, lines, when})
	}
	for _, t := range r.Tested {
		d.Tests = append(d.Tests, tests{t.Host, t.Good, t.All})
	}
	if r.Mailboxes != nil {
		d.Mailboxes = &stock{Count: *r.Mailboxes}
		if !r.Stock().Equal(r.Made) {
			d.Mailboxes.On = r.last().Format(time.DateOnly)
		}
	}
	for _, e := range r.Reported {
		d.Reported = append(d.Reported, entry{e.Month, e.Channel, e.Department, e.Source, e.Count, e.EnteredBy})
	}
	return d
}

// detailsGone says whether transmissions behind the figures were deleted after their time of keeping.
func (r *Report) detailsGone() bool { return !r.Details.IsZero() && r.From.Before(r.Details) }

// Hash is the SHA-256 of what the report says, in Danish: the same figures have the same hash, whenever and in whatever
// language it is made.
func (r *Report) Hash() (string, error) {
	if r.hash != "" {
		return r.hash, nil
	}
	danish := *r
	danish.Lang = "da"
	b, err := json.Marshal(danish.content())
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

func (r *Report) writeJSON(w io.Writer) (err error) {
	d := r.content()
	if d.Hash, err = r.Hash(); err != nil {
		return err
	}
	d.Made = r.Made.Format(time.RFC3339)
	if r.detailsGone() {
		d.Deleted, d.DetailsFrom = r.Deleted.Format(time.RFC3339), r.Details.In(r.From.Location()).Format(time.DateOnly)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}
