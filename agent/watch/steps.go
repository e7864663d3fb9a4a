package watch

import "time"

// To says who an alert is for.
type To string

// Who is told.
const (
	Officer    To = "officer"    // the compliance officers' mailbox
	Sender     To = "sender"     // of the mail
	Manager    To = "manager"    // of the sender's department
	Operations To = "operations" // who runs the machines
)

// Gate is what allows alerts on persons at all.
type Gate struct {
	Informed bool   // [persons]: staff were informed, the impact assessment and the consultation are on record
	Country  string // ISO 3166, lower case; "no": no employee is singled out to a manager
}

// Explain is how long a sender has to explain before the manager can be told.
const Explain = 3 * 24 * time.Hour

// OfSender says whether a finding is about one sender who may be singled out.
func (f Finding) OfSender() bool { return f.By == BySender || f.By == ByInstruction }

// Steps says who is to be told of a finding now. toldSender is when the sender was told, zero if they were not yet.
func Steps(f Finding, g Gate, toldSender, now time.Time) []To {
	to := []To{Officer}
	if !g.Informed || !f.OfSender() {
		return to
	}
	to = append(to, Sender)
	if g.Country != "no" && f.Confirmed && f.Explained && !toldSender.IsZero() && now.Sub(toldSender) >= Explain {
		to = append(to, Manager)
	}
	return to
}
