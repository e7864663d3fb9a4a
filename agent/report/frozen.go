package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
		r.changes = changes(lang, before.Report.Answers, r.Answers)
	}
	return &r
}

// changes says which figures differ, from what to what.
func changes(lang string, before, after dashboards.Answers) (lines []string) {
	for _, q := range Questions() {
		if q.Split.By != "" {
			continue
		}
		a, b := before.Row(q.ID), after.Row(q.ID)
		if a == b {
			continue
		}
		say := func(row dashboards.Row) string {
			if q.Measure.Kind == dashboards.Ratio {
				return dashboards.PartOf(lang, row.Count, row.N)
			}
			return dashboards.Number(lang, row.Count)
		}
		lines = append(lines, fmt.Sprintf("%s: %s → %s", q.Title.In(lang), say(a), say(b)))
	}
	return lines
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
