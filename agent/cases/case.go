package cases

import (
	"fmt"
	"time"
)

// Role is what the organisation is for the data of a case.
type Role string

// The roles.
const (
	Controller Role = "controller"
	Processor  Role = "processor"
)

// Incident is a transmission as it was when it came into a case. It holds no address.
type Incident struct {
	Key        string    `json:"key"` // of the transmission
	Time       time.Time `json:"time"`
	Level      string    `json:"level"`
	Kinds      []string  `json:"kinds,omitempty"`
	Persons    int       `json:"persons"`
	Outcome    string    `json:"outcome"`
	Transport  string    `json:"transport"`
	Protection string    `json:"protection"`
	Algorithm  string    `json:"algorithm,omitempty"`
	Strong     bool      `json:"strong"`
	Department string    `json:"department,omitempty"`
	Lost       bool      `json:"lost,omitempty"` // while it was held by us; see Lost
}

// Signal is something from which the breach could have been known.
type Signal struct {
	At    time.Time `json:"at"`
	Human bool      `json:"human"` // a person took notice of it: a triage, a reply, a call
	What  string    `json:"what"`  // "an alert was sent", "the triage began"; no names
}

// Case is what holds now of one breach, replayed from its entries.
type Case struct {
	ID        string
	Title     string
	Role      Role
	Opened    time.Time
	OpenedBy  string
	Incidents []Incident
	Signals   []Signal

	Aware       time.Time
	AwareReason string
	Assessments []Assessment
	Exemption   *Exemption
	DPO         *Involvement
	Orders      []Order
	Items       map[Item]Statement
	Stated      []BreachType // of the breach, beside what the mails show

	Reports            []Report // to the authority, in phases
	Notices            []Notice // to the persons
	ControllerContact  string
	ControllerInformed Informed
	Attachments        []Attachment
	Comments           []Comment

	Closed   time.Time
	Entries  int
	LastSaid time.Time
}

// Said is who said an entry, and when.
type Said struct {
	N  int64 // number in the register, 0 for what is not recorded yet
	At time.Time
	By string
}

// Entry is one thing that was said.
type Entry struct {
	Said
	Subject string
	Change  Change
}

// Change is the body of an Entry; the types of this package that implement it are all there are.
type Change interface {
	kind() string
	check(*Case) error // against what holds before; a *Refusal names the field
	apply(*Case, Said) // after check
}

// Kind names the kind of a change as it stands in the register.
func Kind(c Change) string { return c.kind() }

// Say checks a change against the case and applies it. Errors: *Refusal, *Unfinished (only for closing), ErrNotProven.
func (c *Case) Say(said Said, change Change) error {
	_, opening := change.(Opening)
	switch {
	case opening != c.Opened.IsZero():
		return refuse("case", "a case is opened once, and first")
	case said.By == "":
		return refuse("by", "nobody says it")
	case !c.Closed.IsZero() && !afterClosing(change):
		return refuse("case", "%s is closed: open it again first, with a reason", c.ID)
	}
	if err := change.check(c); err != nil {
		return err
	}
	change.apply(c, said)
	c.Entries++
	c.LastSaid = said.At
	return nil
}

func afterClosing(change Change) bool {
	switch change.(type) {
	case Reopening, Comment, Attachment:
		return true
	}
	return false
}

// Replay makes the case of its entries, which must be in their order. An entry that does not fit is an error: the
// register was written by a program that thought otherwise, or not by one.
func Replay(id string, entries []Entry) (*Case, error) {
	c := &Case{ID: id}
	for _, e := range entries {
		if e.Subject != id {
			return nil, fmt.Errorf("case %s: entry %d is of %s", id, e.N, e.Subject)
		}
		if err := c.Say(e.Said, e.Change); err != nil {
			return nil, fmt.Errorf("case %s: entry %d: %w", id, e.N, err)
		}
	}
	return c, nil
}

// Ordered says whether the authority ordered us to tell the persons.
func (c *Case) Ordered() bool { return len(c.Orders) > 0 }

// ProposedAwareness is the first time at which a person took notice, as far as the signals tell; zero when none did.
// Machines do not become aware (EDPB Guidelines 9/2022, 31: reasonable certainty), but what they said before is shown.
func (c *Case) ProposedAwareness() time.Time {
	var first time.Time
	for _, s := range c.Signals {
		if s.Human && (first.IsZero() || s.At.Before(first)) {
			first = s.At
		}
	}
	return first
}
