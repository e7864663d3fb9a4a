package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// keepSubject makes Postfix itself hold mail whose subject begins with "keep", so that a story can look at what
// the milter made of it.
var keepSubject = map[string]string{"header_checks": "pcre:{ { /^Subject: keep/ HOLD } }"}

const enforce = "[policy]\nmode = \"enforce\"\n"

// kept sends a message that Postfix keeps, and returns its header fields as they lie in the queue.
func (h *milterHouse) kept(service int, env kit.Envelope, text string) textproto.MIMEHeader {
	h.t.Helper()
	before := h.queueIDs()
	text = strings.Replace(text, "Subject: ", "Subject: keep ", 1)
	if r, err := kit.Send(h.t.Context(), h.Addr(service), env, []byte(text)); err != nil || r.Code != 250 {
		h.t.Fatalf("reply %d %s, error %v", r.Code, r.Text, err)
	}
	for id := range h.queueIDs() {
		if before[id] {
			continue
		}
		out, err := h.Command(h.t.Context(), "postcat", "-qh", id).Output()
		if err != nil {
			h.t.Fatal(err)
		}
		fields := textproto.MIMEHeader{}
		for _, line := range strings.Split(string(out), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
				fields.Add(name, strings.TrimSpace(value))
			}
		}
		return fields
	}
	h.t.Fatal("Postfix did not keep the message")
	return nil
}

func (h *milterHouse) queueIDs() map[string]bool {
	h.t.Helper()
	list, err := h.Queue(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, q := range list {
		ids[q.ID] = true
	}
	return ids
}

// ownFields gives the names of the X-Postvagt fields of a header.
func ownFields(h textproto.MIMEHeader) string {
	var names []string
	for _, n := range []string{"Action", "Id", "Inbound", "Level", "Route", "Forged"} {
		for range h["X-Postvagt-"+n] {
			names = append(names, n)
		}
	}
	return strings.Join(names, " ")
}

func forged(text string) string {
	return "X-Postvagt-Level: none\nX-POSTVAGT-LEVEL: none\nX-Postvagt-Inbound: none\nx-postvagt-level: none\nX-Postvagt-Forged: yes\n" + text
}

// What is written on a message, in each direction; forged fields are gone.
func TestMilterTags(t *testing.T) {
	h := newMilterHouse(t, keepSubject)
	h.serve("unix:"+h.socket(), "[policy]\nmode = \"tag\"\n")
	internal := kit.Envelope{From: "kari@nordvig-kommune.example", To: []string{"bo@nordvig-kommune.example"}}
	stranger := kit.Envelope{From: "anna@borger.example", To: []string{"kari@nordvig-kommune.example"}, XCLIENT: "ADDR=203.0.113.7 NAME=mx.borger.example"}
	for name, tt := range map[string]struct {
		service int
		env     kit.Envelope
		text    string
		want    string
		level   string
	}{
		"outbound":          {viaSocket, outbound, secretMail, "Id", ""},
		"outbound, forged":  {viaSocket, outbound, forged(secretMail), "Id", ""},
		"internal":          {viaSocket, internal, secretMail, "Action Id Level", "sensitive"},
		"internal, forged":  {viaSocket, internal, forged(secretMail), "Action Id Level", "sensitive"},
		"inbound":           {asStranger, stranger, secretMail, "Action Id Inbound Level", "sensitive"},
		"inbound, forged":   {asStranger, stranger, forged(secretMail), "Action Id Inbound Level", "sensitive"},
		"harmless":          {viaSocket, outbound, plainMail, "", ""},
		"harmless, forged":  {asStranger, stranger, forged(plainMail), "", ""},
		"mixed recipients":  {viaSocket, kit.Envelope{From: internal.From, To: append(outbound.To, internal.To...)}, secretMail, "Id", ""},
		"harmless internal": {viaSocket, internal, plainMail, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			fields := h.kept(tt.service, tt.env, tt.text)
			if got := ownFields(fields); got != tt.want {
				t.Errorf("fields %q, want %q", got, tt.want)
			}
			if got := fields.Get("X-Postvagt-Level"); got != tt.level {
				t.Errorf("level %q, want %q", got, tt.level)
			}
		})
	}
}

// The subject tag comes on sensitive mail from outside and goes from replies, in the open or inside; what is encoded stays.
func TestMilterSubjectTag(t *testing.T) {
	h := newMilterHouse(t, keepSubject)
	h.serve("unix:"+h.socket(), "[policy]\nmode = \"tag\"\nsubject_tag = \"[SENSITIVE]\"\n")
	stranger := kit.Envelope{From: "anna@borger.example", To: []string{"kari@nordvig-kommune.example"}, XCLIENT: "ADDR=203.0.113.7 NAME=mx.borger.example"}
	internal := kit.Envelope{From: "kari@nordvig-kommune.example", To: []string{"bo@nordvig-kommune.example"}}
	subject := func(text, s string) string { return strings.Replace(text, "Subject: ", "Subject: "+s, 1) }
	for name, tt := range map[string]struct {
		service    int
		env        kit.Envelope
		text, want string
	}{
		"from a citizen":            {asStranger, stranger, secretMail, "[SENSITIVE] keep Din sag"},
		"harmless, from a citizen":  {asStranger, stranger, plainMail, "keep Tak"},
		"a reply":                   {viaSocket, outbound, subject(plainMail, "Re: [SENSITIVE] "), "keep Re: Tak"},
		"a reply that is encoded":   {viaSocket, outbound, subject(plainMail, "Re: [SENSITIVE] =?utf-8?q?=C3=B8?= "), "keep Re: =?utf-8?q?=C3=B8?= Tak"},
		"handed on inside":          {viaSocket, internal, subject(secretMail, "VS: [SENSITIVE] "), "keep VS: Din sag"},
		"mail that never had a tag": {viaSocket, outbound, plainMail, "keep Tak"},
	} {
		t.Run(name, func(t *testing.T) {
			fields := h.kept(tt.service, tt.env, tt.text)
			if got := fields["Subject"]; len(got) != 1 || got[0] != tt.want {
				t.Errorf("subject %q, want %q", got, tt.want)
			}
		})
	}
}

// Observing touches nothing, and says what enforcing would have done.
func TestMilterObserves(t *testing.T) {
	h := newMilterHouse(t, keepSubject)
	h.serve("unix:"+h.socket(), "")
	if got := ownFields(h.kept(viaSocket, outbound, forged(secretMail))); got != "Inbound Level Level Level Forged" {
		t.Errorf("fields %q: a message was changed", got)
	}
	b, err := os.ReadFile(h.verdict)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "wanted=hold action=pass") {
		t.Error("no verdict line says that it would have been held")
	}
}

func TestMilterRejects(t *testing.T) {
	h := newMilterHouse(t, nil)
	h.serve("unix:"+h.socket(), enforce+`reject_text = "Send it encrypted"
[[policy.line]]
name = "never"
direction = ["outbound"]
level = ["sensitive"]
action = "reject"
[[policy.line]]
name = "otherwise"
action = "pass"
`)
	c, err := kit.Dial(t.Context(), h.Addr(viaSocket))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // a refusal does not disturb what follows on the connection
		if r, err := c.Send(outbound, []byte(secretMail)); err != nil || r.Code != 550 || !strings.Contains(r.Text, "5.7.1 Send it encrypted") {
			t.Errorf("reply %d %s, error %v", r.Code, r.Text, err)
		}
		if r, err := c.Send(outbound, []byte(plainMail)); err != nil || r.Code != 250 {
			t.Errorf("reply %d %s, error %v", r.Code, r.Text, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A message that cannot be judged gets what on_failure says, and is logged as not judged.
func TestMilterFails(t *testing.T) {
	long := strings.Replace(plainMail, "torsdag.", "torsdag.\n"+strings.Repeat("Vi ses.\n", 1000), 1)
	for mode, want := range map[string]struct {
		code int
		held bool
	}{"accept": {250, false}, "hold": {250, true}, "tempfail": {451, false}} {
		t.Run(mode, func(t *testing.T) {
			h := newMilterHouse(t, nil)
			h.serve("unix:"+h.socket(), fmt.Sprintf("on_failure = %q\nspill_over = 1024\nspill_dir = %q\n", mode, filepath.Join(h.dir, "missing"))+enforce)
			r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(long))
			if err != nil || r.Code != want.code {
				t.Fatalf("reply %d %s, error %v", r.Code, r.Text, err)
			}
			list, err := h.Queue(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := slices.ContainsFunc(list, func(q kit.Queued) bool { return q.Queue == "hold" }) // what is on its way may stand there, too
			if got != want.held {
				t.Errorf("held %v, want %v", got, want.held)
			}
			b, err := os.ReadFile(h.verdict)
			if err != nil || !strings.Contains(string(b), "level=unknown") || !strings.Contains(string(b), "why=not-judged-spool") {
				t.Errorf("no verdict line says that it was not judged (%v)", err)
			}
		})
	}
}

// SIGHUP takes a new configuration between two messages of one connection; a bad one keeps the old.
func TestMilterReloads(t *testing.T) {
	h := newMilterHouse(t, nil)
	listen := "unix:" + h.socket()
	h.serve(listen, enforce)
	c, err := kit.Dial(t.Context(), h.Addr(viaSocket))
	if err != nil {
		t.Fatal(err)
	}
	held := func() int {
		t.Helper()
		if r, err := c.Send(outbound, []byte(secretMail)); err != nil || r.Code != 250 {
			t.Fatalf("reply %d %s, error %v", r.Code, r.Text, err)
		}
		n := 0
		for _, a := range h.judged() {
			if a == "hold" {
				n++
			}
		}
		return n
	}
	reload := func(extra, said string) {
		t.Helper()
		h.configure(listen, extra)
		if err := h.program.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if err := kit.Wait(t.Context(), said, 20*time.Second, func() (bool, error) {
			b, err := os.ReadFile(h.program.Log)
			return strings.Contains(string(b), said), err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n := held(); n != 1 {
		t.Errorf("%d held at first", n)
	}
	reload("[policy]\nmode = \"enforc\"\n", "reload failed")
	if n := held(); n != 2 {
		t.Errorf("%d held after a bad configuration", n)
	}
	reload("[policy]\nmode = \"observe\"\n", "msg=reloaded")
	if n := held(); n != 2 {
		t.Errorf("%d held while observing", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A daemon that is told to stop while a message is on its way judges it first.
func TestMilterStopsGracefully(t *testing.T) {
	h := newMilterHouse(t, nil)
	h.serve("unix:"+h.socket(), enforce)
	c, err := textproto.Dial("tcp", h.Addr(viaSocket))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	say := func(code int, line string) {
		t.Helper()
		if line != "" {
			if err := c.PrintfLine("%s", line); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := c.ReadResponse(code); err != nil {
			t.Fatal(err)
		}
	}
	say(220, "")
	say(250, "EHLO client.example")
	say(250, "MAIL FROM:<"+outbound.From+">")
	say(250, "RCPT TO:<"+outbound.To[0]+">")
	say(354, "DATA")
	if err := h.program.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := kit.Wait(t.Context(), "the end of listening", 20*time.Second, func() (bool, error) {
		conn, err := net.Dial("unix", h.socket())
		if err == nil {
			conn.Close()
		}
		return err != nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	w := c.DotWriter()
	if _, err := w.Write([]byte(secretMail)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	say(250, "")
	say(221, "QUIT")
	h.stop()
	if ids := h.queueIDs(); len(ids) != 1 {
		t.Errorf("%d messages in the queue, want the one that was held", len(ids))
	}
}

// The hold queue by the command line: what it does is seen in the queue and in Postfix's log.
func TestMilterHeldCommands(t *testing.T) {
	h := newMilterHouse(t, nil)
	h.serve("unix:"+h.socket(), enforce)
	for range 3 {
		if r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(secretMail)); err != nil || r.Code != 250 {
			t.Fatalf("reply %d, error %v", r.Code, err)
		}
	}
	var ids []string
	for id := range h.queueIDs() {
		ids = append(ids, id)
	}
	list, code := h.run("held", "list", "--config", h.config)
	if code != 0 || len(ids) != 3 || strings.Count(list, "sensitive") < 3 || !strings.Contains(list, ids[0]) {
		t.Fatalf("held list: exit %d, %d ids, %d lines", code, len(ids), strings.Count(list, "\n"))
	}
	logged := func(parts ...string) {
		t.Helper()
		if err := kit.Wait(t.Context(), strings.Join(parts, " "), 30*time.Second, func() (bool, error) {
			b, err := os.ReadFile(h.Log())
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
		}); err != nil {
			t.Error(err)
		}
	}
	for i, tt := range []struct{ command, said, why string }{
		{"release", "status=sent", "--reason=false-alarm --note=training"}, {"return", "returned to sender", ""}, {"delete", "removed", "--reason=spam"},
	} {
		if out, code := h.run(append(strings.Fields("held "+tt.command+" --config "+h.config+" "+tt.why), ids[i])...); code != 0 {
			t.Errorf("held %s: exit %d: %s", tt.command, code, out)
		}
		logged(ids[i]+": ", tt.said)
	}
	for id, want := range map[string]string{ids[0]: "not in the hold queue", "ABCDEF1234": "not in the hold queue", "../../etc": "not a queue id", "ALL": "not a queue id"} {
		if out, code := h.run("held", "release", "--config", h.config, "--reason=false-alarm", "--note=training", "--", id); code != 2 || !strings.Contains(out, want) {
			t.Errorf("held release of a wrong id: exit %d, want 2 and %q", code, want)
		}
	}
	if ids := h.queueIDs(); len(ids) != 0 {
		t.Errorf("%d messages are left in the queue", len(ids))
	}
}

// One clear line for what keeps a milter from starting: exit 2, and 78 where the configuration must be mended first.
func TestMilterRefusesToStart(t *testing.T) {
	h := newMilterHouse(t, nil)
	h.serve("unix:"+h.socket(), "")
	refuse := func(exit int, want string) {
		t.Helper()
		if out, code := h.run("serve", "--config", h.config); code != exit || !strings.Contains(out, want) || strings.Count(out, "\n") != 1 {
			t.Errorf("exit %d, %q, want %d and one line with %q", code, out, exit, want)
		}
	}
	refuse(2, "is in use")
	h.configure("unix:"+filepath.Join(h.dir, "other.sock"), "socket_group = \"no-such-group\"\n")
	refuse(2, "socket_group")
	h.configure("unix:"+filepath.Join(h.dir, "other.sock"), "[policy]\nmoode = \"tag\"\n")
	refuse(78, ": policy.moode: unknown key; did you mean \"policy.mode\"?")
	h.configure("unix:"+filepath.Join(h.dir, "other.sock"), "")
	b, err := os.ReadFile(h.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.config, append(b, "command_dir = \"/nonexistent\"\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, code := h.run("held", "list", "--config", h.config); code != 2 || !strings.Contains(out, "/nonexistent/postqueue") {
		t.Errorf("held list without postqueue: exit %d", code)
	}
}

// The policy asks what Postfix itself promises for the next hop that it will use.
func TestMilterKnowsTransport(t *testing.T) {
	h := newMilterHouse(t, map[string]string{
		"default_transport":            "smtp",
		"smtp_tls_mandatory_protocols": ">=TLSv1.2",
		"smtp_tls_policy_maps":         "inline:{ { region.example = secure ciphers=high } { any-cipher.example = secure } { plain.example = none } { [relay.example]:25 = encrypt } }",
		"transport_maps":               "inline:{ { behind.example = smtp:[relay.example]:25 } }",
	})
	h.serve("unix:"+h.socket(), enforce+"[recipients]\nauthorities = [\"region.example\", \"any-cipher.example\"]\n[[relay]]\nhost = \"[relay.example]\"\nonward = \"enforced\"\ndocument = \"contract 2026-03\"\n")
	confidential := strings.Replace(secretMail, "Du har fået diagnosen skizofreni, og dit", "Dit", 1)
	confidential = strings.Replace(confidential, "Vi har modtaget lægens brev. ", "", 1)
	for _, tt := range []struct {
		to, text             string
		transport, why, want string
	}{
		{"a@region.example", secretMail, "enforced", "sensitive-to-authority", "pass"},
		{"a@any-cipher.example", secretMail, "enforced", "sensitive", "hold"},
		{"a@any-cipher.example", confidential, "enforced", "confidential-by-tls", "pass"},
		{"a@region.example", confidential, "enforced", "confidential-by-tls", "pass"},
		{"a@borger.example", confidential, "opportunistic", "confidential", "hold"},
		{"a@plain.example", confidential, "plaintext", "confidential", "hold"},
		{"a@behind.example", confidential, "to-relay", "confidential-by-tls", "pass"},
	} {
		t.Run(tt.to+" "+tt.why, func(t *testing.T) {
			before := len(h.verdictLines())
			r, err := kit.Send(t.Context(), h.Addr(viaSocket), kit.Envelope{From: outbound.From, To: []string{tt.to}}, []byte(tt.text))
			if err != nil || r.Code != 250 {
				t.Fatalf("reply %d, error %v", r.Code, err)
			}
			lines := h.verdictLines()[before:]
			if len(lines) != 2 {
				t.Fatalf("%d verdict lines", len(lines))
			}
			if !strings.Contains(lines[0], "why="+tt.why) || !strings.Contains(lines[1], "transport="+tt.transport+" ") || !strings.HasSuffix(lines[1], "action="+tt.want) {
				t.Errorf("want why=%s transport=%s action=%s in\n%s", tt.why, tt.transport, tt.want, strings.Join(lines, "\n"))
			}
		})
	}
}

// verdictLines are those of mail.
func (h *milterHouse) verdictLines() []string {
	h.t.Helper()
	b, err := os.ReadFile(h.verdict)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a milter that listens may not have opened its log yet
		h.t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")[:strings.Count(string(b), "\n")]
	return slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, ": SETTINGS: ") || strings.Contains(l, ": SELFTEST: ") })
}

// setup puts the milter into a Postfix that never heard of it, and takes it out again without a trace.
func TestMilterSetup(t *testing.T) {
	h := newMilterHouse(t, nil)
	const plain = 3 // the one service without milters of its own
	h.serve("unix:"+h.socket(), enforce)
	h.configure("unix:"+h.socket(), enforce)
	settings := func() string {
		t.Helper()
		out, err := h.Command(t.Context(), "postconf", "-n").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	send := func() int {
		t.Helper()
		if r, err := kit.Send(t.Context(), h.Addr(plain), outbound, []byte(secretMail)); err != nil || r.Code != 250 {
			t.Fatalf("reply %d, error %v", r.Code, err)
		}
		return len(h.verdictLines())
	}
	original := settings()
	if n := send(); n != 0 {
		t.Errorf("%d verdict lines before setup", n)
	}
	if out, code := h.run("setup", "postfix", "--config", h.config); code != 0 || !strings.Contains(out, "\n+smtpd_milters = { unix:") || settings() != original {
		t.Errorf("setup: exit %d", code)
	}
	if out, code := h.run("setup", "postfix", "--config", h.config, "--apply"); code != 0 {
		t.Fatalf("setup --apply: exit %d: %s", code, out)
	}
	if out, code := h.run("config", "check", "--config", h.config); code != 0 {
		t.Errorf("config check: exit %d: %s", code, out)
	}
	if err := kit.Wait(t.Context(), "a judged message", 30*time.Second, func() (bool, error) { return send() > 0, nil }); err != nil {
		t.Error(err)
	}
	h.configure("unix:"+h.socket(), "on_failure = \"hold\"\n"+enforce)
	if out, code := h.run("config", "check", "--config", h.config); code != 2 || !strings.Contains(out, "default_action accept") {
		t.Errorf("config check with another failure mode: exit %d: %s", code, out)
	}
	if out, code := h.run("selftest", "--config", h.config); code != 0 || !strings.Contains(out, "gets hold") {
		t.Errorf("selftest: exit %d: %s", code, out)
	}
	if out, code := h.run("setup", "postfix", "--config", h.config, "--undo"); code != 0 || settings() != original {
		t.Errorf("setup --undo: exit %d: %s", code, out)
	}
}

// What is routed goes to the gateway by a token that only the milter can set; one that came in does nothing. The header
// check for it is the admin's, or written by setup, which takes it back.
func TestMilterRoutes(t *testing.T) {
	const policy = `[held]
gateway = "discard:gateway"
[policy]
mode = "enforce"
route_token = "t0ken"
[[policy.line]]
name = "by-gateway"
direction = ["outbound"]
level = ["confidential", "sensitive"]
action = "route"
[[policy.line]]
name = "otherwise"
action = "pass"
`
	t.Run("by a check of the admin", func(t *testing.T) {
		h := newMilterHouse(t, map[string]string{"milter_header_checks": "pcre:{ { /^X-Postvagt-Route: t0ken$$/ FILTER discard:gateway } }"})
		h.serve("unix:"+h.socket(), policy)
		if out, code := h.run("setup", "postfix", "--config", h.config); code != 0 || strings.Contains(out, "milter_header_checks") {
			t.Errorf("setup: exit %d: %s", code, out)
		}
		h.routes()
	})
	t.Run("by setup", func(t *testing.T) {
		h := newMilterHouse(t, nil)
		h.serve("unix:"+h.socket(), policy)
		if out, code := h.run("setup", "postfix", "--config", h.config); code != 0 || !strings.Contains(out, "\n+milter_header_checks = regexp:") || strings.Contains(out, "t0ken") {
			t.Errorf("setup: exit %d: %s", code, out)
		}
		if out, code := h.run("setup", "postfix", "--config", h.config, "--apply"); code != 0 {
			t.Fatalf("setup --apply: exit %d: %s", code, out)
		}
		if out, code := h.run("setup", "postfix", "--config", h.config); code != 0 || !strings.Contains(out, "nothing to change") {
			t.Errorf("setup once more: exit %d: %s", code, out)
		}
		h.routes()
		if out, code := h.run("setup", "postfix", "--config", h.config, "--undo"); code != 0 {
			t.Errorf("setup --undo: exit %d: %s", code, out)
		}
		if left, err := filepath.Glob(filepath.Join(h.Etc(), "postvagt*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

// routes sends mail that is to go by the gateway, and mail that only says so.
func (h *milterHouse) routes() {
	t := h.t
	t.Helper()
	for text, where := range map[string]string{secretMail: "gateway", "X-Postvagt-Route: t0ken\n" + plainMail: "borger.example"} {
		before := h.sentIDs()
		r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(text))
		if err != nil || r.Code != 250 {
			t.Fatalf("reply %d, error %v", r.Code, err)
		}
		if err := kit.Wait(t.Context(), "the delivery", 20*time.Second, func() (bool, error) { return len(h.sentIDs()) > len(before), nil }); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(h.Log())
		if err != nil {
			t.Fatal(err)
		}
		for id := range h.sentIDs() {
			if !before[id] && !strings.Contains(string(b), id+": to=<anna@borger.example>, relay=none") {
				t.Errorf("%s: no delivery line", id)
			}
		}
		if !strings.Contains(string(b), "status=sent ("+where+")") {
			t.Errorf("nothing went to %s", where)
		}
	}
}

// What has been held for long is queued anew, since Postfix would soon give it up as too old; the milter, which
// also judges mail of the host itself, is not asked again.
func TestMilterReleasesOldMail(t *testing.T) {
	h := newMilterHouse(t, map[string]string{"maximal_queue_lifetime": "2s", "bounce_queue_lifetime": "2s"})
	h.serve("unix:"+h.socket(), enforce)
	if out, code := h.run("setup", "postfix", "--config", h.config, "--apply"); code != 0 {
		t.Fatalf("setup: exit %d: %s", code, out)
	}
	if r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(secretMail)); err != nil || r.Code != 250 {
		t.Fatalf("reply %d, error %v", r.Code, err)
	}
	list, err := h.Queue(t.Context())
	if err != nil || len(list) != 1 || list[0].Queue != "hold" {
		t.Fatalf("%d in the queue, %v", len(list), err)
	}
	if err := kit.Wait(t.Context(), "the message to be old", 20*time.Second, func() (bool, error) {
		return time.Since(time.Unix(list[0].ArrivalTime, 0)) > 3*time.Second, nil
	}); err != nil {
		t.Fatal(err)
	}
	if out, code := h.run("held", "release", "--config", h.config, "--reason=danger-to-life", "--note=training", list[0].ID); code != 0 {
		t.Fatalf("held release: exit %d: %s", code, out)
	}
	if err := kit.Wait(t.Context(), "the delivery", 30*time.Second, func() (bool, error) { return len(h.sentIDs()) == 1, nil }); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(h.Log())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), list[0].ID+": requeued") || !strings.Contains(string(b), "orig_id="+list[0].ID) {
		t.Error("it was not queued anew")
	}
	if t.Failed() {
		t.Log(string(b[max(0, len(b)-3000):]))
	}
	if n := len(h.judged()); n != 1 {
		t.Errorf("judged %d times, want once", n)
	}
}
