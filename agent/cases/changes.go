package cases

import (
	"slices"
	"time"
)

// Opening begins a case.
type Opening struct {
	Title     string     `json:"title"` // no names, no numbers: it stands in lists
	Role      Role       `json:"role"`
	Incidents []Incident `json:"incidents,omitempty"`
	Signals   []Signal   `json:"signals,omitempty"`
	// Controller is whom a processor must inform, and how; for Role Processor only.
	Controller string `json:"controller,omitempty"`
}

func (o Opening) kind() string { return "opened" }

func (o Opening) check(*Case) error {
	switch {
	case o.Title == "":
		return refuse("title", "a case needs a title, without names or numbers")
	case o.Role != Controller && o.Role != Processor:
		return refuse("role", "%q is not one of controller, processor", o.Role)
	case o.Role == Processor && o.Controller == "":
		return refuse("controller", "as a processor, say who the controller is and how to reach it")
	}
	return nil
}

func (o Opening) apply(c *Case, s Said) {
	c.Title, c.Role, c.Opened, c.OpenedBy, c.ControllerContact = o.Title, o.Role, s.At, s.By, o.Controller
	c.Incidents, c.Signals = slices.Clone(o.Incidents), slices.Clone(o.Signals)
}

// Gathering adds transmissions and signals that belong to the same breach.
type Gathering struct {
	Incidents []Incident `json:"incidents,omitempty"`
	Signals   []Signal   `json:"signals,omitempty"`
}

func (g Gathering) kind() string { return "gathered" }

func (g Gathering) check(c *Case) error {
	if len(g.Incidents)+len(g.Signals) == 0 {
		return refuse("incidents", "nothing to add")
	}
	for _, i := range g.Incidents {
		if slices.ContainsFunc(c.Incidents, func(had Incident) bool { return had.Key == i.Key }) {
			return refuse("incidents", "%s is in the case already", i.Key)
		}
	}
	return nil
}

func (g Gathering) apply(c *Case, _ Said) {
	c.Incidents = append(c.Incidents, g.Incidents...)
	c.Signals = append(c.Signals, g.Signals...)
}

// Awareness says when the organisation became aware. Other than the proposal, or another than before, needs a reason;
// times are compared to the minute, which is what forms can say.
type Awareness struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

func (a Awareness) kind() string { return "aware" }

func (a Awareness) check(c *Case) error {
	proposed := c.ProposedAwareness()
	switch {
	case a.At.IsZero():
		return refuse("at", "say the time at which the organisation became aware")
	case a.Reason != "":
		return nil
	case !c.Aware.IsZero() && !sameMinute(a.At, c.Aware):
		return refuse("reason", "another time than before needs a reason")
	case !proposed.IsZero() && !sameMinute(a.At, proposed):
		return refuse("reason", "another time than the first notice by a person needs a reason")
	}
	return nil
}

func sameMinute(a, b time.Time) bool {
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

func (a Awareness) apply(c *Case, _ Said) { c.Aware, c.AwareReason = a.At, a.Reason }

// Involvement says how the data protection officer was involved; always, whatever the risk (Art. 38(1)).
type Involvement struct {
	At     time.Time `json:"at"`
	How    string    `json:"how"`
	Advice string    `json:"advice,omitempty"`
}

func (i Involvement) kind() string { return "dpo-involved" }

func (i Involvement) check(*Case) error {
	if i.At.IsZero() || i.How == "" {
		return refuse("how", "say when and how the data protection officer was involved")
	}
	return nil
}

func (i Involvement) apply(c *Case, _ Said) { c.DPO = &i }

// Order is the authority's order to tell the persons (Art. 34(4), 58(2)(e)). It overrides our assessment.
type Order struct {
	At        time.Time `json:"at"`
	Reference string    `json:"reference"`
	Text      string    `json:"text,omitempty"`
}

func (o Order) kind() string { return "ordered" }

func (o Order) check(*Case) error {
	if o.At.IsZero() || o.Reference == "" {
		return refuse("reference", "say the date and the reference of the order")
	}
	return nil
}

func (o Order) apply(c *Case, _ Said) { c.Orders = append(c.Orders, o) }

// Report is a notification to the supervisory authority that somebody has sent; Postvagt never sends it.
type Report struct {
	At      time.Time `json:"at"`
	Receipt string    `json:"receipt"`         // the authority's reference
	Phase   int       `json:"phase"`           // 1 first, 2 … further information (Art. 33(4))
	Late    string    `json:"late,omitempty"`  // why after 72 hours (Art. 33(1))
	Final   bool      `json:"final,omitempty"` // no further phase follows
}

func (r Report) kind() string { return "reported" }

func (r Report) check(c *Case) error {
	switch {
	case c.Role == Processor:
		return refuse("case", "a processor informs the controller, who notifies the authority")
	case c.Aware.IsZero():
		return refuse("at", "say first when the organisation became aware")
	case r.At.IsZero():
		return refuse("at", "say when it was sent")
	case r.Phase != len(c.Reports)+1:
		return refuse("phase", "phase %d comes next", len(c.Reports)+1)
	case r.Phase == 1 && r.At.After(c.Aware.Add(Limit)) && r.Late == "" && c.lateReason() == "":
		return refuse("late", "sent later than 72 hours after awareness: the reasons must go with it")
	}
	for _, i := range NotificationItems() {
		s, said := c.Items[i]
		if !said {
			return refuse(string(i), "missing: state it, estimate it, or say why it is not known yet and until when")
		}
		if r.Final && s.Status == NotYet {
			return refuse(string(i), "not known yet: the notification is not complete")
		}
	}
	return nil
}

func (r Report) apply(c *Case, _ Said) { c.Reports = append(c.Reports, r) }

// Notice says that persons were told. Never by open e-mail.
type Notice struct {
	At      time.Time `json:"at"`
	By      Way       `json:"by"`
	Persons int       `json:"persons"`
	Proof   string    `json:"proof"` // where the receipt lies
}

// Way is how persons were told.
type Way string

// The ways that are not open e-mail.
const (
	DigitalPost Way = "digital-post"
	Letter      Way = "letter"
	InPerson    Way = "in-person"
	Public      Way = "public" // a public communication, Art. 34(3)(c)
)

func (n Notice) kind() string { return "told" }

func (n Notice) check(c *Case) error {
	switch {
	case n.At.IsZero():
		return refuse("at", "say when they were told")
	case n.By != DigitalPost && n.By != Letter && n.By != InPerson && n.By != Public:
		return refuse("by", "%q is not one of digital-post, letter, in-person, public; never open e-mail", n.By)
	case n.Persons < 1 && n.By != Public:
		return refuse("persons", "say how many were told")
	case n.Proof == "":
		return refuse("proof", "say where the receipt lies")
	}
	for _, i := range NoticeItems() {
		if s, said := c.Items[i]; !said || s.Status == NotYet {
			return refuse(string(i), "missing: the notice must hold it (Art. 34(2))")
		}
	}
	return nil
}

func (n Notice) apply(c *Case, _ Said) { c.Notices = append(c.Notices, n) }

// Informed says that we, as a processor, informed the controller.
type Informed struct {
	At      time.Time `json:"at"`
	Receipt string    `json:"receipt"`
}

func (i Informed) kind() string { return "informed" }

func (i Informed) check(c *Case) error {
	switch {
	case c.Role != Processor:
		return refuse("case", "the organisation is the controller of this case")
	case i.At.IsZero() || i.Receipt == "":
		return refuse("receipt", "say when the controller was informed and where the receipt lies")
	}
	return nil
}

func (i Informed) apply(c *Case, _ Said) { c.ControllerInformed = i }

// MaxAttachment is the largest file that the register takes, in bytes.
const MaxAttachment = 10 << 20

// Attachment is a receipt or proof, kept in the register under the key of its case.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"` // media type
	Data []byte `json:"data"`
}

func (a Attachment) kind() string { return "attached" }

func (a Attachment) check(*Case) error {
	switch {
	case a.Name == "" || len(a.Data) == 0:
		return refuse("file", "no file")
	case len(a.Data) > MaxAttachment:
		return refuse("file", "%d bytes; at most %d", len(a.Data), MaxAttachment)
	}
	return nil
}

// Check refuses an attachment that is none, or too large. Errors: *Refusal.
func (a Attachment) Check() error { return a.check(nil) }

func (a Attachment) apply(c *Case, _ Said) { c.Attachments = append(c.Attachments, a) }

// Comment is a remark, of the data protection officer above all.
type Comment struct {
	Text string `json:"text"`
	Said Said   `json:"-"` // set when applied
}

func (t Comment) kind() string { return "commented" }

func (t Comment) check(*Case) error {
	if t.Text == "" {
		return refuse("text", "empty")
	}
	return nil
}

func (t Comment) apply(c *Case, s Said) {
	t.Said = s
	c.Comments = append(c.Comments, t)
}

// Reopening takes a closing back.
type Reopening struct {
	Reason string `json:"reason"`
}

func (r Reopening) kind() string { return "reopened" }

func (r Reopening) check(c *Case) error {
	switch {
	case c.Closed.IsZero():
		return refuse("case", "%s is open", c.ID)
	case r.Reason == "":
		return refuse("reason", "say why")
	}
	return nil
}

func (r Reopening) apply(c *Case, _ Said) { c.Closed = time.Time{} }
