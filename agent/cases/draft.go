package cases

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Draft is a document to copy from. Postvagt never sends it.
type Draft struct {
	Title  string
	Mark   string // says that it is a draft and no legal advice; on every page
	Fields []DraftField
}

// DraftField is one field of a form, or one paragraph of a letter under its heading.
type DraftField struct{ Label, Text string }

// House is what drafts say of the organisation.
type House struct {
	Name string
	Zone *time.Location // in which times are written
	Now  time.Time      // when the draft is made: whether it comes late
}

// Languages are those of the drafts, as BCP 47 tags.
func Languages() []string { return []string{"da", "nb", "sv", "en"} }

// Notification drafts what goes to the supervisory authority, GDPR Art. 33(3), grouped as the authorities' forms group
// it: who, when, what, whom and how many, which data and how many records, consequences, measures, the persons' notice. A
// language that is not one of Languages gets English.
func Notification(c *Case, h House, lang string) Draft {
	w := wordsIn(lang)
	d := Draft{Title: w.notification, Mark: w.mark}
	add := func(label, text string) {
		if text != "" {
			d.Fields = append(d.Fields, DraftField{Label: label, Text: text})
		}
	}
	add(w.caseNumber, c.ID+" ("+fmt.Sprintf(w.phase, len(c.Reports)+1)+")")
	if c.Role == Processor {
		add(w.processor, h.Name)
	} else {
		add(w.controller, h.Name)
	}
	add(w.items[DPO], w.say(c.Items[DPO], h.Zone))
	add(w.happened, cmp.Or(spanOf(c.Incidents, h.Zone), w.toFill))
	add(w.aware, cmp.Or(stamp(c.Aware, h.Zone), w.toFill))
	add(w.awareReason, c.AwareReason)
	if c.Late(h.Now) {
		add(w.items[LateReason], cmp.Or(c.lateReason(), w.say(c.Items[LateReason], h.Zone)))
	}
	add(w.breachType, cmp.Or(w.typesOf(c), w.toFill))
	for _, i := range NotificationItems() {
		if i != DPO {
			add(w.items[i], w.say(c.Items[i], h.Zone))
		}
	}
	add(w.risk, w.levels[c.Risk()])
	add(w.persons, w.toldText(c, h.Zone))
	return d
}

// PersonNotice drafts the notice to a person, GDPR Art. 34(2): a letter of its own for each, by post or digital post. It
// holds only what was written for the notice, so that nobody else is named.
func PersonNotice(c *Case, h House, lang string) Draft {
	w := wordsIn(lang)
	d := Draft{Title: w.notice, Mark: w.mark + " " + w.noMail}
	d.Fields = append(d.Fields, DraftField{Text: fmt.Sprintf(w.intro, h.Name)})
	for _, i := range NoticeItems() {
		d.Fields = append(d.Fields, DraftField{Label: w.items[i], Text: w.say(c.Items[i], h.Zone)})
	}
	d.Fields = append(d.Fields, DraftField{Label: w.complain, Text: w.complainTo})
	return d
}

// ControllerNotice drafts what a processor tells its controller, Art. 33(2).
func ControllerNotice(c *Case, h House, lang string) Draft {
	d := Notification(c, h, lang)
	w := wordsIn(lang)
	d.Title = w.toController
	d.Fields = append([]DraftField{{Label: w.addressee, Text: c.ControllerContact}}, d.Fields...)
	return d
}

// say writes one point as it stands.
func (w *words) say(s Statement, zone *time.Location) string {
	switch s.Status {
	case Stated:
		return s.Text
	case Estimate:
		return s.Text + " (" + w.estimate + ")"
	case NotYet:
		return fmt.Sprintf(w.notYet, s.Because, s.By.In(zone).Format(time.DateOnly))
	}
	return w.toFill
}

func (w *words) toldText(c *Case, zone *time.Location) string {
	var all []string
	for _, n := range c.Notices {
		all = append(all, stamp(n.At, zone)+": "+w.ways[n.By]+", "+strconv.Itoa(n.Persons))
	}
	p := c.Procedure()
	switch {
	case len(all) > 0:
		return strings.Join(all, "; ")
	case p.Tell:
		return w.willTell
	case p.Exempt != "":
		return w.grounds[p.Exempt] + " " + c.Exemption.Reason
	}
	return w.notTold
}

// typesOf are the types of breach, with what the mails show of them; "" where neither says any.
func (w *words) typesOf(c *Case) string {
	shown := map[BreachType]string{}
	for _, t := range typesOf(c.Incidents) {
		shown[t] = map[BreachType]string{Confidentiality: w.confidentiality, Availability: w.availability}[t]
	}
	var all []string
	for _, t := range c.Types() {
		all = append(all, cmp.Or(shown[t], w.types[t]))
	}
	return strings.Join(all, "; ")
}

func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// spanOf is from the first to the last transmission.
func spanOf(incidents []Incident, zone *time.Location) string {
	if len(incidents) == 0 {
		return ""
	}
	first, last := incidents[0].Time, incidents[0].Time
	for _, i := range incidents {
		if i.Time.Before(first) {
			first = i.Time
		}
		if i.Time.After(last) {
			last = i.Time
		}
	}
	if first.Equal(last) {
		return stamp(first, zone)
	}
	return stamp(first, zone) + " – " + stamp(last, zone)
}
