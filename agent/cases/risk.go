package cases

import (
	"errors"
	"fmt"
)

// Level is the risk for the rights and freedoms of the persons affected.
type Level string

// The three levels, each with its procedure.
const (
	Unassessed Level = ""
	NoRisk     Level = "none" // unlikely to result in a risk: the register, and the reason why
	Risk       Level = "risk" // notify the authority
	HighRisk   Level = "high" // notify the authority and tell the persons
)

func (l Level) rank() int {
	switch l {
	case NoRisk:
		return 1
	case Risk:
		return 2
	case HighRisk:
		return 3
	}
	return 0
}

// Assessment is the risk for one group of the persons affected: how severe for them, how likely.
type Assessment struct {
	Group        string `json:"group"` // a category such as "patients of the clinic", no names
	Persons      int    `json:"persons"`
	Consequences string `json:"consequences"`
	Severity     int    `json:"severity"`   // 1 negligible, 2 limited, 3 significant, 4 maximum
	Likelihood   int    `json:"likelihood"` // 1 negligible … 4 maximum
	Level        Level  `json:"level"`
	Reason       string `json:"reason"`
}

func (a Assessment) kind() string { return "assessed" }

func (a Assessment) check(*Case) error {
	switch {
	case a.Level.rank() == 0:
		return refuse("level", "%q is not one of none, risk, high", a.Level)
	case a.Reason == "":
		return refuse("reason", "an assessment needs its reason")
	case a.Consequences == "":
		return refuse("consequences", "say what it can mean for the persons")
	case a.Severity < 1 || a.Severity > 4:
		return refuse("severity", "%d is not 1 to 4", a.Severity)
	case a.Likelihood < 1 || a.Likelihood > 4:
		return refuse("likelihood", "%d is not 1 to 4", a.Likelihood)
	case a.Persons < 0:
		return refuse("persons", "%d persons", a.Persons)
	case a.Level == NoRisk && a.Severity*a.Likelihood > 4:
		return refuse("level", "no risk does not fit a severity of %d with a likelihood of %d", a.Severity, a.Likelihood)
	}
	return nil
}

func (a Assessment) apply(c *Case, _ Said) {
	for i := range c.Assessments {
		if c.Assessments[i].Group == a.Group {
			c.Assessments[i] = a
			return
		}
	}
	c.Assessments = append(c.Assessments, a)
}

// Risk is the highest level of any group.
func (c *Case) Risk() Level {
	highest := Unassessed
	for _, a := range c.Assessments {
		if a.Level.rank() > highest.rank() {
			highest = a.Level
		}
	}
	return highest
}

// Procedure is what a risk level asks.
type Procedure struct {
	Level    Level
	Register bool // always
	Notify   bool // the authority, Art. 33
	Tell     bool // the persons, Art. 34
	Exempt   Ground
	Fallen   Ground // an exemption that was claimed, and that the mails added since refute
	Ordered  bool   // the authority ordered the notice, whatever we found
}

// Procedure returns what the case asks now. An order of the authority overrides our own assessment and any exemption.
func (c *Case) Procedure() Procedure {
	p := Procedure{Level: c.Risk(), Register: true, Ordered: c.Ordered()}
	if c.Role == Processor {
		return p
	}
	p.Notify = p.Level == Risk || p.Level == HighRisk || p.Ordered
	p.Tell = p.Level == HighRisk
	switch {
	case c.exemptionFell():
		p.Fallen = c.Exemption.Ground
	case p.Tell && c.Exemption != nil:
		p.Tell, p.Exempt = false, c.Exemption.Ground
	}
	if p.Ordered {
		p.Tell, p.Exempt = true, ""
	}
	return p
}

// Ground is one of the three exemptions of Art. 34(3).
type Ground string

// The exemptions from telling the persons.
const (
	Unintelligible   Ground = "unintelligible"   // (a) protected before, by encryption above all
	Averted          Ground = "averted"          // (b) measures since make a high risk unlikely
	Disproportionate Ground = "disproportionate" // (c) a public communication instead
)

// ErrNotProven says that the exemption (a) was claimed for a transmission whose encryption is not proven.
var ErrNotProven = errors.New("encryption is not proven on every transmission of the case")

// Exemption is the claim that the persons need not be told.
type Exemption struct {
	Ground Ground `json:"ground"`
	Reason string `json:"reason"`
	Public string `json:"public,omitempty"` // (c): the communication that was made instead, where and when
}

func (e Exemption) kind() string { return "exempted" }

func (e Exemption) check(c *Case) error {
	switch {
	case e.Reason == "":
		return refuse("reason", "an exemption needs its reason")
	case e.Ground == Unintelligible:
		return provenOn(c.Incidents)
	case e.Ground == Disproportionate && e.Public == "":
		return refuse("public", "Art. 34(3)(c) asks for a public communication instead: say where and when")
	case e.Ground != Averted && e.Ground != Disproportionate:
		return refuse("ground", "%q is not one of unintelligible, averted, disproportionate", e.Ground)
	}
	return nil
}

// provenOn holds the first exemption to the facts: strong encryption of the content of each transmission. TLS does not
// make data unintelligible for the wrong recipient.
func provenOn(incidents []Incident) error {
	if len(incidents) == 0 {
		return fmt.Errorf("ground: %w: the case has no transmission", ErrNotProven)
	}
	for _, i := range incidents {
		if i.Protection == "" || i.Protection == "none" || !i.Strong {
			return fmt.Errorf("ground: %w: %s", ErrNotProven, i.Key)
		}
	}
	return nil
}

// exemptionFell says whether the facts no longer bear the exemption: its proof is held against the mails that the case has
// now, not only against those it had when it was claimed.
func (c *Case) exemptionFell() bool {
	return c.Exemption != nil && c.Exemption.Ground == Unintelligible && provenOn(c.Incidents) != nil
}

func (e Exemption) apply(c *Case, _ Said) { c.Exemption = &e }
