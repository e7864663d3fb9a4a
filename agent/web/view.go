package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postvagt/agent/login"
	"postvagt/dashboards"
)

// Spans of time that a link offers.
const (
	last30  = "30d"
	month   = "month"
	quarter = "quarter"
	last12  = "12m"
)

var presets = []string{last30, month, quarter, last12}

// view is what the address asks to see.
type view struct {
	Lang       string
	Preset     string // "" for dates of the reader's choice
	From, To   time.Time
	Department string // "" for all

	path  string
	query url.Values
	user  login.User // who asks
}

// inputError is an address that cannot be understood; its text is for the reader.
type inputError struct{ dashboards.Text }

func (e inputError) Error() string { return e.EN }

// viewOf reads an address, for who asks.
func (s *site) viewOf(r *http.Request) (view, error) {
	v, err := s.asked(r)
	if v.Narrow() {
		return s.narrowed(v, err)
	}
	return v, err
}

// asked is what the address asks for. From is the first moment of the first day, To that of the day after the last.
func (s *site) asked(r *http.Request) (view, error) {
	q := r.URL.Query()
	v := view{Lang: language(r), Department: strings.TrimSpace(q.Get("department")), path: r.URL.Path, query: q, user: userIn(r.Context())}
	now := s.Now().In(s.Zone)
	from, to := q.Get("from"), q.Get("to")
	v.Preset = q.Get("period")
	if from == "" && to == "" && v.Preset == "" {
		v.Preset = last30
	}
	if v.Preset != "" {
		first, last, ok := span(v.Preset, now)
		if !ok {
			v.From, v.To, _ = span(last30, now)
			return v, inputError{dashboards.Text{DA: fmt.Sprintf("Perioden %q findes ikke.", v.Preset), EN: fmt.Sprintf("There is no period %q.", v.Preset)}}
		}
		// The form sends its dates along with the preset that it showed: the dates stand if the reader changed them.
		if from == "" && to == "" || from == day(first) && to == day(last.AddDate(0, 0, -1)) {
			v.From, v.To = first, last
			return v, nil
		}
		v.Preset = ""
	}
	return s.dates(v, from, to, now)
}

func (s *site) dates(v view, from, to string, now time.Time) (view, error) {
	v.From, v.To, _ = span(last30, now)
	first, err := dateField(from, s.Zone)
	if err != nil {
		return v, err
	}
	last, err := dateField(to, s.Zone)
	if err != nil {
		return v, err
	}
	if first.After(last) {
		return v, inputError{dashboards.Text{DA: "Fra-datoen ligger efter til-datoen.", EN: "The first date lies after the last one."}}
	}
	if last.Sub(first) > 20*366*24*time.Hour {
		return v, inputError{dashboards.Text{DA: "Perioden er længere end 20 år.", EN: "The period is longer than 20 years."}}
	}
	v.From, v.To = first, last.AddDate(0, 0, 1)
	return v, nil
}

func dateField(text string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return t, inputError{dashboards.Text{DA: fmt.Sprintf("%q er ikke en dato som 2026-11-23.", text), EN: fmt.Sprintf("%q is not a date like 2026-11-23.", text)}}
	}
	return t, nil
}

// span returns the first day of a preset and the day after its last.
func span(preset string, now time.Time) (from, to time.Time, ok bool) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch preset {
	case last30:
		return today.AddDate(0, 0, -29), today.AddDate(0, 0, 1), true
	case month:
		from = today.AddDate(0, 0, 1-today.Day())
		return from, today.AddDate(0, 0, 1), true
	case quarter:
		from = time.Date(today.Year(), (today.Month()-1)/3*3+1, 1, 0, 0, 0, 0, today.Location())
		return from, today.AddDate(0, 0, 1), true
	case last12:
		return today.AddDate(-1, 0, 1), today.AddDate(0, 0, 1), true
	}
	from, err := time.ParseInLocation(monthForm, preset, now.Location())
	return from, from.AddDate(0, 1, 0), err == nil && from.Year() >= 1990 && from.Year() <= 2200
}

// monthForm is how a whole month is named in an address.
const monthForm = "2006-01"

// Narrow says whether the user, who sees no small counts, sees one calendar month at a time, once it is over, of the whole
// organisation: from periods that overlap, or a whole and all departments but one, the counts that are hidden in each could be
// calculated.
func (v view) Narrow() bool { return v.user.Name != "" && v.rounded() }

// narrowed keeps such a user to that. Without anything asked for it is the last month.
func (s *site) narrowed(v view, err error) (view, error) {
	now := s.Now().In(s.Zone)
	this := monthOf(now)
	q := v.query
	wanted := v
	v.From, v.To, v.Department = this.AddDate(0, -1, 0), this, ""
	v.Preset = v.From.Format(monthForm)
	switch {
	case err != nil:
		return v, err
	case wanted.Department != "":
		return v, inputError{texts["narrow"]}
	case q.Get("period") == "" && q.Get("from") == "" && q.Get("to") == "":
		return v, nil
	case !wanted.wholeMonth() || wanted.To.After(this):
		return v, inputError{texts["narrow"]}
	}
	v.From, v.To, v.Preset = wanted.From, wanted.To, wanted.From.Format(monthForm)
	return v, nil
}

// wholeMonth says whether the period is one calendar month.
func (v view) wholeMonth() bool { return v.From.Day() == 1 && v.To.Equal(v.From.AddDate(0, 1, 0)) }

// monthOf is the first moment of the month that t is in.
func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}

// months are the last twelve months that are over, the newest first.
func months(now time.Time) (all []time.Time) {
	this := monthOf(now)
	for i := 1; i <= 12; i++ {
		all = append(all, this.AddDate(0, -i, 0))
	}
	return all
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// language takes the reader's choice from the address, else from the browser.
func language(r *http.Request) string {
	switch lang := r.URL.Query().Get("lang"); lang {
	case "da", "en":
		return lang
	}
	for _, l := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		switch tag, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(l)), "-"); {
		case strings.HasPrefix(tag, "da"):
			return "da"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return "en"
}

// period is the span of time as the store takes it.
func (v view) period() dashboards.Period {
	return dashboards.Period{From: v.From.Format(time.RFC3339), To: v.To.Format(time.RFC3339)}
}

// where is the filter that all figures of a page share. It keeps a reviewer to own departments.
func (v view) where() dashboards.Filter {
	where := dashboards.OfDepartment(v.Department)
	if own, bound := v.own(); bound {
		where = where.And(dashboards.Is("postvagt.department", own...))
	}
	return where
}

// rounded says whether the user sees no small counts.
func (v view) rounded() bool { return !v.user.Is(details...) }

// own are the departments to which the user is bound, if the user is.
func (v view) own() (departments []string, bound bool) {
	return v.user.Departments, v.user.Is(login.Reviewer) && !v.user.Is(overseers...)
}

// values are the parameters that every link keeps.
func (v view) values() url.Values {
	q := url.Values{"lang": {v.Lang}}
	if v.Preset != "" {
		q.Set("period", v.Preset)
	} else {
		q.Set("from", day(v.From))
		q.Set("to", day(v.To.AddDate(0, 0, -1)))
	}
	if v.Department != "" {
		q.Set("department", v.Department)
	}
	return q
}

// link is an address with the same period, department and language, and further parameters in pairs of
// name and value; an empty value removes one.
func (v view) link(path string, pairs ...string) string {
	q := v.values()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return path + "?" + q.Encode()
}

// Here is the same page with one parameter changed: what else the address holds stays.
func (v view) Here(pairs ...string) string { return v.also(v.path, pairs...) }

// also is an address that keeps what this one holds.
func (v view) also(path string, pairs ...string) string {
	for _, keep := range []string{"q", "part", "key", "user", "board"} {
		if x := v.query.Get(keep); x != "" {
			pairs = append([]string{keep, x}, pairs...)
		}
	}
	return v.link(path, pairs...)
}

// days is the view of a part of the period.
func (v view) days(from, to time.Time) view {
	if from.After(v.From) {
		v.From, v.Preset = from, ""
	}
	if to.Before(v.To) {
		v.To, v.Preset = to, ""
	}
	return v
}

// before is the period of as many days that ends where this one begins; of a calendar month it is the month before.
func (v view) before() view {
	if v.wholeMonth() {
		v.From, v.To, v.Preset = v.From.AddDate(0, -1, 0), v.From, ""
		return v
	}
	days := int(math.Round(v.To.Sub(v.From).Hours() / 24)) // a day of a change to summer time has 23 hours
	v.From, v.To, v.Preset = v.From.AddDate(0, 0, -days), v.From, ""
	return v
}

// DepartmentName is the chosen department for the reader.
func (v view) DepartmentName() string { return dashboards.DepartmentName(v.Lang, v.Department) }
