package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"time"

	"postvagt/dashboards"
)

// Reports is the name of the register of frozen reports.
const Reports = "reports"

// Frozen is a report as it was when somebody froze it: all that it says, and the hash of that.
type Frozen struct {
	Report *Report `json:"report"`
	Hash   string  `json:"sha256"`
}

// Freeze returns the report as it is to be kept.
func (r *Report) Freeze() (Frozen, error) {
	hash, err := r.Hash()
	return Frozen{Report: r, Hash: hash}, err
}

// FrozenID is the id of the frozen reports of a period and a department; versions are its revisions.
func FrozenID(o Options) string {
	sum := sha256.Sum256([]byte(o.From.Format(time.DateOnly) + "/" + o.To.Format(time.DateOnly) + "/" + o.Department))
	return hex.EncodeToString(sum[:6])
}

// Thaw makes the report of a frozen one, in a language and for days of a zone; before is the version before it, nil for
// the first.
func (f Frozen) Thaw(lang string, zone *time.Location, version int, before *Frozen) *Report {
	r := *f.Report
	r.Lang, r.From, r.To, r.Made = lang, r.From.In(zone), r.To.In(zone), r.Made.In(zone)
	r.hash, r.version = f.Hash, version
	if before != nil {
		r.changes = changes(lang, before.Report, &r)
	}
	return &r
}

// changes says what differs: the single figures from what to what, and of all else which part of the report.
func changes(lang string, before, after *Report) (lines []string) {
	for _, q := range Questions() {
		switch {
		case !before.asked(q.ID):
		case slices.Equal(before.Answers[q.ID], after.Answers[q.ID]) && before.Answers.Known(q.ID) == after.Answers.Known(q.ID):
		case q.Split.By != "":
			lines = append(lines, text(lang, "changed-split", q.Title.In(lang)))
		default:
			lines = append(lines, fmt.Sprintf("%s: %s → %s", q.Title.In(lang), before.single(lang, q), after.single(lang, q)))
		}
	}
	was, is := before.content(), after.content()
	for i := range min(len(was.Settings), len(is.Settings)) {
		if was.Settings[i].When == nil { // a milter that told no conditions
			is.Settings[i].When = nil
		}
	}
	for _, part := range []struct {
		name    string
		was, is any
	}{
		{"unseen", [2]any{was.Gaps, was.NotChecked}, [2]any{is.Gaps, is.NotChecked}}, {"in-force", [2]any{was.Settings, was.Tests}, [2]any{is.Settings, is.Tests}},
		{"sample", was.Stated.Sample, is.Stated.Sample}, {"measures", was.Stated.Measures, is.Stated.Measures}, {"controls", was.Stated.Controls, is.Stated.Controls},
		{"incidents", was.Outcomes, is.Outcomes}, {"secure", was.Mailboxes, is.Mailboxes}, {"reported", was.Reported, is.Reported},
	} {
		if !reflect.DeepEqual(part.was, part.is) {
			lines = append(lines, text(lang, "changed-part", text(lang, part.name)))
		}
	}
	return lines
}

// single writes a single figure.
func (r *Report) single(lang string, q dashboards.Question) string {
	row := r.Answers.Row(q.ID)
	switch {
	case !r.Answers.Known(q.ID):
		return text(lang, "not-known")
	case q.Measure.Kind == dashboards.Ratio:
		return dashboards.PartOf(lang, row.Count, row.N)
	}
	return dashboards.Number(lang, row.Count)
}

// edition says which version a frozen report is. What has changed since the one before stands behind the first page, which has no
// room for it.
func (r *Report) edition() []section {
	if r.version == 0 {
		return nil
	}
	s := section{Heading: text(r.Lang, "version", r.version), Paragraphs: []string{text(r.Lang, "version-frozen", dashboards.Clock(r.Lang, r.Made))}}
	switch {
	case len(r.changes) > 0:
		s.Paragraphs = append(s.Paragraphs, text(r.Lang, "version-below", r.version-1))
	case r.version > 1:
		s.Paragraphs = append(s.Paragraphs, text(r.Lang, "version-same", r.version-1))
	}
	return []section{s}
}

// changed lists what has changed since the version before.
func (r *Report) changed() []section {
	if len(r.changes) == 0 {
		return nil
	}
	return []section{{Heading: text(r.Lang, "version-changes", r.version-1), List: r.changes}}
}
