package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// The milter is killed at random moments under load, again and again, while Postfix tempfails or holds what a dead
// milter cannot answer. Each message bears forged fields, which the milter takes out, and some get fields of ours: no message is lost, none
// is delivered unjudged or though it should have been held, and none is changed by halves. POSTVAGT_SOAK=1000 kills a
// thousand times in each mode.
func TestMilterSurvivesKills(t *testing.T) {
	for onFailure, action := range map[string]string{"tempfail": "tempfail", "hold": "quarantine"} {
		t.Run(onFailure, func(t *testing.T) { surviveKills(t, onFailure, action) })
	}
}

// killed is a kind of message of this story, and what the milter makes of it.
type killed struct {
	text   string
	to     string
	action string
	fields string // of ours, in their order
}

var postfixKinds = []killed{
	{secretMail, outbound.To[0], "hold", "X-Postvagt-Id X-Postvagt-Route"}, // it may go by the gateway
	{plainMail, outbound.To[0], "pass", ""},
	{secretMail, "bo@nordvig-kommune.example", "tag", "X-Postvagt-Id X-Postvagt-Level X-Postvagt-Action"},
}

func surviveKills(t *testing.T, onFailure, action string) {
	kills := soak(t, 20)
	h := newMilterHouse(t, map[string]string{"milter_connect_timeout": "2s", "milter_default_action": action,
		"relay_domains": "", "virtual_mailbox_domains": "borger.example nordvig-kommune.example", "virtual_mailbox_base": "@DIR@",
		"virtual_mailbox_maps": "static:box/", "virtual_mailbox_limit": "0", "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534"})
	box := filepath.Join(h.Dir, "box")
	if err := errors.Join(os.Mkdir(box, 0o755), os.Chown(box, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	listen := "unix:" + h.socket()
	h.serve(listen, fmt.Sprintf("on_failure = %q\n[held]\ngateway = \"discard:gateway\"\n", onFailure)+enforce+"route_token = \"t0ken\"\n")
	accepted, refused := sendUntil(t, h.Addr(viaSocket), postfixKinds, func() {
		for range kills {
			killAtRandom(t, h.program)
			h.start(listen)
		}
	})
	if len(accepted) < kills || (refused == 0) != (onFailure == "hold") {
		t.Errorf("%d messages accepted, %d refused: the story did not happen", len(accepted), refused)
	}
	held, delivered := h.settled(box, len(accepted))
	judged := h.judged()
	unjudged := compareKilled(t, judged, accepted, held, true, onFailure == "hold") + compareKilled(t, judged, accepted, delivered, false, false)
	noneLost(t, accepted, held, delivered)
	t.Logf("%d kills: %d held, %d of them unjudged, %d delivered, %d refused for now", kills, len(held), unjudged, len(delivered), refused)
}

// soak is POSTVAGT_SOAK, or what is done for every change.
func soak(t *testing.T, short int) int {
	t.Helper()
	s := os.Getenv("POSTVAGT_SOAK")
	if s == "" {
		return short
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("POSTVAGT_SOAK: %v", err)
	}
	return n
}

// killAtRandom kills a program at some moment soon, and waits for its end.
func killAtRandom(t *testing.T, p *kit.Program) {
	t.Helper()
	time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // the moment is the point
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := kit.Wait(t.Context(), "the end of the milter", 20*time.Second, func() (bool, error) {
		over, _ := p.Exited()
		return over, nil
	}); err != nil {
		t.Fatal(err)
	}
}

func noneLost(t *testing.T, accepted map[string]killed, held, delivered map[string][]byte) {
	t.Helper()
	for id := range accepted {
		if held[id] == nil && delivered[id] == nil {
			t.Errorf("%s was accepted and is lost", id)
		}
	}
}

// sendUntil sends messages of all kinds over four connections at a time until do is done; accepted gives the kind of each by its number.
func sendUntil(t *testing.T, addr string, kinds []killed, do func()) (accepted map[string]killed, refused int) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	accepted = map[string]killed{}
	for c := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				kind := kinds[i%len(kinds)]
				id := fmt.Sprintf("%d-%d", c, i)
				r, err := kit.Send(t.Context(), addr, kit.Envelope{From: outbound.From, To: []string{kind.to}}, []byte(forged("X-Story: "+id+"\n"+kind.text)))
				mu.Lock()
				switch {
				case err != nil || r.Code != 250 && r.Code/100 != 4:
					t.Errorf("reply %d, error %v", r.Code, err)
				case r.Code == 250:
					accepted[id] = kind
				default:
					refused++
				}
				mu.Unlock()
				if err != nil || r.Code != 250 {
					time.Sleep(20 * time.Millisecond) // as a client would try again later
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	do()
	return accepted, refused
}

// settled waits until each of n messages is held or delivered, and reads them by their number.
func (h *milterHouse) settled(box string, n int) (held, delivered map[string][]byte) {
	h.t.Helper()
	var inHold []string
	var files []string
	if err := kit.Wait(h.t.Context(), "the deliveries", 2*time.Minute, func() (bool, error) {
		queue, err := h.Queue(h.t.Context())
		if err != nil {
			return false, err
		}
		inHold = nil
		for _, q := range queue {
			if q.Queue == "hold" {
				inHold = append(inHold, q.ID)
			}
		}
		files, err = filepath.Glob(filepath.Join(box, "new", "*"))
		return len(inHold) == len(queue) && len(queue)+len(files) >= n, err
	}); err != nil {
		h.t.Errorf("%d held and %d delivered of %d: %v", len(inHold), len(files), n, err)
	}
	held, delivered = inHoldOf(h.t, h.Postfix, inHold), map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.t.Fatal(err)
		}
		keep(h.t, delivered, b)
	}
	return held, delivered
}

// inHoldOf reads messages that a Postfix holds, by their number.
func inHoldOf(t *testing.T, p *kit.Postfix, ids []string) map[string][]byte {
	t.Helper()
	held := map[string][]byte{}
	contents := regexp.MustCompile(`(?s)\*\*\* MESSAGE CONTENTS [a-z]+/[0-9A-Za-z]+ \*\*\*\n(.*?)\*\*\* HEADER EXTRACTED`)
	for some := range slices.Chunk(ids, 100) {
		out, err := p.Command(t.Context(), "postcat", append([]string{"-q"}, some...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range contents.FindAllSubmatch(out, -1) {
			keep(t, held, m[1])
		}
	}
	return held
}

var storyNumber = regexp.MustCompile(`(?m)^X-Story: (.*)$`)

func keep(t *testing.T, in map[string][]byte, text []byte) {
	t.Helper()
	m := storyNumber.FindSubmatch(text)
	if m == nil || in[string(m[1])] != nil {
		t.Errorf("a message without its number, or there twice: %q", m)
		return
	}
	in[string(m[1])] = text
}

// compareKilled holds what became of messages against what was accepted and judged, and counts those that no verdict stands for in
// their form: the MTA held them as they came, since the milter died.
func compareKilled(t *testing.T, actions map[string]string, accepted map[string]killed, messages map[string][]byte, held, mayBeUnjudged bool) (unjudged int) {
	t.Helper()
	for id, text := range messages {
		kind, ok := accepted[id]
		state := formOf(string(text), kind)
		judged := actions[queueIDOf(text)]
		switch {
		case !ok && !held: // the client saw no answer, and will send it again
			t.Errorf("%s was not accepted, and delivered", id)
		case state == "halves":
			t.Errorf("%s was changed by halves:\n%s", id, text)
		case state == "as it came" && mayBeUnjudged:
			unjudged++
		case state == "as it came":
			t.Errorf("%s is %v as it came: it was not judged", id, map[bool]string{true: "held", false: "delivered"}[held])
		case judged != kind.action || held != (kind.action == "hold"):
			t.Errorf("%s: held %v, judged %q, want %q", id, held, judged, kind.action)
		}
	}
	return unjudged
}

var queueID = regexp.MustCompile(`with ESMTP id ([0-9A-Za-z]+)`)

func queueIDOf(text []byte) string {
	all := queueID.FindAllSubmatch(text, -1) // those of MTAs behind ours stand above
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1][1])
}

// formOf says what was made of a message: "as it came", with all its forged fields and none of ours; "as judged", with none of
// theirs and all of ours; or "halves".
func formOf(got string, kind killed) string {
	sentHead, sentBody, _ := strings.Cut(forged(kind.text), "\n\n")
	head, body, _ := strings.Cut(got, "\n\n")
	theirs, ours := forgedFields(sentHead), strings.Fields(kind.fields)
	fields := forgedFields(head)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i], _, _ = strings.Cut(f, ":")
	}
	whole := body == sentBody && strings.Contains(head, strings.TrimPrefix(sentHead, strings.Join(theirs, "\n")+"\n"))
	switch {
	case whole && slices.Equal(fields, theirs):
		return "as it came"
	case whole && slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(ours))) && !strings.Contains(head, ": none"):
		return "as judged"
	}
	return "halves"
}

// forgedFields are the lines of a header whose names are the milter's.
func forgedFields(head string) (lines []string) {
	for line := range strings.Lines(head) {
		if strings.HasPrefix(strings.ToLower(line), "x-postvagt-") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// The measure itself: what is neither as it came nor as it was judged is seen.
func TestFormOf(t *testing.T) {
	kind := postfixKinds[2]
	as := func(fields, text string) string { return "Received: x\n" + fields + text }
	const theirs, ours = "X-Postvagt-Level: none\nX-POSTVAGT-LEVEL: none\nX-Postvagt-Inbound: none\nx-postvagt-level: none\nX-Postvagt-Forged: yes\n", "X-Postvagt-Id: 1\nX-Postvagt-Level: sensitive\nX-Postvagt-Action: tag\n"
	all := map[string]string{
		as(theirs, kind.text): "as it came", as(ours, kind.text): "as judged", as(theirs+ours, kind.text): "halves", as("", kind.text): "halves",
		as("X-Postvagt-Level: none\n"+ours, kind.text): "halves", as("X-Postvagt-Id: 1\n", kind.text): "halves",
		as(ours, kind.text[:len(kind.text)-5]): "halves", as(strings.Replace(ours, "sensitive", "none", 1), kind.text): "halves",
		as(ours, strings.Replace(kind.text, "Subject", "Object", 1)): "halves", as(theirs[:len(theirs)/2], kind.text): "halves",
	}
	for _, text := range slices.Sorted(maps.Keys(all)) {
		if got := formOf(text, kind); got != all[text] {
			t.Errorf("%s, want %s:\n%s", got, all[text], bytes.SplitN([]byte(text), []byte("\n\n"), 2)[0])
		}
	}
}
