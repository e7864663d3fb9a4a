package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// A real Postfix says that it does not reach the milter, with its own words for a socket that is there and for one that is not;
// the report says from when to when, and that it lasts while nothing was judged.
func TestReportSaysWhenTheMilterWasAway(t *testing.T) {
	h := newAgentHouse(t)
	h.startAgentWith(fmt.Sprintf("milter_names = [%q]\n", filepath.Join(h.dir, "milter.sock")), h.Log())
	h.send(submit, "before", false, "before@plain.example")
	h.notChecked(1, 0) // Postfix was there before the milter
	if err := h.milter.Stop(); err != nil {
		t.Fatal(err)
	}
	judged := time.Now().Unix() // Postfix's stamps are of whole seconds, by a clock that lags some milliseconds behind
	if err := kit.Wait(t.Context(), "the next second", 5*time.Second, func() (bool, error) { return time.Now().Add(-50*time.Millisecond).Unix() > judged, nil }); err != nil {
		t.Fatal(err)
	}
	h.send(submit, "missed", false, "missed@plain.example")
	h.notChecked(2, 1)
	h.send(submit, "missed too", false, "missed2@plain.example")
	h.startMilter()
	h.send(submit, "after", false, "after@plain.example")
	h.notChecked(2, 0)
}

// notChecked waits until the report knows so many outages, of which so many last.
func (h *agentHouse) notChecked(want, lasting int) {
	h.t.Helper()
	day := time.Now().Format(time.DateOnly)
	var last string
	if err := kit.Wait(h.t.Context(), fmt.Sprintf("%d outages, %d of them without an end", want, lasting), 30*time.Second, func() (bool, error) {
		out, err := exec.CommandContext(h.t.Context(), filepath.Join(h.bin, "postvagt-agent"), "report", "--config", h.agentConfig, "--from", day, "--to", day, "--format", "json").Output()
		if err != nil {
			return false, err
		}
		var r struct {
			NotChecked []struct{ Host, From, To string } `json:"not_checked"`
		}
		if err := json.Unmarshal(out, &r); err != nil {
			return false, err
		}
		last = fmt.Sprint(r.NotChecked)
		open := 0
		for _, o := range r.NotChecked {
			if o.To == "" {
				open++
			} else if o.To < o.From { // both of whole seconds
				return false, fmt.Errorf("an outage ends before it begins: %s", last)
			}
		}
		return len(r.NotChecked) == want && open == lasting, nil
	}); err != nil {
		h.t.Fatal(err, last)
	}
}
