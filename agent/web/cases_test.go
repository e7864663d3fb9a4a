package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/register"
	"postvagt/agent/store"
	"postvagt/agent/watch"
)

// registerOf is the register in a store; nil for a store that is none.
func registerOf(s any) Breaches {
	if broken, is := s.(brokenStore); is {
		s = broken.Store
	}
	db, _ := s.(*store.Store)
	return &register.Register{Store: db, Organisation: "Nordvig Kommune", Zone: zone, Now: func() time.Time { return now }}
}

// caseDesk is the site as an officer and the others see it, with one open mail.
type caseDesk struct {
	t    *testing.T
	site http.Handler
	mail event.Document
}

// newCaseDesk has one open mail, and more if they are given.
func newCaseDesk(t *testing.T, more ...event.Document) *caseDesk {
	t.Helper()
	return newCaseDeskIn(t, zone, more...)
}

func newCaseDeskIn(t *testing.T, zone *time.Location, more ...event.Document) *caseDesk {
	t.Helper()
	d := event.Document{Key: keyOf(1), Time: now.Add(-time.Hour), Direction: "outbound", MessageDirection: "outbound", First: true, Recipients: 1, Level: "sensitive", Kinds: []string{"health"},
		Left: true, Protected: "no", Outcome: "delivered", Department: "Jobcenter", From: planted, To: planted}
	s := storeWith(t, append(more, d))
	addUsers(t, s)
	inMinute := now.Add(34567 * time.Millisecond) // people act between the minutes that forms can say
	h, err := New(Options{Store: s, Breaches: registerOf(s), Organisation: "Nordvig Kommune", Now: func() time.Time { return inMinute }, Zone: zone, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return &caseDesk{t, h, d}
}

// proposed is the time of awareness that the form of the case offers.
func (d *caseDesk) proposed() string {
	d.t.Helper()
	form := d.get(login.Officer, "/cases/2026-0001?lang=en")
	m := regexp.MustCompile(`(?s)/aware\?.*?name="at" required value="([^"]+)"`).FindStringSubmatch(form)
	if m == nil {
		d.t.Fatalf("the form offers no time of awareness:\n%s", form)
	}
	return m[1]
}

func (d *caseDesk) get(role login.Role, address string) string {
	d.t.Helper()
	code, body := get(d.t, as(d.t, d.site, role), address)
	if code != http.StatusOK || strings.Contains(body, planted) {
		d.t.Errorf("%s: %d, or it shows what no page may show:\n%s", address, code, body)
	}
	return body
}

// printed is what a PDF says, its spaces folded.
func (d *caseDesk) printed(role login.Role, address string) string {
	d.t.Helper()
	body := d.get(role, address)
	if !strings.HasPrefix(body, "%PDF") {
		d.t.Fatalf("%s is no PDF", address)
	}
	cmd := exec.CommandContext(d.t.Context(), "pdftotext", "-", "-")
	cmd.Stdin = strings.NewReader(body)
	text, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		d.t.Skip("no pdftotext")
	case err != nil:
		d.t.Fatal(err)
	}
	if strings.Contains(string(text), planted) {
		d.t.Errorf("%s holds what no paper may hold", address)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// post sends a form and returns the status and where it leads.
func (d *caseDesk) post(role login.Role, address string, fields ...string) (int, string, string) {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	w := post(d.t, as(d.t, d.site, role), address, nil, form)
	return w.Code, w.Header().Get("Location"), w.Body.String()
}

// done posts a form that must be taken.
func (d *caseDesk) done(address string, fields ...string) string {
	d.t.Helper()
	code, to, body := d.post(login.Officer, address, fields...)
	if code != http.StatusSeeOther {
		d.t.Fatalf("%s %v: %d\n%s", address, fields, code, body)
	}
	return to
}

func (d *caseDesk) contents(extra ...string) {
	d.t.Helper()
	fields := extra
	for _, i := range cases.NotificationItems() {
		fields = append(fields, string(i), "text of "+string(i), string(i)+"-status", "stated")
	}
	d.done("/cases/2026-0001/contents", fields...)
}

// From an open mail to a judged one, a notified case, and its papers.
func TestCaseFromMailToEnd(t *testing.T) {
	d := newCaseDesk(t)
	if body := d.get(login.Officer, "/triage?lang=en"); !strings.Contains(body, "1 waiting") {
		t.Error("the open mail does not wait")
	}
	to := d.done("/triage/"+d.mail.Key+"?lang=en", "judgement", "breach", "title", "A letter about health")
	if !strings.HasPrefix(to, "/cases/2026-0001?") {
		t.Fatalf("led to %s", to)
	}
	if body := d.get(login.Officer, "/triage?lang=en"); !strings.Contains(body, "None is waiting") {
		t.Error("it still waits")
	}
	body := d.get(login.DPO, to)
	for _, want := range []string{"A letter about health", "the limit has not begun", "when we became aware of the breach", "/transmissions/" + d.mail.Key} {
		if !strings.Contains(body, want) {
			t.Errorf("the case lacks %q", want)
		}
	}
	d.done("/cases/2026-0001/aware", "at", d.proposed())
	if body := d.get(login.Officer, "/cases/2026-0001?lang=en"); !strings.Contains(body, "Latest time for the notification") {
		t.Errorf("no deadline:\n%s", body)
	}
	d.done("/cases/2026-0001/risk", "group", "patients", "persons", "1", "consequences", "loss of control", "severity", "3", "likelihood", "2", "level", "risk", "reason", "sent to one known person")
	d.done("/cases/2026-0001/dpo", "at", now.Format("2006-01-02T15:04"), "how", "by telephone")
	if body := d.get(login.Officer, "/cases?lang=en"); !strings.Contains(body, "71:") && !strings.Contains(body, "72:") {
		t.Errorf("the clock does not run:\n%s", body)
	}
	code, _, page := d.post(login.Officer, "/cases/2026-0001/report?lang=en", "at", now.Format("2006-01-02T15:04"), "phase", "1", "receipt", "KEEP-WHAT-I-WROTE")
	if code != http.StatusUnprocessableEntity || !strings.Contains(page, "Nature of the breach: missing") || !strings.Contains(page, "KEEP-WHAT-I-WROTE") {
		t.Errorf("a notification without contents: %d\n%s", code, page)
	}
	d.contents()
	d.done("/cases/2026-0001/report", "at", now.Format("2006-01-02T15:04"), "phase", "1", "receipt", "2026-1", "final", "yes")
	d.done("/cases/2026-0001/close", "summary", "done")
	if body := d.get(login.Auditor, "/cases/2026-0001?lang=en"); !strings.Contains(body, "closed") || strings.Contains(body, "<form class=\"stacked") {
		t.Error("an auditor has a form, or the case is not closed")
	}
	for file, wants := range map[string][]string{
		"/cases/2026-0001/draft/notification/pdf?lang=da": {"Udkast, ikke juridisk rådgivning.", "Hvornår blev vi bekendt med bruddet", "2026-11-23 10:12 CET", "Karakteren af bruddet text of nature", "Vurderet risiko Risiko"},
		"/register/pdf?lang=da":                           {"Fortegnelse over brud", "Konsekvenser: loss of control", "text of measures"},
		"/register/pdf?id=2026-0001&lang=en":              {"Register of personal data breaches", "sent to one known person", "by telephone", "text of measures"},
	} {
		text := d.printed(login.Auditor, file)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", file, want, text)
			}
		}
	}
	if body := d.get(login.DPO, "/register/json"); !strings.Contains(body, `"2026-0001"`) {
		t.Error("the register lacks the case")
	}
	if body := d.get(login.DPO, "/cases/2026-0001/draft/notification?in=sv&lang=en"); !strings.Contains(body, "Anmälan av personuppgiftsincident") || !strings.Contains(body, "inte juridisk rådgivning") {
		t.Error("no Swedish draft")
	}
}

// After 72 hours the form asks why, and the draft holds the answer before anything was sent.
func TestLateCase(t *testing.T) {
	d := newCaseDesk(t)
	d.done("/cases", "title", "A lost letter", "role", "controller")
	form, draft := "/cases/2026-0001?lang=en", "/cases/2026-0001/draft/notification?in=en&lang=en"
	if strings.Contains(d.get(login.Officer, form), `name="late-status"`) {
		t.Error("asked why it is late before the limit")
	}
	d.done("/cases/2026-0001/aware", "at", now.Add(-73*time.Hour).Format("2006-01-02T15:04"), "reason", "a call")
	if !strings.Contains(d.get(login.Officer, form), `name="late-status"`) || !strings.Contains(d.get(login.Officer, draft), "Why it is notified later than 72 hours") {
		t.Error("late, and neither the form nor the draft asks why")
	}
	d.contents("late", "the call was noted on paper", "late-status", "stated")
	if !strings.Contains(d.get(login.DPO, draft), "the call was noted on paper") {
		t.Error("the draft lacks the reason")
	}
	d.done("/cases/2026-0001/report", "at", now.Format("2006-01-02T15:04"), "phase", "1", "receipt", "2026-1")
}

// The exemption of encrypted mail is held against each mail of the case, also one that came later.
func TestExemptionFalls(t *testing.T) {
	encrypted := event.Document{Key: keyOf(2), Time: now.Add(-2 * time.Hour), Direction: "outbound", MessageDirection: "outbound", First: true, Recipients: 1, Level: "sensitive",
		Left: true, Protected: "yes", Outcome: "delivered", Protection: "smime", Algorithm: "AES-256", Strong: true}
	d := newCaseDesk(t, encrypted)
	d.done("/triage/"+encrypted.Key, "judgement", "breach", "title", "The wrong certificate")
	d.done("/cases/2026-0001/risk", "group", "patients", "persons", "1", "consequences", "loss of control", "severity", "4", "likelihood", "3", "level", "high", "reason", "health")
	d.done("/cases/2026-0001/exemption", "ground", "unintelligible", "reason", "AES-256")
	const fallen = "The exemption no longer holds"
	if body := d.get(login.DPO, "/cases/2026-0001?lang=en"); !strings.Contains(body, "need not be told") || strings.Contains(body, fallen) {
		t.Error("the exemption does not hold for an encrypted mail")
	}
	d.done("/triage/"+d.mail.Key, "judgement", "breach", "case", "2026-0001")
	if body := d.get(login.DPO, "/cases/2026-0001?lang=en"); strings.Contains(body, "need not be told") || strings.Count(body, fallen) != 2 || !strings.Contains(body, "the notice to the persons") {
		t.Errorf("an open mail came into the case, and it is still exempt, or the page does not say that it fell:\n%s", body)
	}
}

// Those who only read see what was decided, on which grounds and by which signs, also when the case is closed.
func TestCaseForReaders(t *testing.T) {
	d := newCaseDesk(t)
	d.done("/cases", "title", "A lost letter", "role", "controller")
	d.done("/cases/2026-0001/signal", "at", "2026-11-20T08:00", "what", "a call to the clinic")
	d.done("/cases/2026-0001/aware", "at", "2026-11-21T08:00", "reason", "the call was unclear")
	d.done("/cases/2026-0001/risk", "group", "patients", "persons", "7", "consequences", "loss of control", "severity", "1", "likelihood", "2", "level", "none", "reason", "found unread")
	d.done("/cases/2026-0001/dpo", "at", "2026-11-21T09:00", "how", "by telephone")
	d.contents()
	said := []string{"a call to the clinic", "the call was unclear", "patients", ">7<", "loss of control", "found unread", "text of measures"}
	read := func(lang string, words ...string) {
		t.Helper()
		for _, role := range []login.Role{login.Officer, login.DPO, login.Auditor} {
			body := d.get(role, "/cases/2026-0001?lang="+lang)
			for _, want := range append(words, said...) {
				if !strings.Contains(body, want) {
					t.Errorf("%s, %s: the case lacks %q", role, lang, want)
				}
			}
		}
	}
	read("en", "Signs of the breach", "Assessments of the risk", "no risk")
	d.done("/cases/2026-0001/close", "summary", "found again")
	read("da", "Tegn på bruddet", "Vurderinger af risikoen", "ingen risiko", "found again")
}

// Held mail that we lost waits for its judgement like open mail, and becomes a breach of availability.
func TestLostMailIsTriaged(t *testing.T) {
	lost := event.Document{Key: keyOf(3), Time: now.Add(-30 * time.Hour), Direction: "outbound", MessageDirection: "outbound", First: true, Recipients: 1, Level: "sensitive",
		Held: true, Outcome: "unknown", OutcomeTime: now.Add(-2 * time.Hour), Protected: "unknown"}
	d := newCaseDesk(t, lost)
	if body := d.get(login.Officer, "/triage?lang=en"); !strings.Contains(body, "2 waiting") || !strings.Contains(body, "/transmissions/"+lost.Key) {
		t.Errorf("the lost mail does not wait:\n%s", body)
	}
	if body := d.get(login.Officer, "/transmissions/"+lost.Key+"?lang=en"); !strings.Contains(body, "/triage/"+lost.Key) {
		t.Error("it cannot be judged on its page")
	}
	to := d.done("/triage/"+lost.Key+"?lang=en", "judgement", "breach", "title", "A lost mail")
	if body := d.get(login.DPO, to); !strings.Contains(body, "the held mail was lost or expired") {
		t.Errorf("the loss is no sign of the breach:\n%s", body)
	}
	if body := d.get(login.DPO, "/cases/2026-0001/draft/notification?in=en&lang=en"); !strings.Contains(body, "Availability: ") || strings.Contains(body, "Confidentiality: ") {
		t.Errorf("the draft names another type of breach:\n%s", body)
	}
}

func TestTriageInForms(t *testing.T) {
	d := newCaseDesk(t)
	for want, fields := range map[string][]string{
		"say why it is no breach":          {"judgement", "rule-broken"},
		"is not one of false-alarm":        {"judgement", "maybe"},
		"a case needs a title":             {"judgement", "breach"},
		"There is no page at this address": {"judgement", "breach", "case", "2026-0099"},
	} {
		code, _, body := d.post(login.Officer, "/triage/"+d.mail.Key+"?lang=en", fields...)
		if code < 400 || code >= 500 || !strings.Contains(body, want) && code != http.StatusNotFound {
			t.Errorf("%v: %d, without %q\n%s", fields, code, want, body)
		}
	}
	d.done("/triage/"+d.mail.Key, "judgement", "false-alarm")
	if body := d.get(login.Officer, "/transmissions/"+d.mail.Key+"?lang=da"); !strings.Contains(body, "falsk alarm") {
		t.Error("the judgement is not shown")
	}
}

// The officer for data protection comments, and decides nothing.
func TestDPOCommentsOnly(t *testing.T) {
	d := newCaseDesk(t)
	d.done("/cases", "title", "A lost letter", "role", "controller")
	if code, _, _ := d.post(login.DPO, "/cases/2026-0001/comment", "text", "Tell them."); code != http.StatusSeeOther {
		t.Errorf("a comment: %d", code)
	}
	if code, _, _ := d.post(login.DPO, "/cases/2026-0001/close"); code != http.StatusForbidden {
		t.Errorf("closing: %d", code)
	}
	if body := d.get(login.Officer, "/cases/2026-0001?lang=en"); !strings.Contains(body, "Tell them.") {
		t.Error("the comment is not shown")
	}
}

func TestCaseFiles(t *testing.T) {
	d := newCaseDesk(t)
	d.done("/cases", "title", "A lost letter", "role", "controller")
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "kvittering.html")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, "<script>alert(1)</script>")
	m.Close()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/cases/2026-0001/file", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	officer := as(t, d.site, login.Officer)
	officer.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	r, w = httptest.NewRequest(http.MethodGet, "http://127.0.0.1/cases/2026-0001/files/2", nil), httptest.NewRecorder()
	officer.ServeHTTP(w, r)
	if w.Body.String() != "<script>alert(1)</script>" || w.Header().Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment;") {
		t.Errorf("%v %q", w.Header(), w.Body)
	}
	if code, _, body := d.post(login.Officer, "/cases/2026-0001/file?lang=en"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "no file") {
		t.Errorf("no file: %d", code)
	}
}

func TestProcessorsPage(t *testing.T) {
	d := newCaseDesk(t)
	if code, _, body := d.post(login.Officer, "/processors?lang=da", "name", "Fælles-IT"); code != http.StatusBadRequest || !strings.Contains(body, "hvordan nås den") {
		t.Errorf("without a contact: %d\n%s", code, body)
	}
	d.done("/processors", "name", "Fælles-IT", "contact", "vagten", "instructed", "2026-01-02", "proof", "aftale 7")
	if body := d.get(login.DPO, "/processors?lang=da"); !strings.Contains(body, "Fælles-IT") || !strings.Contains(body, "2026-01-02") {
		t.Error("it is not listed")
	}
}

// What is repeated is counted, opens its transmissions, and names nobody.
func TestRepeatedPages(t *testing.T) {
	d := newCaseDesk(t)
	s := storeWith(t, []event.Document{d.mail})
	addUsers(t, s)
	found := []watch.Finding{{ID: "abc", Rule: "repeated by sender", By: watch.BySender, Subject: planted, First: d.mail.Time, Last: d.mail.Time, Messages: 3, Recipients: 4,
		Departments: []string{"Jobcenter"}, Keys: []string{d.mail.Key}, Objection: true, Confirmed: true}}
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Repeated: func(context.Context) ([]watch.Finding, error) { return found, nil }})
	if err != nil {
		t.Fatal(err)
	}
	d.site = h
	for address, wants := range map[string][]string{
		"/repeated?lang=en":     {"same sender, after objection", "Jobcenter", "confirmed", "/repeated/abc"},
		"/repeated/abc?lang=da": {"samme afsender, efter indsigelse", "3, til i alt 4 modtagere", "/transmissions/" + d.mail.Key},
	} {
		body := d.get(login.DPO, address)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", address, want)
			}
		}
	}
	if code, _ := get(t, as(t, h, login.DPO), "/repeated/none"); code != http.StatusNotFound {
		t.Errorf("a finding that is not there: %d", code)
	}
}

// Whoever keeps the rules sees which of them raised an alarm that an officer called false, and no mail.
func TestFalseAlarmsByRule(t *testing.T) {
	s := storeWith(t, nil)
	d := event.Document{Key: keyOf(1), Time: now.Add(-time.Hour), Direction: "outbound", MessageDirection: "outbound", First: true, Recipients: 1, Level: "sensitive", Kinds: []string{"health"},
		VerdictID: strings.Repeat("a", 32), Left: true, Protected: "no", Outcome: "delivered", From: planted, To: planted}
	if err := s.Commit(t.Context(), store.Batch{Documents: []event.Document{d}, Found: []store.Found{{ID: d.VerdictID, At: d.Time, Rules: []string{"da-health-diagnosis"}}}}); err != nil {
		t.Fatal(err)
	}
	addUsers(t, s)
	h := plainHandler(t, s, false)
	if _, page := get(t, as(t, h, login.Admin), "/false-alarms?lang=en"); !strings.Contains(page, "No alarm was called false") {
		t.Error("an alarm is false before anybody said so")
	}
	if w := post(t, as(t, h, login.Officer), "/triage/"+d.Key, nil, url.Values{"judgement": {"false-alarm"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	_, page := get(t, as(t, h, login.Admin), "/false-alarms?lang=en")
	if !regexp.MustCompile(`(?s)da-health-diagnosis.*?>1<`).MatchString(page) || strings.Contains(page, planted) {
		t.Errorf("the admin sees\n%s", page)
	}
}

// At hour 71, with one point known, the first phase takes one form: what stands empty is not known yet, with one reason and one day. The
// notification is then whole enough to be sent, and what was said before stays.
func TestFirstPhaseInOneSitting(t *testing.T) {
	d := newCaseDesk(t)
	d.done("/cases", "title", "A lost letter", "role", "controller")
	d.done("/cases/2026-0001/aware", "at", now.Add(-71*time.Hour).Format("2006-01-02T15:04"), "reason", "the finder called")
	d.done("/cases/2026-0001/contents", "nature", "A letter was lost on its way.", "nature-status", "stated")
	if body := d.get(login.Officer, "/cases/2026-0001?lang=en"); !strings.Contains(body, `name="rest-because" maxlength="300" value="the inquiry goes on"`) || !strings.Contains(body, `name="rest-by" value="2026-12-07"`) {
		t.Error("the form proposes no reason and no day")
	}
	if code, _, body := d.post(login.Officer, "/cases/2026-0001/contents?lang=en", "rest", "yes", "rest-because", "the inquiry goes on"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "needs a reason and a day") {
		t.Errorf("without a day: %d", code)
	}
	d.done("/cases/2026-0001/contents", "nature", "A letter was lost on its way.", "nature-status", "stated", "person-number", "1", "person-number-status", "estimate",
		"rest", "yes", "rest-because", "the inquiry goes on", "rest-by", "2026-12-07")
	text := d.printed(login.Officer, "/cases/2026-0001/draft/notification/pdf?in=en")
	if n := strings.Count(text, "the inquiry goes on"); n != 6 || !strings.Contains(text, "A letter was lost on its way.") || !strings.Contains(text, "1 (estimate)") {
		t.Errorf("%d of 6 points are not known yet:\n%s", n, text)
	}
	d.done("/cases/2026-0001/report", "at", now.Format("2006-01-02T15:04"), "phase", "1", "receipt", "2026-77")
	if body := d.get(login.Officer, "/cases/2026-0001?lang=en"); strings.Contains(body, `name="rest"`) || !strings.Contains(body, "2026-77") {
		t.Error("the first phase is not notified, or points are still offered to be left open")
	}
}

// A breach without a mail has a type when its officer ticks one; the page, the draft and the register say it.
func TestTypeOfACaseWithoutMails(t *testing.T) {
	d := newCaseDesk(t)
	d.done("/cases", "title", "A lost letter", "role", "controller")
	if code, _, _ := d.post(login.Officer, "/cases/2026-0001/type?lang=en"); code != http.StatusUnprocessableEntity {
		t.Errorf("no type: %d", code)
	}
	d.done("/cases/2026-0001/type", "type", "availability")
	if body := d.get(login.Officer, "/cases/2026-0001?lang=en"); !strings.Contains(body, `value="availability" checked`) || !strings.Contains(body, "type of breach: availability") {
		t.Error("the page does not say the type")
	}
	if text := d.printed(login.Officer, "/cases/2026-0001/draft/notification/pdf?in=en"); !strings.Contains(text, "Type of breach Availability") {
		t.Errorf("the draft says\n%s", text)
	}
	if text := d.printed(login.Officer, "/register/pdf?lang=en"); !strings.Contains(text, "Type of breach availability") {
		t.Errorf("the register says\n%s", text)
	}
}
