package postfix

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// Mail to a host that shall be verified and is not there leaves by smtp_fallback_relay, under that relay's TLS policy: so no
// verified connection is promised.
func TestFallbackRelay(t *testing.T) {
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	closed, err := kit.FreePort("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	secure := "[127.0.0.1]:" + strconv.Itoa(closed)
	start := func(name string, main map[string]string) *kit.Postfix {
		p, err := kit.StartPostfix(t.Context(), filepath.Join(dir, name), kit.Config{Ports: []kit.Port{{}}, Main: main})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Stop(); err != nil {
				t.Error(err)
			}
		})
		return p
	}
	far := start("far", map[string]string{"mynetworks": "127.0.0.0/8"})
	near := start("near", map[string]string{"mynetworks": "127.0.0.0/8", "default_transport": "smtp:" + secure, "smtp_tls_mandatory_protocols": ">=TLSv1.2",
		"smtp_tls_policy_maps": "inline:{ { " + secure + " = secure } }", "smtp_fallback_relay": "[" + strings.Replace(far.Addr(0), ":", "]:", 1)})
	settle(t, filepath.Join(near.Etc(), "main.cf"))

	tr := &Transports{Postfix: Postfix{ConfigDir: near.Etc(), CommandDir: "/usr/sbin"}}
	hops, err := tr.Route(t.Context(), "kari@kommune.example", []string{"a@region.example"})
	if err != nil || hops[0] != (Hop{Mailer: "smtp", Host: secure}) {
		t.Fatalf("%+v, %v", hops, err)
	}
	if p, err := tr.Lookup(t.Context(), hops[0].Mailer, hops[0].Host); err != nil || p != (Promise{Relay: true, Level: "may", TLS12: true}) {
		t.Errorf("%+v, %v", p, err)
	}
	env := kit.Envelope{From: "kari@kommune.example", To: []string{"a@region.example"}}
	if r, err := kit.Send(t.Context(), near.Addr(0), env, []byte("Subject: x\r\n\r\nx\r\n")); err != nil || r.Code != 250 {
		t.Fatalf("reply %d, %v", r.Code, err)
	}
	var log []byte
	if err := kit.Wait(t.Context(), "the delivery", time.Minute, func() (bool, error) {
		log, err = os.ReadFile(near.Log())
		return strings.Contains(string(log), "to=<a@region.example>"), err
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`Untrusted TLS connection established to 127\.0\.0\.1\[127\.0\.0\.1\]:` + portOf(far), `to=<a@region\.example>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:` + portOf(far) + `, .* status=sent`} {
		if !regexp.MustCompile(want).Match(log) {
			t.Errorf("no %s in\n%s", want, log)
		}
	}
}

func portOf(p *kit.Postfix) string { return p.Addr(0)[strings.LastIndexByte(p.Addr(0), ':')+1:] }
