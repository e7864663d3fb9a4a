package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/register"
	"postvagt/agent/report"
	"postvagt/agent/store"
)

// The people and what they did here are in no report, whatever its form.
const plantedPerson = "ps-planted"

// open is a transmission with recognised data that left without proof of protection.
func openDocument(key, department, sender string, at time.Time) event.Document {
	return event.Document{Key: key, Time: at, Direction: "outbound", MessageDirection: "outbound", First: true, Level: "sensitive", Kinds: []string{"health"}, Left: true, MessageLeft: true,
		Protected: "no", MessageProtected: "no", DoneRight: "no", Outcome: "delivered", MessageOutcome: "delivered", Department: department, From: plantedPerson + sender, To: plantedPerson + "-citizen-" + key, VerdictID: "v" + key}
}

// incidentsOfNovember are, by hand: in November six open transmissions, five of Social and one of Job. One is a false alarm,
// one broke a rule, one is a breach with a case that was notified in time; three wait. Of Job two held mails were lost: one is part of
// that breach, one waits. Anna of Social sent four of them within
// the month, one of those a false alarm: three count, which is the rule by sender. Two lie outside: one in October, one protected.
// On two days mail was not judged.
func incidentsOfNovember(t *testing.T, db *store.Store, zone *time.Location) {
	t.Helper()
	day := func(month, d int) time.Time { return time.Date(2026, time.Month(month), d, 10, 0, 0, 0, zone) }
	all := []event.Document{
		openDocument("a", "Social", "anna", day(11, 2)), openDocument("b", "Social", "anna", day(11, 3)), openDocument("c", "Social", "anna", day(11, 9)),
		openDocument("d", "Social", "anna", day(11, 10)), openDocument("e", "Social", "bo", day(11, 11)), openDocument("f", "Job", "carl", day(11, 12)),
		openDocument("g", "Social", "bo", day(9, 1)), openDocument("h", "Job", "carl", day(11, 13)),
	}
	for i, outcome := range []string{"expired", "unknown", "held"} { // held mail that was lost; what is still held is not
		d := openDocument(fmt.Sprint("l", i), "Job", "dora", day(11, 15+i))
		d.Held, d.Left, d.MessageLeft, d.Outcome, d.MessageOutcome, d.Protected, d.MessageProtected = true, false, false, outcome, outcome, "unknown", "unknown"
		all = append(all, d)
	}
	all[7].Protected, all[7].MessageProtected, all[7].DoneRight = "yes", "yes", "yes"
	for i, d := range []int{4, 4, 20} {
		all = append(all, event.Document{Key: fmt.Sprint("u", i), Time: day(11, d), Direction: "outbound", MessageDirection: "outbound", First: true, Level: "unknown", Left: true, MessageLeft: true})
	}
	if err := db.Commit(t.Context(), store.Batch{Documents: all}); err != nil {
		t.Fatal(err)
	}
	at := day(11, 14)
	reg := &register.Register{Store: db, Zone: zone, Now: func() time.Time { return at }}
	c, err := reg.OpenCase(t.Context(), "officer", cases.Opening{Title: "planted title", Role: cases.Controller, Incidents: []cases.Incident{cases.IncidentOf(&all[1])}})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range cases.NotificationItems() {
		if _, err := reg.SayOf(t.Context(), "officer", c.ID, cases.Statement{Item: i, Status: cases.Stated, Text: "planted words"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, change := range []cases.Change{cases.Awareness{At: at, Reason: "planted reason"},
		cases.Assessment{Consequences: "planted consequence", Severity: 2, Likelihood: 2, Level: cases.Risk, Reason: "planted reason"},
		cases.Report{At: at.Add(time.Hour), Receipt: "planted receipt", Phase: 1}} {
		if _, err := reg.SayOf(t.Context(), "officer", c.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	for key, j := range map[string]cases.Triage{"a": {Judgement: cases.FalseAlarm}, "b": {Judgement: cases.Breach, Case: c.ID}, "c": {Judgement: cases.RuleBroken, Reason: "planted reason"},
		"g": {Judgement: cases.FalseAlarm}, "l0": {Judgement: cases.Breach, Case: c.ID}} {
		if err := reg.Triage(t.Context(), "officer", key, j); err != nil {
			t.Fatal(err)
		}
	}
}

// The report says what was counted by hand, in each of its forms, and nothing of anybody.
func TestReportOfIncidents(t *testing.T) {
	c := &Config{}
	c.Organisation.Name, c.Store.Path = "Nordvig Kommune", filepath.Join(t.TempDir(), "agent.db")
	zone, err := c.TimeZone()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), c.Store.Path, store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	incidentsOfNovember(t, db, zone)
	made := time.Date(2026, 12, 2, 9, 0, 0, 0, zone)
	written := func(department, format string) string {
		var b bytes.Buffer
		if err := WriteReport(t.Context(), c, ReportQuery{From: "2026-11-01", To: "2026-11-30", Department: department, Lang: "en", Format: format}, made, &b); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if format == "pdf" {
			return textOfPDF(t, b.Bytes())
		}
		return b.String()
	}
	var got struct{ Outcomes report.Outcomes }
	if err := json.Unmarshal([]byte(written("", "json")), &got); err != nil {
		t.Fatal(err)
	}
	want := report.Outcomes{Incidents: report.Incidents{Open: 6, Lost: 2, FalseAlarm: 1, RuleBroken: 1, Breach: 2, Waiting: 4}, Cases: report.CaseCounts{Opened: 1, Risk: 1, Notified: 1},
		Repeated: []report.Repeated{{Rule: "repeated by sender", By: "sender", Episodes: 1, Messages: 3, Recipients: 3, Confirmed: 1}}, Unjudged: 2}
	if fmt.Sprint(got.Outcomes) != fmt.Sprint(want) {
		t.Errorf("JSON says %+v, by hand it is %+v", got.Outcomes, want)
	}
	got.Outcomes = report.Outcomes{}
	if err := json.Unmarshal([]byte(written("Job", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if i := got.Outcomes.Incidents; i.Open != 1 || i.Lost != 2 || i.Breach != 1 || i.Waiting != 2 || len(got.Outcomes.Repeated) != 0 || got.Outcomes.Cases.Opened != 0 || got.Outcomes.Unjudged != 0 {
		t.Errorf("of Job JSON says %+v", got.Outcomes)
	}
	tags := regexp.MustCompile(`<[^>]*>`)
	for _, format := range []string{"html", "pdf"} {
		form := written("", format)
		said := strings.Join(strings.Fields(strings.ReplaceAll(tags.ReplaceAllString(form, " "), "\u00a0", " ")), " ")
		for _, sentence := range []string{"Left without proof of protection, in all 6 Lost or expired while we held them, in all 2 False alarm 1", "Rules not followed, but no breach of personal data 1", "Breach of personal data 2 Not assessed yet 4",
			"opened in the period: 1. Of them closed by now: 0.", "none in 0, risk in 1, high risk in 0, not assessed yet in 0", "supervisory authority: 1, of them 0 later than 72 hours",
			"Several open mails by one sender 1 3 3 0 1", "3 mails: went past the check, or it failed (days: 2). The log shows no time in which the mail server did not reach the check."} {
			if !strings.Contains(said, sentence) {
				t.Errorf("%s does not say %q", format, sentence)
			}
		}
	}
	for _, line := range []string{"incidents,Incidents and how they ended,open,6,", "incidents,Incidents and how they ended,lost,2,", "incidents,Incidents and how they ended,waiting,4,", "cases,Cases of breach,notified,1,", "repeated by sender/messages,3,"} {
		if !strings.Contains(written("", "csv"), line) {
			t.Errorf("CSV has no line %s", line)
		}
	}
	for _, format := range report.Formats() {
		if form := written("", format); strings.Contains(form, "planted") {
			t.Errorf("%s tells of a person or a case what it must not", format)
		}
	}
}

func textOfPDF(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "r.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
