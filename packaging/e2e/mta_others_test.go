//go:build mtas

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// sendmailMTA is Sendmail 8.17.
type sendmailMTA struct{ *kit.Sendmail }

func newSendmailMTA(t *testing.T, dir string, cfg kit.SendmailConfig) sendmailMTA {
	t.Helper()
	s, err := kit.StartSendmail(t.Context(), filepath.Join(dir, "sm"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, s.Stop()) })
	return sendmailMTA{s}
}

func (s sendmailMTA) Milter() (lines, tables string) {
	return "mta = \"sendmail\"\n", fmt.Sprintf("[sendmail]\nconfig_dir = %q\ncommand_dir = %q\n", s.Etc(), s.Tools())
}

func (s sendmailMTA) Wrap(name string, args ...string) (string, []string) {
	cmd := s.Inside(context.Background(), name, args...)
	return cmd.Args[0], cmd.Args[1:]
}

// SetUp tells it that a dead milter means "later"; it restarts itself.
func (s sendmailMTA) SetUp(t *testing.T, h *mtaHouse) {
	t.Helper()
	h.configure("on_failure = \"tempfail\"\n")
	h.setup("sendmail", "sendmail.mc", "INPUT_MAIL_FILTER(`postvagt'", func() {
		if err := kit.WaitSMTP(t.Context(), s.Sendmail.Addr(), time.Minute); err != nil {
			t.Fatal(err)
		}
	})
	if err := s.Restart(t.Context()); err != nil { // a second time: the story of the dead milter begins with a live one
		t.Fatal(err)
	}
}

func (s sendmailMTA) Clear(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"hf", "df"} {
		files, err := filepath.Glob(filepath.Join(s.Dir, "mqueue", kind+"*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (s sendmailMTA) Quirks() quirks {
	return quirks{oneHop: true, noRoute: true, sent: "stat=Sent"}
}

// setup runs the command: it shows the change, makes it, has nothing left to do, takes it back, and makes it again.
func (h *mtaHouse) setup(what, file, line string, settled func()) {
	h.t.Helper()
	step := func(want string, args ...string) {
		h.t.Helper()
		out, code := h.run(append([]string{"setup", what, "--config", h.config}, args...)...)
		if code != 0 || !strings.Contains(out, want) {
			h.t.Fatalf("setup %s %v: exit %d, want %q in\n%s", what, args, code, want, out)
		}
		settled()
	}
	_, tables := h.mta.Milter()
	path := filepath.Join(strings.Split(strings.SplitAfter(tables[strings.Index(tables, "["+what):], "config_dir = \"")[1], "\"")[0], file)
	before, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	step("+" + line)
	if now, _ := os.ReadFile(path); string(now) != string(before) {
		h.t.Fatalf("setup %s changed %s unasked", what, path)
	}
	step(line, "--apply")
	step("nothing to change")
	step("", "--undo")
	if now, _ := os.ReadFile(path); string(now) != string(before) {
		h.t.Fatalf("setup %s --undo left %s as\n%s", what, path, now)
	}
	step(line, "--apply")
}

func TestMTASendmail(t *testing.T) {
	dir := newMTADir(t)
	far := newFar(t, dir)
	h := newMTAHouse(t, dir, far, newSendmailMTA(t, dir, kit.SendmailConfig{Next: far.Addr(0)}))
	tellMTA(t, h)
}

// Many messages, each to a domain of its own, and each judged by what Sendmail promises for that domain. POSTVAGT_SOAK=1000 sends so many.
func TestMTASendmailManyDomains(t *testing.T) {
	const connections = 10
	each := soak(t, 200) / connections
	dir := newMTADir(t)
	far := newFar(t, dir)
	sendmail := newSendmailMTA(t, dir, kit.SendmailConfig{Next: far.Addr(0), Lines: []string{"define(`confCLIENT_SSL_OPTIONS', `+SSL_OP_NO_TLSv1 +SSL_OP_NO_TLSv1_1')dnl"}})
	var access strings.Builder
	for i := range connections * each {
		if i%2 == 0 {
			fmt.Fprintf(&access, "TLS_Rcpt:d%d.example VERIFY:256+CN\n", i)
		}
	}
	h := newMTAHouse(t, dir, far, sendmail)
	for name, text := range map[string]string{"access": access.String(), "mailertable": ".example esmtp:[127.0.0.9]\n"} { // held, so that nobody goes there
		if err := sendmail.Map(t.Context(), name, text); err != nil {
			t.Fatal(err)
		}
	}
	h = h.story(t, enforce)
	began := time.Now()
	done := make(chan error, connections)
	for c := range connections {
		go func() {
			conn, err := kit.Dial(t.Context(), h.mta.Addr())
			for i := 0; i < each && err == nil; i++ {
				var r kit.Reply
				r, err = conn.Send(kit.Envelope{From: outbound.From, To: []string{fmt.Sprintf("anna@d%d.example", c*each+i)}}, []byte(secretMail))
				if err == nil && r.Code != 250 {
					err = fmt.Errorf("reply %d %s", r.Code, r.Text)
				}
			}
			done <- err
		}()
	}
	for range connections {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d messages to as many domains in %s", connections*each, time.Since(began).Round(time.Millisecond))
	asked := map[string]int{}
	for _, line := range h.verdictLines() {
		if m := regexp.MustCompile(`: rcpt v=1 .* to=<anna@d(\d+)\.example> .*transport=([a-z-]+) `).FindStringSubmatch(line); m != nil {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			asked[fmt.Sprint(n%2 == 0, " ", m[2])]++
		}
	}
	if n := connections * each / 2; !maps.Equal(asked, map[string]int{"true enforced": n, "false opportunistic": n}) {
		t.Errorf("by what was promised: %v, %d of each are wanted", asked, n)
	}
	if ids := h.heldIDs(); len(ids) != connections*each {
		t.Errorf("%d are held, want %d", len(ids), connections*each)
	}
	h.mta.Clear(t)
}

// rspamdMTA is a Postfix whose only milter is rspamd with our plugin.
type rspamdMTA struct {
	postfixMTA
	rspamd *kit.Rspamd
	dir    string
}

// quickRspamd does not compile its patterns, which takes longer than all stories.
func quickRspamd(t *testing.T, dir string) *kit.Rspamd {
	t.Helper()
	r, err := kit.NewRspamd(t.Context(), filepath.Join(dir, "rspamd"))
	if err != nil {
		t.Fatal(err)
	}
	options := filepath.Join(r.Etc(), "local.d", "options.inc")
	b, err := os.ReadFile(options)
	if err == nil {
		err = os.WriteFile(options, append(b, "disable_hyperscan = true;\n"...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newRspamdMTA(t *testing.T, dir string, far *kit.Postfix) rspamdMTA {
	t.Helper()
	r := quickRspamd(t, dir)
	main := nearPostfix(far)
	main["smtpd_milters"] = "unix:" + r.Socket()
	p, err := kit.StartPostfix(t.Context(), filepath.Join(dir, "pf"), kit.Config{Ports: []kit.Port{{}}, Main: main})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, p.Stop()) })
	return rspamdMTA{postfixMTA{p}, r, dir}
}

func (m rspamdMTA) Milter() (lines, tables string) {
	lines, tables = m.postfixMTA.Milter()
	root, err := kit.Root()
	if err != nil {
		panic(err) // newRspamdMTA has found it
	}
	return lines + fmt.Sprintf("scan_listen = %q\n", "unix:"+filepath.Join(m.dir, "scan.sock")),
		tables + fmt.Sprintf("[rspamd]\nconfig_dir = %q\nplugin_dir = %q\n", m.rspamd.Etc(), filepath.Join(root, "packaging", "rspamd"))
}

func (m rspamdMTA) SetUp(t *testing.T, h *mtaHouse) {
	t.Helper()
	h.configure("on_failure = \"tempfail\"\n")
	h.setup("rspamd", "rspamd.conf.local", "postvagt {", func() {})
	if err := m.rspamd.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, m.rspamd.Stop()) })
}

func TestMTARspamd(t *testing.T) {
	dir := newMTADir(t)
	far := newFar(t, dir)
	h := newMTAHouse(t, dir, far, newRspamdMTA(t, dir, far))
	tellMTA(t, h)
}
