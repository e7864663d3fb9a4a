package watch

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"
)

// No alert, as the mail and as the body that the webhook posts, tells who sent, to whom, or whose message it was: whatever the rule,
// whoever is told, in either language. The department of a finding by department is no person.
func TestAlertsTellNobodysName(t *testing.T) {
	var posted []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		posted = append(posted, string(body))
	}))
	defer hook.Close()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	f := Facts{Now: at, Sensitive: map[string]int{"Jobcenter": 3}, Instructions: []Instruction{{At: at.AddDate(0, 0, -30)}}}
	for i := range 6 {
		f.Mails = append(f.Mails, Mail{Key: fmt.Sprint("zqkey", i), MessageKey: fmt.Sprint("zqmessage", i), Time: at.Add(time.Duration(i-10) * time.Hour), Sender: "zqsender",
			Citizen: "zqcitizen", Objection: "zqobjector", Department: "Jobcenter", Confirmed: true})
	}
	rules := []Rule{{Name: "zqrule", By: BySender, Count: 1, Days: 30}, {By: ByDepartment, Share: .1, Count: 1, Days: 30}, {By: ByCitizen, Count: 1, Days: 30}, {By: ByObjection, Count: 1, Days: 30}, {By: ByInstruction, Count: 1, Days: 30}}
	findings := Find(rules, f)
	if len(findings) < 5 {
		t.Fatalf("only %d findings", len(findings))
	}
	for _, found := range findings {
		for _, lang := range []string{"da", "en"} {
			for _, to := range []To{Officer, Sender, Manager} {
				a := About(found, to, "https://postvagt.example/", lang, at)
				if err := (Webhook{URL: hook.URL, Client: hook.Client()}).Send(t.Context(), a); err != nil {
					t.Fatal(err)
				}
				raw, err := Message{From: "postvagt@nordvig.example", To: "officer@nordvig.example", ID: "alert", Date: at, Subject: a.Title, Lang: lang, Text: []string{a.Text, a.Link}}.Bytes()
				if err != nil {
					t.Fatal(err)
				}
				posted = append(posted, string(raw)+mailText(t, string(raw)))
			}
		}
	}
	for _, body := range posted {
		if i := strings.Index(body, "zq"); i >= 0 {
			t.Errorf("an alert tells of %q", body[i:min(len(body), i+10)])
		}
	}
	if n := len(findings) * 2 * 3 * 2; len(posted) != n {
		t.Errorf("%d alerts were looked at, want %d", len(posted), n)
	}
}

// mailText is what a reader sees of a mail of ours: the transfer encoding must not hide a name from the test.
func mailText(t *testing.T, raw string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	if !strings.Contains(all.String(), "postvagt.example") {
		t.Errorf("the text of the mail is not seen: %q", all.String())
	}
	return all.String()
}
