package cases

import (
	"strings"
	"time"
)

// Explanation is that a sender was asked about repeated open mail, and what they said. A later one replaces it. Before there is one,
// no manager hears of it.
type Explanation struct {
	Asked  time.Time `json:"asked"`
	Silent bool      `json:"silent,omitempty"` // they were asked, and did not want to say anything, or did not answer
	Text   string    `json:"text,omitempty"`   // what they said, in the officer's words
}

func (e Explanation) kind() string { return "explained" }

func (e Explanation) check(*Case) error {
	switch {
	case e.Asked.IsZero():
		return refuse("asked", "say when the sender was asked")
	case !e.Silent && e.Text == "":
		return refuse("text", "say what the sender said, or that they said nothing")
	}
	return nil
}

func (e Explanation) apply(*Case, Said) {}

// Check refuses an explanation that is not one. Errors: *Refusal.
func (e Explanation) Check() error { return e.check(nil) }

const explanationPrefix = "explanation/"

// ExplanationSubject is the subject of the explanation of a finding of repeated open mail, by its id.
func ExplanationSubject(finding string) string { return explanationPrefix + finding }

// ExplanationOf is the finding of such a subject.
func ExplanationOf(subject string) (finding string, ok bool) {
	return strings.CutPrefix(subject, explanationPrefix)
}
