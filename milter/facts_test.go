package milter

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/milter/message"
	"postvagt/milter/verdict"
)

func newTestFilter(t *testing.T, extra string) *Filter {
	t.Helper()
	f, err := NewFilter(testConfig(t, extra), testParts)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// head reads header fields.
func head(t *testing.T, f *Filter, fields string) *message.Mail {
	t.Helper()
	text := strings.ReplaceAll(fields, "\n", "\r\n") + "\r\n\r\n"
	m, err := f.reader.Read(strings.NewReader(text), int64(len(text)), func(message.Text) {})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDirectionAndClass(t *testing.T) {
	f := newTestFilter(t, "[recipients]\nauthorities = [\"styrelse.example\"]\nfree_mail = [\"mail.example\"]\nnever_hold = [\"@alarm.example\"]\n")
	for _, tt := range []struct {
		to               string
		auth, trusted    bool
		direction, class string
	}{
		{"a@kommune.example", true, false, verdict.Internal, "internal"},
		{"a@skole.Kommune.example", false, true, verdict.Internal, "internal"},
		{"a@kommune.example", false, false, verdict.Inbound, "internal"},
		{"root", false, true, verdict.Internal, "internal"},
		{"a@evilkommune.example", true, false, verdict.Outbound, "external"},
		{"a@x.styrelse.example", true, false, verdict.Outbound, "authority"},
		{"a@mail.example", true, false, verdict.Outbound, "free-mail"},
		{"a@borger.example", false, false, verdict.Outbound, "external"},
		{"a@borger.example.", true, false, verdict.Outbound, "external"},
		{"a@kommune.example.", true, false, verdict.Internal, "internal"},
		{"\"x@kommune.example\"@borger.example", true, false, verdict.Outbound, "external"},
	} {
		facts := f.factsOf(&Transaction{Rcpts: []Rcpt{{Addr: tt.to}}, Authenticated: tt.auth, Trusted: tt.trusted}, &message.Mail{})
		if p := facts.Recipients[0]; p.Direction != tt.direction || p.Class != tt.class {
			t.Errorf("%s (login %v, trusted %v): %s %s, want %s %s", tt.to, tt.auth, tt.trusted, p.Direction, p.Class, tt.direction, tt.class)
		}
	}
	if !f.factsOf(&Transaction{Rcpts: []Rcpt{{Addr: "112@alarm.example"}}}, &message.Mail{}).Recipients[0].NeverHold {
		t.Error("never_hold is not seen")
	}
}

func TestChannelMarks(t *testing.T) {
	f := newTestFilter(t, `
[[channel]]
name = "subject"
subject_prefix = "#sikker#"
[[channel]]
name = "header"
header = "X-Gateway-Encrypt: required"
[[channel]]
name = "suffix"
recipient_suffix = ".s"
[[channel]]
name = "domain"
recipient_domains = ["sikker.example"]
`)
	for _, tt := range []struct {
		fields string
		to     []string
		want   []string // channel of each recipient
	}{
		{"Subject: #sikker# Din sag", []string{"a@b.example"}, []string{"subject"}},
		{"Subject: =?utf-8?B?I3Npa2tlciMgRGluIHNhZw==?=", []string{"a@b.example"}, []string{"subject"}},
		{"Subject: Re: #sikker# Din sag", []string{"a@b.example"}, []string{""}},
		{"Subject: #SIKKER# Din sag", []string{"a@b.example"}, []string{""}},
		{"Subject: Din sag\nX-Gateway-Encrypt:  required ", []string{"a@b.example"}, []string{"header"}},
		{"x-gateway-encrypt: required", []string{"a@b.example"}, []string{"header"}},
		{"X-Gateway-Encrypt: not required", []string{"a@b.example"}, []string{""}},
		{"X-Gateway-Encrypt: no", []string{"a@b.example"}, []string{""}},
		{"Subject: x", []string{"a@b.example.s", "a@b.example"}, []string{"suffix", ""}},
		{"Subject: x", []string{"a@x.sikker.example", "a@usikker.example"}, []string{"domain", ""}},
	} {
		tr := &Transaction{Trusted: true}
		for _, to := range tt.to {
			tr.Rcpts = append(tr.Rcpts, Rcpt{Addr: to})
		}
		for i, p := range f.factsOf(tr, head(t, f, tt.fields)).Recipients {
			if p.Channel != tt.want[i] {
				t.Errorf("%q to %s: channel %q, want %q", tt.fields, tt.to[i], p.Channel, tt.want[i])
			}
		}
	}
}

func TestDepartments(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "departments.csv")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("\ufeffmatch,department,manager\n# a comment\nkari@kommune.example,Borgmester\n@kommune.example,Fælles\nsocial*@kommune.example,\"Social, Nord\",x\nsocial.bo*@kommune.example,Bosteder\n")
	d, err := loadDepartments(path)
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"Kari@Kommune.example": "Borgmester", "ole@kommune.example": "Fælles", "social.nord@kommune.example": "Social, Nord",
		"social.bo1@kommune.example": "Bosteder", "ole@skole.kommune.example": "", "": "",
	} {
		if got := d.of(addr); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	for text, want := range map[string]string{
		"match,department\nkari,IT\n":        ":2: \"kari\" is not user@domain",
		"match,department\n@a.example\n":     ":2: needs two columns",
		"match,department\n\"@a.example,x\n": "departments.csv:",
	} {
		write(text)
		if _, err := loadDepartments(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := loadDepartments(filepath.Join(dir, "none.csv")); err != nil {
		t.Errorf("a missing file: %v", err)
	}
}

func TestExemptions(t *testing.T) {
	f := newTestFilter(t, `
[[exempt]]
name = "payroll"
client = ["192.0.2.10"]
user = ["payroll"]
reason = "own line"
until = "2026-12-31"
[[exempt]]
name = "union"
sender = ["tillid*@kommune.example"]
hide = true
reason = "union representative"
until = "2026-12-31"
`)
	client := netip.MustParseAddr
	for _, tt := range []struct {
		name   string
		now    string
		t      Transaction
		system string
		hidden bool
	}{
		{"by client", "2026-11-23T09:00:00Z", Transaction{Client: client("192.0.2.10")}, "payroll", false},
		{"another client", "2026-11-23T09:00:00Z", Transaction{Client: client("192.0.2.11")}, "", false},
		{"by login", "2026-11-23T09:00:00Z", Transaction{Authenticated: true, User: "payroll"}, "payroll", false},
		{"by a name without a login", "2026-11-23T09:00:00Z", Transaction{User: "payroll"}, "", false},
		{"last day", "2026-12-31T23:59:59Z", Transaction{Client: client("192.0.2.10")}, "payroll", false},
		{"after it", "2027-01-01T00:00:00Z", Transaction{Client: client("192.0.2.10"), Sender: "tillid1@kommune.example"}, "", false},
		{"a person", "2026-11-23T09:00:00Z", Transaction{Sender: "Tillid1@kommune.example"}, "", true},
		{"another person", "2026-11-23T09:00:00Z", Transaction{Sender: "kari@kommune.example"}, "", false},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		f.now = func() time.Time { return now }
		if facts := f.factsOf(&tt.t, &message.Mail{}); facts.Exempt != tt.system || facts.Hidden != tt.hidden {
			t.Errorf("%s: system %q, hidden %v", tt.name, facts.Exempt, facts.Hidden)
		}
	}
}

func TestLookalikes(t *testing.T) {
	f := newTestFilter(t, "[recipients]\nauthorities = [\"region-syd.example\"]\n")
	for domain, want := range map[string]bool{
		"kommune.exampel": true, "komune.example": true, "kommmune.example": true, "kommume.example": true, "kommune.example": false,
		"region-syd.exampl": true, "gmial.com": true, "gmail.co": true, "gmail.com": false, "hotmial.dk": true, "gmx.org": false,
		"other.example": false, "komune.exampel": false, "": false,
	} {
		facts := f.factsOf(&Transaction{Trusted: true, Rcpts: []Rcpt{{Addr: "a@" + domain}}}, &message.Mail{})
		if got := facts.Recipients[0].Lookalike; got != want {
			t.Errorf("%s: %v", domain, got)
		}
	}
}

// Of short domains only what a finger does counts: ru.example is no slip for ku.example's neighbour. What the house writes to is none.
func TestShortLookalikes(t *testing.T) {
	f := newTestFilter(t, "[recipients]\nauthorities = [\"rm.dk\", \"sdu.dk\", \"kk.dk\"]\nfree_mail = [\"gmx.de\"]\n")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	f.acquaintances = openAcquaintances(t, t.TempDir(), &now)
	if err := f.acquaintances.Met("kari@kommune.example", "a@usd.dk"); err != nil {
		t.Fatal(err)
	}
	for domain, want := range map[string]bool{
		"mr.dk": true, "rrm.dk": true, "rmm.dk": true, "rm.kd": true, "sud.dk": true, "gxm.de": true, "gmmx.de": true, "kkk.dk": true,
		"rn.dk": false, "r.dk": false, "rm.de": false, "su.dk": false, "sdu.dk": false, "k.dk": false, "gmx.be": false, "usd.dk": false, "dr.dk": false, "rm..dk": false,
	} {
		facts := f.factsOf(&Transaction{Trusted: true, Rcpts: []Rcpt{{Addr: "a@" + domain}}}, &message.Mail{})
		if got := facts.Recipients[0].Lookalike; got != want {
			t.Errorf("%s: %v", domain, got)
		}
	}
}

func TestVisibleAddresses(t *testing.T) {
	f := newTestFilter(t, "")
	m := head(t, f, "To: a@borger.example, A@borger.example, kari@kommune.example\nCc: b@borger.example, Liste: c@x.example, d@y.example;\nBcc: e@z.example")
	if n := f.visible(m); n != 4 {
		t.Errorf("%d addresses outside, want 4", n)
	}
}
