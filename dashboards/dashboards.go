// Package dashboards holds the questions that compliance people ask, each defined once as data. The
// same definition becomes SQL for the built-in pages and reports (agent/store) and a Lens panel for Kibana.
package dashboards

import "postvagt/agent/event"

// Text is a text in the languages of the pages.
type Text struct{ DA, EN string }

// In returns the text in a language, English where there is no other.
func (t Text) In(lang string) string {
	if lang == "da" && t.DA != "" {
		return t.DA
	}
	return t.EN
}

// Term is a condition on one field: the value is (or, with Not, is not) one of Values. An array field
// matches when one of its entries does. Values of boolean fields are "true" and "false".
type Term struct {
	Field  string // name in event.Fields
	Values []string
	Not    bool
}

// Filter is a conjunction of terms; the empty Filter matches all.
type Filter []Term

// And returns f with further terms; f is not changed.
func (f Filter) And(terms ...Term) Filter {
	return append(append(Filter{}, f...), terms...)
}

// Is is the term "field is one of values".
func Is(field string, values ...string) Term { return Term{Field: field, Values: values} }

// Not is the term "field is none of values".
func Not(field string, values ...string) Term { return Term{Field: field, Values: values, Not: true} }

// MeasureKind says how a figure is made of documents.
type MeasureKind string

// Kinds of measures.
const (
	Count    MeasureKind = "count"    // documents that match Of
	Ratio    MeasureKind = "ratio"    // documents that match Of ÷ documents that match Over; Of implies Over
	Distinct MeasureKind = "distinct" // different values of Field in documents that match Of, "" not counted
	Sum      MeasureKind = "sum"      // sum of Field (long) over documents that match Of
)

// Measure is one figure.
type Measure struct {
	Kind  MeasureKind
	Of    Filter
	Over  Filter // of a ratio
	Field string // of distinct and sum
}

// Split divides a measure into rows.
type Split struct {
	By    string // "" for none, "time", or the name of a field
	Every string // of time: day, week, month
	Top   int    // of a field: the most frequent values, 0 for all
}

// Chart is how a question is shown.
type Chart string

// Charts.
const (
	Figure Chart = "figure" // one number
	Line   Chart = "line"
	Bar    Chart = "bar"
	Table  Chart = "table"
)

// Question is one panel: what is asked, by whose right, and how the answer is counted.
type Question struct {
	ID         string // stable, lower case with dashes; also the id of the saved object
	Title      Text
	Help       Text   // one or two sentences: what is counted, and what is not
	Source     string // requirement or law behind it: "R8", "GDPR Art. 33"
	Measure    Measure
	Split      Split
	Chart      Chart
	Beside     []string // ids of questions that must be shown beside it (unseen, unknown)
	Dashboards []string // ids of the dashboards that show it
	Notes      bool     // it asks notes (event.NoteFields), not transmissions
}

// Ranks says whether the answer compares senders with each other, which staff must know of first.
func (q Question) Ranks() bool { return q.Split.By == fSender }

// Period is a half-open span of time, [From, To), RFC 3339 with zone; the caller gives whole days in local time.
type Period struct{ From, To string }

// Row is one row of an answer. Of a ratio, N is the denominator and Count the numerator.
type Row struct {
	Key   string // start of the span of time (2006-01-02, local), or the field's value
	Count int64
	N     int64
}

// Field finds the field of a term; unknown names are a programming error that a test finds.
func Field(name string) (event.Field, bool) { return event.FieldByName(name) }
