package agent

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postvagt/agent/store"
)

// The metrics say what lies in hold and since when, what became of the mail, and what was not understood; nothing in them is
// of a person, and whoever writes to the log cannot make them grow.
// The largest lag is told once.
func TestLargestLag(t *testing.T) {
	m := newMetrics("")
	m.read("file", 10, 5, 3*time.Second)
	m.read("file", 10, 5, 8*time.Second)
	m.read("journal", 10, 5, 2*time.Second)
	m.read("file", 10, 0, time.Hour) // all is read, the last line is old
	if got := m.largestLag(); got != 8*time.Second {
		t.Errorf("%v", got)
	}
	if got := m.largestLag(); got != 0 {
		t.Errorf("%v again", got)
	}
}

func TestMetrics(t *testing.T) {
	c := importConfig(t)
	if _, err := (&Import{Config: c, Verdicts: []string{fatesVerdicts}, Year: 2026}).Run(t.Context(), []string{fatesMail}); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), c.Store.Path, store.In(time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h, err := heldNow(t.Context(), db)
	if err != nil || h.messages != 1 || h.bytes == 0 || h.oldest.IsZero() {
		t.Errorf("hold queue %+v, %v", h, err)
	}
	m := newMetrics(c.Store.Path)
	m.stored(db, func() time.Time { return h.oldest.Add(time.Hour) })
	m.read("file", 100, 40, 3*time.Second)
	m.read("journal", 100, 0, 3*time.Second)
	for i := range 200 {
		m.notUnderstood(fmt.Sprintf("postfix/forged%d", i))
	}
	answer := httptest.NewRecorder()
	m.handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	text := answer.Body.String()
	for _, want := range []string{
		"postvagt_agent_held_messages 1\n", fmt.Sprintf("postvagt_agent_held_bytes %d\n", h.bytes), "postvagt_agent_held_oldest_seconds 3600\n",
		`postvagt_agent_transmissions{outcome="delivered"} 1`, `postvagt_agent_lag_seconds{source="file"} 3`, `postvagt_agent_lag_seconds{source="journal"} 0`,
		`postvagt_agent_lag_bytes{source="file"} 40`, `postvagt_agent_unknown_lines_total{program="other"} 150`, "postvagt_agent_database_bytes ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not say %q", want)
		}
	}
	if n := strings.Count(text, "postvagt_agent_unknown_lines_total{"); n > manyPrograms+1 {
		t.Errorf("%d programs have a label", n)
	}
	if strings.Contains(text, "@") || strings.Contains(text, ".example") {
		t.Error("an address stands in the metrics")
	}
}
