package web

import (
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"postvagt/agent/cases"
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
	Ask                 string // where to ask for the sender, "" where nobody may
	Asked               bool   // and was told the sender
	Sender              string
	Triage              triaged
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
	d, err := s.document(r, v)
	if err != nil {
		return "", nil, err
	}
	page, err := s.onePage(r, v, d)
	return "one", page, err
}

// document is the transmission that the address names, if the user may see it.
func (s *site) document(r *http.Request, v view) (*event.Document, error) {
	where := dashboards.Filter{dashboards.Is("event.id", r.PathValue("id"))}
	if own, bound := v.own(); bound {
		where = where.And(dashboards.Is("postvagt.department", own...))
	}
	found, _, err := s.Store.Documents(r.Context(), dashboards.Period{}, where, 0, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNotFound
	}
	return &found[0], nil
}

func (s *site) onePage(r *http.Request, v view, d *event.Document) (page onePage, err error) {
	page = onePage{heading: texts["one-title"].In(v.Lang) + " " + dashboards.Clock(v.Lang, d.Time.In(s.Zone)), Back: v.link("/transmissions"),
		Found: s.foundFacts(v.Lang, d), Became: s.becameFacts(v.Lang, d), Mail: mailFacts(v.Lang, d), Note: dashboards.Word(v.Lang, "finding", d.Finding)}
	for _, e := range d.Evidence {
		page.Evidence = append(page.Evidence, evidenceOf(v.Lang, e))
	}
	if d.Recipients > 1 {
		page.Copies, err = s.copies(r, v, d)
	}
	if err == nil {
		page.Triage, err = s.triagedOf(r, v, d)
	}
	if v.user.Is(decides...) && cases.NeedsTriage(d) && s.Persons() {
		page.Ask = v.link("/transmissions/" + d.Key + "/sender")
	}
	return page, err
}

// sender shows who sent the mail of an incident, once the reason is written down.
func (s *site) sender(r *http.Request, v view) (string, any, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, 8<<10)
	d, err := s.document(r, v)
	if err != nil {
		return "", nil, err
	}
	if !cases.NeedsTriage(d) || !s.Persons() {
		return "", nil, errForbidden
	}
	v.path = "/transmissions/" + d.Key
	reason := strings.Join(strings.Fields(r.PostFormValue("reason")), " ")
	if utf8.RuneCountInString(reason) < 5 || len(reason) > 500 {
		return "", nil, inputError{texts["sender-why"]}
	}
	if err := s.note(r, "sender", reason); err != nil {
		return "", nil, err
	}
	page, err := s.onePage(r, v, d)
	page.Ask, page.Asked, page.Sender = "", true, d.From
	return "one", page, err
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
	if text, _ := protection(lang, d); text != "" {
		f.add("f-protected", text)
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
	if d.MessageLeft && !(d.Level == "none" && d.MessageProtected == "no") {
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
