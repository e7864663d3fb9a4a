package milter

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/milter/message"
	"postvagt/milter/policy"
	"postvagt/milter/verdict"
)

func TestLists(t *testing.T) {
	f := newTestFilter(t, "[recipients]\nlists = [\"nyt@forening.example\"]\n")
	for addr, want := range map[string]bool{
		"nyt@forening.example": true, "a@lists.example": true, "bestyrelse-liste@x.example": true, "alle@x.example": true, "x@listserv.y.example": true,
		"anna@borger.example": false, "liste.hansen@x.example": true, "calliste@x.example": false, "a@enlisted.example": false, "": false,
	} {
		if got := f.isList(addr); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

// Only a whole name against another whole name is a sign; initials, functions and nicknames are none.
func TestMisnamed(t *testing.T) {
	for _, tt := range []struct {
		name, addr string
		want       bool
	}{
		{"Anna Jensen", "per.hansen@borger.example", true},
		{"Jensen, Anna", "per_hansen@borger.example", true},
		{"Søren Østergård", "per.hansen@borger.example", true},
		{"Anna Jensen", "anna.jensen@borger.example", false},
		{"Anna Jensen", "anna.k.jensen@borger.example", false},
		{"Søren Østergård", "soeren.oestergaard@borger.example", false},
		{"Anna Jensen", "anna.hansen@borger.example", false}, // married
		{"Annemarie Holm", "anne.holmgaard@borger.example", false},
		{"Anna Jensen", "ahj@borger.example", false},
		{"Anna Jensen", "anna.p1980@borger.example", false},
		{"Anna Jensen", "per@borger.example", false},
		{"Borgerservice", "post.kasse@kommune2.example", false},
		{"post.kasse@kommune2.example", "per.hansen@borger.example", false},
		{"", "per.hansen@borger.example", false},
		{"Anna Jensen", "", false},
	} {
		if got := misnamed(tt.name, tt.addr); got != tt.want {
			t.Errorf("%q <%s>: %v", tt.name, tt.addr, got)
		}
	}
}

func openAcquaintances(t *testing.T, dir string, now *time.Time) *Acquaintances {
	t.Helper()
	a, err := OpenAcquaintances(dir, []byte("key"), func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func met(t *testing.T, a *Acquaintances, sender, rcpt string) {
	t.Helper()
	if err := a.Met(sender, rcpt); err != nil {
		t.Fatal(err)
	}
}

// For a month nobody is new; then whoever has not been written to is, over restarts, and no name stands in the file.
func TestFirstMail(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	a := openAcquaintances(t, dir, &now)
	met(t, a, "kari@kommune.example", "anna@borger.example")
	if a.First("kari@kommune.example", "other@borger.example") {
		t.Error("somebody is new while the memory learns")
	}
	now = now.AddDate(0, 0, learningDays)
	for range 2 {
		if a.First("Kari@kommune.example", "Anna@borger.example") || !a.First("kari@kommune.example", "other@borger.example") || !a.First("bo@kommune.example", "anna@borger.example") {
			t.Error("new and known are mixed up")
		}
		a = openAcquaintances(t, dir, &now)
	}
	b, err := os.ReadFile(filepath.Join(dir, "recipients"))
	if err != nil || len(b) == 0 || strings.Contains(string(b), "anna") || strings.Contains(string(b), "borger") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// A domain that nobody has written to, one slip from one that gets mail on five days, is a slip.
func TestFamiliarDomains(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	a := openAcquaintances(t, t.TempDir(), &now)
	for day := range familiarAfter {
		if a.LooksFamiliar("advokathuzet.example") {
			t.Errorf("frequent after %d days", day)
		}
		met(t, a, "kari@kommune.example", "x@advokathuset.example")
		met(t, a, "bo@kommune.example", "y@advokathuset.example") // the same day
		now = now.AddDate(0, 0, 1)
	}
	for domain, want := range map[string]bool{"advokathuzet.example": true, "advokathset.example": true, "advokathusett.example": true, "avdokathuset.example": true,
		"advokathuset.example": false, "advokathzzet.example": false, "noget-andet.example": false, "": false} {
		if got := a.LooksFamiliar(domain); got != want {
			t.Errorf("%s: %v", domain, got)
		}
	}
	met(t, a, "kari@kommune.example", "x@advokathuzet.example")
	if a.LooksFamiliar("advokathuzet.example") {
		t.Error("a domain that was written to is still a slip")
	}
}

// From the header to the verdict: what was let through is known from then on; what was held is not.
func TestFirstMailInAVerdict(t *testing.T) {
	cfg := testConfig(t, "[policy]\nmode = \"enforce\"\n[[policy.line]]\nname = \"new\"\naction = \"hold\"\ndirection = [\"outbound\"]\nfirst = true\nlevel = [\"confidential\"]\n[[policy.line]]\nname = \"otherwise\"\naction = \"pass\"\n")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	parts := testParts
	parts.Now = func() time.Time { return now }
	parts.Acquaintances = openAcquaintances(t, cfg.Milter.StateDir, &now)
	now = now.AddDate(0, 0, learningDays+1)
	f, err := NewFilter(cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	judge := func(text string) Judgement {
		return f.Explain([]byte("From: kari@kommune.example\r\nTo: anna@borger.example\r\n\r\n" + text + "\r\n"))
	}
	secret := "CPR-nummer 010180-1234" // synthetic
	for i, step := range []struct {
		text, want string
		first      bool
	}{{secret, verdict.Hold, true}, {secret, verdict.Hold, true}, {"Vi ses", verdict.Pass, true}, {secret, verdict.Pass, false}} {
		if j := judge(step.text); j.Action != step.want || j.Recipients[0].New != step.first {
			t.Errorf("step %d: %s, first %v", i, j.Action, j.Recipients[0].New)
		}
	}
}

// An assessment covers whom it names until its last day, and a decision that rests on it names it.
func TestRisk(t *testing.T) {
	f := newTestFilter(t, "[policy]\nmode = \"enforce\"\n[[risk]]\nname = \"region-2026\"\ntitle = \"t\"\ndate = \"2026-01-01\"\nowner = \"o\"\nuntil = \"2026-12-31\"\nrecipients = [\"region.example\"]\nhops = [\"smtp:[mx.example]\"]\n")
	f.transports = promiseMay{}
	for _, tt := range []struct {
		now, to, host, risk, action string
	}{
		{"2026-12-31T23:00:00Z", "a@region.example", "region.example", "region-2026", verdict.Pass},
		{"2026-12-31T23:00:00Z", "a@other.example", "[mx.example]", "region-2026", verdict.Pass},
		{"2026-12-31T23:00:00Z", "a@other.example", "other.example", "", verdict.Hold},
		{"2027-01-01T00:00:00Z", "a@region.example", "region.example", "", verdict.Hold},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		f.now = func() time.Time { return now }
		text := "From: kari@kommune.example\r\nTo: " + tt.to + "\r\n\r\nCPR-nummer 010180-1234\r\n" // synthetic
		tr := (&Check{Filter: f}).transaction([]byte(text))
		tr.Rcpts[0].Mailer, tr.Rcpts[0].Host = "smtp", tt.host
		j := f.Judge(t.Context(), tr, func() {})
		if j.Action != tt.action || j.Risk != tt.risk || j.Recipients[0].Transport != policy.Opportunistic {
			t.Errorf("%s by %s on %s: %s by %s, risk %q", tt.to, tt.host, tt.now, j.Action, j.Why, j.Risk)
		}
	}
}

func TestIdentity(t *testing.T) {
	f := newTestFilter(t, "[[channel]]\nname = \"post\"\nrecipient_domains = [\"digitalpost.example\"]\nidentity = \"login-channel\"\n")
	facts := f.factsOf(&Transaction{Trusted: true, Rcpts: []Rcpt{{Addr: "a@digitalpost.example"}, {Addr: "a@borger.example"}}}, &message.Mail{})
	if facts.Recipients[0].Login != policy.LoginChannel || facts.Recipients[1].Login != "" {
		t.Errorf("%q, %q", facts.Recipients[0].Login, facts.Recipients[1].Login)
	}
}

// The subject tag goes on sensitive mail from outside, once, and comes off what is sent, wherever it stands.
func TestSubjectTag(t *testing.T) {
	c := &Config{Policy: Policy{SubjectTag: "[SENSITIVE]"}}
	for _, tt := range []struct {
		direction, action, subject, want string
	}{
		{verdict.Inbound, verdict.Tag, "My case", "[SENSITIVE] My case"},
		{verdict.Inbound, verdict.Tag, "[SENSITIVE] My case", ""},
		{verdict.Inbound, verdict.Pass, "Hello", ""},
		{verdict.Outbound, verdict.Pass, "Re: [SENSITIVE] My case", "Re: My case"},
		{verdict.Outbound, verdict.Hold, "SV: Re: [SENSITIVE][SENSITIVE] =?utf-8?q?=C3=B8?=", "SV: Re: =?utf-8?q?=C3=B8?="},
		{verdict.Internal, verdict.Tag, "Fwd: [SENSITIVE] x", "Fwd: x"},
		{verdict.Outbound, verdict.Pass, "Re: My case", ""},
	} {
		got, changed := c.subjectOf(&Judgement{Record: verdict.Record{Direction: tt.direction, Action: tt.action}}, []string{tt.subject})
		if changed != (tt.want != "") || changed && got != tt.want {
			t.Errorf("%s %s %q: %q, %v", tt.direction, tt.action, tt.subject, got, changed)
		}
	}
	if _, changed := (&Config{}).subjectOf(&Judgement{Record: verdict.Record{Direction: verdict.Inbound, Action: verdict.Tag}}, []string{"x"}); changed {
		t.Error("the tag is on by default")
	}
}

func TestFields(t *testing.T) {
	names := func(direction, action string, c *Config) string {
		var b strings.Builder
		for _, h := range fieldsOf(&Judgement{Record: verdict.Record{ID: "i", Direction: direction, Action: action, Level: "sensitive"}}, c) {
			fmt.Fprint(&b, strings.TrimPrefix(h[0], ownHeader), " ")
		}
		return strings.TrimSpace(b.String())
	}
	plain, gateway := &Config{}, &Config{Held: Held{Gateway: "smtp:[g]"}, Policy: Policy{RouteToken: "t"}}
	for _, tt := range []struct {
		direction, action string
		c                 *Config
		want              string
	}{
		{verdict.Outbound, verdict.Tag, plain, "Id"},
		{verdict.Outbound, verdict.Tag, &Config{Policy: Policy{LabelOutgoing: true}}, "Id Level Action"},
		{verdict.Outbound, verdict.Hold, plain, ""},
		{verdict.Outbound, verdict.Hold, gateway, "Id Route"},
		{verdict.Inbound, verdict.Hold, gateway, ""},
		{verdict.Outbound, verdict.Route, gateway, "Id Route"},
		{verdict.Inbound, verdict.Tag, plain, "Id Inbound Level Action"},
		{verdict.Internal, verdict.Tag, plain, "Id Level Action"},
		{verdict.Outbound, verdict.Pass, gateway, ""},
	} {
		if got := names(tt.direction, tt.action, tt.c); got != tt.want {
			t.Errorf("R18: %s %s: %q, want %q", tt.direction, tt.action, got, tt.want)
		}
	}
}

// promiseMay is an MTA that uses TLS where the other side offers it.
type promiseMay struct{}

func (promiseMay) Route(context.Context, string, []string) ([]Rcpt, error) { return nil, nil }

func (promiseMay) Promise(context.Context, Rcpt) (Promise, error) {
	return Promise{Level: "may"}, nil
}
