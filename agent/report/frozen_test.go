package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// frozen is a report as it comes back from the register.
func frozen(t *testing.T, r *Report) Frozen {
	t.Helper()
	f, err := r.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Frozen
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// Whatever gives a report another hash is named in its next version.
func TestNextVersionSaysWhatHasChanged(t *testing.T) {
	n := int64(4)
	for name, c := range map[string]struct {
		change func(r *Report)
		want   string
	}{
		"a figure":     {func(r *Report) { r.Answers["sent"] = []dashboards.Row{{Count: 1}} }, " → 1"},
		"a division":   {func(r *Report) { r.Answers["recognised-kinds"] = nil }, "the division has changed"},
		"lost lines":   {func(r *Report) { r.Gaps = nil }, "“What was not seen”"},
		"outages":      {func(r *Report) { r.Outages = r.Outages[:1] }, "“What was not seen”"},
		"test mails":   {func(r *Report) { r.Tested = []dashboards.Tested{{Host: "mx1", Good: 1, All: 2}} }, "“What was in force”"},
		"a measure":    {func(r *Report) { r.Supervision.Measures = []supervise.Measure{{Date: "2026-10-01", Kind: "course"}} }, "“Measures”"},
		"a control":    {func(r *Report) { r.Supervision.Controls = []supervise.Control{{Date: "2026-10-01", Point: 1}} }, "“Controls”"},
		"a sample":     {func(r *Report) { r.Supervision.Sample = &supervise.Result{} }, "“Sample”"},
		"outcomes":     {func(r *Report) { r.Outcomes = &Outcomes{} }, "“Incidents and how they ended”"},
		"the stock":    {func(r *Report) { r.Mailboxes = &n }, "“Secure mailboxes and secure channels”"},
		"what is told": {func(r *Report) { r.Reported = []dashboards.Reported{{Month: "2026-10", Channel: "sms", Count: 3}} }, "“Reported, not measured”"},
	} {
		r := make1(t, "en", documents(60))
		before := frozen(t, r)
		if same := before.Thaw("en", zone, 2, &before); len(same.changes) > 0 {
			t.Fatalf("the same twice: %q", same.changes)
		}
		c.change(r)
		r.Made = r.Made.Add(time.Hour)
		after := frozen(t, r)
		if after.Hash == before.Hash {
			t.Errorf("%s: the hash is the same", name)
		}
		if changes := strings.Join(after.Thaw("en", zone, 2, &before).changes, "\n"); !strings.Contains(changes, c.want) {
			t.Errorf("%s: %q is not named in %q", name, c.want, changes)
		}
	}
}
