package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// newTopology is a Postfix with parameters of its own, the milter set up before it, and the other side.
func newTopology(t *testing.T, main func(far *kit.Postfix) map[string]string) *mtaHouse {
	t.Helper()
	dir := newMTADir(t)
	far := newFar(t, dir)
	all := nearPostfix(far)
	for k, v := range main(far) {
		all[k] = v
	}
	p, err := kit.StartPostfix(t.Context(), filepath.Join(dir, "pf"), kit.Config{Ports: []kit.Port{{}}, Main: all})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, p.Stop()) })
	return newMTAHouse(t, dir, far, postfixMTA{p})
}

// Clients of the house below, as XCLIENT makes them.
const (
	payroll  = "ADDR=192.0.2.10 NAME=payroll.example"
	exchange = "ADDR=192.0.2.20 NAME=exchange.example"
	cloud    = "ADDR=192.0.2.30 NAME=cloud.example"
	six      = "ADDR=IPV6:2001:db8::10 NAME=six.example"
)

// Mail by ways that are not a user's own program: what the guide says of each.
func TestTopologies(t *testing.T) {
	h := newTopology(t, func(far *kit.Postfix) map[string]string {
		return map[string]string{"smtpd_authorized_xclient_hosts": "127.0.0.1", "relay_domains": house, "relay_transport": hopOf(far),
			"mynetworks": "127.0.0.1/32, 192.0.2.0/24, [2001:db8::]/64", "inet_protocols": "all", "smtpd_reject_unlisted_recipient": "no",
			"transport_maps": "inline:{ { gone@" + house + " = error:5.1.1 no such mailbox } }"}
	})
	h.trusted = `, "192.0.2.20", "2001:db8::/64"`
	exempt := func(rest string) string {
		return enforce + "[[exempt]]\nname = \"payroll\"\nreason = \"agreement 2026-17\"\n" + rest
	}
	from := func(client string, to ...string) kit.Envelope {
		return kit.Envelope{From: "kari@" + house, To: to, XCLIENT: client}
	}
	const outside = "anna@borger.example"
	inside := "bo@" + house
	for _, story := range []struct {
		name, config string
		env          kit.Envelope
		verdict      []string
	}{
		{"an exempt client passes, judged", exempt("client = [\"192.0.2.10\"]\nuntil = \"2999-12-31\"\n"), from(payroll, outside), []string{"action=pass", "level=sensitive", "why=exempt-payroll"}},
		{"an exempt client, by IPv6", exempt("client = [\"2001:db8::10\"]\nuntil = \"2999-12-31\"\n"), from(six, outside), []string{"action=pass", "why=exempt-payroll"}},
		{"an exempt login", exempt("user = [\"payroll\"]\nuntil = \"2999-12-31\"\n"), from(exchange+" LOGIN=payroll", outside), []string{"action=pass", "why=exempt-payroll"}},
		{"another login", exempt("user = [\"payroll\"]\nuntil = \"2999-12-31\"\n"), from(exchange+" LOGIN=kari", outside), []string{"action=hold"}},
		{"an exemption that has ended", exempt("client = [\"192.0.2.10\"]\nuntil = \"2020-12-31\"\n"), from(payroll, outside), []string{"action=hold", "level=sensitive"}},
		{"Exchange before us, mail out", enforce, from(exchange, outside), []string{"action=hold", "direction=outbound"}},
		{"Exchange before us, not named as trusted, mail out", enforce, from(cloud, outside), []string{"action=hold", "direction=outbound"}},
		{"Exchange before us, mail that stays", enforce, from(exchange, inside), []string{"direction=internal"}},
		{"Exchange before us, not named as trusted, mail that stays", enforce, from(cloud, inside), []string{"direction=inbound"}},
		{"IPv6, mail that stays", enforce, from(six, inside), []string{"direction=internal"}},
		{"SMTPUTF8", enforce, from("", "blåbær@borger.example"), []string{"action=hold", "direction=outbound"}},
	} {
		t.Run(story.name, func(t *testing.T) {
			h := h.story(t, story.config)
			h.accepted(story.env, secretMail)
			h.lastVerdict(story.verdict...)
			if strings.Contains(strings.Join(story.verdict, " "), "action=hold") {
				for _, id := range h.heldIDs() {
					h.decide("delete", "--config", h.config, "--reason", "a test", id)
				}
				return
			}
			h.arrived(1)
		})
	}
	t.Run("returned with its content, or its header", func(t *testing.T) { h.story(t, enforce).tellsBounce() })
	t.Run("what a program on the host writes in nobody's name", func(t *testing.T) { h.story(t, enforce).tellsAutoReply() })
}

// A report of what could not be delivered carries the content back unjudged, unless Postfix is told to return the header alone.
func (h *mtaHouse) tellsBounce() {
	p := h.mta.(postfixMTA)
	stranger := kit.Envelope{From: "anna@borger.example", To: []string{"gone@" + house}, XCLIENT: "ADDR=203.0.113.7 NAME=mx.borger.example"}
	for _, limit := range []string{"50000", "1"} {
		if out, err := p.Command(h.t.Context(), "postconf", "bounce_size_limit = "+limit).CombinedOutput(); err != nil {
			h.t.Fatalf("postconf: %v: %s", err, out)
		}
		if err := p.Reload(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		h.accepted(stranger, secretMail)
		if got, content := h.arrived(1)[0], limit != "1"; !strings.Contains(got, "Subject: Din sag") || strings.Contains(got, "skizofreni") != content {
			h.t.Errorf("bounce_size_limit %s: what came back has the content: %t", limit, !content)
		}
		h.lastVerdict("direction=inbound")
	}
}

// An automatic reply, or mail that a user's rule sends on, is handed to the command sendmail: it is judged as any other.
func (h *mtaHouse) tellsAutoReply() {
	cmd := exec.CommandContext(h.t.Context(), "/usr/sbin/sendmail", "-C", h.mta.(postfixMTA).Etc(), "-i", "-f", "<>", "anna@borger.example")
	cmd.Stdin = strings.NewReader("Auto-Submitted: auto-replied\n" + secretMail)
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("sendmail: %v %s", err, out)
	}
	var ids []string
	if err := kit.Wait(h.t.Context(), "the reply to be held", time.Minute, func() (bool, error) {
		ids = h.heldIDs()
		return len(ids) > 0, nil
	}); err != nil {
		h.t.Fatal(err)
	}
	if len(ids) != 1 || h.lastVerdict("action=hold", "from=<>", "direction=outbound") != ids[0] {
		h.t.Fatalf("%d messages are held", len(ids))
	}
	h.decide("delete", "--config", h.config, "--reason", "a test", ids[0])
}

// Microsoft 365 or another relay behind us: forced TLS proves the first hop; what lies behind counts only once it is declared.
func TestTopologyRelay(t *testing.T) {
	hop := ""
	h := newTopology(t, func(far *kit.Postfix) map[string]string {
		hop = strings.TrimPrefix(hopOf(far), "smtp:")
		return map[string]string{"default_transport": "smtp", "relayhost": hop, "smtp_tls_security_level": "encrypt"}
	})
	t.Run("undeclared", func(t *testing.T) {
		h := h.story(t, enforce)
		id := h.hold(confidentialMail)
		h.verdictHas("transport=to-relay objection=no new=no wanted=hold")
		h.decide("delete", "--config", h.config, "--reason", "a test", id)
	})
	t.Run("declared", func(t *testing.T) {
		h := h.story(t, enforce+fmt.Sprintf("[[relay]]\nhost = %q\nonward = \"enforced\"\ndocument = \"contract 2026-03\"\n", hop))
		h.accepted(outbound, confidentialMail)
		h.arrived(1)
		h.verdictHas("wanted=pass")
		h.logged("status=sent")
		for onward, want := range map[string]string{"none": "to-relay first-hop", "enforced": "to-relay yes"} {
			h.counted(fmt.Sprintf("[[relay]]\nhost = %q\nonward = %q\ndocument = \"contract 2026-03\"\n", hop, onward), map[string]int{want + " delivered": 1, " unknown deleted": 1}, "transport", "protected", "outcome")
		}
	})
}

// verdictHas looks at the newest line of the verdict log, that of the last recipient.
func (h *mtaHouse) verdictHas(part string) {
	h.t.Helper()
	lines := h.verdictLines()
	if last := lines[len(lines)-1]; !strings.Contains(last, part) {
		h.t.Errorf("want %s in %s", part, last)
	}
}

// The milter and its MTA may speak to each other by IPv6.
func TestTopologySocketByIPv6(t *testing.T) {
	port, err := kit.FreePort("::1")
	if err != nil {
		t.Fatal(err)
	}
	const plain = 3 // the one service without milters of its own
	listen := fmt.Sprintf("inet:[::1]:%d", port)
	h := newMilterHouse(t, map[string]string{"smtpd_milters": listen, "inet_protocols": "all"})
	h.serve(listen, enforce)
	if r, err := kit.Send(t.Context(), h.Addr(plain), outbound, []byte(secretMail)); err != nil || r.Code != 250 {
		t.Fatalf("reply %d %s, error %v", r.Code, r.Text, err)
	}
	list, err := h.Queue(t.Context())
	if err != nil || len(list) != 1 || list[0].Queue != "hold" {
		t.Errorf("the queue is %+v, error %v", list, err)
	}
}

// counted lets an agent read the story's logs, and compares what it has made of them; extra is more of agent.toml.
func (h *mtaHouse) counted(extra string, want map[string]int, fields ...string) {
	h.t.Helper()
	if err := kit.Build(h.t.Context(), h.dir); err != nil {
		h.t.Fatal(err)
	}
	dir := h.t.TempDir()
	a := &agentHouse{t: h.t, bin: h.dir, agentConfig: filepath.Join(dir, "agent.toml")}
	text := fmt.Sprintf("[organisation]\ndomains = [%q]\n[store]\npath = %q\n[agent]\ndepartments = \"\"\nsecure_mailboxes = \"\"\nmask_key = \"\"\npseudonym_key = %q\n",
		house, filepath.Join(dir, "agent.db"), filepath.Join(dir, "pseudonym.key"))
	if err := os.WriteFile(a.agentConfig, []byte(text+extra), 0o644); err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.CommandContext(h.t.Context(), filepath.Join(h.dir, "postvagt-agent"), "import", "-q", "--verdicts", h.verdicts, "--config", a.agentConfig, h.mta.Log())
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("import: %v: %s", err, out)
	}
	a.expect(want, fields...)
}
