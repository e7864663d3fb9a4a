package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"postvagt/agent/event"
	"postvagt/agent/store"
)

func TestShipsEachRowOnce(t *testing.T) {
	h := newHouse(t)
	h.round() // shipping begins with an empty store
	g := newGenerator("once", month(2001, 1), 80)
	documents := g.some(3000)
	h.commit(documents...)
	if r := h.round(); r.Done != 3000 || r.Refused+r.Dropped+r.Retried != 0 || h.waiting() != 0 {
		t.Fatalf("%+v, %d wait", r, h.waiting())
	}
	h.same()

	for i := range 500 { // late updates
		documents[i].Outcome, documents[i].Final = "expired", true
	}
	h.commit(documents...)
	if r := h.round(); r.Done != 500 {
		t.Errorf("%+v", r)
	}
	h.same()

	for i := range documents { // all arrives, and the agent is killed before it notes so
		documents[i].DSN = "2.0.0"
	}
	h.commit(documents...)
	h.ship.Store = forgetful{h.Store}
	if _, err := h.ship.round(t.Context()); !errors.Is(err, errKilled) || h.waiting() != 3000 {
		t.Fatalf("%v, %d wait", err, h.waiting())
	}
	settled(t)
	before := h.documents()
	h.shipper(admin(t))
	if r := h.round(); r.Done != 3000 || r.Refused != 0 || h.waiting() != 0 {
		t.Errorf("the replay: %+v", r)
	}
	h.same()
	for key, d := range h.documents() {
		if d.Sequence != before[key].Sequence {
			t.Fatalf("the replay wrote %s again", key[:8])
		}
	}
}

var errKilled = errors.New("killed")

// forgetful is a store whose agent dies before it notes what has arrived.
type forgetful struct{ *store.Store }

func (forgetful) Shipped(context.Context, []event.Receipt) error { return errKilled }

// A conflict is done only where the same content is stored.
func TestConflictIsAFinding(t *testing.T) {
	h := newHouse(t)
	h.round()
	d := newGenerator("conflict", month(2001, 6), 20).next()
	h.commit(d)
	h.round()
	ask(t, http.MethodPut, fmt.Sprintf("/%s/_doc/%s?version=%d&version_type=external", index(d.Month), d.Key, version(1, 9)), `{"event.id":"x","postvagt.hash":"other"}`)
	d.Outcome = "expired"
	h.commit(d)
	if r := h.round(); r.Refused != 1 || r.Done != 0 {
		t.Fatalf("%+v", r)
	}
	b, err := h.Backlog(t.Context())
	if err != nil || b.Refused[ReasonDiffers] != 1 || b.Waiting != 0 {
		t.Errorf("%+v %v", b, err)
	}
}

// What the mapping does not know is refused, kept, counted, and shipped again at the next start.
func TestRefusedIsKept(t *testing.T) {
	h := newHouse(t)
	h.round()
	bad := newGenerator("refused", month(2001, 9), 20).next()
	ask(t, http.MethodPut, "/"+index(bad.Month), `{"mappings":{"properties":{"postvagt":{"properties":{"level":{"type":"long"}}}}}}`)
	good := newGenerator("refused too", month(2001, 11), 20).some(20)
	h.commit(append(good, bad)...)
	if r := h.round(); r.Refused != 1 || r.Done != 20 {
		t.Fatalf("%+v", r)
	}
	b, err := h.Backlog(t.Context())
	if err != nil || b.Refused["document_parsing_exception"] != 1 {
		t.Errorf("%+v %v", b, err)
	}
	if strings.Contains(h.log.String(), bad.Level) {
		t.Errorf("the log holds a value:\n%s", h.log.String())
	}
	ask(t, http.MethodDelete, "/"+index(bad.Month), "")
	ask(t, http.MethodPut, "/"+index(bad.Month), "")
	h.shipper(admin(t))
	if r := h.round(); r.Done != 1 {
		t.Errorf("at the next start: %+v", r)
	}
	h.same()
}

// fingerprints are those of the node's certificate and of its authority.

// A full disk blocks one month; the others go on.

// A proxy that takes small requests only.

// An older backup is put back: what was shipped after it goes, what is read again comes back.

// Whole months go by name; archives stay until they are released; what comes late for a month that is gone is dropped.

// An index of an older schema is copied; readers and agents keep its name.
