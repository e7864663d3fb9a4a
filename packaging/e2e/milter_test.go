package e2e

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// milterHouse is a private Postfix with the milter before it.
type milterHouse struct {
	*kit.Postfix
	t       *testing.T
	dir     string
	bin     string
	config  string
	verdict string
	tcpPort int
	program *kit.Program
}

// Services of the Postfix of a milterHouse.
const (
	viaSocket = iota // the milter by unix socket
	viaTCP
	asStranger // the same as viaSocket, for clients made by XCLIENT
)

// milterConfig is milter.toml for a story; extra comes after it.
func milterConfig(listen, dir, extra string) string {
	return fmt.Sprintf(`[organisation]
name = "Nordvig Kommune"
domains = ["nordvig-kommune.example"]
[milter]
listen = %q
verdict_log = %q
metrics_listen = ""
mail_log = false
rules_dir = ""
departments = ""
mask_key = ""
objections = ""
state_dir = %q
trusted_networks = ["127.0.0.1"]
%s
[postfix]
config_dir = %q
`, listen, filepath.Join(dir, "verdict.log"), filepath.Join(dir, "state"), extra, filepath.Join(dir, "pf", "etc"))
}

// newMilterHouse starts Postfix; the milter is started by serve.
func newMilterHouse(t *testing.T, main map[string]string) *milterHouse {
	t.Helper()
	ctx := t.Context()
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &milterHouse{t: t, dir: dir, bin: filepath.Join(dir, "postvagt-milter"),
		config: filepath.Join(dir, "milter.toml"), verdict: filepath.Join(dir, "verdict.log")}
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", h.bin, "./milter/cmd/postvagt-milter")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	tcp, err := kit.FreePort("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	socket := "smtpd_milters = unix:" + h.socket()
	all := map[string]string{"mynetworks": "127.0.0.1/32", "relay_domains": "nordvig-kommune.example"}
	maps.Copy(all, main)
	h.Postfix, err = kit.StartPostfix(ctx, filepath.Join(dir, "pf"), kit.Config{Main: all, Ports: []kit.Port{
		{Options: []string{socket}},
		{Options: []string{fmt.Sprintf("smtpd_milters = inet:127.0.0.1:%d", tcp)}},
		{Options: []string{socket, "smtpd_authorized_xclient_hosts = 127.0.0.1"}},
		{},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Postfix.Stop(); err != nil {
			t.Error(err)
		}
	})
	h.tcpPort = tcp
	return h
}

func (h *milterHouse) socket() string { return filepath.Join(h.dir, "milter.sock") }

// serve starts the milter with a configuration and waits until it answers.
func (h *milterHouse) serve(listen, extra string) {
	h.t.Helper()
	h.configure(listen, extra)
	h.start(listen)
	h.t.Cleanup(func() { h.program.Stop() })
}

// start starts the milter with the configuration that is there.
func (h *milterHouse) start(listen string) {
	h.t.Helper()
	p, err := kit.StartProgram(filepath.Join(h.dir, "milter.err"), h.bin, "serve", "--config", h.config)
	if err != nil {
		h.t.Fatal(err)
	}
	h.program = p
	network, addr, _ := strings.Cut(listen, ":")
	if network == "inet" {
		network = "tcp"
	}
	if err := p.Ready(h.t.Context(), "the milter at "+listen, 30*time.Second, func() (bool, error) {
		return kit.WaitListening(h.t.Context(), network, addr, time.Second) == nil, nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *milterHouse) configure(listen, extra string) {
	h.t.Helper()
	if err := os.WriteFile(h.config, []byte(milterConfig(listen, h.dir, extra)), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *milterHouse) stop() {
	h.t.Helper()
	if err := h.program.Stop(); err != nil {
		h.t.Errorf("the milter ended with %v", err)
	}
}

// run runs a command of the milter and returns what it printed and its exit code.
func (h *milterHouse) run(args ...string) (out string, code int) {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), h.bin, args...)
	b, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		h.t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// Two sample messages: one that must not leave in the open, one that may. The number is synthetic.
const (
	secretMail = `From: Kari Holm <kari@nordvig-kommune.example>
To: Anna Jensen <anna@borger.example>
Subject: Din sag
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Kære Anna Jensen

Vi har modtaget lægens brev. Du har fået diagnosen skizofreni, og dit CPR-nummer er 010180-1234.

Venlig hilsen
Kari Holm
`
	plainMail = `From: Kari Holm <kari@nordvig-kommune.example>
To: Anna Jensen <anna@borger.example>
Subject: Tak
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Tak for sidst. Vi ses på rådhuset på torsdag.
`
)

var outbound = kit.Envelope{From: "kari@nordvig-kommune.example", To: []string{"anna@borger.example"}}

// verdictAction is a verdict line: queue id, action.
var verdictAction = regexp.MustCompile(`\]: ([0-9A-Za-z]+): verdict v=1 .* action=([a-z]+) `)

// judged reads the verdict lines: queue id -> action.
func (h *milterHouse) judged() map[string]string {
	h.t.Helper()
	f, err := os.Open(h.verdict)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	actions := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if m := verdictAction.FindStringSubmatch(s.Text()); m != nil {
			actions[m[1]] = m[2]
		}
	}
	return actions
}

// sentIDs reads which messages Postfix delivered.
func (h *milterHouse) sentIDs() map[string]bool {
	h.t.Helper()
	b, err := os.ReadFile(h.Log())
	if err != nil {
		h.t.Fatal(err)
	}
	sent := map[string]bool{}
	for _, m := range regexp.MustCompile(`: ([0-9A-F]+): to=<[^>]*>.* status=sent`).FindAllStringSubmatch(string(b), -1) {
		sent[m[1]] = true
	}
	return sent
}

// A thousand holds over reused connections, with harmless mail between them, in each way of replying:
// exactly the held ones lie in the hold queue, and none of them was delivered.
func TestMilterHoldsAThousand(t *testing.T) {
	for _, tt := range []struct {
		name    string
		service int
		tcp     bool
		extra   string
	}{
		{"unix socket without replies", viaSocket, false, ""},
		{"unix socket with replies", viaSocket, false, "no_reply = false\n"},
		{"TCP with replies", viaTCP, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const connections, each = 10, 100
			h := newMilterHouse(t, nil)
			listen := "unix:" + h.socket()
			if tt.tcp {
				listen = fmt.Sprintf("inet:127.0.0.1:%d", h.tcpPort)
			}
			h.serve(listen, tt.extra+"[policy]\nmode = \"enforce\"\n")
			var wg sync.WaitGroup
			for range connections {
				wg.Go(func() { h.sendAlternately(tt.service, each) })
			}
			wg.Wait()
			h.compareHeld(connections * each)
			h.stop()
		})
	}
}

// sendAlternately sends secret and plain mail in turn over one connection, with a reset between some.
func (h *milterHouse) sendAlternately(service, n int) {
	c, err := kit.Dial(h.t.Context(), h.Addr(service))
	if err != nil {
		h.t.Error(err)
		return
	}
	for range n {
		for _, text := range []string{secretMail, plainMail} {
			if r, err := c.Send(outbound, []byte(text)); err != nil || r.Code != 250 {
				h.t.Errorf("reply %d %s, error %v", r.Code, r.Text, err)
				return
			}
		}
	}
	if err := c.Close(); err != nil {
		h.t.Error(err)
	}
}

// compareHeld holds verdicts, hold queue and deliveries against each other.
func (h *milterHouse) compareHeld(n int) {
	h.t.Helper()
	var queue []kit.Queued
	if err := kit.Wait(h.t.Context(), "the deliveries", 60*time.Second, func() (bool, error) {
		var err error
		queue, err = h.Queue(h.t.Context())
		return len(queue) == n && len(h.sentIDs()) == n, err
	}); err != nil {
		h.t.Errorf("%d in the queue, %d sent: %v", len(queue), len(h.sentIDs()), err)
	}
	actions, sent, held := h.judged(), h.sentIDs(), 0
	for _, q := range queue {
		if q.Queue == "hold" {
			held++
		}
		if q.Queue != "hold" || actions[q.ID] != "hold" || sent[q.ID] {
			h.t.Errorf("%s: in queue %s, judged %q, sent %v", q.ID, q.Queue, actions[q.ID], sent[q.ID])
		}
	}
	for id, action := range actions {
		if sent[id] != (action == "pass") {
			h.t.Errorf("%s: judged %s, sent %v", id, action, sent[id])
		}
	}
	if held != n || len(actions) != 2*n {
		h.t.Errorf("%d held, %d judged; want %d and %d", held, len(actions), n, 2*n)
	}
}
