package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

const pageRows = 50

// listPage is a list of transmissions.
type listPage struct {
	Heading, Help, Lead string
	Back                string
	Rows                []listRow
	turning
	Notices []string
	Choices []choice
	all     []string
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
		if countsMails(filter) {
			unit = "list-of"
		}
	}
	overview, err := s.Store.Overview(r.Context())
	if err != nil {
		return "", nil, err
	}
	page.all, page.Choices = s.departmentsOf(v, overview), choices(v.Lang, id)
	page.Notices = s.deleted(v, overview)
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
	page.Lead = fmt.Sprintf(texts[unit].In(v.Lang), dashboards.Mails(v.Lang, int64(total)))
	if unit == "list-rows" {
		page.Lead = fmt.Sprintf(texts[unit].In(v.Lang), transmissionsText(v.Lang, int64(total)))
	}
	page.turning = turn(v, at, (total+pageRows-1)/pageRows)
	return "list", page, nil
}

// countsMails says that a figure counts mails, each on its first row, and not transmissions.
func countsMails(filter dashboards.Filter) bool {
	return slices.ContainsFunc(filter, func(t dashboards.Term) bool { return t.Field == "postvagt.first" && !t.Not })
}

func transmissionsText(lang string, n int64) string {
	switch {
	case lang == "da" && n == 1:
		return "1 forsendelse"
	case lang == "da":
		return dashboards.Number(lang, n) + " forsendelser"
	case n == 1:
		return "1 transmission"
	}
	return dashboards.Number(lang, n) + " transmissions"
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

// turning are the links to the pages beside this one.
type turning struct{ Newer, Older, Place string }

func turn(v view, at, last int) (p turning) {
	if last > 1 {
		p.Place = fmt.Sprintf(texts["page-of"].In(v.Lang), dashboards.Number(v.Lang, int64(at)), dashboards.Number(v.Lang, int64(last)))
	}
	if at > 1 {
		p.Newer = v.Here("page", strconv.Itoa(at-1))
	}
	if at < last {
		p.Older = v.Here("page", strconv.Itoa(at+1))
	}
	return p
}

// framedTurn is a turning and the page it stands on, for its template.
type framedTurn struct {
	Frame frame
	Turn  turning
}

func turnIn(f frame, p interface{ turns() turning }) framedTurn { return framedTurn{f, p.turns()} }

func (t turning) turns() turning { return t }

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
	"postvagt.outcome":           "outcome",
	"postvagt.transport":         "transport",
	"postvagt.promise":           "promise",
	"postvagt.finding":           "finding",
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
	return title + ": " + dashboards.Word(lang, splitWords[q.Split.By], key)
}

func (s *site) listRow(v view, d *event.Document) listRow {
	protected, class := protection(v.Lang, d)
	return listRow{
		Time: d.Time.In(s.Zone).Format("2006-01-02 15:04"), Department: dashboards.Word(v.Lang, "department", d.Department),
		Level: dashboards.Word(v.Lang, "level", d.Level), LevelClass: "level-" + d.Level, Kinds: kindsOf(v.Lang, d),
		Outcome: dashboards.Word(v.Lang, "outcome", d.Outcome), Protected: protected, ProtectedClass: class,
		Transport: dashboards.Word(v.Lang, "transport", d.Transport), Why: plain(v.Lang, d.Why), Href: v.link("/transmissions/" + d.Key),
	}
}

// protection says how a copy that left was protected, and its class. That a mail in which nothing was found went in the
// open is no fault, and not shown as one.
func protection(lang string, d *event.Document) (text, class string) {
	switch {
	case !d.Left:
		return "", "is-"
	case d.Level == "none" && d.Protected == "no":
		return texts["open-harmless"].In(lang), "is-"
	}
	return dashboards.Word(lang, "protected", d.Protected), "is-" + d.Protected
}

func kindsOf(lang string, d *event.Document) string {
	var all []string
	for _, k := range d.Kinds {
		all = append(all, dashboards.Word(lang, "kind", k))
	}
	return strings.Join(all, ", ")
}

// framedRows are rows and the page they stand on, for their template.
type framedRows struct {
	Frame frame
	Rows  []listRow
}

func rowsIn(f frame, rows []listRow) framedRows { return framedRows{f, rows} }
