package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// mta is a mail server with the milter before it, as the stories see it: the same ones run on each.
type mta interface {
	// Addr is where mail is handed in.
	Addr() string
	// Log is the mail log.
	Log() string
	// Milter is what milter.toml needs to know: lines of its table milter, and tables of their own.
	Milter() (lines, tables string)
	// Wrap makes the milter run where this MTA runs.
	Wrap(name string, args ...string) (string, []string)
	// SetUp puts the milter into the MTA with the milter's own command, for one on_failure.
	SetUp(t *testing.T, h *mtaHouse)
	// Clear empties the hold queue, past the milter's command.
	Clear(t *testing.T)
	// Quirks say what this MTA cannot do.
	Quirks() quirks
}

// quirks are limits of an MTA that a story must know of; each is stated in the documentation of its room.
type quirks struct {
	oneHop  bool   // all mail has one next hop here
	noRoute bool   // no table chooses a next hop by a header field
	sent    string // how the log says that a message was delivered
}

// mtaHouse is an MTA under test, with a far Postfix behind it that keeps whatever arrives.
type mtaHouse struct {
	t                          *testing.T
	mta                        mta
	far                        *kit.Postfix
	dir, bin, config, verdicts string
	program                    *kit.Program
	gateway                    string          // held.gateway of the story
	trusted                    string          // more trusted_networks, each ", \"network\""
	seen                       map[string]bool // what had arrived before the story
}

// newFar is the other side: it holds all mail, so that a story can look at it.
func newFar(t *testing.T, dir string) *kit.Postfix {
	t.Helper()
	far, err := kit.StartPostfix(t.Context(), filepath.Join(dir, "far"), kit.Config{Ports: []kit.Port{{}, {}, {}}, Main: map[string]string{
		"header_checks": "static:HOLD", "myhostname": "mx.far.example", "mynetworks": "127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, far.Stop()) })
	return far
}

func stopped(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// newMTADir makes the folder of a house, with the milter's program in it.
func newMTADir(t *testing.T) string {
	t.Helper()
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "postvagt-milter"), "./milter/cmd/postvagt-milter")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// milterSocket is where the milter listens in dir.
func milterSocket(dir string) string { return filepath.Join(dir, "milter.sock") }

func newMTAHouse(t *testing.T, dir string, far *kit.Postfix, m mta) *mtaHouse {
	t.Helper()
	h := &mtaHouse{t: t, mta: m, far: far, dir: dir, bin: filepath.Join(dir, "postvagt-milter"), config: filepath.Join(dir, "milter.toml"), verdicts: filepath.Join(dir, "verdict.log")}
	h.configure("")
	m.SetUp(t, h)
	return h
}

// configure writes milter.toml; extra comes into its table milter, and may begin tables of its own.
func (h *mtaHouse) configure(extra string) {
	h.t.Helper()
	lines, tables := h.mta.Milter()
	text := "[organisation]\nname = \"Nordvig Kommune\"\ndomains = [\"nordvig-kommune.example\"]\n" + tables +
		"[held]\n" + lineOf("gateway", h.gateway) + "group = \"\"\nsocket = \"" + h.dir + "/held.sock\"\ndecisions = \"" + h.dir + "/decisions.jsonl\"\n" +
		"[milter]\nmetrics_listen = \"\"\nmail_log = false\nrules_dir = \"\"\ndepartments = \"\"\nmask_key = \"\"\nobjections = \"\"\nsocket_group = \"postfix\"\n" +
		"trusted_networks = [\"127.0.0.1\"" + h.trusted + "]\nlisten = \"unix:" + milterSocket(h.dir) + "\"\nverdict_log = \"" + h.verdicts + "\"\nstate_dir = \"" + filepath.Join(h.dir, "state") + "\"\n" + lines + extra
	if err := os.WriteFile(h.config, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func lineOf(key, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf("%s = %q\n", key, value)
}

// story begins one: the milter with a configuration of its own, and a look at what lay there before.
func (h *mtaHouse) story(t *testing.T, extra string) *mtaHouse {
	t.Helper()
	s := *h
	s.t = t
	s.configure(extra)
	s.seen = s.arrivedIDs()
	s.start()
	t.Cleanup(func() { s.program.Stop() })
	return &s
}

func (h *mtaHouse) start() {
	h.t.Helper()
	name, args := h.mta.Wrap(h.bin, "serve", "--config", h.config)
	said, _ := os.ReadFile(filepath.Join(h.dir, "milter.err")) // by those before it
	p, err := kit.StartProgram(filepath.Join(h.dir, "milter.err"), name, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.program = p
	if err := p.Ready(h.t.Context(), "the milter", time.Minute, func() (bool, error) {
		now, err := os.ReadFile(p.Log)
		return len(now) > len(said) && strings.Contains(string(now[len(said):]), "msg=ready"), err
	}); err != nil {
		h.t.Fatal(err)
	}
}

// run runs a command of the milter beside the MTA.
func (h *mtaHouse) run(args ...string) (out string, code int) {
	h.t.Helper()
	name, all := h.mta.Wrap(h.bin, args...)
	cmd := exec.CommandContext(h.t.Context(), name, all...)
	b, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		h.t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// send hands in a message and returns the answer's code.
func (h *mtaHouse) send(env kit.Envelope, text string) kit.Reply {
	h.t.Helper()
	r, err := kit.Send(h.t.Context(), h.mta.Addr(), env, []byte(text))
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *mtaHouse) arrivedIDs() map[string]bool {
	h.t.Helper()
	list, err := h.far.Queue(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, q := range list {
		if q.Queue == "hold" {
			ids[q.ID] = true
		}
	}
	return ids
}

// arrived waits until n messages of this story have arrived on the other side, and gives them whole.
func (h *mtaHouse) arrived(n int) (messages []string) {
	h.t.Helper()
	var fresh []string
	if err := kit.Wait(h.t.Context(), "the arrivals", time.Minute, func() (bool, error) {
		fresh = nil
		for id := range h.arrivedIDs() {
			if !h.seen[id] {
				fresh = append(fresh, id)
			}
		}
		return len(fresh) >= n, nil
	}); err != nil {
		h.t.Fatal(err)
	}
	if len(fresh) > n {
		h.t.Fatalf("%d messages have arrived, want %d", len(fresh), n)
	}
	for _, id := range fresh {
		out, err := h.far.Command(h.t.Context(), "postcat", "-qhb", id).Output()
		if err != nil {
			h.t.Fatal(err)
		}
		messages = append(messages, string(out))
		h.seen[id] = true
	}
	return messages
}

// heldIDs lists what is held, by the milter's own command.
func (h *mtaHouse) heldIDs() (ids []string) {
	h.t.Helper()
	out, code := h.run("held", "list", "--config", h.config)
	if code != 0 {
		h.t.Fatalf("held list: exit %d: %s", code, out)
	}
	for i, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if f := strings.Fields(line); i > 0 && len(f) > 0 && !strings.HasPrefix(line, "time=") {
			ids = append(ids, f[0])
		}
	}
	return ids
}

// verdictLines are those written since the milter's log began.
func (h *mtaHouse) verdictLines() []string {
	h.t.Helper()
	b, err := os.ReadFile(h.verdicts)
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return strings.Split(string(b), "\n")[:strings.Count(string(b), "\n")]
}

// judged reads the verdict lines: queue id -> action.
func (h *mtaHouse) judged() map[string]string {
	actions := map[string]string{}
	for _, line := range h.verdictLines() {
		if m := verdictAction.FindStringSubmatch(line); m != nil {
			actions[m[1]] = m[2]
		}
	}
	return actions
}

// logged waits for a line of the mail log that has all parts.
func (h *mtaHouse) logged(parts ...string) {
	h.t.Helper()
	if err := kit.Wait(h.t.Context(), strings.Join(parts, " "), time.Minute, func() (bool, error) {
		b, err := os.ReadFile(h.mta.Log())
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
		h.t.Error(err)
	}
}

// postfixMTA is Postfix alone.
type postfixMTA struct{ *kit.Postfix }

func newPostfixMTA(t *testing.T, dir string, far *kit.Postfix) postfixMTA {
	t.Helper()
	p, err := kit.StartPostfix(context.Background(), filepath.Join(dir, "pf"), kit.Config{Ports: []kit.Port{{}}, Main: nearPostfix(far)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, p.Stop()) })
	return postfixMTA{p}
}

// verifiedDomain is one whose host Postfix verifies (smtp_tls_policy_maps), at the third door of the other side.
const verifiedDomain = "region.example"

// nearPostfix are the parameters of a Postfix that hands all mail to the other side.
func nearPostfix(far *kit.Postfix) map[string]string {
	verified := "[" + strings.Replace(far.Addr(2), ":", "]:", 1)
	return map[string]string{"mynetworks": "127.0.0.1/32", "default_transport": hopOf(far),
		"transport_maps":       "inline:{ { " + verifiedDomain + " = smtp:" + verified + " } }",
		"smtp_tls_policy_maps": "inline:{ { " + verified + " = secure match=mx.example.test } }", "smtp_tls_CAfile": filepath.Join(far.Etc(), "cert.pem"),
		"smtp_tls_mandatory_protocols": ">=TLSv1.2", "milter_connect_timeout": "2s",
		"milter_header_checks": "pcre:{ { /^X-Postvagt-Route: by-gateway$$/ FILTER " + gatewayOf(far) + " } }"}
}

// hopOf and gatewayOf are the two doors of the other side, in the words of Postfix: the open one, and the secure gateway.
func hopOf(far *kit.Postfix) string { return "smtp:[" + strings.Replace(far.Addr(0), ":", "]:", 1) }

func gatewayOf(far *kit.Postfix) string { return "smtp:[" + strings.Replace(far.Addr(1), ":", "]:", 1) }

func (p postfixMTA) Addr() string { return p.Postfix.Addr(0) }

func (p postfixMTA) Milter() (lines, tables string) {
	return "mta = \"postfix\"\n", "[postfix]\nconfig_dir = \"" + p.Etc() + "\"\n"
}

func (p postfixMTA) Wrap(name string, args ...string) (string, []string) { return name, args }

func (p postfixMTA) SetUp(t *testing.T, h *mtaHouse) {
	t.Helper()
	h.configure("on_failure = \"tempfail\"\n")
	if out, code := h.run("setup", "postfix", "--config", h.config, "--apply"); code != 0 {
		t.Fatalf("setup postfix: exit %d: %s", code, out)
	}
}

func (p postfixMTA) Clear(t *testing.T) {
	t.Helper()
	if out, err := p.Command(t.Context(), "postsuper", "-d", "ALL", "hold").CombinedOutput(); err != nil {
		t.Fatalf("postsuper: %v: %s", err, out)
	}
}

func (p postfixMTA) Quirks() quirks { return quirks{sent: "status=sent"} }
