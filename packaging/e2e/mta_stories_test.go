package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// mtaStories are told of each MTA: what happens to a message, seen where it arrives or lies.
func mtaStories() []mtaStory {
	return []mtaStory{
		{"passes", enforce, (*mtaHouse).tellsPass},
		{"observes", "", (*mtaHouse).tellsObserve},
		{"tags", "[policy]\nmode = \"tag\"\n", (*mtaHouse).tellsTag},
		{"takes the tag out of replies", "[policy]\nmode = \"tag\"\nsubject_tag = \"[SENSITIVE]\"\n", (*mtaHouse).tellsReply},
		{"rejects", enforce + neverLine, (*mtaHouse).tellsReject},
		{"releases", enforce, (*mtaHouse).tellsRelease},
		{"returns", enforce, (*mtaHouse).tellsReturn},
		{"deletes", enforce, (*mtaHouse).tellsDelete},
		{"not judged", "on_failure = \"hold\"\nspill_over = 1024\nspill_dir = \"/nonexistent\"\n" + enforce, (*mtaHouse).tellsNotJudged},
		{"tempfails", "on_failure = \"tempfail\"\nspill_over = 1024\nspill_dir = \"/nonexistent\"\n" + enforce, (*mtaHouse).tellsLater},
		{"dead milter", "on_failure = \"tempfail\"\n" + enforce, (*mtaHouse).tellsDead},
		{"knows transport", enforce, (*mtaHouse).tellsTransport},
		{"routes", enforce + "route_token = \"by-gateway\"\n" + routeLine, (*mtaHouse).tellsRoute},
	}
}

type mtaStory struct {
	name, config string
	tell         func(h *mtaHouse)
}

const (
	neverLine = "reject_text = \"Send it encrypted\"\n[[policy.line]]\nname = \"never\"\ndirection = [\"outbound\"]\nlevel = [\"sensitive\"]\naction = \"reject\"\n[[policy.line]]\nname = \"otherwise\"\naction = \"pass\"\n"
	routeLine = "[[policy.line]]\nname = \"by-gateway\"\ndirection = [\"outbound\"]\nlevel = [\"sensitive\"]\naction = \"route\"\n[[policy.line]]\nname = \"otherwise\"\naction = \"pass\"\n"
)

// tellMTA runs all stories, and what holds for all of them.
func tellMTA(t *testing.T, h *mtaHouse) {
	for _, s := range mtaStories() {
		if s.name == "knows transport" && h.mta.Quirks().oneHop {
			continue // milter/sendmail tells what the one next hop promises
		}
		t.Run(s.name, func(t *testing.T) { s.tell(h.story(t, s.config)) })
	}
	t.Run("holds a thousand", func(t *testing.T) {
		for name, extra := range map[string]string{"without replies": "", "with replies": "no_reply = false\n"} {
			t.Run(name, func(t *testing.T) { h.story(t, extra+enforce).tellsThousand() })
		}
	})
}

func TestMTAPostfix(t *testing.T) {
	dir := newMTADir(t)
	far := newFar(t, dir)
	h := newMTAHouse(t, dir, far, newPostfixMTA(t, dir, far))
	tellMTA(t, h)
	t.Run("routes what was held", func(t *testing.T) {
		gated := *h
		gated.gateway = gatewayOf(far)
		gated.story(t, enforce+"route_token = \"by-gateway\"\n").tellsRouteHeld()
	})
}

func (h *mtaHouse) tellsPass() {
	h.accepted(outbound, plainMail)
	got := h.arrived(1)[0]
	if strings.Contains(got, "X-Postvagt") || !strings.Contains(got, "Vi ses på rådhuset på torsdag.") {
		h.t.Error("the message was changed")
	}
	h.lastVerdict("action=pass", "level=none")
}

// accepted hands in a message that must be taken.
func (h *mtaHouse) accepted(env kit.Envelope, text string) {
	h.t.Helper()
	if r := h.send(env, text); r.Code != 250 {
		h.t.Fatalf("reply %d %s", r.Code, r.Text)
	}
}

// lastVerdict looks at the newest verdict line of a message, whose queue id it returns: the MTA's own.
func (h *mtaHouse) lastVerdict(parts ...string) (queueID string) {
	h.t.Helper()
	lines := h.verdictLines()
	for i := len(lines) - 1; i >= 0; i-- {
		m := regexp.MustCompile(`\]: ([0-9A-Za-z]+): verdict v=1 `).FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		for _, p := range parts {
			if !strings.Contains(lines[i], p) {
				h.t.Errorf("want %s in %s", p, lines[i])
			}
		}
		b, err := os.ReadFile(h.mta.Log())
		if err != nil || !strings.Contains(string(b), m[1]) {
			h.t.Errorf("the mail log does not know the queue id %s (%v)", m[1], err)
		}
		return m[1]
	}
	h.t.Error("no verdict line")
	return ""
}

func (h *mtaHouse) tellsObserve() {
	h.accepted(outbound, forged(secretMail))
	if got := h.arrived(1)[0]; strings.Count(strings.ToLower(got), "x-postvagt-") != 5 {
		h.t.Error("the message was changed")
	}
	h.lastVerdict("action=pass", "level=sensitive")
}

func (h *mtaHouse) tellsReply() {
	h.accepted(outbound, strings.Replace(plainMail, "Subject: ", "Subject: Re: [SENSITIVE]\n ", 1))
	subjects := regexp.MustCompile(`(?m)^Subject:.*(\n[ \t].*)*`).FindAllString(h.arrived(1)[0], -1)
	if len(subjects) != 1 || strings.Contains(subjects[0], "SENSITIVE") || !strings.HasPrefix(subjects[0], "Subject: Re:") {
		h.t.Errorf("subjects %q", subjects)
	}
}

// What is forged goes, what is ours comes.
func (h *mtaHouse) tellsTag() {
	h.accepted(kit.Envelope{From: "kari@nordvig-kommune.example", To: []string{"bo@nordvig-kommune.example"}}, forged(secretMail))
	got := h.arrived(1)[0]
	fields := regexp.MustCompile(`(?mi)^x-postvagt-[a-z]+: [a-z]+`).FindAllString(got, -1)
	for _, want := range []string{"X-Postvagt-Level: sensitive", "X-Postvagt-Action: tag"} {
		if !strings.Contains(got, want) {
			h.t.Errorf("no %s in %q", want, fields)
		}
	}
	if strings.Contains(got, "Forged") || strings.Contains(strings.ToLower(got), "level: none") {
		h.t.Errorf("forged fields are left: %q", fields)
	}
}

func (h *mtaHouse) tellsReject() {
	c, err := kit.Dial(h.t.Context(), h.mta.Addr())
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	for range 2 { // a refusal does not disturb what follows on the connection
		if r, err := c.Send(outbound, []byte(secretMail)); err != nil || r.Code != 550 && r.Code != 554 || !strings.Contains(r.Text, "5.7.1 Send it encrypted") {
			h.t.Errorf("reply %d %s, error %v", r.Code, r.Text, err)
		}
		if r, err := c.Send(outbound, []byte(plainMail)); err != nil || r.Code != 250 {
			h.t.Errorf("reply %d %s, error %v", r.Code, r.Text, err)
		}
	}
	h.arrived(2)
}

// hold hands in what must be held, and returns its queue id.
func (h *mtaHouse) hold(text string) string {
	h.t.Helper()
	h.accepted(outbound, text)
	ids := h.heldIDs()
	if len(ids) != 1 {
		h.t.Fatalf("%d messages are held, want 1", len(ids))
	}
	if id := h.lastVerdict("action=hold"); id != ids[0] {
		h.t.Fatalf("%s is held, the verdict is of %s", ids[0], id)
	}
	return ids[0]
}

// decide runs a command on held mail; nothing is held after it.
func (h *mtaHouse) decide(args ...string) {
	h.t.Helper()
	if out, code := h.run(append([]string{"held"}, args...)...); code != 0 {
		h.t.Fatalf("held %s: exit %d: %s", args[0], code, out)
	}
	if ids := h.heldIDs(); len(ids) != 0 {
		h.t.Errorf("%d messages are still held", len(ids))
	}
}

func (h *mtaHouse) tellsRelease() {
	id := h.hold(secretMail)
	out, code := h.run("held", "show", "--config", h.config, "--reason", "a look at the header", id)
	if code != 0 || !strings.Contains(out, "Subject: Din sag") || strings.Contains(out, "skizofreni") {
		h.t.Errorf("held show: exit %d, %d bytes", code, len(out))
	}
	for wrong, want := range map[string]string{"../../etc": "not a queue id", "ALL": "not a queue id", "6ASGuUiT099999": "not in the hold queue"} {
		if out, code := h.run("held", "release", "--config", h.config, "--reason", "false-alarm", "--note", "a test", "--", wrong); code != 2 || !strings.Contains(out, want) {
			h.t.Errorf("held release %s: exit %d: %s", wrong, code, out)
		}
	}
	h.decide("release", "--config", h.config, "--reason", "false-alarm", "--note", "a test", id)
	if got := h.arrived(1)[0]; !strings.Contains(got, "diagnosen skizofreni") || strings.Contains(got, "X-Postvagt") {
		h.t.Error("what was released arrived changed")
	}
	h.logged(id+": ", h.mta.Quirks().sent)
}

// Nothing of what goes back reaches the recipient.
func (h *mtaHouse) tellsReturn() {
	id := h.hold(secretMail)
	h.decide("return", "--config", h.config, id)
	got := h.arrived(1)[0]
	if !strings.Contains(got, "multipart/report") || !strings.Contains(got, "kari@nordvig-kommune.example") {
		h.t.Error("what arrived is no report to the sender")
	}
	b, err := os.ReadFile(h.mta.Log())
	if err != nil {
		h.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, id+": to=<anna@") && strings.Contains(line, h.mta.Quirks().sent) {
			h.t.Errorf("it was delivered: %s", line)
		}
	}
}

func (h *mtaHouse) tellsDelete() {
	id := h.hold(secretMail)
	h.decide("delete", "--config", h.config, "--reason", "a test", id)
	h.accepted(outbound, plainMail) // what comes after it arrives alone
	h.arrived(1)
}

func longMail() string {
	return strings.Replace(plainMail, "torsdag.", "torsdag.\n"+strings.Repeat("Vi ses.\n", 1000), 1)
}

func (h *mtaHouse) tellsNotJudged() {
	id := h.hold(longMail())
	h.lastVerdict("level=unknown", "why=not-judged-spool")
	if out, _ := h.run("held", "list", "--config", h.config); !strings.Contains(out, id) {
		h.t.Errorf("held list: %s", out)
	}
	h.decide("delete", "--config", h.config, "--reason", "a test", id)
}

func (h *mtaHouse) tellsLater() {
	if r := h.send(outbound, longMail()); r.Code/100 != 4 {
		h.t.Errorf("reply %d %s", r.Code, r.Text)
	}
	h.accepted(outbound, plainMail)
	h.arrived(1)
}

// A dead milter is the MTA's business, as setup has told it; a message that is tried again later passes.
func (h *mtaHouse) tellsDead() {
	if err := h.program.Stop(); err != nil {
		h.t.Fatal(err)
	}
	if r, err := kit.Send(h.t.Context(), h.mta.Addr(), outbound, []byte(plainMail)); err == nil && r.Code/100 != 4 {
		h.t.Errorf("reply %d %s", r.Code, r.Text)
	}
	h.start()
	h.accepted(outbound, plainMail)
	h.arrived(1)
}

func (h *mtaHouse) tellsRoute() {
	if h.mta.Quirks().noRoute {
		h.accepted(outbound, secretMail)
		if got := h.arrived(1)[0]; !strings.Contains(got, "X-Postvagt-Route: by-gateway") {
			h.t.Error("the message does not bear the token")
		}
		return
	}
	h.accepted(outbound, secretMail)
	h.arrived(1)
	h.logged(h.lastVerdict("action=route"), h.mta.Quirks().sent, "relay=127.0.0.1[127.0.0.1]:"+portOf(h.far.Addr(1)))
	h.accepted(outbound, "X-Postvagt-Route: by-gateway\n"+plainMail) // a token that came in does nothing
	if got := h.arrived(1)[0]; strings.Contains(got, "X-Postvagt") {
		h.t.Errorf("a forged token was left:\n%s", got)
	}
	h.logged(h.lastVerdict("action=pass"), h.mta.Quirks().sent, "relay=127.0.0.1[127.0.0.1]:"+portOf(h.far.Addr(0)))
}

// Confidential mail goes where the MTA verifies the other side, and has done so when it is there; elsewhere it is held. Old mail is
// judged by the same next hops.
func (h *mtaHouse) tellsTransport() {
	const region = "a@" + verifiedDomain
	hop := "127.0.0.1[127.0.0.1]:" + portOf(h.far.Addr(2))
	h.accepted(kit.Envelope{From: outbound.From, To: []string{region}}, confidentialMail)
	h.arrived(1)
	id := h.lastVerdict("action=pass", "level=confidential", "why=confidential-by-tls")
	h.recipient(id, "transport=enforced", "hop=smtp:[127.0.0.1]:"+portOf(h.far.Addr(2)))
	h.logged(id+": ", h.mta.Quirks().sent, "relay="+hop)
	h.logged("Verified TLS connection established to " + hop)
	held := h.hold(confidentialMail)
	h.recipient(held, "transport=opportunistic", "wanted=hold")
	h.decide("delete", "--config", h.config, "--reason", "a test", held)
	old := filepath.Join(h.dir, "old.eml")
	if err := os.WriteFile(old, []byte(confidentialMail), 0o600); err != nil {
		h.t.Fatal(err)
	}
	for to, want := range map[string]int{region: 0, outbound.To[0]: 1} {
		if out, code := h.run("check", "--config", h.config, "--to", to, old); code != want {
			h.t.Errorf("check of mail to %s: exit %d: %s", to, code, out)
		}
	}
}

// recipient looks at the newest recipient line of a message.
func (h *mtaHouse) recipient(queueID string, parts ...string) {
	h.t.Helper()
	lines := h.verdictLines()
	slices.Reverse(lines)
	i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "]: "+queueID+": rcpt v=1 ") })
	if i < 0 {
		h.t.Fatalf("no recipient line of %s", queueID)
	}
	for _, p := range parts {
		if !strings.Contains(lines[i], p) {
			h.t.Errorf("want %s in %s", p, lines[i])
		}
	}
}

func portOf(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// What was held goes by the gateway when somebody says so, and past it when it is released in the open.
func (h *mtaHouse) tellsRouteHeld() {
	id := h.hold(secretMail)
	h.decide("route", "--config", h.config, id)
	h.arrived(1)
	h.logged(id, h.mta.Quirks().sent, "relay=127.0.0.1[127.0.0.1]:"+portOf(h.far.Addr(1)))
	id = h.hold(secretMail)
	h.decide("release", "--config", h.config, "--reason", "false-alarm", "--note", "a test", id)
	h.arrived(1)
	h.logged("orig_id=" + id)
	h.logged(h.mta.Quirks().sent, "relay=127.0.0.1[127.0.0.1]:"+portOf(h.far.Addr(0)))
}

// A thousand holds over ten reused connections, with harmless mail between them: exactly the held ones lie in
// the hold queue, and exactly the others arrive.
func (h *mtaHouse) tellsThousand() {
	const connections, each = 10, 100
	done := make(chan error, connections)
	for range connections {
		go func() { done <- h.sendAlternately(each) }()
	}
	for range connections {
		if err := <-done; err != nil {
			h.t.Fatal(err)
		}
	}
	n := connections * each
	if err := kit.WaitEvery(h.t.Context(), time.Second, "a thousand arrivals", 8*time.Minute, func() (bool, error) {
		return len(h.arrivedIDs())-len(h.seen) >= n, nil
	}); err != nil {
		h.t.Error(err)
		h.t.Logf("the mail log, by what became of a delivery:\n%s", h.fates())
	}
	if fresh := len(h.arrivedIDs()) - len(h.seen); fresh != n {
		h.t.Errorf("%d have arrived, want %d", fresh, n)
	}
	ids := h.heldIDs()
	actions := h.judged()
	for _, id := range ids {
		if actions[id] != "hold" {
			h.t.Errorf("%s is held, judged %q", id, actions[id])
		}
	}
	if len(ids) != n {
		h.t.Errorf("%d are held, want %d", len(ids), n)
	}
	h.mta.Clear(h.t)
}

// fates counts the ends of deliveries in the mail log, for a story that waited in vain.
func (h *mtaHouse) fates() string {
	b, err := os.ReadFile(h.mta.Log())
	if err != nil {
		return err.Error()
	}
	count, numbers := map[string]int{}, regexp.MustCompile(`[0-9A-F]{8,}|[0-9]+`)
	for _, m := range regexp.MustCompile(`(?:stat(?:us)?=[A-Za-z]+|SYSERR).{0,60}`).FindAllString(string(b), -1) {
		count[numbers.ReplaceAllString(m, "#")]++
	}
	lines := []string{}
	for what, n := range count {
		lines = append(lines, fmt.Sprintf("%6d %s", n, what))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// sendAlternately sends secret and plain mail in turn over one connection.
func (h *mtaHouse) sendAlternately(n int) error {
	c, err := kit.Dial(h.t.Context(), h.mta.Addr())
	if err != nil {
		return err
	}
	for range n {
		for _, text := range []string{secretMail, plainMail} {
			if r, err := c.Send(outbound, []byte(text)); err != nil || r.Code != 250 {
				h.t.Errorf("reply %d %s, error %v", r.Code, r.Text, err)
				return err
			}
		}
	}
	return c.Close()
}
