package web

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/report"
	"postvagt/agent/supervise"
	"postvagt/agent/watch"
)

// Secrets are planted wherever something is kept, each a word of its own. A role may come upon those that are named for it, and
// upon no other; the pages for everybody hold none.
var plantedSecrets = map[string]struct {
	where string
	for_  []login.Role
}{
	"zqsender":    {"the sender of a mail", nil},
	"zqcitizen":   {"the recipient of a mail", nil},
	"zqmessage":   {"a message id", nil},
	"zqlogin":     {"the login name of a sender", nil},
	"zqmailbox":   {"a secure mailbox", nil},
	"zqclient":    {"the client of a mail", nil},
	"zqrelay":     {"the next hop of a mail", nil},
	"zqsubject":   {"the pseudonym that is repeated", nil},
	"zqtitle":     {"the title of a case", overseers},
	"zqfact":      {"what a case says", overseers},
	"zqcomment":   {"a remark on a case", overseers},
	"zqaware":     {"when and why we became aware", overseers},
	"zqreason":    {"why a mail is no breach", overseers},
	"zqprocessor": {"a processor of ours", overseers},
	"zqmeasure":   {"the title of a measure", overseers},
	"zqnote":      {"the note of a measure", overseers},
	"zqfinding":   {"what a control found", overseers},
	"zqaddress":   {"the own address of a user", nil},
	"zqheldwords": {"the content of a held mail", nil}, // but for whoever asks for it, see TestHeldContent
}

// plantMails are mails with every kind of person in them: open, held, unjudged, of two departments.
func plantMails() []event.Document {
	all := sample(12, 20)
	for i := range all {
		d := &all[i]
		d.From, d.To, d.MessageID, d.User, d.Client = "zqsender@nordvig.example", "zqcitizen@mail.example", "zqmessage@nordvig.example", "zqlogin", "zqclient[192.0.2.7]"
		d.VerdictID, d.ToDomain, d.Relay = "", "mail.example", "zqrelay[192.0.2.1]:25"
		if d.SecureMailbox != "" {
			d.SecureMailbox = "zqmailbox@nordvig.example"
		}
		if i%2 == 0 {
			d.Direction, d.MessageDirection, d.Level, d.Kinds, d.Left, d.Protected, d.MessageLeft, d.MessageProtected = "outbound", "outbound", "sensitive", []string{"health"}, true, "no", true, "no"
		}
		d.Department = []string{"Børn & Unge", "Jobcenter"}[i/2%2]
	}
	return all
}

// plantCases says secrets in the register of breaches, as officers do.
func plantCases(t *testing.T, reg Breaches, open []event.Document) {
	t.Helper()
	ctx := t.Context()
	c, err := reg.OpenCase(ctx, "officer", cases.Opening{Title: "zqtitle", Role: cases.Controller, Incidents: []cases.Incident{cases.IncidentOf(&open[0])}})
	if err != nil {
		t.Fatal(err)
	}
	changes := []cases.Change{cases.Awareness{At: now.Add(-time.Hour), Reason: "zqaware"}, cases.Comment{Text: "zqcomment"}}
	for _, i := range cases.NotificationItems() {
		changes = append(changes, cases.Statement{Item: i, Status: cases.Stated, Text: "zqfact"})
	}
	for _, change := range changes {
		if _, err := reg.SayOf(ctx, "officer", c.ID, change); err != nil {
			t.Fatalf("%T: %v", change, err)
		}
	}
	for key, j := range map[string]cases.Triage{open[0].Key: {Judgement: cases.Breach, Case: c.ID}, open[1].Key: {Judgement: cases.RuleBroken, Reason: "zqreason"}} {
		if err := reg.Triage(ctx, "officer", key, j); err != nil {
			t.Fatal(err)
		}
	}
	if err := reg.SayProcessor(ctx, "officer", cases.Contract{Name: "zqprocessor", Contact: "by telephone", Service: "a gateway", Instructed: now, Proof: "a letter"}); err != nil {
		t.Fatal(err)
	}
}

func plantRegisters(t *testing.T, s Store) {
	t.Helper()
	for register, value := range map[string]any{
		supervise.Measures: supervise.Measure{Date: day(now.AddDate(0, 0, -5)), Kind: "course", Title: "zqmeasure", Note: "zqnote"},
		supervise.Controls: supervise.Control{Point: 1, Date: day(now.AddDate(0, 0, -5)), Sample: "ten mails", Finding: "zqfinding"},
	} {
		e, err := supervise.Write(register, "m1", 1, "officer", now, value)
		if err == nil {
			err = s.AddEntry(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// No role comes upon a secret that is not for it, on any page, in any file, or in the log of the pages; and each secret that is for
// somebody is found by them, so that the test would see it.
func TestPlantedSecrets(t *testing.T) {
	mails := plantMails()
	s := storeWith(t, mails)
	addUsers(t, s)
	if err := s.ChangeUser(t.Context(), "reviewer", func(u *login.User) error { u.Addresses = []string{"zqaddress@nordvig.example"}; return nil }); err != nil {
		t.Fatal(err)
	}
	var open []event.Document
	var keys []string
	for _, d := range mails {
		if cases.NeedsTriage(&d) {
			open, keys = append(open, d), append(keys, d.Key)
		}
	}
	reg := registerOf(s)
	plantCases(t, reg, open)
	plantRegisters(t, s)
	var log strings.Builder
	h, err := New(Options{Store: s, Breaches: reg, Organisation: "Nordvig Kommune", Now: func() time.Time { return now }, Zone: zone, Persons: func() bool { return true }, Held: helper(t),
		Repeated: func(context.Context) ([]watch.Finding, error) {
			return []watch.Finding{{ID: "f1", Rule: "repeated by sender", By: watch.BySender, Subject: "zqsubject", First: now, Last: now, Messages: 3, Recipients: 3, Departments: []string{"Jobcenter"}, Keys: keys}}, nil
		},
		Outcomes: func(context.Context, report.Options) (*report.Outcomes, error) {
			return &report.Outcomes{Repeated: []report.Repeated{{Rule: "repeated by sender", By: "sender", Episodes: 1}}}, nil
		},
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]login.Role{}
	for _, role := range login.Roles() {
		from, least := []string{"/?lang=en&period=2026-10", "/?lang=en"}, 8
		if role == login.Sender {
			from, least = []string{"/held?lang=en"}, 4
		}
		pages := outputs(t, as(t, h, role), from)
		if len(pages) < least {
			t.Errorf("%s came upon %d pages only", role, len(pages))
		}
		for secret, planted := range plantedSecrets {
			for address, text := range pages {
				if !strings.Contains(text, secret) {
					continue
				}
				found[secret] = append(found[secret], role)
				if !(login.User{Roles: planted.for_}).Is(role) {
					t.Errorf("%s finds %s (%s) at %s", role, planted.where, secret, address)
					break
				}
			}
		}
	}
	for secret, planted := range plantedSecrets {
		if len(planted.for_) > 0 && len(found[secret]) == 0 {
			t.Errorf("nobody finds %s (%s): the test would not see it", planted.where, secret)
		}
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log tells of %s", planted.where)
		}
	}
}

// outputs is all that a user can open by following links, a view of each page once; PDF files are read back.
func outputs(t *testing.T, h http.Handler, from []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	seen := map[string]bool{}
	for queue := from; len(queue) > 0; queue = queue[1:] {
		u, err := url.Parse(queue[0])
		if err != nil || strings.HasPrefix(queue[0], "#") || strings.HasPrefix(u.Path, "/assets/") || u.Query().Get("lang") == "da" {
			continue
		}
		view := u.Path + "?" + u.Query().Get("q") + u.Query().Get("part") + u.Query().Get("key") + u.Query().Get("version")
		if u.Path == "/" {
			view += u.Query().Get("period") + u.Query().Get("department")
		}
		if seen[view] {
			continue
		}
		seen[view] = true
		code, body := get(t, h, queue[0])
		if code == http.StatusBadRequest && u.Path == "/" {
			continue // the first address is for those who see a month at a time
		}
		if code != http.StatusOK {
			t.Errorf("%s answers %d", queue[0], code)
		}
		if strings.HasPrefix(body, "%PDF-") {
			body = pdfText(t, body)
		}
		all[queue[0]] = body
		for _, m := range regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(body, -1) {
			queue = append(queue, html.UnescapeString(m[1]))
		}
	}
	return all
}

func pdfText(t *testing.T, pdf string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.pdf")
	if err := os.WriteFile(file, []byte(pdf), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Skipf("pdftotext (poppler-utils): %v", err)
	}
	return string(out)
}
