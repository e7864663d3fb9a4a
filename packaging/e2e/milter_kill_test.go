package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
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
// milter cannot answer: no message is lost, none is delivered that should have been held, none is changed by halves, and
// each that was delivered has its verdict. POSTVAGT_SOAK=1000 kills a thousand times in each mode.
func TestMilterSurvivesKills(t *testing.T) {
	for onFailure, action := range map[string]string{"tempfail": "tempfail", "hold": "quarantine"} {
		t.Run(onFailure, func(t *testing.T) { surviveKills(t, onFailure, action) })
	}
}

func surviveKills(t *testing.T, onFailure, action string) {
	kills := 20
	if s := os.Getenv("POSTVAGT_SOAK"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("POSTVAGT_SOAK: %v", err)
		}
		kills = n
	}
	h := newMilterHouse(t, map[string]string{"milter_connect_timeout": "2s", "milter_default_action": action})
	listen := "unix:" + h.socket()
	h.serve(listen, fmt.Sprintf("on_failure = %q\n", onFailure)+enforce)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	secret, plain, refused := 0, 0, 0
	for range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				text, count := secretMail, &secret
				if i%2 == 1 {
					text, count = plainMail, &plain
				}
				r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(text))
				mu.Lock()
				switch {
				case err != nil || r.Code != 250 && r.Code/100 != 4:
					t.Errorf("reply %d, error %v", r.Code, err)
				case r.Code == 250:
					*count++
				default:
					refused++
					time.Sleep(20 * time.Millisecond) // as a client would try again later
				}
				mu.Unlock()
			}
		})
	}
	for range kills {
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // the moment is the point
		if err := h.program.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := kit.Wait(t.Context(), "the end of the milter", 20*time.Second, func() (bool, error) {
			over, _ := h.program.Exited()
			return over, nil
		}); err != nil {
			t.Fatal(err)
		}
		h.start(listen)
	}
	close(stop)
	wg.Wait()
	if secret == 0 || plain == 0 || (refused == 0) != (onFailure == "hold") {
		t.Errorf("%d secret and %d harmless messages accepted, %d refused: the story did not happen", secret, plain, refused)
	}
	h.compareKilled(secret, plain, onFailure == "hold")
	t.Logf("%d kills: %d held, %d delivered, %d refused for now", kills, secret, plain, refused)
}

// compareKilled holds what the client was told against queue, deliveries and verdicts. A verdict may stand for
// a message whose answer never arrived: the client was told to try again, or Postfix holds it (unjudged).
func (h *milterHouse) compareKilled(secret, plain int, unjudged bool) {
	h.t.Helper()
	held := map[string]bool{}
	if err := kit.Wait(h.t.Context(), "the deliveries", 2*time.Minute, func() (bool, error) {
		queue, err := h.Queue(h.t.Context())
		clear(held)
		for _, q := range queue {
			held[q.ID] = q.Queue == "hold"
		}
		return len(held)+len(h.sentIDs()) == secret+plain && !slices.Contains(slices.Collect(maps.Values(held)), false), err
	}); err != nil {
		h.t.Errorf("%d in the queue and %d sent of %d: %v", len(held), len(h.sentIDs()), secret+plain, err)
	}
	if extra := len(held) - secret; extra < 0 || extra > 0 && !unjudged {
		h.t.Errorf("%d are held, %d of the accepted ones had to be", len(held), secret)
	}
	actions := h.judged()
	for id, inHold := range held {
		if !inHold || actions[id] != "hold" && !unjudged {
			h.t.Errorf("%s: in hold %v, judged %q", id, inHold, actions[id])
		}
	}
	h.unchanged(slices.Collect(maps.Keys(held)))
	for id := range h.sentIDs() {
		if actions[id] != "pass" {
			h.t.Errorf("%s was delivered, judged %q", id, actions[id])
		}
	}
}

// unchanged looks at held messages: what is judged here adds nothing and takes nothing away. One postcat reads many of them.
func (h *milterHouse) unchanged(ids []string) {
	h.t.Helper()
	contents := regexp.MustCompile(`(?s)\*\*\* MESSAGE CONTENTS [a-z]+/([0-9A-Za-z]+) \*\*\*\n(.*?)\*\*\* HEADER EXTRACTED`)
	for some := range slices.Chunk(ids, 100) {
		out, err := h.Command(h.t.Context(), "postcat", append([]string{"-q"}, some...)...).Output()
		if err != nil {
			h.t.Fatal(err)
		}
		whole := map[string]bool{}
		for _, m := range contents.FindAllSubmatch(out, -1) {
			whole[string(m[1])] = isSample(string(m[2]))
		}
		for _, id := range some {
			if !whole[id] {
				h.t.Errorf("%s was changed", id)
			}
		}
	}
}

// isSample says whether a message is one of those sent, with nothing but the header fields of Postfix before it.
func isSample(got string) bool {
	for _, whole := range []string{secretMail, plainMail} {
		head, body, _ := strings.Cut(whole, "\n\n")
		if strings.HasSuffix(got, "\n"+body) && strings.Contains(got, head+"\n") && !strings.Contains(got, "X-Postvagt") {
			return true
		}
	}
	return false
}
