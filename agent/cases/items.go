package cases

import (
	"slices"
	"time"
)

// Item names a point of the minimum contents.
type Item string

// The points of Art. 33(3) in their order, and the measures of Art. 33(3)(d).
const (
	Nature         Item = "nature"          // what happened
	PersonKinds    Item = "person-kinds"    // categories of data subjects
	PersonNumber   Item = "person-number"   // how many, about
	DataKinds      Item = "data-kinds"      // categories of personal data
	RecordNumber   Item = "record-number"   // number of records of personal data, which is not the number of persons
	DPO            Item = "dpo"             // name and contact of the data protection officer
	Consequences   Item = "consequences"    // likely consequences
	Measures       Item = "measures"        // taken or proposed, also to mitigate
	NoticeNature   Item = "notice-nature"   // the same three for the persons, in plain language, Art. 34(2)
	NoticeEffects  Item = "notice-effects"  //
	NoticeMeasures Item = "notice-measures" // what we do, and what the person can do
	LateReason     Item = "late"            // why the notification comes after 72 hours, Art. 33(1); asked for where it does
)

// NotificationItems are the minimum of the notification to the authority, GDPR Art. 33(3).
func NotificationItems() []Item {
	return []Item{Nature, PersonKinds, PersonNumber, DataKinds, RecordNumber, DPO, Consequences, Measures}
}

// NoticeItems are the minimum of the notice to the persons, GDPR Art. 34(2).
func NoticeItems() []Item { return []Item{NoticeNature, DPO, NoticeEffects, NoticeMeasures} }

// Items are all points, each once: those of the notification, why it comes late, and what only the notice holds.
func Items() []Item {
	return append(NotificationItems(), LateReason, NoticeNature, NoticeEffects, NoticeMeasures)
}

// Status says how sure a point is.
type Status string

// A point is said, estimated, or not known yet: then why, and until when (information in phases, Art. 33(4)).
const (
	Stated   Status = "stated"
	Estimate Status = "estimate"
	NotYet   Status = "not-yet"
)

// Statement fills in one point.
type Statement struct {
	Item    Item      `json:"item"`
	Status  Status    `json:"status"`
	Text    string    `json:"text,omitempty"`
	Because string    `json:"because,omitempty"` // NotYet: why it is not known
	By      time.Time `json:"by,omitzero"`       // NotYet: when it will be
}

func (s Statement) kind() string { return "stated" }

func (s Statement) check(*Case) error {
	switch {
	case !slices.Contains(Items(), s.Item):
		return refuse("item", "%q is not a point of the notification or the notice", s.Item)
	case s.Status == NotYet && (s.Because == "" || s.By.IsZero()):
		return refuse("because", "what is not known yet needs a reason and a day by which it will be")
	case s.Status != NotYet && s.Text == "":
		return refuse("text", "empty: say it, estimate it, or say why it is not known yet")
	case s.Status != NotYet && s.Status != Stated && s.Status != Estimate:
		return refuse("status", "%q is not one of stated, estimate, not-yet", s.Status)
	}
	return nil
}

func (s Statement) apply(c *Case, _ Said) {
	if c.Items == nil {
		c.Items = map[Item]Statement{}
	}
	c.Items[s.Item] = s
}
