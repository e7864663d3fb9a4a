package sendmail

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const cf = `DSrelay:[gateway.example]
O LogLevel=9
O ClientSSLOptions=+SSL_OP_NO_TLSv1 +SSL_OP_NO_TLSv1_1
O InputMailFilters=clamav,postvagt
Xclamav, S=local:/run/clamav.sock, F=, T=S:4m;R:4m
Xpostvagt, S=unix:/run/postvagt/milter.sock, F=T, T=C:10s
Mlocal,		P=/usr/bin/procmail, F=lsDFM
Mesmtp,		P=[IPC], F=mDFMuXa
Mrelay,		P=[IPC], F=mDFMuXa8
`

// instance is a configuration with a sendmail that answers /map as the table says; the real one is in the stories of packaging/e2e.
func instance(t *testing.T, table map[string]string) *Sendmail {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nprintf 'ADDRESS TEST MODE\\n> '\nwhile read _ _ key; do\ncase $key in\n"
	for k, v := range table {
		script += "'" + k + "') printf '%s\\n> ' \"map_lookup: access ($key) " + v + "\";;\n"
	}
	script += "*) printf '%s\\n> ' \"map_lookup: access ($key) no match (0)\";;\nesac\ndone\n"
	write(t, filepath.Join(dir, "sendmail"), script, 0o755)
	write(t, filepath.Join(dir, "sendmail.cf"), cf, 0o644)
	return &Sendmail{ConfigDir: dir, CommandDir: dir}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestPromise(t *testing.T) {
	s := instance(t, map[string]string{
		"TLS_Rcpt:region.example":        "returns VERIFY:128+CN (0)",
		"TLS_Rcpt:anna@borger.example":   "returns PERM+ENCR:112 (0)",
		"TLS_Rcpt:anybody.example":       "returns VERIFY:128 (0)",
		"TLS_Srv:[mx.named.example]":     "returns TEMP+VERIFY:256+CN:mx.named.example++CI:ca (0)",
		"TLS_Srv:gateway.example":        "returns ENCR:112 (0)",
		"Try_TLS:plain.example":          "returns NO (0)",
		"TLS_Rcpt:weak.example":          "returns ENCR:0 (0)",
		"TLS_Rcpt:broken.example":        "no match (75)",
		"TLS_Rcpt:notlisted.far.example": "no match (0)",
	})
	for _, tt := range []struct {
		rcpt, mailer, host string
		want               Promise
	}{
		{"anna@region.example", "esmtp", "region.example.", Promise{Level: "verify", Verified: true}},
		{"anna@dept.region.example", "esmtp", "dept.region.example.", Promise{Level: "verify", Verified: true}},
		{"anna@borger.example", "esmtp", "borger.example.", Promise{Level: "encrypt"}},
		{"bo@borger.example", "esmtp", "borger.example.", Promise{Level: "may"}},
		{"bo@anybody.example", "esmtp", "anybody.example.", Promise{Level: "encrypt"}}, // a good certificate of anybody
		{"bo@x.example", "esmtp", "[mx.named.example]", Promise{Level: "verify", Verified: true, Strong: true}},
		{"bo@x.example", "relay", "[gateway.example]", Promise{Level: "encrypt", Relay: true}},
		{"bo@x.example", "esmtp", "[plain.example]", Promise{Level: "none"}},
		{"bo@weak.example", "esmtp", "weak.example.", Promise{Level: "may"}},
		{"root", "local", "", Promise{Local: true}},
	} {
		got, err := (&Transports{Sendmail: *s}).Lookup(t.Context(), tt.rcpt, tt.mailer, tt.host)
		if err != nil || got != tt.want {
			t.Errorf("%s by %s %s: %+v, %v; want %+v", tt.rcpt, tt.mailer, tt.host, got, err, tt.want)
		}
	}
	for _, bad := range [][3]string{{"a@broken.example", "esmtp", "broken.example."}, {"a@x.example", "nosuch", "x.example"}, {"a b\n@x.example", "esmtp", "x.example"}} {
		if p, err := (&Transports{Sendmail: *s}).Lookup(t.Context(), bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%q: promised %+v", bad, p)
		}
	}
}

// An old TLS version would do for a verified host: that protects nobody.
func TestPromiseNeedsTLS12(t *testing.T) {
	s := instance(t, map[string]string{"TLS_Rcpt:region.example": "returns VERIFY:128+CN (0)"})
	write(t, s.cf(), strings.Replace(cf, " +SSL_OP_NO_TLSv1_1", "", 1), 0o644)
	if p, err := (&Transports{Sendmail: *s}).Lookup(t.Context(), "a@region.example", "esmtp", "region.example"); err != nil || p.Verified || p.Level != "verify" {
		t.Errorf("%+v, %v", p, err)
	}
}

// R2: 256 bits leave out what is weak, and so does a cipher list of strong ones.
func TestPromiseOfCiphers(t *testing.T) {
	for _, tt := range []struct {
		demand, list string
		strong       bool
	}{
		{"VERIFY:128+CN", "", false}, {"VERIFY:256+CN", "", true}, {"VERIFY+CN", "HIGH", true}, {"VERIFY:128+CN", "HIGH:MEDIUM", false},
		{"ENCR:256", "", true}, {"ENCR:112", "HIGH:!aNULL", true}, {"ENCR:256", "ALL", false}, {"ENCR:0", "HIGH:!aNULL", false},
	} {
		s := instance(t, map[string]string{"TLS_Rcpt:region.example": "returns " + tt.demand + " (0)"})
		write(t, s.cf(), cf+"O CipherList="+tt.list+"\n", 0o644)
		if p, err := (&Transports{Sendmail: *s}).Lookup(t.Context(), "a@region.example", "esmtp", "region.example"); err != nil || p.Strong != tt.strong {
			t.Errorf("%s with %q: %+v, %v", tt.demand, tt.list, p, err)
		}
	}
}

func TestPromiseIsBelievedForAWhile(t *testing.T) {
	s := instance(t, map[string]string{"TLS_Rcpt:region.example": "returns ENCR:112 (0)"})
	now := time.Unix(1795000000, 0)
	tr := &Transports{Sendmail: *s, Now: func() time.Time { return now }}
	ask := func() string {
		t.Helper()
		p, err := tr.Lookup(t.Context(), "a@region.example", "esmtp", "region.example")
		if err != nil {
			t.Fatal(err)
		}
		return p.Level
	}
	first := ask()
	write(t, filepath.Join(s.CommandDir, "sendmail"), "#!/bin/sh\nprintf '> '\nwhile read _ _ key; do printf '%s\\n> ' \"map_lookup: access ($key) no match (0)\"; done\n", 0o755)
	again := ask()
	now = now.Add(2 * time.Minute)
	if first != "encrypt" || again != "encrypt" || ask() != "may" {
		t.Errorf("%s, %s, %s", first, again, ask())
	}
}

const mc = "include(`CF/m4/cf.m4')dnl\nOSTYPE(`linux')dnl\nINPUT_MAIL_FILTER(`clamav', `S=local:/run/clamav.sock')dnl\nMAILER(`local')dnl\nMAILER(`smtp')dnl\n"

func TestPlan(t *testing.T) {
	s := instance(t, nil)
	write(t, s.mc(), mc, 0o644)
	w := Wanted{Network: "unix", Addr: "/run/postvagt/milter.sock", OnFailure: "hold"}
	plan, err := s.Plan(w)
	if err != nil {
		t.Fatal(err)
	}
	line := "INPUT_MAIL_FILTER(`postvagt', `S=local:/run/postvagt/milter.sock, F=T, T=C:10s;S:30s;R:60s;E:5m')dnl\n"
	want := strings.Replace(mc, "MAILER(`local')", beginMark+"\n"+line+endMark+"\nMAILER(`local')", 1)
	if plan.New != want {
		t.Errorf("got\n%s", plan.New)
	}
	if len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "cannot hold") {
		t.Errorf("warnings %q", plan.Warnings)
	}
	if withoutBlock(plan.New) != mc {
		t.Error("taken out, something is left")
	}
	write(t, s.mc(), plan.New, 0o644)
	if again, err := s.Plan(w); err != nil || again.Old != again.New {
		t.Errorf("a second plan changes something (%v)", err)
	}
	if now, err := s.Plan(Wanted{Network: "tcp", Addr: "[::1]:9900", OnFailure: "accept"}); err != nil || !strings.Contains(now.New, "`S=inet6:9900@::1, T=C:10s") || strings.Count(now.New, "postvagt'") != 1 {
		t.Errorf("%v\n%s", err, now.New)
	}
	write(t, s.mc(), "define(`confINPUT_MAIL_FILTERS', `a,b')dnl\n"+mc, 0o644)
	if _, err := s.Plan(w); !errors.Is(err, ErrOwnList) || !strings.Contains(err.Error(), "sendmail.mc:1:") {
		t.Errorf("error %v", err)
	}
}

func TestStatus(t *testing.T) {
	s := instance(t, nil)
	for addr, want := range map[string]bool{"/run/postvagt/milter.sock": true, "/run/other.sock": false} {
		known, flag, err := s.Status(Wanted{Network: "unix", Addr: addr})
		if err != nil || known != want || known && flag != "T" {
			t.Errorf("%s: known %v, flag %q, %v", addr, known, flag, err)
		}
	}
}

// What m4 or Sendmail refuse changes nothing.
func TestApplyChangesNothingOnError(t *testing.T) {
	if _, err := exec.LookPath("m4"); err != nil {
		t.Skip("no m4")
	}
	s := instance(t, nil)
	write(t, s.mc(), "include(`/nonexistent/m4/cf.m4')dnl\n", 0o644)
	plan, err := s.Plan(Wanted{Network: "unix", Addr: "/run/postvagt/milter.sock", OnFailure: "accept"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(context.Background(), plan); err == nil || !strings.Contains(err.Error(), "m4 sendmail.mc") {
		t.Errorf("error %v", err)
	}
	for path, want := range map[string]string{s.mc(): plan.Old, s.cf(): cf} {
		if b, err := os.ReadFile(path); err != nil || string(b) != want {
			t.Errorf("%s was changed (%v)", path, err)
		}
	}
}

// Whoever asks a Sendmail that is slow to start, as where no name server answers, waits no longer than they may; it goes on starting, and
// serves those who come later.
func TestSlowStart(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sendmail"), "#!/bin/sh\ncd "+dir+"\necho >>starts\nwhile [ ! -e go ]; do sleep 0.02; done\nprintf '> '\nwhile read _ _ key; do printf '%s\\n> ' \"map_lookup: access ($key) no match (0)\"; done\n", 0o755)
	write(t, filepath.Join(dir, "sendmail.cf"), "Kaccess hash -T<TMPF> /etc/mail/access\n", 0o644)
	s, p := &Sendmail{ConfigDir: dir, CommandDir: dir}, &askers{}
	for range 2 {
		soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := p.lookup(soon, s, []string{"x"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("before it has started: %v", err)
		}
		p.mu.Lock()
		p.downTo = time.Time{}
		p.mu.Unlock()
	}
	write(t, filepath.Join(dir, "go"), "", 0o644)
	if found, err := p.lookup(t.Context(), s, []string{"x"}); err != nil || len(found) != 1 {
		t.Errorf("when it has started: %q, %v", found, err)
	}
	if starts, err := os.ReadFile(filepath.Join(dir, "starts")); err != nil || len(starts) != 1 {
		t.Errorf("it was started %d times (%v)", len(starts), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) != 1 || p.alive != 1 {
		t.Errorf("%d rest of %d", len(p.idle), p.alive)
	}
	p.idle[0].rest.Stop()
	p.end(p.idle[0])
}
