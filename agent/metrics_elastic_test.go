package agent

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"postvagt/agent/event"
	"postvagt/agent/store"
)

// The alert rules ask for metrics that there are.
func TestAlertsAskForMetricsThatThereAre(t *testing.T) {
	m := newMetrics("nowhere")
	m.backlog(func(context.Context) (event.Backlog, error) { return event.Backlog{}, nil })
	m.selfTests(func(context.Context) ([]store.SelfTest, error) { return nil, nil })
	ch := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(ch)
	close(ch)
	var known strings.Builder
	for d := range ch {
		known.WriteString(d.String())
	}
	rules, err := os.ReadFile("../dashboards/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`postvagt_agent_[a-z_]+`).FindAllString(string(rules), -1)
	if len(names) < 10 {
		t.Fatalf("only %d metrics in the rules", len(names))
	}
	for _, name := range names {
		if !strings.Contains(known.String(), `"`+strings.TrimSuffix(name, "_bucket")+`"`) {
			t.Errorf("there is no metric %s", name)
		}
	}
}
