package postfix

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"
)

// hops are the answers of Route that are believed for a while.
type hops struct {
	known  map[[2]string]knownHop // by sender, where Postfix looks at it, and recipient
	failed error                  // of a table, for all recipients
	until  time.Time              // failed is believed
}

type knownHop struct {
	hop   Hop // the zero Hop: it cannot be told from the address
	until time.Time
}

// Route tells where Postfix sends mail of a sender for each recipient, as its trivial-rewrite would. The zero Hop is a
// recipient that cannot be told of; err says why.
func (t *Transports) Route(ctx context.Context, sender string, rcpts []string) ([]Hop, error) {
	t.mu.Lock()
	if err := t.refresh(ctx); err != nil {
		t.mu.Unlock()
		return make([]Hop, len(rcpts)), err
	}
	r := t.routing
	if r["sender_dependent_default_transport_maps"]+r["sender_dependent_relayhost_maps"] == "" {
		sender = ""
	}
	now := t.now()
	found, missing, err := t.hops.before(now, sender, rcpts)
	if len(missing) > 0 && now.Before(t.hops.until) {
		missing, err = nil, t.hops.failed
	}
	t.mu.Unlock()
	if len(missing) == 0 {
		return found, err
	}
	asked := make([]string, len(missing))
	for i, at := range missing {
		asked[i] = rcpts[at]
	}
	fresh, failed := t.Postfix.resolve(ctx, r, sender, asked)
	for i, at := range missing {
		found[at] = fresh[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case failed == nil || errors.Is(failed, errForm):
		t.hops.keep(t.now().Add(promiseFor), sender, asked, fresh)
	case ctx.Err() == nil:
		t.hops.failed, t.hops.until = failed, t.now().Add(failureFor)
	}
	return found, errors.Join(err, failed)
}

// before gives the hops that are known, and the places of those that are not.
func (h *hops) before(now time.Time, sender string, rcpts []string) (found []Hop, missing []int, err error) {
	found = make([]Hop, len(rcpts))
	for i, rcpt := range rcpts {
		k, ok := h.known[[2]string{sender, rcpt}]
		if !ok || now.After(k.until) {
			missing = append(missing, i)
			continue
		}
		if found[i] = k.hop; k.hop == (Hop{}) {
			err = errForm
		}
	}
	return found, missing, err
}

func (h *hops) keep(until time.Time, sender string, rcpts []string, fresh []Hop) {
	if len(h.known) >= manyAnswers {
		h.known = map[[2]string]knownHop{}
	}
	for i, rcpt := range rcpts {
		h.known[[2]string{sender, rcpt}] = knownHop{fresh[i], until}
	}
}

// readOrigin reads the file that myorigin names, where it names one, as Debian's Postfix does. Without it no sender is of myorigin.
func (r routing) readOrigin() {
	if !strings.HasPrefix(r["myorigin"], "/") {
		return
	}
	if b, err := os.ReadFile(r["myorigin"]); err == nil {
		r["myorigin"], _, _ = strings.Cut(strings.TrimSpace(string(b)), "\n")
	}
}
