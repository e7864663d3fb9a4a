package web

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

const pageRows = 50

// listPage is a list of transmissions.
type listPage struct {
	Heading, Help, Lead string
	Back                string
	Rows                []listRow
	Newer, Older, Place string
	Choices             []choice
	all                 []string
}

func (p listPage) title(lang string) string { return p.Heading }
func (p listPage) departments() []string    { return p.all }

// choice is an entry of the list of figures whose transmissions can be shown.
type choice struct {
	ID, Title string
	Selected  bool
}

type listRow struct {
	Time, Department, Level, LevelClass, Kinds, Outcome, Protected, ProtectedClass, Transport, Why, Href string
}

// Parts of a question: what it counts, what it measures on, and the difference.
const (
	partOver = "over"
	partRest = "rest"
)

func (s *site) transmissions(r *http.Request, v view) (string, any, error) {
	id, part, key := v.query.Get("q"), v.query.Get("part"), v.query.Get("key")
	filter := dashboards.Filter(nil)
	page := listPage{Heading: texts["list-all"].In(v.Lang), Back: v.link("/")}
	unit := "list-rows"
	if id != "" {
		q, ok := dashboards.ByID(id)
		if !ok {
			return "", nil, errNotFound
		}
		if filter, ok = behind(q, part, key); !ok {
			return "", nil, errNotFound
		}
		page.Heading, page.Help = heading(v.Lang, q, part, key), q.Help.In(v.Lang)
		if q.Measure.Kind != dashboards.Distinct {
			unit = "list-of"
		}
	}
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return "", nil, err
	}
	page.all, page.Choices = s.departmentsOf(overview), choices(v.Lang, id)
	at, err := pageNumber(v.query.Get("page"))
	if err != nil {
		return "", nil, err
	}
	found, total, err := s.Store.Documents(r.Context(), v.period(), v.where().And(filter...), (at-1)*pageRows, pageRows)
	if err != nil {
		return "", nil, err
	}
	for i := range found {
		page.Rows = append(page.Rows, s.listRow(v, &found[i]))
	}
	page.Lead = fmt.Sprintf(texts[unit].In(v.Lang), mails(v.Lang, int64(total)))
	if unit == "list-rows" {
		page.Lead = fmt.Sprintf(texts[unit].In(v.Lang), transmissionsText(v.Lang, int64(total)))
	}
	page.turn(v, at, (total+pageRows-1)/pageRows)
	return "list", page, nil
}

func transmissionsText(lang string, n int64) string {
	switch {
	case lang == "da" && n == 1:
		return "1 forsendelse"
	case lang == "da":
		return number(lang, n) + " forsendelser"
	case n == 1:
		return "1 transmission"
	}
	return number(lang, n) + " transmissions"
}

func pageNumber(text string) (int, error) {
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 {
		return 1, inputError{dashboards.Text{DA: fmt.Sprintf("%q er ikke et sidetal.", text), EN: fmt.Sprintf("%q is no page number.", text)}}
	}
	return n, nil
}

// turn sets the links to the pages beside this one.
func (p *listPage) turn(v view, at, last int) {
	if last > 1 {
		p.Place = fmt.Sprintf(texts["page-of"].In(v.Lang), number(v.Lang, int64(at)), number(v.Lang, int64(last)))
	}
	if at > 1 {
		p.Newer = v.Here("page", strconv.Itoa(at-1))
	}
	if at < last {
		p.Older = v.Here("page", strconv.Itoa(at+1))
	}
}

func choices(lang, selected string) []choice {
	var all []choice
	for _, q := range dashboards.Questions() {
		if q.Split.By == "" || q.ID == selected {
			all = append(all, choice{q.ID, q.Title.In(lang), q.ID == selected})
		}
	}
	return all
}

// behind returns the condition for the transmissions that a figure counts (part ""), measures on (over), or
// measures on and doesn't count (rest), of one value of its split if a key is given.
func behind(q dashboards.Question, part, key string) (dashboards.Filter, bool) {
	filter := q.Measure.Of
	switch part {
	case "":
	case partOver:
		filter = q.Measure.Over
	case partRest:
		more := q.Measure.Of[min(len(q.Measure.Over), len(q.Measure.Of)):]
		if len(more) != 1 {
			return nil, false
		}
		t := more[0]
		t.Not = !t.Not
		filter = q.Measure.Over.And(t)
	default:
		return nil, false
	}
	if part != "" && q.Measure.Kind != dashboards.Ratio {
		return nil, false
	}
	if q.Measure.Kind == dashboards.Distinct {
		filter = filter.And(dashboards.Not(q.Measure.Field, ""))
	}
	if key == "" {
		return filter, true
	}
	if q.Split.By == "" || q.Split.By == dashboards.ByTime {
		return nil, false
	}
	if key == "-" {
		key = ""
	}
	return filter.And(dashboards.Is(q.Split.By, key)), true
}

// splitWords names the list of words for the values of a split.
var splitWords = map[string]string{
	"postvagt.kinds":             "kind",
	"postvagt.message_outcome":   "outcome",
	"postvagt.message_protected": "protected",
	"postvagt.department":        "department",
}

func heading(lang string, q dashboards.Question, part, key string) string {
	title := q.Title.In(lang)
	switch part {
	case partOver:
		title = fmt.Sprintf(texts["list-over"].In(lang), title)
	case partRest:
		title = fmt.Sprintf(texts["list-rest"].In(lang), title)
	}
	if key == "" {
		return title
	}
	if key == "-" {
		key = ""
	}
	return title + ": " + word(lang, splitWords[q.Split.By], key)
}

func (s *site) listRow(v view, d *event.Document) listRow {
	protected := d.Protected
	if !d.Left {
		protected = ""
	}
	return listRow{
		Time: d.Time.In(s.Zone).Format("2006-01-02 15:04"), Department: word(v.Lang, "department", d.Department),
		Level: word(v.Lang, "level", d.Level), LevelClass: "level-" + d.Level, Kinds: kindsOf(v.Lang, d),
		Outcome: word(v.Lang, "outcome", d.Outcome), Protected: word(v.Lang, "protected", protected), ProtectedClass: "is-" + protected,
		Transport: word(v.Lang, "transport", d.Transport), Why: plain(v.Lang, d.Why), Href: v.link("/transmissions/" + d.Key),
	}
}

func kindsOf(lang string, d *event.Document) string {
	var all []string
	for _, k := range d.Kinds {
		all = append(all, word(lang, "kind", k))
	}
	return strings.Join(all, ", ")
}

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
	page := onePage{heading: texts["one-title"].In(v.Lang) + " " + clock(v.Lang, d.Time.In(s.Zone)), Back: v.link("/transmissions"),
		Found: s.foundFacts(v.Lang, d), Became: s.becameFacts(v.Lang, d), Mail: mailFacts(v.Lang, d), Note: word(v.Lang, "finding", d.Finding)}
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

func (f *facts) word(name, field, value string) { f.add(name, word(f.lang, field, value)) }

func (f *facts) flag(name string, is bool) { f.word(name, "yesno", strconv.FormatBool(is)) }

func (s *site) foundFacts(lang string, d *event.Document) []fact {
	f := &facts{lang: lang}
	f.word("f-level", "level", d.Level)
	f.add("f-kinds", kindsOf(lang, d))
	if d.Persons > 0 {
		f.add("f-persons", number(lang, int64(d.Persons)))
	}
	f.add("f-content", contentOf(lang, d))
	f.flag("f-signed", d.Signed)
	if d.Unopened > 0 {
		f.add("f-unopened", number(lang, int64(d.Unopened)))
	}
	f.word("f-wanted", "wanted", d.Wanted)
	f.word("f-action", "action", d.Action)
	f.add("f-why", plain(lang, d.Why))
	return f.all
}

func contentOf(lang string, d *event.Document) string {
	text := word(lang, "protection", d.Protection)
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
		f.add("f-outcome-time", clock(lang, d.OutcomeTime.In(s.Zone)))
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
		f.add("f-channel", d.Channel+" ("+word(lang, "channel_state", d.ChannelState)+")")
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
	f.add("f-recipients", number(lang, int64(d.Recipients)))
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

// framedRows are rows and the page they stand on, for their template.
type framedRows struct {
	Frame frame
	Rows  []listRow
}

func rowsIn(f frame, rows []listRow) framedRows { return framedRows{f, rows} }
