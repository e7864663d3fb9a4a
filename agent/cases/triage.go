package cases

import (
	"strings"
	"time"

	"postvagt/agent/event"
)

// TriageLimit is how long an open sensitive mail may wait for its triage before somebody is alerted.
const TriageLimit = 24 * time.Hour

// Judgement ends a triage.
type Judgement string

// What an open sensitive mail can turn out to be.
const (
	FalseAlarm Judgement = "false-alarm" // the rules were wrong: no such data
	RuleBroken Judgement = "rule-broken" // against the house's rules, but no breach
	Breach     Judgement = "breach"      // a breach of personal data: a case follows
)

// Triage is the judgement of one transmission by a person. A later one replaces it.
type Triage struct {
	Judgement Judgement `json:"judgement"`
	Reason    string    `json:"reason,omitempty"`
	Rules     []string  `json:"rules,omitempty"` // FalseAlarm: which rules were wrong, for the admin
	Case      string    `json:"case,omitempty"`  // Breach: the case
}

func (t Triage) kind() string { return "triaged" }

func (t Triage) check(*Case) error {
	switch {
	case t.Judgement != FalseAlarm && t.Judgement != RuleBroken && t.Judgement != Breach:
		return refuse("judgement", "%q is not one of false-alarm, rule-broken, breach", t.Judgement)
	case t.Judgement == RuleBroken && t.Reason == "":
		return refuse("reason", "say why it is no breach")
	case t.Judgement == Breach && t.Case == "":
		return refuse("case", "a breach belongs to a case")
	}
	return nil
}

func (t Triage) apply(*Case, Said) {}

// Check refuses a triage that is not one. Errors: *Refusal.
func (t Triage) Check() error { return t.check(nil) }

const triagePrefix = "triage/"

// TriageSubject is the subject of the triage of a transmission, by its row key.
func TriageSubject(key string) string { return triagePrefix + key }

// TriageKey is the row key of a triage's subject.
func TriageKey(subject string) (key string, ok bool) { return strings.CutPrefix(subject, triagePrefix) }

// NeedsTriage says whether a person must look at a transmission: it is open or lost. What was held and did not leave is
// no breach.
func NeedsTriage(d *event.Document) bool { return Open(d) || Lost(d) }

// Open says that personal data worth protecting left the house, and nothing proves that it was protected.
func Open(d *event.Document) bool { return sensitive(d) && d.Left && d.Protected != "yes" }

// Lost says that mail with such data was held and did not come out of it by anybody's decision: it expired, or no log
// tells where it is. That its sender was told of an expiry makes it no less a loss for the recipient.
func Lost(d *event.Document) bool {
	return sensitive(d) && d.Held && !d.Left && (d.Outcome == "expired" || d.Outcome == "unknown")
}

func sensitive(d *event.Document) bool { return d.Level == "sensitive" || d.Level == "confidential" }

// FalseAlarms says how often a rule raised what was judged to be a false alarm, and when last.
type FalseAlarms struct {
	Rule string // "" where it is not known any more
	N    int
	Last time.Time
}
