package postfix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// instance writes main.cf and master.cf for commands that need no running Postfix. The commands must be there.
func instance(t *testing.T, mainCf, master string) *Postfix {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/postconf"); err != nil {
		t.Fatalf("no Postfix on this machine: %v: run packaging/install-deps.sh", err)
	}
	dir := t.TempDir()
	mainCf = "compatibility_level = 3.6\nqueue_directory = /var/spool/postfix\nmyhostname = edge.example.test\nmydomain = example.test\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\n" + mainCf
	for name, text := range map[string]string{"main.cf": mainCf, "master.cf": master} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, filepath.Join(dir, "main.cf"))
	return &Postfix{ConfigDir: dir, CommandDir: "/usr/sbin"}
}

// settle makes a file look old: Postfix waits for files that are being written, up to two seconds.
func settle(t *testing.T, path string) {
	t.Helper()
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

const master = `smtp inet n - y - - smtpd
smtp unix - - y - - smtp
safe unix - - n - - smtp -o smtp_tls_security_level=secure -o { smtp_tls_mandatory_protocols = >=TLSv1.2 }
old unix - - n - - smtp -o smtp_tls_policy_maps=
back unix - - n - - smtp -o smtp_fallback_relay=[other.example]
back2 unix - - n - - smtp -o smtp_fallback_relay=new.example
cleanup unix n - y - 0 cleanup
local unix - n n - - local
`

func TestLookup(t *testing.T) {
	p := instance(t, `smtp_tls_security_level = may
smtp_tls_mandatory_protocols = >=TLSv1.2
relayhost = [relay.example]:587
smtp_tls_policy_maps = inline:{ { region.example = secure } { .region.example = verify } { [mx.region.example]:25 = fingerprint match=aa }
  { open.example = none } { old.example = secure protocols=!SSLv2:!SSLv3 } { new.example = secure protocols=TLSv1.2:TLSv1.3 } { strong.example = secure ciphers=high } } texthash:${config_directory}/more
`, master)
	if err := os.WriteFile(filepath.Join(p.ConfigDir, "more"), []byte("more.example encrypt\nregion.example none\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	settle(t, filepath.Join(p.ConfigDir, "more"))
	tr := &Transports{Postfix: *p}
	for _, tt := range []struct {
		mailer, host string
		want         Promise
		verified     bool
	}{
		{"smtp", "citizen.example", Promise{Level: "may", TLS12: true}, false},
		{"smtp", "region.example", Promise{Level: "secure", TLS12: true}, true},
		{"smtp", "Region.Example", Promise{Level: "secure", TLS12: true}, true},
		{"smtp", "a.b.region.example", Promise{Level: "verify", TLS12: true}, true},
		{"smtp", "notregion.example", Promise{Level: "may", TLS12: true}, false},
		{"smtp", "[region.example]", Promise{Level: "may", TLS12: true}, false},
		{"smtp", "[mx.region.example]:25", Promise{Level: "fingerprint", TLS12: true}, true},
		{"smtp", "open.example", Promise{Level: "none", TLS12: true}, false},
		{"smtp", "old.example", Promise{Level: "secure"}, false},
		{"smtp", "new.example", Promise{Level: "secure", TLS12: true}, true},
		{"smtp", "more.example", Promise{Level: "encrypt", TLS12: true}, false},
		{"smtp", "[relay.example]:587", Promise{Level: "may", TLS12: true, Relay: true}, false},
		{"safe", "citizen.example", Promise{Level: "secure", TLS12: true}, true},
		{"safe", "open.example", Promise{Level: "none", TLS12: true}, false},
		{"old", "region.example", Promise{Level: "may", TLS12: true}, false},
		{"local", "kommune.example", Promise{Local: true}, false},
	} {
		got, err := tr.Lookup(t.Context(), tt.mailer, tt.host)
		if err != nil || got != tt.want || got.Verified() != tt.verified {
			t.Errorf("%s:%s: %+v, verified %v, %v; want %+v, %v", tt.mailer, tt.host, got, got.Verified(), err, tt.want, tt.verified)
		}
	}
	for _, tt := range []struct {
		mailer, host string
		want         Promise
	}{ // Postfix takes the next one where it cannot reach the first
		{"smtp", "region.example, new.example", Promise{Level: "secure", TLS12: true}},
		{"smtp", "region.example, citizen.example", Promise{Level: "may", TLS12: true}},
		{"smtp", "region.example more.example new.example", Promise{Level: "encrypt", TLS12: true}},
		{"smtp", "citizen.example,open.example", Promise{Level: "none", TLS12: true}},
		{"back", "region.example", Promise{Level: "may", TLS12: true, Relay: true}},
		{"back2", "region.example", Promise{Level: "secure", TLS12: true, Relay: true}},
		{"back2", "more.example", Promise{Level: "encrypt", TLS12: true, Relay: true}},
	} {
		if got, err := tr.Lookup(t.Context(), tt.mailer, tt.host); err != nil || got != tt.want {
			t.Errorf("%s:%s: %+v, %v; want %+v", tt.mailer, tt.host, got, err, tt.want)
		}
	}
	for _, host := range []string{"strong.example region.example", "region.example strong.example"} { // one that takes any cipher is enough
		if got, err := tr.Lookup(t.Context(), "smtp", host); err != nil || got != (Promise{Level: "secure", TLS12: true}) {
			t.Errorf("%s: %+v, %v", host, got, err)
		}
	}
	if _, err := tr.Lookup(t.Context(), "nosuch", "a.example"); err == nil {
		t.Error("a transport that is not in master.cf is promised something")
	}
}

// R2: which next hops are promised a strong cipher. Attributes of an entry stand in for main.cf's parameters, those of
// master.cf before both; smtp_tls_exclude_ciphers always holds.
func TestLookupCiphers(t *testing.T) {
	const table = `smtp_tls_security_level = may
smtp_tls_mandatory_protocols = >=TLSv1.2
smtp_tls_policy_maps = inline:{ { plain.example = secure } { high.example = secure ciphers=high } { only13.example = verify protocols=TLSv1.3 }
  { without.example = secure exclude=MEDIUM } { some.example = secure exclude=RC4:3DES } { medium.example = secure ciphers=medium }
  { null.example = secure ciphers=null } { old.example = secure ciphers=high protocols=TLSv1.1:TLSv1.2 }
  { anybody.example = encrypt ciphers=high } { nobody.example = encrypt ciphers=high exclude=aNULL } { may.example = may ciphers=high } { dane.example = dane ciphers=high } { only.example = dane-only ciphers=high } }
`
	services := master + "high unix - - n - - smtp -o smtp_tls_mandatory_ciphers=high\n" +
		"own unix - - n - - smtp -o smtp_tls_mandatory_ciphers=high -o tls_high_cipherlist=ALL\n"
	for _, tt := range []struct{ main, mailer, strong, weak string }{
		{"", "smtp", "high only13 without only nobody", "plain some medium null old anybody may dane"},
		{"smtp_tls_mandatory_ciphers = high\n", "smtp", "plain high only13 without some only nobody", "medium null old anybody may dane"},
		{"smtp_tls_exclude_ciphers = MEDIUM, aNULL\n", "smtp", "plain high only13 without some medium only nobody anybody", "null old may dane"},
		{"smtp_tls_mandatory_exclude_ciphers = MEDIUM\n", "smtp", "plain high only13 without medium only nobody", "some null old anybody may dane"},
		{"", "high", "plain high some", "medium null"},
		{"", "own", "only13", "plain high"},
		{"tls_high_cipherlist = ECDHE+AESGCM:DES-CBC3-SHA\n", "smtp", "only13", "high"},
	} {
		tr := &Transports{Postfix: *instance(t, table+tt.main, services)}
		for want, hosts := range map[bool]string{true: tt.strong, false: tt.weak} {
			for _, host := range strings.Fields(hosts) {
				if got, err := tr.Lookup(t.Context(), tt.mailer, host+".example"); err != nil || got.Strong != want {
					t.Errorf("%q, %s:%s: strong %v, %v; want %v", tt.main, tt.mailer, host, got.Strong, err, want)
				}
			}
		}
	}
}

// A promise is asked for once a minute, at once when Postfix is set up differently, and a map that cannot be
// read promises nothing.
func TestLookupIsKept(t *testing.T) {
	p := instance(t, "smtp_tls_mandatory_protocols = >=TLSv1.2\nsmtp_tls_policy_maps = texthash:${config_directory}/tls\n", master)
	table := filepath.Join(p.ConfigDir, "tls")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		settle(t, table)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tr := &Transports{Postfix: *p, Now: func() time.Time { return now }}
	level := func() string {
		t.Helper()
		got, err := tr.Lookup(t.Context(), "smtp", "a.example")
		if err != nil {
			return "error"
		}
		return got.Level
	}
	write("a.example secure\n")
	steps := []struct {
		do   func()
		want string
	}{
		{func() {}, "secure"},
		{func() { write("a.example may\n") }, "secure"},
		{func() { now = now.Add(61 * time.Second) }, "may"},
		{func() { os.Remove(table); now = now.Add(61 * time.Second) }, "error"},
		{func() { write("a.example encrypt\n"); now = now.Add(6 * time.Second) }, "encrypt"},
		{func() {
			main := filepath.Join(p.ConfigDir, "main.cf")
			if err := os.WriteFile(main, []byte("compatibility_level = 3.6\nmyhostname = edge.example.test\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nsmtp_tls_security_level = dane\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(main, now, now); err != nil {
				t.Fatal(err)
			}
			now = now.Add(6 * time.Second)
		}, "dane"},
	}
	for i, s := range steps {
		s.do()
		got := level()
		for limit := time.After(20 * time.Second); i == len(steps)-1 && got != s.want; got = level() {
			select { // main.cf is read again while the old answers stand
			case <-limit:
				t.Fatalf("step %d: %s, want %s", i, got, s.want)
			case <-time.After(10 * time.Millisecond):
			}
		}
		if got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
}

// A postmap that hangs is given up, and those who wait for the same answer with it.
func TestLookupGivesUp(t *testing.T) {
	p := instance(t, "smtp_tls_policy_maps = hash:/x\n", master)
	bin := t.TempDir()
	for name, script := range map[string]string{"postconf": "#!/bin/sh\nexec /usr/sbin/postconf \"$@\"\n", "postmap": "#!/bin/sh\nexec sleep 60\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.CommandDir = bin
	tr := &Transports{Postfix: *p}
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := tr.Lookup(context.Background(), "smtp", "a.example")
			done <- err
		}()
	}
	for range 3 {
		select {
		case err := <-done:
			if err == nil {
				t.Error("something was promised")
			}
		case <-time.After(20 * time.Second):
			t.Fatal("a hanging postmap holds up mail")
		}
	}
}

func TestLeastTLS(t *testing.T) {
	for in, want := range map[string]int{
		">=TLSv1": 0, ">=TLSv1.2": 12, ">=TLSv1.3": 13, "!SSLv2, !SSLv3": 0, "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1": 12, "!SSLv2:!SSLv3:!TLSv1:!TLSv1.1:!TLSv1.2": 13,
		"TLSv1.2 TLSv1.3": 12, "TLSv1.3": 13, "TLSv1.2:TLSv1.3": 12, "TLSv1.1, TLSv1.2": 0, "SSLv3:TLSv1.2": 0, "": 0, ">=TLSv1.2, <=TLSv1.3": 12, ">=TLSv1.2:!TLSv1.2": 13,
	} {
		if got := leastTLS(in); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestSplitList(t *testing.T) {
	for in, want := range map[string][]string{
		"": nil, "a b": {"a", "b"}, "a, b,c": {"a", "b", "c"}, "{ a, x=1 } b": {"{ a, x=1 }", "b"},
		"inline:{ { k = v, w } } hash:/x": {"inline:{ { k = v, w } }", "hash:/x"}, "  a\n b ": {"a", "b"},
	} {
		if d := cmp.Diff(want, splitList(in)); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

func TestPlanApplyUndo(t *testing.T) {
	before := "smtpd_milters = inet:127.0.0.1:8891, { unix:other.sock, default_action=tempfail }\nsmtp_tls_security_level = may\n"
	p := instance(t, before, master+"[127.0.0.1]:10025 inet n - n - - smtpd -o smtpd_milters=\n"+
		"[127.0.0.1]:10026 inet n - n - - smtpd -o receive_override_options=no_header_body_checks,no_milters\n"+
		"quiet unix - - n - - smtp -o smtp_tls_loglevel=0\nloud unix - - n - - smtp -o smtp_tls_loglevel=1\n")
	ctx := t.Context()
	settings := func() string {
		t.Helper()
		out, err := p.postconf(ctx, "-n")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	original := settings()
	w := Wanted{Network: "unix", Addr: "/var/spool/postfix/postvagt/milter.sock", OnFailure: "accept"}
	plan, err := p.Plan(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	var diff bytes.Buffer
	plan.WriteDiff(&diff, p.ConfigDir)
	for _, want := range []string{
		"\n-smtpd_milters = inet:127.0.0.1:8891, { unix:other.sock, default_action=tempfail }\n",
		"\n+smtpd_milters = inet:127.0.0.1:8891, { unix:other.sock, default_action=tempfail }, { unix:postvagt/milter.sock, default_action=accept }\n",
		"\n+non_smtpd_milters = { unix:postvagt/milter.sock, default_action=accept }\n",
		"\n+smtp_tls_loglevel = 1\n", "\n+smtp_tls_mandatory_protocols = >=TLSv1.2\n", "\n+smtp_tls_mandatory_ciphers = high\n",
		"# service [127.0.0.1]:10025/inet of master.cf sets smtpd_milters",
		"# service [127.0.0.1]:10026/inet of master.cf sets receive_override_options",
		"# service quiet/unix of master.cf sets smtp_tls_loglevel = \"0\" itself: the log does not say how its mail left",
		"# the order of smtpd_milters: inet:127.0.0.1:8891, unix:other.sock, unix:postvagt/milter.sock\n",
	} {
		if !strings.Contains(diff.String(), want) {
			t.Errorf("no %q in\n%s", want, diff.String())
		}
	}
	if strings.Contains(diff.String(), "loud") {
		t.Errorf("a service that logs TLS is named:\n%s", diff.String())
	}
	if settings() != original {
		t.Error("a plan has changed main.cf")
	}
	if err := p.Apply(ctx, plan); err != nil {
		t.Fatal(err)
	}
	if known, action, err := p.Status(ctx, w); !known || action != "accept" || err != nil {
		t.Errorf("after apply: %v %q %v", known, action, err)
	}
	if again, err := p.Plan(ctx, w); err != nil || len(again.Changes) != 0 {
		t.Errorf("a second plan: %d changes, %v", len(again.Changes), err)
	}
	w.OnFailure = "hold"
	plan, err = p.Plan(ctx, w)
	if err != nil || len(plan.Changes) != 2 {
		t.Fatalf("another failure mode: %d changes, %v", len(plan.Changes), err)
	}
	if err := p.Apply(ctx, plan); err != nil {
		t.Fatal(err)
	}
	if known, action, err := p.Status(ctx, w); !known || action != "quarantine" || err != nil {
		t.Errorf("after the second apply: %v %q %v", known, action, err)
	}
	if left, err := p.Undo(ctx); err != nil || len(left) > 0 {
		t.Errorf("undo: %v, left %v", err, left)
	}
	if d := cmp.Diff(original, settings()); d != "" {
		t.Errorf("after undo: %s", d)
	}
	if _, err := p.Undo(ctx); err == nil || !strings.Contains(err.Error(), "nothing to take back") {
		t.Errorf("a second undo: %v", err)
	}
}

// What somebody else has changed meanwhile is theirs.
func TestUndoLeavesWhatOthersChanged(t *testing.T) {
	p := instance(t, "", master)
	ctx := t.Context()
	plan, err := p.Plan(ctx, Wanted{Network: "tcp", Addr: "127.0.0.1:9000", OnFailure: "tempfail"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(ctx, plan); err != nil {
		t.Fatal(err)
	}
	if _, err := p.postconf(ctx, "-e", "smtp_tls_loglevel = 2"); err != nil {
		t.Fatal(err)
	}
	left, err := p.Undo(ctx)
	if err != nil || len(left) != 1 || !strings.Contains(left[0], "smtp_tls_loglevel = 2") {
		t.Errorf("left %v, %v", left, err)
	}
	out, err := p.postconf(ctx, "-n")
	if err != nil || strings.Contains(out, "9000") || !strings.Contains(out, "smtp_tls_loglevel = 2") {
		t.Errorf("%v", err)
	}
}

func TestPlanKnowsChroot(t *testing.T) {
	p := instance(t, "", master)
	_, err := p.Plan(t.Context(), Wanted{Network: "unix", Addr: "/run/postvagt/milter.sock", OnFailure: "accept"})
	if !errors.Is(err, ErrChroot) || !strings.Contains(fmt.Sprint(err), "unix:/var/spool/postfix/postvagt/milter.sock") {
		t.Errorf("error %v", err)
	}
	p = instance(t, "", strings.ReplaceAll(master, " y ", " n "))
	if _, err := p.Plan(t.Context(), Wanted{Network: "unix", Addr: "/run/postvagt/milter.sock", OnFailure: "accept"}); err != nil {
		t.Errorf("without chroot: %v", err)
	}
}

func TestMissingCommand(t *testing.T) {
	p := &Postfix{ConfigDir: "/etc/postfix", CommandDir: "/nonexistent"}
	if _, err := p.Plan(t.Context(), Wanted{}); err == nil || !strings.Contains(err.Error(), "/nonexistent/postconf: not found: is Postfix installed? (postfix.command_dir)") {
		t.Errorf("error %v", err)
	}
}

// OpenDKIM behind us never sees what was held; before us it has signed it. rspamd is the other way round.
func TestNeighbours(t *testing.T) {
	const ours = "unix:postvagt/milter.sock"
	for list, want := range map[string]string{
		"inet:127.0.0.1:8891, " + ours:  "the order",
		ours + ", inet:127.0.0.1:8891":  "OpenDKIM (inet:127.0.0.1:8891) stands behind the milter",
		"inet:127.0.0.1:11332, " + ours: "the order",
		ours + ", inet:127.0.0.1:11332": "rspamd (inet:127.0.0.1:11332) stands behind the milter",
	} {
		if said := neighbours(list, ours); len(said) == 0 || !strings.Contains(said[0], want) {
			t.Errorf("%s: %q, want %q", list, said, want)
		}
	}
	if said := neighbours(ours, ours); len(said) > 0 {
		t.Errorf("alone: %q", said)
	}
}
