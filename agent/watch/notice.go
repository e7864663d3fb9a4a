package watch

import (
	"fmt"
	"strings"
	"time"
)

// What happened to the message that a notice is about.
const (
	NoticeHeld   = "held"
	NoticeSent   = "sent" // mode notify: it left, or is about to
	NoticeOpened = "opened"
	NoticeBack   = "returned"
)

// Lines of the shipped policy whose reason a notice tells.
const (
	LineDowngrade      = "downgrade"
	LineObjection      = "after-objection"
	LineUnopened       = "after-objection-unopened"
	LineWeak           = "weak-encryption"
	LineManyPersons    = "many-persons"
	LineList           = "to-a-list"
	LineManyRecipients = "many-recipients"
)

// Notice is what an authenticated sender of the house is told of their own message: what kind of data it holds, never the
// data, its subject or to whom it went (R18).
type Notice struct {
	ID     string // of the message
	To     string // the sender's address
	Lang   string // of the message, as judged
	What   string // NoticeHeld …
	Why    string // the policy line that decided
	Kinds  []string
	Quoted bool // the data stands in the part that is quoted
	At     time.Time
	Page   string // address of the page where the sender decides on it, "" where others do; of NoticeHeld
}

// Languages are those of notices, as BCP 47 tags.
func Languages() []string { return []string{"da", "sv", "nb", "nn", "fi", "en"} }

// Message writes the notice. fallback is the language of the house, for mail whose language was not recognised. help says
// whom to ask; it may be empty.
func (n Notice) Message(from, fallback, help string, date time.Time) Message {
	lang := language(n.Lang, fallback)
	w := noticeWords(lang)
	message := Message{From: from, To: n.To, ID: "notice-" + n.What + "-" + n.ID, Date: date, Subject: w.subject[n.What], Lang: lang}
	at := n.At.Format("15:04")
	if n.What == NoticeOpened {
		message.Subject, message.Text = w.subjectOpened, []string{w.hello, fmt.Sprintf(w.what[n.What], at), w.end}
		return message
	}
	text := append([]string{w.hello}, n.reasons(w, at)...)
	switch {
	case n.What == NoticeHeld && n.Page != "":
		text = append(text, w.own, n.Page)
	case n.What == NoticeHeld:
		text = append(text, w.wrong)
	}
	if help != "" {
		text = append(text, help)
	}
	message.Text = append(text, w.end)
	return message
}

// reasons says what happened, why, and what to do instead. A message in which nothing was found is not said to hold anything.
func (n Notice) reasons(w *noticeText, at string) (text []string) {
	why, known := w.why[n.Why]
	if kinds := w.kindList(n.Kinds); kinds != "" {
		text = append(text, fmt.Sprintf(w.what[n.What], at), fmt.Sprintf(w.holds, kinds))
	} else {
		text = append(text, fmt.Sprintf(w.bare[n.What], at))
	}
	if known {
		text = append(text, why)
	}
	switch {
	case n.Quoted:
		text = append(text, w.quoted, strings.Join(w.steps, "\n"), w.a, w.b)
	case n.Why != LineDowngrade:
		text = append(text, w.instead)
	}
	return text
}

func language(lang, fallback string) string {
	for _, l := range []string{lang, fallback} {
		if l == "no" { // mail is recognised as Norwegian; which of the two is the house's
			if fallback == "nn" {
				return "nn"
			}
			return "nb"
		}
		for _, known := range Languages() {
			if l == known {
				return l
			}
		}
	}
	return "en"
}

// groups are what kinds of data are called towards senders: a few plain words, each kind in one of them.
var groups = [...]struct {
	name  string
	kinds string
}{
	{"number", "dk-cpr fi-hetu is-kt no-fnr se-pnr"}, {"health", "health substance genetic biometric"}, {"social", "social family"},
	{"crime", "crime"}, {"belief", "religion politics union ethnicity sexlife"}, {"money", "account card iban income debt"},
}

// kindList names the groups of the kinds, each once.
func (w *noticeText) kindList(kinds []string) string {
	var all []string
	for i, g := range groups {
		for _, k := range kinds {
			if strings.Contains(" "+g.kinds+" ", " "+k+" ") {
				all = append(all, w.groups[i])
				break
			}
		}
	}
	return strings.Join(all, ", ")
}
