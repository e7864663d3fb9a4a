package elastic

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"postvagt/agent/store"
)

func TestRestoredBackup(t *testing.T) {
	h := newHouse(t)
	h.round()
	g := newGenerator("restored", month(2003, 6), 50)
	old := g.some(1000)
	h.commit(old...)
	h.round()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := h.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		old[i].Outcome = "expired"
	}
	h.commit(append(old, g.some(500)...)...)
	h.round()
	h.same()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), backup, h.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	h.open()
	if r := h.round(); r.Done != 1000 || r.Orphans != 500 {
		t.Errorf("%+v", r)
	}
	h.same()
	h.commit(old[:200]...) // the log is read again
	h.round()
	h.same()

	// The disk is lost, and the same backup put on a new one: the cluster knows a higher generation.
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h.path = filepath.Join(t.TempDir(), "agent.db")
	if _, err := store.Restore(t.Context(), backup, h.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	h.open()
	if r := h.round(); r.Done != 1000 || r.Refused != 0 || h.ship.agent.Generation != 3 {
		t.Errorf("%+v in generation %d", r, h.ship.agent.Generation)
	}
	h.same()
}

func TestTwoAgentsSideBySide(t *testing.T) {
	houses := []*house{newHouse(t), newHouse(t)}
	var wg sync.WaitGroup
	for i, h := range houses {
		h.commit(newGenerator(fmt.Sprint("agent ", i), month(2004, 1), 90).some(2000)...)
		wg.Go(func() {
			for range 50 {
				if r, err := h.ship.round(t.Context()); err == nil && r.Retried == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	if houses[0].ship.agent.Agent == houses[1].ship.agent.Agent {
		t.Error("both have the same name")
	}
	for _, h := range houses {
		if h.waiting() != 0 {
			t.Errorf("%d wait", h.waiting())
		}
		h.same()
	}
}
