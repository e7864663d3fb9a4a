package cases

import "time"

// ProcessorsSubject is the subject of the list of the organisation's own processors.
const ProcessorsSubject = "processors"

// Contract is a processor of ours and the proof that it was instructed to tell us of breaches without undue delay
// (GDPR Art. 28(3)(f), 33(2)). Said again under the same name, it replaces the line before.
type Contract struct {
	Name       string    `json:"name"`
	Contact    string    `json:"contact"`
	Service    string    `json:"service"`
	Instructed time.Time `json:"instructed,omitzero"` // zero: not yet
	Proof      string    `json:"proof,omitempty"`     // where the instruction lies
	Ended      time.Time `json:"ended,omitzero"`
}

func (p Contract) kind() string { return "processor" }

func (p Contract) check(*Case) error {
	switch {
	case p.Name == "":
		return refuse("name", "who is it")
	case p.Contact == "":
		return refuse("contact", "how is it reached when a breach is found at night")
	case !p.Instructed.IsZero() && p.Proof == "":
		return refuse("proof", "say where the instruction lies")
	}
	return nil
}

func (p Contract) apply(*Case, Said) {}

// Check refuses a line that is not complete. Errors: *Refusal.
func (p Contract) Check() error { return p.check(nil) }

// Contracts returns the list as it stands, in the order in which each name first came.
func Contracts(entries []Entry) (list []Contract) {
	place := map[string]int{}
	for _, e := range entries {
		p, ok := e.Change.(Contract)
		if !ok {
			continue
		}
		if i, had := place[p.Name]; had {
			list[i] = p
			continue
		}
		place[p.Name] = len(list)
		list = append(list, p)
	}
	return list
}
