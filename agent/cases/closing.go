package cases

import (
	"fmt"
	"slices"
	"strings"
)

// Lack is something that a case still needs before it can be closed.
type Lack struct {
	What LackKind
	Item Item // of a point that is missing or not known
}

// LackKind names what is missing; the texts are in Text.
type LackKind string

// What can be missing.
const (
	LackAwareness LackKind = "awareness"
	LackRisk      LackKind = "risk"
	LackDPO       LackKind = "dpo-involved"
	LackItem      LackKind = "item"
	LackUnknown   LackKind = "unknown"
	LackReport    LackKind = "report"
	LackReceipt   LackKind = "receipt"
	LackLate      LackKind = "late"
	LackNotice    LackKind = "notice"
	LackInformed  LackKind = "informed"
)

// Unfinished refuses to close a case and says what is missing.
type Unfinished struct{ Lacks []Lack }

func (u *Unfinished) Error() string {
	var all []string
	for _, l := range u.Lacks {
		all = append(all, strings.TrimSuffix(fmt.Sprintf("%s:%s", l.What, l.Item), ":"))
	}
	return "not finished: " + strings.Join(all, ", ")
}

// Closing ends a case.
type Closing struct {
	Summary string `json:"summary,omitempty"`
}

func (x Closing) kind() string { return "closed" }

func (x Closing) check(c *Case) error {
	if lacks := c.Lacks(); len(lacks) > 0 {
		return &Unfinished{Lacks: lacks}
	}
	return nil
}

func (x Closing) apply(c *Case, s Said) { c.Closed = s.At }

// Lacks lists what the register's minimum (Art. 33(5)) and the case's procedure still ask.
func (c *Case) Lacks() (all []Lack) {
	add := func(missing bool, what LackKind, item Item) {
		if l := (Lack{What: what, Item: item}); missing && !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	add(c.Aware.IsZero(), LackAwareness, "")
	add(c.DPO == nil, LackDPO, "")
	c.lackItems(NotificationItems(), add)
	if c.Role == Processor {
		add(c.ControllerInformed.At.IsZero(), LackInformed, "")
		return all
	}
	p := c.Procedure()
	add(p.Level == Unassessed, LackRisk, "")
	if p.Notify {
		add(len(c.Reports) == 0, LackReport, "")
		add(len(c.Reports) > 0 && c.Reports[len(c.Reports)-1].Receipt == "", LackReceipt, "")
		add(c.Clock(c.LastSaid).State == TooLate && c.lateReason() == "", LackLate, "")
	}
	if p.Tell {
		c.lackItems(NoticeItems(), add)
		add(len(c.Notices) == 0, LackNotice, "")
	}
	return all
}

func (c *Case) lackItems(items []Item, add func(bool, LackKind, Item)) {
	for _, i := range items {
		s, said := c.Items[i]
		add(!said, LackItem, i)
		add(said && s.Status == NotYet, LackUnknown, i)
	}
}

// lateReason is why the notification came, or will come, after the limit: as it went with a phase, else as it is written
// among the points; "" as long as nobody says.
func (c *Case) lateReason() string {
	for _, r := range c.Reports {
		if r.Late != "" {
			return r.Late
		}
	}
	if s := c.Items[LateReason]; s.Status != NotYet {
		return s.Text
	}
	return ""
}
