//go:build mtas

package sendmail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// real is a real Sendmail whose lines of sendmail.mc and access map are given. Its test mode has a host name with a dot, without which it
// waits a minute.
func real(t *testing.T, access string, lines ...string) (*kit.Sendmail, *Transports) {
	t.Helper()
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s, err := kit.StartSendmail(t.Context(), dir, kit.SendmailConfig{Next: "127.0.0.1:9", Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	if err := s.Map(t.Context(), "access", access); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "named")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	hosts := filepath.Join(dir, "hosts") // so that no name server is asked for the host's own name
	write(t, hosts, "127.0.0.1 post.example.test post localhost\n::1 post.example.test post localhost\n", 0o644)
	write(t, filepath.Join(bin, "sendmail"), fmt.Sprintf("#!/bin/sh\nexec unshare --uts --mount sh -c 'mount --bind %s /etc/hosts && hostname post.example.test && exec \"$0\" \"$@\"' %s \"$@\"\n", hosts, s.Path()), 0o755)
	return s, &Transports{Sendmail: Sendmail{ConfigDir: s.Etc(), CommandDir: bin}}
}

const tls12 = "define(`confCLIENT_SSL_OPTIONS', `+SSL_OP_NO_TLSv1 +SSL_OP_NO_TLSv1_1')dnl"

// demands are values of TLS_Rcpt and TLS_Srv, by the domain and host that they stand for.
var demands = map[string]string{
	"encr": "ENCR:112", "encr0": "ENCR:0", "encr256": "ENCR:256", "verify": "VERIFY", "verify256": "VERIFY:256", "cn": "VERIFY+CN", "cn128": "VERIFY:128+CN", "cn256": "VERIFY:256+CN",
	"perm": "PERM+VERIFY:256+CN", "temp": "TEMP+ENCR:128",
}

// session is a connection as the rule sets see it.
type session struct {
	verify, cn string
	bits       int
}

func sessions() (all []session) {
	all = append(all, session{"NONE", "", 0}, session{"NO", "", 0})
	for _, bits := range []int{40, 112, 128, 256} {
		for _, verify := range []string{"OK", "FAIL", "NO"} {
			for _, cn := range []string{"mx.right.example", "mx.wrong.example"} {
				all = append(all, session{verify, cn, bits})
			}
		}
	}
	return all
}

// What is promised is what Sendmail's own rule sets tls_rcpt and tls_server hold to: each kind of connection is put before them, and the weakest
// that they let pass is the promise.
func TestMTAPromiseIsWhatTheRulesAdmit(t *testing.T) {
	var access strings.Builder
	for name, value := range demands {
		fmt.Fprintf(&access, "TLS_Rcpt:%s.example %s\nTLS_Srv:[mx.%s.host] %s\n", name, value, name, value)
	}
	s, tr := real(t, access.String(), tls12)
	hosts := []string{"", "encr", "encr256", "cn128", "cn256"}
	for rcpt := range demands {
		for _, host := range hosts {
			t.Run(rcpt+"-"+host, func(t *testing.T) {
				next := "[mx.none.host]"
				if host != "" {
					next = "[mx." + host + ".host]"
				}
				got, err := tr.Lookup(t.Context(), "anna@"+rcpt+".example", "esmtp", next)
				if want := admitted(t, s, "anna@"+rcpt+".example", next); err != nil || got != want {
					t.Errorf("promised %+v, %v; the rules admit no less than %+v", got, err, want)
				}
			})
		}
	}
}

// admitted asks Sendmail's rule sets about each session with a host and recipient, and returns the promise that all whom they let pass fulfil. A
// name that fits is the one by which the connection goes.
func admitted(t *testing.T, s *kit.Sendmail, rcpt, host string) Promise {
	t.Helper()
	var in strings.Builder
	for _, c := range sessions() {
		cn := c.cn
		if cn == "mx.right.example" {
			cn = host
		}
		fmt.Fprintf(&in, ".D{server_name}%s\n.D{server_addr}127.0.0.9\n.D{verify}%s\n.D{cipher_bits}%d\n.D{cn_subject}%s\ntls_server %s\ntls_rcpt %s\n", host, c.verify, c.bits, cn, c.verify, rcpt)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--uts", "sh", "-c", `hostname post.example.test; exec "$0" -C "$1" -bt`, s.Path(), filepath.Join(s.Etc(), "sendmail.cf"))
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for line := range strings.Lines(string(out)) {
		if name, result, ok := strings.Cut(strings.TrimPrefix(line, "> "), "returns: "); ok && (strings.TrimSpace(name) == "tls_server" || strings.TrimSpace(name) == "tls_rcpt") {
			said = append(said, strings.TrimSpace(result))
		}
	}
	if len(said) != 2*len(sessions()) {
		t.Fatalf("%d answers to %d sessions", len(said), len(sessions()))
	}
	encrypted, verified, strong, some := true, true, true, false
	for i, c := range sessions() {
		if said[2*i] != "OK" || said[2*i+1] != "OK" {
			continue
		}
		some = true
		encrypted = encrypted && c.bits > 0
		verified = verified && c.verify == "OK" && c.cn == "mx.right.example"
		strong = strong && c.bits >= 256
	}
	switch {
	case !some:
		t.Fatal("the rules let nothing pass")
	case verified:
		return Promise{Level: "verify", Verified: true, Strong: strong}
	case encrypted:
		return Promise{Level: "encrypt", Strong: strong}
	}
	return Promise{Level: "may"}
}

// The test mode takes commands, and what a message says is none: no key is asked for that is not one word, and what was asked before and after
// is answered as ever.
func TestMTAHostileKeys(t *testing.T) {
	s, tr := real(t, "TLS_Rcpt:region.example VERIFY:256+CN\nTLS_Rcpt:anna@ ENCR:112\n", tls12)
	file := filepath.Join(s.Dir, "written")
	for _, rcpt := range []string{"a\n/map access x@b.example", "a@b.example\n=S3", "a b@c.example", "\t@c.example", "a@c.example\r\n.Dx y", "a\x00@b.example", "ø@b.example", "a\u0085@b.example",
		strings.Repeat("a", 2040) + "=S3@b.example", strings.Repeat("a/map access ", 300), "a@" + strings.Repeat("b.", 1000) + "example"} {
		if p, err := tr.Lookup(t.Context(), rcpt, "esmtp", "region.example"); err == nil {
			t.Errorf("%.40q: promised %+v", rcpt, p)
		}
	}
	for _, rcpt := range []string{"/quit@b.example", "=S3@b.example", ".D{x}y@b.example", "-d99.9@b.example", "#@b.example", "a)returns@b.example", "$&{verify}@b.example", "|touch" + file + "@b.example", "?", "/map"} {
		if p, err := tr.Lookup(t.Context(), rcpt, "esmtp", "b.example"); err != nil || p != (Promise{Level: "may"}) {
			t.Errorf("%q: %+v, %v", rcpt, p, err)
		}
		if p, err := tr.Lookup(t.Context(), rcpt+"@region.example", "esmtp", "region.example"); err != nil || !p.Verified || !p.Strong {
			t.Errorf("after %q: %+v, %v", rcpt, p, err)
		}
	}
	if n := len(tr.asks.idle); n != 1 {
		t.Errorf("%d askers rest", n)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was written (%v)", err)
	}
}

// What is asked for is what is there now: after the map was made anew, in place or by another file, after sendmail.cf changed, and after the asker
// was killed. Nobody is asked twice at a time.
func TestMTAAskersFollow(t *testing.T) {
	s, tr := real(t, "TLS_Rcpt:region.example ENCR:112\n", tls12)
	now := time.Unix(1795000000, 0)
	tr.Now = func() time.Time { now = now.Add(2 * time.Minute); return now } // nothing is believed from before
	ask := func(when, want string) {
		t.Helper()
		p, err := tr.Lookup(t.Context(), "a@region.example", "esmtp", "region.example")
		if err != nil || p.Level != want {
			t.Errorf("%s: %+v, %v; want %s", when, p, err, want)
		}
	}
	remake := func(text string) {
		t.Helper()
		if err := s.Map(t.Context(), "access", text); err != nil {
			t.Fatal(err)
		}
	}
	ask("at first", "encrypt")
	first := tr.asks.idle[0]
	ask("again", "encrypt")
	if len(tr.asks.idle) != 1 || tr.asks.idle[0] != first {
		t.Error("another asker was started")
	}
	remake("TLS_Rcpt:region.example VERIFY:256+CN\n")
	ask("made anew in place", "verify")
	db := filepath.Join(s.Etc(), "access.db")
	old, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	remake("TLS_Rcpt:other.example VERIFY:256+CN\n")
	ask("without it", "may")
	write(t, db+".new", string(old), 0o640)
	if err := os.Rename(db+".new", db); err != nil {
		t.Fatal(err)
	}
	ask("another file in its place", "verify")
	tr.asks.idle[0].kill()
	ask("after it was killed", "verify")
	cf := filepath.Join(s.Etc(), "sendmail.cf")
	text, err := os.ReadFile(cf)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cf, strings.Replace(string(text), "Kaccess ", "Kelsewhere ", 1), 0o644)
	ask("no access map", "may")
	write(t, cf, string(text), 0o644)
	ask("with it again", "verify")
	if n := len(tr.asks.idle); n != 1 {
		t.Fatalf("%d askers rest", n)
	}
	pid := tr.asks.idle[0].cmd.Process.Pid
	tr.asks.retire(tr.asks.idle[0])
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); len(tr.asks.idle) != 0 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what has rested for long is still there (%v)", err)
	}
	ask("after a rest", "verify")
	if err := os.Remove(db); err != nil {
		t.Fatal(err)
	}
	if p, err := tr.Lookup(t.Context(), "a@region.example", "esmtp", "region.example"); err == nil || !strings.Contains(err.Error(), "readable") {
		t.Errorf("without the file of the map: %+v, %v", p, err)
	}
}

// Many ask at a time, each about a domain of its own, and each gets the answer to its own question.
func TestMTAManyAsk(t *testing.T) {
	const domains = 1000
	var access strings.Builder
	for i := range domains {
		if i%3 == 0 {
			fmt.Fprintf(&access, "TLS_Rcpt:d%d.example VERIFY:256+CN\n", i)
		}
	}
	_, tr := real(t, access.String(), tls12)
	began := time.Now()
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for i := c; i < domains; i += 8 {
				p, err := tr.Lookup(t.Context(), fmt.Sprintf("a@d%d.example", i), "esmtp", fmt.Sprintf("d%d.example", i))
				if err != nil || p.Verified != (i%3 == 0) {
					t.Errorf("%d: %+v, %v", i, p, err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(tr.asks.idle); n == 0 || n > askersMost {
		t.Errorf("%d askers rest", n)
	}
	t.Logf("%d domains in %s", domains, time.Since(began).Round(time.Millisecond))
}

// A Sendmail that hangs holds up one question for a moment, and those that come after it not at all; who goes away spoils nothing for others.
func TestMTAHangingSendmail(t *testing.T) {
	_, tr := real(t, "TLS_Rcpt:region.example VERIFY:256+CN\n", tls12)
	if _, err := tr.Lookup(t.Context(), "a@region.example", "esmtp", "region.example"); err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := tr.asks.lookup(gone, &tr.Sendmail, []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone: %v", err)
	}
	if _, err := tr.Lookup(t.Context(), "b@region.example", "esmtp", "region.example"); err != nil {
		t.Errorf("after somebody had gone: %v", err)
	}
	stop(t, tr.asks.idle[0].cmd.Process.Pid)
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := tr.asks.lookup(soon, &tr.Sendmail, []string{"x"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that hangs: %v", err)
	}
	if _, err := tr.asks.lookup(t.Context(), &tr.Sendmail, []string{"x"}); !errors.Is(err, context.DeadlineExceeded) || len(tr.asks.idle) != 0 {
		t.Errorf("right after it: %v, %d askers rest", err, len(tr.asks.idle))
	}
	tr.asks.downTo = time.Time{}
	if _, err := tr.asks.lookup(t.Context(), &tr.Sendmail, []string{"x"}); err != nil {
		t.Errorf("later: %v", err)
	}
}

// stop makes a process hang.
func stop(t *testing.T, pid int) {
	t.Helper()
	if out, err := exec.Command("kill", "-STOP", fmt.Sprint(pid)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
