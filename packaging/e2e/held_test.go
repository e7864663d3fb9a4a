package e2e

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// heldAnswer is what a client of the helper reads; the fields that stories look at.
type heldAnswer struct {
	Message *struct {
		ID         string    `json:"id"`
		Arrival    time.Time `json:"arrival"`
		Judged     bool      `json:"judged"`
		Kinds      []string  `json:"kinds"`
		Actions    []string  `json:"actions"`
		FourEyes   bool      `json:"four_eyes"`
		Escalated  bool      `json:"escalated"`
		Department string    `json:"department"`
		Own        bool      `json:"own"`
		Rules      []struct {
			Rule  string   `json:"rule"`
			Count int      `json:"count"`
			Parts []string `json:"parts"`
		} `json:"rules"`
	} `json:"message"`
	OK      *bool  `json:"ok"`
	State   string `json:"state"`
	Code    string `json:"code"`
	Error   string `json:"error"`
	Content string `json:"content"`
}

// heldClient speaks the protocol, as the browser's side does.
type heldClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Scanner
}

func (h *milterHouse) heldSocket() string { return filepath.Join(h.dir, "held.sock") }

// startHeld starts the helper as systemd does: with a socket that is open already.
func (h *milterHouse) startHeld() *heldClient {
	h.t.Helper()
	l, err := net.Listen("unix", h.heldSocket())
	if err != nil {
		h.t.Fatal(err)
	}
	f, err := l.(*net.UnixListener).File()
	if err != nil {
		h.t.Fatal(err)
	}
	defer l.Close()
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	log, err := os.Create(filepath.Join(h.dir, "held.err"))
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" held serve --config "$1"`, h.bin, h.config)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{f}, log
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			b, _ := os.ReadFile(log.Name())
			h.t.Errorf("the helper ended with %v\n%s", err, b)
		}
		log.Close()
	})
	conn, err := net.Dial("unix", h.heldSocket())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	return &heldClient{t: h.t, conn: conn, in: bufio.NewScanner(conn)}
}

// ask asks one thing and reads up to the line that ends the answer.
func (c *heldClient) ask(request map[string]any) (all []heldAnswer, last heldAnswer) {
	c.t.Helper()
	request["v"] = 1
	line, err := json.Marshal(request)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.Write(append(line, '\n')); err != nil {
		c.t.Fatal(err)
	}
	c.conn.SetReadDeadline(time.Now().Add(time.Minute))
	for c.in.Scan() {
		var a heldAnswer
		if err := json.Unmarshal(c.in.Bytes(), &a); err != nil {
			c.t.Fatal(err)
		}
		if a.OK != nil {
			return all, a
		}
		all = append(all, a)
	}
	c.t.Fatalf("no answer: %v", c.in.Err())
	return nil, heldAnswer{}
}

// decide asks for something about the i-th message of a list; more is key, value, ….
func (c *heldClient) decide(op string, m heldAnswer, who string, more ...string) heldAnswer {
	c.t.Helper()
	q := map[string]any{"op": op, "id": m.Message.ID, "arrival": m.Message.Arrival,
		"actor": map[string]any{"name": who, "addresses": []string{who + "@nordvig-kommune.example"}}}
	for i := 0; i+1 < len(more); i += 2 {
		q[more[i]] = more[i+1]
	}
	if op == "show" {
		q["body"] = true
	}
	_, last := c.ask(q)
	return last
}

// sendSecrets sends messages that are held.
func (h *milterHouse) sendSecrets(n int) {
	h.t.Helper()
	for range n {
		if r, err := kit.Send(h.t.Context(), h.Addr(viaSocket), outbound, []byte(secretMail)); err != nil || r.Code != 250 {
			h.t.Fatalf("reply %d, error %v", r.Code, err)
		}
	}
}

// Held mail over the privileged helper, on a real Postfix with a gateway: each of the buttons, and what is refused.
func TestHeldHelper(t *testing.T) {
	h := newMilterHouse(t, map[string]string{
		"milter_header_checks": "pcre:{ { /^X-Postvagt-Route: t0ken$$/ FILTER discard:gateway } }",
		"header_checks":        "pcre:{ { /^X-Postvagt-Route:/ IGNORE } }",
		"default_transport":    "discard:open",
	})
	h.serve("unix:"+h.socket(), fmt.Sprintf(`[held]
socket = %q
group = ""
deciders = []
readers = []
four_eyes = ["health"]
gateway = "discard:gateway"
%sroute_token = "t0ken"
`, h.heldSocket(), enforce))
	h.sendSecrets(4)
	c := h.startHeld()
	list, end := c.ask(map[string]any{"op": "list"})
	if len(list) != 4 || !*end.OK {
		t.Fatalf("%d held, %s", len(list), end.Error)
	}
	for _, m := range list {
		if m := m.Message; !m.Judged || !m.FourEyes || strings.Join(m.Actions, " ") != "return route release delete" || len(m.Rules) < 2 || len(m.Rules[0].Parts) == 0 {
			t.Fatalf("%+v", m)
		}
	}
	toReturn, toRoute, toRelease, toDelete := list[0], list[1], list[2], list[3]
	if a := c.decide("show", toReturn, "mette", "reason", "is it a false alarm?"); !*a.OK {
		t.Errorf("show: %s", a.Error)
	} else if b, err := base64.StdEncoding.DecodeString(a.Content); err != nil || !strings.Contains(string(b), "Subject: Din sag") {
		t.Errorf("show: %d bytes, %v", len(b), err)
	}
	for _, tt := range []struct {
		want string
		got  heldAnswer
	}{
		{"own-mail", c.decide("release", toRelease, "kari", "reason", "false-alarm", "note", "n")},
		{"consent", c.decide("release", toRelease, "mette", "reason", "documented-protection", "note", "borgeren har givet samtykke")},
		{"reason", c.decide("release", toRelease, "mette")},
	} {
		if *tt.got.OK || tt.got.Code != tt.want {
			t.Errorf("code %q (%s), want %s", tt.got.Code, tt.got.Error, tt.want)
		}
	}
	for _, tt := range []struct {
		state, said string
		m           heldAnswer
		got         heldAnswer
	}{
		{"done", "expired, returned to sender", toReturn, c.decide("return", toReturn, "mette")},
		{"done", "status=sent (gateway)", toRoute, c.decide("route", toRoute, "mette")},
		{"asked", "", toRelease, c.decide("release", toRelease, "mette", "reason", "false-alarm", "note", "a sample")},
		{"done", "requeued", toRelease, c.decide("release", toRelease, "jonas", "reason", "false-alarm", "note", "a sample")},
		{"asked", "", toDelete, c.decide("delete", toDelete, "mette", "reason", "spam")},
		{"done", "removed", toDelete, c.decide("delete", toDelete, "jonas", "reason", "spam")},
	} {
		if !*tt.got.OK || tt.got.State != tt.state {
			t.Errorf("%s: %s, want %s", tt.got.State, tt.got.Error, tt.state)
		}
		if tt.said != "" {
			h.waitLog(tt.m.Message.ID+": ", tt.said)
		}
	}
	h.waitLog("orig_id=" + toRelease.Message.ID)
	h.waitLog("status=sent (open)") // without its filter
	if err := kit.Wait(t.Context(), "the queue to be empty", time.Minute, func() (bool, error) { return len(h.queueIDs()) == 0, nil }); err != nil {
		t.Errorf("%d messages are left in the queue", len(h.queueIDs()))
	}
	h.checkDecisions("show return route release delete")
}

// override = "sender with reason" on a real Postfix: a sender of that department learns which mail is theirs, and releases it with a
// reason that counts, which is recorded; deleting it, the citizen's consent and the mail of other departments' senders are refused.
func TestHeldMailOfSenders(t *testing.T) {
	h := newMilterHouse(t, map[string]string{"default_transport": "discard:open"})
	listen := "unix:" + h.socket()
	h.configure(listen, fmt.Sprintf("[held]\nsocket = %q\ngroup = \"\"\ndeciders = []\nreaders = []\n[[held.department]]\nname = \"Kommunikation\"\noverride = \"sender with reason\"\n%s", h.heldSocket(), enforce))
	departments := filepath.Join(h.dir, "departments.csv")
	config, err := os.ReadFile(h.config)
	if err == nil {
		err = os.WriteFile(departments, []byte("match,department\nkari@nordvig-kommune.example,Kommunikation\nper@nordvig-kommune.example,Jobcenter\n"), 0o644)
	}
	if err == nil {
		err = os.WriteFile(h.config, []byte(strings.Replace(string(config), `departments = ""`, fmt.Sprintf("departments = %q", departments), 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.start(listen)
	t.Cleanup(func() { h.program.Stop() })
	for _, from := range []string{"kari", "per"} {
		if r, err := kit.Send(t.Context(), h.Addr(viaSocket), kit.Envelope{From: from + "@nordvig-kommune.example", To: outbound.To}, []byte(secretMail)); err != nil || r.Code != 250 {
			t.Fatalf("reply %d, error %v", r.Code, err)
		}
	}
	c := h.startHeld()
	listed := func(who string) map[string]heldAnswer {
		t.Helper()
		all, end := c.ask(map[string]any{"op": "list", "actor": map[string]any{"name": who, "addresses": []string{who + "@nordvig-kommune.example"}}})
		if len(all) != 2 || !*end.OK {
			t.Fatalf("%d held, %s", len(all), end.Error)
		}
		return map[string]heldAnswer{all[0].Message.Department: all[0], all[1].Message.Department: all[1]}
	}
	karis, pers := listed("kari"), listed("per")
	for _, tt := range []struct {
		m       heldAnswer
		own     bool
		actions string
	}{
		{karis["Kommunikation"], true, "return release"}, {karis["Jobcenter"], false, "return release delete"},
		{pers["Jobcenter"], true, ""}, {pers["Kommunikation"], false, "return release delete"},
	} {
		if got := strings.Join(tt.m.Message.Actions, " "); tt.m.Message.Own != tt.own || got != tt.actions {
			t.Errorf("of %s: own %v, actions %q, want %v and %q", tt.m.Message.Department, tt.m.Message.Own, got, tt.own, tt.actions)
		}
	}
	mine := karis["Kommunikation"]
	for _, tt := range []struct {
		want string
		got  heldAnswer
	}{
		{"own-mail", c.decide("release", pers["Jobcenter"], "per", "reason", "false-alarm", "note", "a sample")},
		{"own-mail", c.decide("delete", mine, "kari", "reason", "spam")},
		{"own-mail", c.decide("show", mine, "kari", "reason", "what was it?")},
		{"consent", c.decide("release", mine, "kari", "reason", "documented-protection", "note", "borgeren har givet samtykke")},
		{"reason", c.decide("release", mine, "kari", "reason", "false-alarm")},
	} {
		if *tt.got.OK || tt.got.Code != tt.want {
			t.Errorf("code %q (%s), want %s", tt.got.Code, tt.got.Error, tt.want)
		}
	}
	if got := c.decide("release", mine, "kari", "reason", "false-alarm", "note", "the person is made up"); !*got.OK || got.State != "done" {
		t.Fatalf("release: %s %s", got.State, got.Error)
	}
	h.waitLog(mine.Message.ID+": ", "released from hold")
	h.waitLog("status=sent (open)")
	b, err := os.ReadFile(filepath.Join(h.dir, "state", "held", "decisions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`"state":"done","op":"release".*"department":"Kommunikation".*"actor":"kari".*"reason":"false-alarm","note":"the person is made up"`).Match(b) {
		t.Errorf("the decision is not recorded:\n%s", b)
	}
}

// waitLog waits until a line of the mail log has all parts.
func (h *milterHouse) waitLog(parts ...string) {
	h.t.Helper()
	if err := kit.Wait(h.t.Context(), strings.Join(parts, " "), 30*time.Second, func() (bool, error) {
		b, err := os.ReadFile(h.Log())
		for line := range strings.Lines(string(b)) {
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

// checkDecisions looks for the decisions that were done, in their order, and for what must not stand there.
func (h *milterHouse) checkDecisions(want string) {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, "state", "held", "decisions.jsonl"))
	if err != nil {
		h.t.Fatal(err)
	}
	var done []string
	for line := range strings.Lines(string(b)) {
		var d struct{ State, Op, Actor string }
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			h.t.Errorf("a line is not JSON: %v", err)
		}
		if d.State == "done" {
			done = append(done, d.Op)
		}
	}
	if strings.Join(done, " ") != want {
		h.t.Errorf("done: %s, want %s", strings.Join(done, " "), want)
	}
	for _, secret := range []string{"010180", "Din sag", "borger.example", "skizofreni"} {
		if strings.Contains(string(b), secret) {
			h.t.Error("content stands among the decisions")
		}
	}
}

// Nobody decides: it is escalated, and in the end goes back to its sender; what others hold stays.
func TestHeldEndsAtItsSender(t *testing.T) {
	h := newMilterHouse(t, keepSubject)
	h.serve("unix:"+h.socket(), fmt.Sprintf("[held]\nsocket = %q\ngroup = \"\"\ndeciders = []\nreaders = []\nescalate_after = \"1s\"\nreturn_after = \"2s\"\n%s", h.heldSocket(), enforce))
	h.sendSecrets(1)
	keep := strings.Replace(plainMail, "Subject: ", "Subject: keep ", 1)
	if r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(keep)); err != nil || r.Code != 250 {
		t.Fatalf("reply %d, error %v", r.Code, err)
	}
	c := h.startHeld()
	h.waitLog("expired, returned to sender")
	if err := kit.Wait(t.Context(), "one message in hold", 30*time.Second, func() (bool, error) {
		list, _ := c.ask(map[string]any{"op": "list"})
		return len(list) == 1 && list[0].Message.Escalated && strings.Join(list[0].Message.Actions, " ") == "return release delete", nil
	}); err != nil {
		t.Error(err)
	}
	h.checkDecisions("return")
}
