package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// agentHouse is a whole house: Postfix with the milter, the agent behind them, and three servers outside.
type agentHouse struct {
	*kit.Postfix
	t           *testing.T
	dir, bin    string
	agentConfig string
	verdicts    string
	database    string
	agent       *kit.Program
	milter      *kit.Program
}

// Services of the Postfix of an agentHouse.
const (
	submit     = iota // the milter, then the queue
	noMilter          // past the milter
	filtered          // the milter, then a content filter that sends back
	reinjected        // where the content filter sends to
	byLogin           // clients made by XCLIENT
)

const house = "nordvig-kommune.example"

// newAgentHouse starts all but the agent.
func newAgentHouse(t *testing.T) *agentHouse {
	t.Helper()
	h := newBareHouse(t)
	h.startMilter()
	return h
}

// newBareHouse starts the servers and neither of our programs.
func newBareHouse(t *testing.T) *agentHouse {
	t.Helper()
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &agentHouse{t: t, dir: dir, bin: filepath.Join(dir, "bin"), agentConfig: filepath.Join(dir, "agent.toml"), verdicts: filepath.Join(dir, "verdict.log"), database: filepath.Join(dir, "agent.db")}
	if err := os.Mkdir(h.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := kit.Build(t.Context(), h.bin); err != nil {
		t.Fatal(err)
	}
	h.startPostfix()
	return h
}

// startPostfix makes the house's Postfix and the servers outside: one with a certificate that the house verifies, one
// with the same certificate that it does not ask for, and one without TLS.
func (h *agentHouse) startPostfix() {
	t := h.t
	t.Helper()
	ca, cert := issue(t)
	caFile := filepath.Join(h.dir, "ca.pem")
	if err := os.WriteFile(caFile, ca.PEM, 0o644); err != nil {
		t.Fatal(err)
	}
	refuse := "smtpd_recipient_restrictions = check_recipient_access pcre:{ { /^gone@/ 550 5.1.1 no such mailbox } }"
	open := "smtpd_relay_restrictions = permit_mynetworks, reject"
	far := h.postfix("far", kit.Config{Cert: cert, Ports: []kit.Port{
		{Host: "127.0.0.2", Options: []string{open, refuse}},
		{Host: "127.0.0.2", Options: []string{open, refuse}},
		{Host: "127.0.0.3", Options: []string{open, refuse, "smtpd_tls_security_level = none"}},
	}})
	closed, err := kit.FreePort("127.0.0.4")
	if err != nil {
		t.Fatal(err)
	}
	back, err := kit.FreePort("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	hop := func(addr string) string { return "smtp:[" + strings.Replace(addr, ":", "]:", 1) }
	milter := "smtpd_milters = unix:" + filepath.Join(h.dir, "milter.sock")
	mail := filepath.Join(h.dir, "mail")
	if err := os.Mkdir(mail, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(mail, 0o777); err != nil {
		t.Fatal(err)
	}
	h.Postfix = h.postfix("pf", kit.Config{
		Ports: []kit.Port{
			{Options: []string{milter}},
			{},
			{Options: []string{milter, fmt.Sprintf("content_filter = smtp:[127.0.0.1]:%d", back)}},
			{Port: back},
			{Options: []string{milter, "smtpd_authorized_xclient_hosts = 127.0.0.1", "smtpd_relay_restrictions = permit_mynetworks, reject", "mynetworks = 127.0.0.0/8, 192.0.2.0/24"}},
		},
		Main: map[string]string{
			"mynetworks":              "127.0.0.1/32",
			"mydestination":           "lists." + house,
			"alias_maps":              "inline:{ { all = anna@forward.example } }",
			"virtual_mailbox_domains": house,
			"virtual_mailbox_base":    mail,
			"virtual_mailbox_maps":    "static:box",
			"virtual_mailbox_limit":   "0", "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534",
			"virtual_alias_maps":               fmt.Sprintf("inline:{ { office@%s = clerk@alias.example } }", house),
			"smtp_tls_CAfile":                  caFile,
			"smtp_tls_policy_maps":             fmt.Sprintf("inline:{ { %s = secure match=mx.region.example } }", strings.TrimPrefix(hop(far.Addr(0)), "smtp:")),
			"header_checks":                    "pcre:{ { /^Subject: refuse/ REJECT } { /^Subject: wait/ HOLD } }",
			"minimal_backoff_time":             "300s",
			"smtp_connection_cache_time_limit": "10s",
			"transport_maps": "pcre:{ " + strings.Join([]string{
				"{ /@(verified|filter|promised)\\.example$$/ " + hop(far.Addr(0)) + " }",
				"{ /@(opportunistic|forward|wait)\\.example$$/ " + hop(far.Addr(1)) + " }",
				"{ /@(plain|alias|leak|held|deleted|returned|bounced|bypass|sendmail|login)\\.example$$/ " + hop(far.Addr(2)) + " }",
				fmt.Sprintf("{ /@(later|again)\\.example$$/ smtp:[127.0.0.4]:%d }", closed),
			}, " ") + " }",
		}})
}

func (h *agentHouse) postfix(name string, cfg kit.Config) *kit.Postfix {
	h.t.Helper()
	p, err := kit.StartPostfix(h.t.Context(), filepath.Join(h.dir, name), cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			h.t.Error(err)
		}
	})
	return p
}

func (h *agentHouse) startMilter() { h.startMilterWith("[policy]\nmode = \"enforce\"\n") }

func (h *agentHouse) startMilterWith(policy string) {
	h.t.Helper()
	config := filepath.Join(h.dir, "milter.toml")
	socket := filepath.Join(h.dir, "milter.sock")
	text := milterConfig("unix:"+socket, h.dir, "socket_mode = \"0666\"\nsocket_group = \"\"\n"+policy)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	p, err := kit.StartProgram(filepath.Join(h.dir, "milter.err"), filepath.Join(h.bin, "postvagt-milter"), "serve", "--config", config)
	if err != nil {
		h.t.Fatal(err)
	}
	h.milter = p
	h.t.Cleanup(func() { p.Stop() })
	if err := p.Ready(h.t.Context(), "the milter", 30*time.Second, func() (bool, error) {
		return kit.WaitListening(h.t.Context(), "unix", socket, time.Second) == nil, nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *agentHouse) startAgent() { h.startAgentWith("", h.Log()) }

// startAgentWith starts the agent on logs, with further keys of [log].
func (h *agentHouse) startAgentWith(extra string, logs ...string) {
	h.t.Helper()
	port, err := kit.FreePort("127.0.0.1")
	if err != nil {
		h.t.Fatal(err)
	}
	text := fmt.Sprintf(`[organisation]
domains = [%q]
[log]
files = [%s]
verdicts = [%q]
%s
[store]
path = %q
[agent]
departments = ""
secure_mailboxes = ""
mask_key = ""
pseudonym_key = %q
[dashboard]
listen = "127.0.0.1:%d"
`, house, `"`+strings.Join(logs, `", "`)+`"`, h.verdicts, extra, h.database, filepath.Join(h.dir, "pseudonym.key"), port)
	if err := os.WriteFile(h.agentConfig, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.agent, err = kit.StartProgram(filepath.Join(h.dir, "agent.err"), filepath.Join(h.bin, "postvagt-agent"), "run", "--config", h.agentConfig)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { h.agent.Stop() })
	if err := h.agent.Ready(h.t.Context(), "the agent", 30*time.Second, func() (bool, error) {
		return kit.WaitListening(h.t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second) == nil, nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

// send hands over one message and returns its queue id.
func (h *agentHouse) send(service int, subject string, secret bool, to ...string) {
	h.t.Helper()
	text := plainMail
	if secret {
		text = secretMail
	}
	_, body, _ := strings.Cut(text, "\nMIME-Version")
	data := fmt.Sprintf("From: Kari Holm <kari@%s>\nTo: %s\nSubject: %s\nMessage-ID: <%s.%d@%s>\nMIME-Version%s", house, to[0], subject, subject, time.Now().UnixNano(), house, body)
	env := kit.Envelope{From: "kari@" + house, To: to}
	if service == byLogin {
		env.XCLIENT = "ADDR=192.0.2.9 NAME=pc.example"
	}
	if _, err := kit.Send(h.t.Context(), h.Addr(service), env, []byte(data)); err != nil {
		h.t.Fatal(err)
	}
}

// queued waits for the message to a recipient to lie in a queue, and returns its queue id.
func (h *agentHouse) queued(queue, to string) (id string) {
	h.t.Helper()
	if err := kit.Wait(h.t.Context(), to+" in queue "+queue, 30*time.Second, func() (bool, error) {
		all, err := h.Queue(h.t.Context())
		for _, q := range all {
			for _, r := range q.Recipients {
				if q.Queue == queue && r.Address == to {
					id = q.ID
				}
			}
		}
		return id != "", err
	}); err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *agentHouse) postsuper(args ...string) {
	h.t.Helper()
	if out, err := h.Command(h.t.Context(), "postsuper", args...).CombinedOutput(); err != nil {
		h.t.Fatalf("postsuper %v: %v %s", args, err, out)
	}
}

// count is postvagt-agent count by to_domain and others, joined by spaces.
func (h *agentHouse) count(ctx context.Context, fields ...string) (map[string]int, error) {
	all := map[string]int{}
	args := []string{"count", "--config", h.agentConfig, "--json"}
	for _, f := range fields {
		args = append(args, "--by", f)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(h.bin, "postvagt-agent"), args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		row := map[string]any{}
		if err := dec.Decode(&row); err != nil {
			return nil, err
		}
		var keys []string
		for _, f := range fields {
			keys = append(keys, fmt.Sprint(row[f]))
		}
		all[strings.Join(keys, " ")] = int(row["count"].(float64))
	}
	return all, nil
}

// expect waits until a count is as wanted, and says how it differs.
func (h *agentHouse) expect(want map[string]int, fields ...string) {
	h.t.Helper()
	var got map[string]int
	err := kit.Wait(h.t.Context(), "the agent's figures", 30*time.Second, func() (bool, error) {
		var err error
		got, err = h.count(h.t.Context(), fields...)
		return maps.Equal(got, want), err
	})
	if err == nil {
		return
	}
	h.t.Errorf("%v: %v", fields, err)
	for k, n := range want {
		if got[k] != n {
			h.t.Errorf("%s: %d, want %d", k, got[k], n)
		}
	}
	for k, n := range got {
		if _, ok := want[k]; !ok {
			h.t.Errorf("%s: %d, want none", k, n)
		}
	}
}

// A message of each fate passes a real Postfix and the real milter while the log is rotated; the agent knows what
// became of each, and how it was protected.
func TestAgentKnowsEachFate(t *testing.T) {
	h := newAgentHouse(t)
	h.startAgent()
	h.send(submit, "verified", false, "a@verified.example")
	h.send(submit, "opportunistic", false, "a@opportunistic.example", "b@opportunistic.example")
	h.send(submit, "plain", false, "a@plain.example", "gone@bounced.example")
	h.send(submit, "held", true, "a@held.example")
	h.send(submit, "leak", true, "a@leak.example")
	h.send(submit, "deleted", true, "a@deleted.example")
	h.send(submit, "returned", true, "a@returned.example")
	h.send(submit, "wait", false, "a@wait.example")
	h.send(submit, "later", false, "a@later.example")
	h.send(submit, "again", false, "a@again.example")
	h.send(submit, "inside", true, "b@"+house)
	h.send(submit, "alias", false, "office@"+house)
	h.send(submit, "list", false, "all@lists."+house)
	h.send(filtered, "filter", false, "a@filter.example")
	h.send(noMilter, "bypass", false, "a@bypass.example")
	h.send(byLogin, "login", false, "a@login.example")
	if _, err := kit.Send(t.Context(), h.Addr(submit), kit.Envelope{From: "kari@" + house, To: []string{"a@refused.example"}}, []byte("Subject: refuse\n\nx\n")); err != nil {
		t.Log(err) // it is refused
	}
	if out, err := exec.Command("sh", "-c", "printf 'Subject: cron\\n\\nhello\\n' | sendmail -C "+h.Etc()+" -f root@"+house+" a@sendmail.example").CombinedOutput(); err != nil {
		t.Fatalf("sendmail: %v %s", err, out)
	}
	h.queued("hold", "a@held.example")
	h.queued("deferred", "a@later.example")
	if out, err := h.Command(t.Context(), "postfix", "logrotate").CombinedOutput(); err != nil {
		t.Fatalf("logrotate: %v %s", err, out)
	}
	h.postsuper("-H", h.queued("hold", "a@leak.example"))
	h.postsuper("-d", h.queued("hold", "a@deleted.example"))
	h.postsuper("-H", h.queued("hold", "a@wait.example"))
	h.postsuper("-f", h.queued("hold", "a@returned.example"))
	h.postsuper("-r", h.queued("deferred", "a@again.example"))
	if out, err := h.Command(t.Context(), "postqueue", "-f").CombinedOutput(); err != nil {
		t.Fatalf("postqueue: %v %s", err, out)
	}
	h.expect(map[string]int{
		"verified.example delivered": 1, "opportunistic.example delivered": 2, "plain.example delivered": 1, "bounced.example bounced": 1,
		"held.example held": 1, "leak.example delivered": 1, "deleted.example deleted": 1, "returned.example returned": 1, "wait.example delivered": 1,
		"later.example deferred": 1, "again.example deferred": 1, house + " delivered": 4, "lists." + house + " delivered": 1,
		"filter.example delivered": 1, "bypass.example delivered": 1, "login.example delivered": 1, "refused.example rejected": 1,
		"sendmail.example delivered": 1,
	}, "to_domain", "outcome")
	h.expect(map[string]int{
		"verified.example verified": 1, "opportunistic.example encrypted": 2, "plain.example plaintext": 1, "bounced.example plaintext": 1,
		"held.example ": 1, "leak.example plaintext": 1, "deleted.example ": 1, "returned.example ": 1, "wait.example encrypted": 1,
		"later.example ": 1, "again.example ": 1, house + " local": 3, house + " plaintext": 1, "lists." + house + " encrypted": 1,
		"filter.example verified": 1, "bypass.example plaintext": 1, "login.example plaintext": 1, "refused.example ": 1,
		"sendmail.example plaintext": 1,
	}, "to_domain", "transport")
}

// A server that stops offering TLS and offers it again, with connections that are kept and TLS sessions that are reused: what
// the agent says of each delivery is what the connection was.
func TestAgentKnowsTheTLSOfEachDelivery(t *testing.T) {
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &agentHouse{t: t, dir: dir, bin: filepath.Join(dir, "bin"), agentConfig: filepath.Join(dir, "agent.toml"), verdicts: filepath.Join(dir, "verdict.log"), database: filepath.Join(dir, "agent.db")}
	if err := os.Mkdir(h.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := kit.Build(t.Context(), h.bin); err != nil {
		t.Fatal(err)
	}
	far := h.postfix("far", kit.Config{Ports: []kit.Port{{Host: "127.0.0.2"}}, Main: map[string]string{"smtpd_relay_restrictions": "permit_mynetworks, reject"}})
	hop := "[" + strings.Replace(far.Addr(0), ":", "]:", 1)
	for _, reuse := range []string{"no", "yes"} {
		h.Postfix = h.postfix("pf-"+reuse, kit.Config{Ports: []kit.Port{{}}, Main: map[string]string{
			"default_transport": "smtp:" + hop, "smtp_connection_cache_destinations": hop, "smtp_tls_connection_reuse": reuse,
		}})
		h.command("postconf", "-M", "tlsproxy/unix=tlsproxy unix - - n - 0 tlsproxy")
		h.command("postfix", "reload")
		h.agentConfig = filepath.Join(dir, reuse+".toml")
		h.database = filepath.Join(dir, reuse+".db")
		h.startAgent()
		sent := 0
		for i, level := range []string{"may", "none", "may"} {
			if out, err := far.Command(t.Context(), "postconf", "-e", "smtpd_tls_security_level="+level).CombinedOutput(); err != nil {
				t.Fatalf("postconf: %v %s", err, out)
			}
			if err := far.Reload(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 15 {
				h.send(0, "x", false, fmt.Sprintf("a@phase%d.example", i), fmt.Sprintf("b@phase%d.example", i))
				sent += 2
			}
			if err := kit.Wait(t.Context(), "the deliveries", 60*time.Second, func() (bool, error) {
				n := 0
				for _, c := range h.truth(far) {
					n += c
				}
				return n == sent, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		want := h.truth(far)
		t.Log(want)
		h.expect(want, "to_domain", "transport")
		if err := h.agent.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// truth is by domain and transport what the server outside says of the connection of each delivery.
func (h *agentHouse) truth(far *kit.Postfix) map[string]int {
	h.t.Helper()
	read := func(name string) []string {
		b, err := os.ReadFile(name)
		if err != nil {
			h.t.Fatal(err)
		}
		return strings.Split(string(b), "\n")
	}
	word := regexp.MustCompile(`smtpd\[(\d+)\]: (\S+) `)
	tls, how := map[string]bool{}, map[string]string{}
	for _, line := range read(far.Log()) {
		m := word.FindStringSubmatch(line + " ")
		switch {
		case m == nil:
		case m[2] == "connect":
			tls[m[1]] = false
		case strings.Contains(line, "TLS connection established from"):
			tls[m[1]] = true
		case strings.Contains(line, ": client="):
			how[strings.TrimSuffix(m[2], ":")] = map[bool]string{true: "encrypted", false: "plaintext"}[tls[m[1]]]
		}
	}
	counts := map[string]int{}
	delivered := regexp.MustCompile(`to=<[^@]*@([^>]*)>.*status=sent .*queued as (\w+)`)
	for _, line := range read(h.Log()) {
		if m := delivered.FindStringSubmatch(line); m != nil {
			counts[m[1]+" "+how[m[2]]]++
		}
	}
	return counts
}

func (h *agentHouse) command(name string, args ...string) {
	h.t.Helper()
	if out, err := h.Command(h.t.Context(), name, args...).CombinedOutput(); err != nil {
		h.t.Fatalf("%s %v: %v %s", name, args, err, out)
	}
}
