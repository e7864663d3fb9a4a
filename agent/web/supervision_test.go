package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/supervise"
	"postvagt/agent/watch"
	"postvagt/dashboards"
)

// A measure is registered, corrected, and both versions stay; a mistake is named and what was written is kept.
func TestMeasures(t *testing.T) {
	s := storeWith(t, sample(60, 20))
	addUsers(t, s)
	h := plainHandler(t, s, false)
	officer := as(t, h, login.Officer)
	form := url.Values{"date": {"2026-11-02"}, "kind": {"course"}, "title": {"Sikker mail"}, "audience": {"Alle i Jobcenteret"}, "participants": {"34"}, "next_due": {"2026-11-20"}}
	bad := url.Values{"date": {"2. november"}, "kind": {"course"}, "title": {"Sikker <b>mail</b>"}, "participants": {"mange"}}
	w := post(t, officer, "/supervision/measures/new?lang=en", nil, bad)
	if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "Correct: Date, Number of participants") || !strings.Contains(body, "Sikker &lt;b&gt;mail") {
		t.Errorf("%d: %s", w.Code, body)
	}
	if w := post(t, officer, "/supervision/measures/new?lang=en", nil, form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	all, err := s.Entries(t.Context(), supervise.Measures)
	if err != nil || len(all) != 1 || all[0].Author != "officer" {
		t.Fatalf("%v, %+v", err, all)
	}
	address := "/supervision/measures/" + all[0].ID + "?lang=en"
	if _, page := get(t, as(t, h, login.Auditor), "/supervision?lang=en"); !strings.Contains(page, "Sikker mail") || strings.Count(page, "overdue") < 7 || strings.Contains(page, "Register a measure") {
		t.Error("the auditor does not see the measure, or that it and six controls are overdue, or may write")
	}
	form.Set("revision", "1")
	form.Set("next_due", "2027-11-02")
	if w := post(t, officer, address, nil, form); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(t, officer, address, nil, form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "somebody else") {
		t.Errorf("what another has changed is overwritten: %d", w.Code)
	}
	_, page := get(t, officer, address)
	for _, want := range []string{"2026-11-20", "2027-11-02", `value="34"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the entry lacks %q", want)
		}
	}
	if code, _ := get(t, officer, "/supervision/measures/none"); code != http.StatusNotFound {
		t.Errorf("an entry that is not there answers %d", code)
	}
}

func TestControls(t *testing.T) {
	s := storeWith(t, sample(20, 5))
	addUsers(t, s)
	officer := as(t, plainHandler(t, s, false), login.Officer)
	form := url.Values{"point": {"5"}, "date": {"2026-11-01"}, "sample": {"tolv databehandleraftaler"}, "finding": {"én uden instruks"}, "follow_up": {"=HYPERLINK(1)"}, "follow_up_due": {"2026-12-01"}, "approver": {"Byrådet"}, "approved": {"2026-11-10"}}
	if w := post(t, officer, "/supervision/controls/new?lang=da", nil, form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	_, page := get(t, officer, "/supervision?lang=da")
	if !strings.Contains(page, "én uden instruks") || strings.Count(page, "forfalden") != 5 {
		t.Errorf("the control is not shown, or %d points are overdue", strings.Count(page, "forfalden"))
	}
	if _, text := get(t, officer, "/supervision/export/controls.csv"); !strings.Contains(text, "tolv databehandleraftaler") || !strings.Contains(text, "'=HYPERLINK") {
		t.Errorf("%s", text)
	}
	_, text := get(t, officer, "/supervision/export/controls.json")
	var list []struct {
		Author string
		Entry  supervise.Control
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 || list[0].Entry.Point != 5 || list[0].Author != "officer" {
		t.Errorf("%v: %s", err, text)
	}
	for _, file := range []string{"users.csv", "controls.exe", "controls", "../x.csv"} {
		if code, _ := get(t, officer, "/supervision/export/"+file); code == http.StatusOK {
			t.Errorf("%s is sent", file)
		}
	}
}

// A sample holds as many mails of each pile as asked for, each of its pile; departments answer for their own, and the
// rates are those of the answers.
func TestSample(t *testing.T) {
	documents := sample(600, 28)
	s := storeWith(t, documents)
	addUsers(t, s)
	h := plainHandler(t, s, false)
	officer, reviewer := as(t, h, login.Officer), as(t, h, login.Reviewer)
	if w := post(t, officer, "/supervision/samples?lang=en", nil, url.Values{"from": {"2026-10-26"}, "to": {"2026-11-23"}, "size": {"0"}}); w.Code != http.StatusBadRequest {
		t.Errorf("a sample of none: %d", w.Code)
	}
	w := post(t, officer, "/supervision/samples?lang=en", nil, url.Values{"from": {"2026-10-26"}, "to": {"2026-11-23"}, "size": {"20"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	address, _, _ := strings.Cut(w.Header().Get("Location"), "?")
	one := sampleIn(t, s)
	levels := map[string]string{}
	for _, d := range documents {
		levels[d.Key] = d.Level
	}
	for pile, allowed := range map[string][]string{supervise.Passed: {"none"}, supervise.Flagged: {"sensitive", "confidential"}} {
		n := map[string]int64{}
		for _, i := range one.Items {
			if i.Pile == pile {
				n[i.Department]++
				if !slices.Contains(allowed, levels[i.Key]) {
					t.Errorf("a mail of level %s lies in the pile %s", levels[i.Key], pile)
				}
			}
		}
		for department, of := range population(documents, allowed, day(now.AddDate(0, 0, -28))) {
			if n[department] != min(of, 20) || one.Strata[pile][department] != of {
				t.Errorf("%d mails in the pile %s of %q, of %d; there are %d", n[department], pile, department, one.Strata[pile][department], of)
			}
		}
	}
	answers := url.Values{}
	for _, i := range one.Items {
		answers.Set("answer-"+i.Key, supervise.No)
	}
	if w := post(t, reviewer, address, nil, answers); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	for _, i := range sampleIn(t, s).Items {
		if (i.Answer == supervise.No) != (i.Department == "Børn & Unge") {
			t.Errorf("the reviewer's answer for a mail of %q is %q", i.Department, i.Answer)
		}
	}
	if _, page := get(t, reviewer, address+"?lang=en"); strings.Contains(page, "Jobcenter") || strings.Contains(page, "Missed:") || strings.Contains(page, supervise.Flagged) {
		t.Error("the reviewer sees other departments, the rates, or which pile a mail is of")
	}
	if w := post(t, officer, address, nil, answers); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	_, page := get(t, officer, address+"?lang=en")
	for _, want := range []string{`Missed: 0 of 80; `, `between 0.0`, `weighed by the departments&#39; mails 100.0`, `False alarm: `} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %v", want, regexp.MustCompile(`(Missed|False alarm):[^<]*`).FindAllString(page, -1))
		}
	}
	answers.Set("answer-"+one.Items[0].Key, "maybe")
	if w := post(t, officer, address, nil, answers); w.Code != http.StatusBadRequest {
		t.Errorf("an answer that is none: %d", w.Code)
	}
}

// population counts mails of a pile by department.
func population(documents []event.Document, levels []string, from string) map[string]int64 {
	n := map[string]int64{}
	for _, d := range documents {
		if d.First && d.MessageDirection == "outbound" && slices.Contains(levels, d.Level) && day(d.Time.In(zone)) >= from {
			n[d.Department]++
		}
	}
	return n
}

func sampleIn(t *testing.T, s Store) supervise.Sample {
	t.Helper()
	all, err := s.Entries(t.Context(), supervise.Samples)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %d samples", err, len(all))
	}
	one, err := supervise.Read[supervise.Sample](all[0])
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// Each shipped rule of repeated open mail has a name in both languages.
func TestRuleNames(t *testing.T) {
	for _, r := range watch.DefaultRules() {
		if name := ruleName("da", r.Name); name == r.Name || name == ruleName("en", r.Name) {
			t.Errorf("%s is called %q in Danish", r.Name, name)
		}
	}
	if ruleName("da", "husets egen") != "husets egen" {
		t.Error("a rule of the house lost its name")
	}
}

// manyMails is a store in which each of five departments has thousands of mails.
type manyMails struct{ Store }

func (s manyMails) AskAll(_ context.Context, qs []dashboards.Question, _ dashboards.Period, _ dashboards.Filter) (map[string][]dashboards.Row, error) {
	rows := map[string][]dashboards.Row{}
	for i := range 5 {
		rows[qs[0].ID] = append(rows[qs[0].ID], dashboards.Row{Key: string(rune('A' + i)), Count: 9000})
	}
	return rows, nil
}

// A sample that nobody could look through is refused, with the number that it would have.
func TestSampleTooLarge(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h, err := New(Options{Store: manyMails{s}, Breaches: registerOf(s), Zone: zone, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	officer := as(t, h, login.Officer)
	w := post(t, officer, "/supervision/samples?lang=en", nil, url.Values{"from": {"2026-10-26"}, "to": {"2026-11-23"}, "size": {"201"}})
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "2010 mails to look up; at most 2000") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}
