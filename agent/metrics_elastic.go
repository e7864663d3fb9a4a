package agent

import (
	"context"
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"postvagt/agent/elastic"
	"postvagt/agent/event"
)

// elasticMetrics are what operations sees of shipping.
type elasticMetrics struct {
	shipped *prometheus.CounterVec // result
	failing prometheus.Gauge
}

func newElasticMetrics() elasticMetrics {
	return elasticMetrics{
		shipped: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postvagt_agent_shipped_total", Help: "Transmissions by what Elasticsearch said: done, refused, dropped, retried."}, []string{"result"}),
		failing: prometheus.NewGauge(prometheus.GaugeOpts{Name: "postvagt_agent_elasticsearch_failing", Help: "1 while Elasticsearch takes nothing."}),
	}
}

func (m *elasticMetrics) report(r elastic.Report, err error) {
	for result, n := range map[string]int{"done": r.Done, "refused": r.Refused, "dropped": r.Dropped, "retried": r.Retried} {
		m.shipped.WithLabelValues(result).Add(float64(n))
	}
	m.failing.Set(0)
	if err != nil {
		m.failing.Set(1)
	}
}

// backlog adds what the database knows of shipping.
func (m *metrics) backlog(count func(context.Context) (event.Backlog, error)) {
	gauge := func(name, help string, of func(event.Backlog) int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "postvagt_agent_" + name, Help: help}, func() float64 {
			b, err := count(context.Background())
			if err != nil {
				return math.NaN()
			}
			return float64(of(b))
		})
	}
	m.registry.MustRegister(
		gauge("unshipped_transmissions", "Transmissions and notes that wait to be shipped to Elasticsearch.", func(b event.Backlog) int64 { return b.Waiting }),
		gauge("refused_transmissions", "Transmissions and notes that Elasticsearch does not take.", func(b event.Backlog) (n int64) {
			for _, of := range b.Refused {
				n += of
			}
			return n
		}))
}
