package kit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Two private instances: the first verifies the second's certificate, holds what a header check says, and
// delivers the rest; the second refuses one recipient. Afterwards nothing of them runs.
func TestPostfixCarriesMail(t *testing.T) {
	ctx := context.Background()
	dir := tempDir(t)
	ca, err := NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue("mx.region.example")
	if err != nil {
		t.Fatal(err)
	}
	caFile := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(caFile, ca.PEM, 0o644); err != nil {
		t.Fatal(err)
	}
	far := start(t, ctx, filepath.Join(dir, "far"), Config{Ports: []Port{{Host: "127.0.0.2", Options: []string{
		"smtpd_relay_restrictions = permit_mynetworks, reject",
		"smtpd_recipient_restrictions = check_recipient_access inline:{ { gone@region.example = 550 5.1.1 no such mailbox } }",
	}}}, Cert: cert})
	near := start(t, ctx, filepath.Join(dir, "near"), Config{
		Ports: []Port{{Options: []string{"smtpd_authorized_xclient_hosts = 127.0.0.1"}}},
		Main: map[string]string{
			"mynetworks":           "127.0.0.1/32",
			"relay_domains":        "near.example",
			"default_transport":    "smtp:[" + strings.Replace(far.Addr(0), ":", "]:", 1),
			"smtp_tls_CAfile":      caFile,
			"smtp_tls_policy_maps": "inline:{ { [" + strings.Replace(far.Addr(0), ":", "]:", 1) + " = secure match=mx.region.example } }",
			"header_checks":        "pcre:{ { /^Subject: hold/ HOLD } }",
		}})
	send := func(env Envelope, subject string) Reply {
		t.Helper()
		r, err := Send(ctx, near.Addr(0), env, []byte(fmt.Sprintf("Subject: %s\nMessage-Id: <%s@near.example>\n\nhej\n.\n", subject, subject)))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for i, tc := range []struct {
		subject string
		env     Envelope
		code    int
	}{
		{"hold", Envelope{From: "a@near.example", To: []string{"b@region.example"}}, 250},
		{"pass", Envelope{From: "a@near.example", To: []string{"b@region.example"}}, 250},
		{"gone", Envelope{From: "a@near.example", To: []string{"gone@region.example"}}, 250},
		{"relay", Envelope{From: "a@far.example", To: []string{"b@region.example"}, XCLIENT: "ADDR=203.0.113.7 NAME=mx.far.example"}, 554},
		{"in", Envelope{From: "a@far.example", To: []string{"b@near.example"}, XCLIENT: "ADDR=203.0.113.7 NAME=mx.far.example"}, 250},
	} {
		if r := send(tc.env, tc.subject); r.Code != tc.code {
			t.Errorf("message %d: got %d %s, want %d", i+1, r.Code, r.Text, tc.code)
		}
	}
	logged := func(parts ...string) func() (bool, error) {
		return func() (bool, error) {
			b, err := os.ReadFile(near.Log())
			for _, line := range strings.Split(string(b), "\n") {
				all := true
				for _, p := range parts {
					all = all && strings.Contains(line, p)
				}
				if all {
					return true, nil
				}
			}
			return false, err
		}
	}
	for _, parts := range [][]string{
		{"Verified TLS connection established to 127.0.0.2"},
		{"to=<b@region.example>", "status=sent"},
		{"to=<gone@region.example>", "status=bounced", "dsn=5.1.1"},
		{"client=mx.far.example[203.0.113.7]"},
	} {
		if err := Wait(ctx, strings.Join(parts, " "), 20*time.Second, logged(parts...)); err != nil {
			t.Error(err)
		}
	}
	if err := Wait(ctx, "a queue with nothing in it but one held message", 20*time.Second, func() (bool, error) {
		q, err := near.Queue(ctx)
		return len(q) == 1 && q[0].Queue == "hold" && q[0].Sender == "a@near.example", err
	}); err != nil {
		t.Error(err)
	}
	for _, p := range []*Postfix{near, far} {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}
	if out, _ := exec.Command("pgrep", "-f", dir).Output(); len(out) > 0 {
		t.Errorf("processes left behind: %s", out)
	}
}

func start(t *testing.T, ctx context.Context, dir string, cfg Config) *Postfix {
	t.Helper()
	p, err := StartPostfix(ctx, dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	return p
}
