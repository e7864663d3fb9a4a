package web

import (
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// onePage is one transmission.
type onePage struct {
	Found, Became, Mail []fact
	Note                string
	Copies              []listRow
	Evidence            []evidence
	Back                string
	heading             string
}

func (p onePage) title(string) string { return p.heading }

// Heading is the title of the page.
func (p onePage) Heading() string { return p.heading }

type fact struct{ Name, Value, Class string }

// evidence is a log line: what log it is in, where, and its fingerprint.
type evidence struct{ Log, Position, Hash string }

// maxCopies bounds how many other recipients of a mail are listed.
const maxCopies = 100

func (s *site) transmission(r *http.Request, v view) (string, any, error) {
	found, _, err := s.Store.Documents(r.Context(), dashboards.Period{}, dashboards.Filter{dashboards.Is("event.id", r.PathValue("id"))}, 0, 1)
	if err != nil {
		return "", nil, err
	}
	if len(found) == 0 {
		return "", nil, errNotFound
	}
	d := &found[0]
	page := onePage{heading: texts["one-title"].In(v.Lang) + " " + dashboards.Clock(v.Lang, d.Time.In(s.Zone)), Back: v.link("/transmissions"),
		Found: s.foundFacts(v.Lang, d), Became: s.becameFacts(v.Lang, d), Mail: mailFacts(v.Lang, d), Note: dashboards.Word(v.Lang, "finding", d.Finding)}
	for _, e := range d.Evidence {
		page.Evidence = append(page.Evidence, evidenceOf(v.Lang, e))
	}
	if d.Recipients > 1 {
		if page.Copies, err = s.copies(r, v, d); err != nil {
			return "", nil, err
		}
	}
	return "one", page, nil
}

// copies are the same mail's transmissions to others: they share the moment and the queue id.
func (s *site) copies(r *http.Request, v view, d *event.Document) ([]listRow, error) {
	p := dashboards.Period{From: d.Time.Format(time.RFC3339Nano), To: d.Time.Add(time.Microsecond).Format(time.RFC3339Nano)}
	same := dashboards.Filter{dashboards.Is("postvagt.queue_id", d.QueueID), dashboards.Is("host.name", d.Host), dashboards.Not("event.id", d.Key)}
	found, _, err := s.Store.Documents(r.Context(), p, same, 0, maxCopies)
	var rows []listRow
	for i := range found {
		rows = append(rows, s.listRow(v, &found[i]))
	}
	return rows, err
}

// facts gathers lines of a description; what is empty is left out.
type facts struct {
	lang string
	all  []fact
}

func (f *facts) add(name, value string) {
	if value != "" {
		f.all = append(f.all, fact{Name: texts[name].In(f.lang), Value: value})
	}
}

func (f *facts) word(name, field, value string) { f.add(name, dashboards.Word(f.lang, field, value)) }

func (f *facts) flag(name string, is bool) { f.word(name, "yesno", strconv.FormatBool(is)) }

func (s *site) foundFacts(lang string, d *event.Document) []fact {
	f := &facts{lang: lang}
	f.word("f-level", "level", d.Level)
	f.add("f-kinds", kindsOf(lang, d))
	if d.Persons > 0 {
		f.add("f-persons", dashboards.Number(lang, int64(d.Persons)))
	}
	f.add("f-content", contentOf(lang, d))
	f.flag("f-signed", d.Signed)
	if d.Unopened > 0 {
		f.add("f-unopened", dashboards.Number(lang, int64(d.Unopened)))
	}
	f.word("f-wanted", "wanted", d.Wanted)
	f.word("f-action", "action", d.Action)
	f.add("f-why", plain(lang, d.Why))
	return f.all
}

func contentOf(lang string, d *event.Document) string {
	text := dashboards.Word(lang, "protection", d.Protection)
	if d.Protection == "" || d.Protection == "none" {
		return text
	}
	strength := "f-weak"
	if d.Strong {
		strength = "f-strong"
	}
	return strings.TrimSpace(text+" "+d.Algorithm) + " (" + texts[strength].In(lang) + ")"
}

func (s *site) becameFacts(lang string, d *event.Document) []fact {
	f := &facts{lang: lang}
	f.word("f-outcome", "outcome", d.Outcome)
	if !d.OutcomeTime.IsZero() {
		f.add("f-outcome-time", dashboards.Clock(lang, d.OutcomeTime.In(s.Zone)))
	}
	f.flag("f-final", d.Final)
	if d.Held {
		f.flag("f-held", d.Held)
		f.flag("f-released", d.Released)
	}
	f.word("f-class", "class", d.Class)
	f.word("f-promise", "promise", d.Promise)
	f.word("f-transport", "transport", d.Transport)
	f.add("f-tls", strings.TrimSpace(d.TLSVersion+" "+d.TLSCipher))
	if d.Channel != "" {
		f.add("f-channel", d.Channel+" ("+dashboards.Word(lang, "channel_state", d.ChannelState)+")")
	}
	if d.Left {
		f.word("f-protected", "protected", d.Protected)
	}
	if d.AfterObjection {
		f.flag("f-objection", true)
	}
	return f.all
}

func mailFacts(lang string, d *event.Document) []fact {
	f := &facts{lang: lang}
	f.word("f-direction", "direction", d.MessageDirection)
	f.word("f-department", "department", d.Department)
	f.add("f-recipients", dashboards.Number(lang, int64(d.Recipients)))
	f.word("f-message-outcome", "outcome", d.MessageOutcome)
	if d.MessageLeft {
		f.word("f-message-safe", "protected", d.MessageProtected)
	}
	switch d.DoneRight {
	case "yes", "no":
		f.add("f-done-right", texts[d.DoneRight].In(lang))
	case "unknown":
		f.add("f-done-right", texts["yet"].In(lang))
	}
	f.add("f-queue", d.QueueID)
	return f.all
}

// evidenceOf splits "source:position:hash". The milter's log goes by a name that the reader knows.
func evidenceOf(lang, text string) evidence {
	e := evidence{Log: text}
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		e.Log, e.Hash = text[:i], text[i+1:]
		if i := strings.LastIndexByte(e.Log, ':'); i >= 0 {
			e.Log, e.Position = e.Log[:i], e.Log[i+1:]
		}
	}
	e.Log = path.Base(e.Log)
	if workshop.MatchString(e.Log) {
		e.Log = texts["ev-own"].In(lang)
	}
	return e
}
