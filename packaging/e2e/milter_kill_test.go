package e2e

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// The milter is killed at random moments under load, again and again, while Postfix tempfails what a dead
// milter cannot answer: no message is lost, none is delivered that should have been held, and each that was
// answered has its verdict. POSTVAGT_SOAK=1000 kills a thousand times.
func TestMilterSurvivesKills(t *testing.T) {
	kills := 20
	if s := os.Getenv("POSTVAGT_SOAK"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("POSTVAGT_SOAK: %v", err)
		}
		kills = n
	}
	h := newMilterHouse(t, map[string]string{"milter_connect_timeout": "2s"}) // milter_default_action is tempfail
	listen := "unix:" + h.socket()
	h.serve(listen, "on_failure = \"tempfail\"\n"+enforce)
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
	if secret == 0 || plain == 0 || refused == 0 {
		t.Errorf("%d secret and %d harmless messages accepted, %d refused: the story did not happen", secret, plain, refused)
	}
	h.compareKilled(secret, plain)
	t.Logf("%d kills: %d held, %d delivered, %d refused for now", kills, secret, plain, refused)
}

// compareKilled holds what the client was told against queue, deliveries and verdicts. A verdict may stand for
// a message whose answer never arrived: the client was told to try again.
func (h *milterHouse) compareKilled(secret, plain int) {
	h.t.Helper()
	held := map[string]bool{}
	if err := kit.Wait(h.t.Context(), "the deliveries", 60*time.Second, func() (bool, error) {
		queue, err := h.Queue(h.t.Context())
		clear(held)
		for _, q := range queue {
			held[q.ID] = q.Queue == "hold"
		}
		return len(held) == secret && len(h.sentIDs()) == plain, err
	}); err != nil {
		h.t.Errorf("%d in the queue of %d, %d sent of %d: %v", len(held), secret, len(h.sentIDs()), plain, err)
	}
	actions := h.judged()
	for id, inHold := range held {
		if !inHold || actions[id] != "hold" {
			h.t.Errorf("%s: in hold %v, judged %q", id, inHold, actions[id])
		}
	}
	for id := range h.sentIDs() {
		if actions[id] != "pass" {
			h.t.Errorf("%s was delivered, judged %q", id, actions[id])
		}
	}
}
