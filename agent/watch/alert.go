package watch

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Alert is one thing that somebody is told, once. Its ID is the same however often the cause is found again.
type Alert struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"` // repeated, untriaged, clock, escalated, heartbeat, incomplete, …
	To     To        `json:"to"`
	At     time.Time `json:"at"`
	Title  string    `json:"title"`
	Text   string    `json:"text"`
	Link   string    `json:"link,omitempty"`
	Labels []Label   `json:"labels,omitempty"` // for Alertmanager; no person in them
}

// Label is a name and a value.
type Label struct{ Name, Value string }

// About makes the alert of a finding for one of those who are told.
func About(f Finding, to To, base, lang string, at time.Time) Alert {
	w := alertWords(lang)
	what := []string{w.by[f.By]}
	if f.Objection && f.By != ByObjection {
		what = append(what, w.by[ByObjection])
	}
	if f.Repeated() {
		what = append(what, w.repeated)
	}
	if n := len(f.Departments); n > 1 {
		what = append(what, fmt.Sprintf(w.departments, number(lang, n)))
	}
	title := w.title + ": " + strings.Join(what, ", ")
	text := fmt.Sprintf(w.text, count(f.Messages, w.mail), count(f.Recipients, w.recipient), f.First.Format("2006-01-02 15:04"), f.Last.Format("2006-01-02 15:04"))
	if f.Prevented > 0 {
		text += " " + fmt.Sprintf(w.prevented, f.Prevented)
	}
	switch to {
	case Sender:
		text += "\n\n" + w.toSender
	case Manager:
		text += "\n\n" + w.toManager
	}
	return Alert{ID: f.ID + f.Stage() + "/" + string(to), Kind: "repeated", To: to, At: at, Title: title, Text: text, Link: link(base, "repeated/"+f.ID)}
}

// count writes a number with its noun.
func count(n int, noun [2]string) string {
	if n == 1 {
		return "1 " + noun[0]
	}
	return fmt.Sprint(n) + " " + noun[1]
}

// link is the address of a page, "" where the configuration has no base.
func link(base, path string) string {
	if base == "" {
		return ""
	}
	u, err := url.JoinPath(base, path)
	if err != nil {
		return ""
	}
	return u
}

// number writes small numbers as words.
func number(lang string, n int) string {
	da := []string{"", "en", "to", "tre", "fire", "fem", "seks"}
	en := []string{"", "one", "two", "three", "four", "five", "six"}
	switch {
	case n >= len(da):
		return fmt.Sprint(n)
	case lang == "da":
		return da[n]
	}
	return en[n]
}

type words struct {
	title, repeated, departments, text string
	prevented                          string
	mail, recipient                    [2]string // one, several
	toSender, toManager                string
	by                                 map[By]string
}

func alertWords(lang string) words {
	if lang == "da" {
		return words{
			title: "Åben mail", repeated: "gentaget", departments: "%s afdelinger",
			text: "%s til i alt %s, fra %s til %s. Ingen af dem var beviseligt beskyttet.",
			mail: [2]string{"mail", "mails"}, recipient: [2]string{"modtager", "modtagere"},
			prevented: "%d blev holdt tilbage, før de forlod huset.",
			toSender:  "Du får besked, så du kan se på det og forklare, hvis det er en fejl. Ingen andre end databeskyttelsens sagsbehandler ved det endnu.",
			toManager: "Sagen er set igennem, og afsenderen har haft lejlighed til at forklare sig. Det er ikke en vurdering af medarbejderen.",
			by: map[By]string{BySender: "samme afsender", ByDepartment: "afdelingens andel", ByCitizen: "til samme borger",
				ByObjection: "efter indsigelse", ByInstruction: "efter instruks"},
		}
	}
	return words{
		title: "Open mail", repeated: "repeated", departments: "%s departments",
		text: "%s to %s in all, from %s to %s. None of them is proven to have been protected.",
		mail: [2]string{"mail", "mails"}, recipient: [2]string{"recipient", "recipients"},
		prevented: "%d held back before they left the house.",
		toSender:  "You are told so that you can look into it, and explain if it is a mistake. Nobody but the officer for data protection knows of it yet.",
		toManager: "The matter was looked into, and the sender could explain. This is no judgement of the employee.",
		by: map[By]string{BySender: "same sender", ByDepartment: "share of the department", ByCitizen: "to the same citizen",
			ByObjection: "after objection", ByInstruction: "after instruction"},
	}
}

// Of makes an alert that has no finding behind it: a clock, a queue, a heartbeat. Words are given in Danish and English.
func Of(kind, id string, to To, at time.Time, lang, da, en, base, path string) Alert {
	text := en
	if lang == "da" {
		text = da
	}
	title, rest, _ := strings.Cut(text, "\n")
	return Alert{ID: kind + "/" + id + "/" + string(to), Kind: kind, To: to, At: at, Title: title, Text: strings.TrimSpace(rest), Link: link(base, path)}
}
