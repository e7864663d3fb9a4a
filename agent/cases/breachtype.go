package cases

import "slices"

// BreachType is what a breach did to the data (EDPB Guidelines 9/2022, 15).
type BreachType string

// The three types; a breach can be of several.
const (
	Confidentiality BreachType = "confidentiality" // seen or given to who must not have it
	Integrity       BreachType = "integrity"       // altered
	Availability    BreachType = "availability"    // lost, or out of reach
)

// BreachTypes are all of them, in the order of the authorities' forms.
func BreachTypes() []BreachType { return []BreachType{Confidentiality, Integrity, Availability} }

// Typing says of what types a breach is, beside what its mails show. A later one replaces it.
type Typing struct {
	Types []BreachType `json:"types"`
}

func (t Typing) kind() string { return "typed" }

func (t Typing) check(*Case) error {
	if len(t.Types) == 0 {
		return refuse("types", "say of which type the breach is")
	}
	for _, one := range t.Types {
		if !slices.Contains(BreachTypes(), one) {
			return refuse("types", "%q is not one of confidentiality, integrity, availability", one)
		}
	}
	return nil
}

func (t Typing) apply(c *Case, _ Said) { c.Stated = slices.Clone(t.Types) }

// Types are those that were stated and those that the mails show: what left in the open, and what was lost while we held it.
func (c *Case) Types() (all []BreachType) {
	for _, t := range BreachTypes() {
		if slices.Contains(c.Stated, t) || slices.Contains(typesOf(c.Incidents), t) {
			all = append(all, t)
		}
	}
	return all
}

func typesOf(incidents []Incident) (all []BreachType) {
	for _, i := range incidents {
		if i.Lost {
			all = append(all, Availability)
		} else {
			all = append(all, Confidentiality)
		}
	}
	return all
}
