package agent

import (
	"math"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"postvagt/agent/tail"
	"postvagt/agent/track"
)

// metrics are what operations sees; no label holds anything of a person.
type metrics struct {
	registry      *prometheus.Registry
	lines         *prometheus.CounterVec // source, kind
	bytes         *prometheus.CounterVec // source
	lag           *prometheus.GaugeVec   // source
	sourceEvents  *prometheus.CounterVec // source, event
	failing       *prometheus.GaugeVec   // source
	documents     prometheus.Counter
	unfinished    *prometheus.GaugeVec // where
	logTime       prometheus.Gauge
	commitSeconds prometheus.Histogram
	storeFailing  prometheus.Gauge
	reloads       *prometheus.CounterVec // result

	kinds map[[2]string]prometheus.Counter
}

func newMetrics(database string) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postvagt_agent_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "postvagt_agent_" + name, Help: help}, labels)
	}
	m := &metrics{registry: prometheus.NewRegistry(),
		lines:        counter("lines_total", "Log lines by what they say.", "source", "kind"),
		bytes:        counter("bytes_total", "Bytes of log read.", "source"),
		lag:          gauge("lag_bytes", "Bytes of log that are written and not read.", "source"),
		sourceEvents: counter("source_events_total", "Rotations, truncations and losses of log files.", "source", "event"),
		failing:      gauge("source_failing", "1 while a source cannot be read.", "source"),
		documents:    prometheus.NewCounter(prometheus.CounterOpts{Name: "postvagt_agent_documents_total", Help: "Transmissions written or changed."}),
		unfinished:   gauge("unfinished_messages", "Messages without an end.", "where"),
		logTime:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "postvagt_agent_log_time_seconds", Help: "Time of the newest line."}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "postvagt_agent_commit_seconds",
			Help: "Time of one transaction.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
		storeFailing: prometheus.NewGauge(prometheus.GaugeOpts{Name: "postvagt_agent_store_failing", Help: "1 while the database takes no data and reading stands still."}),
		reloads:      counter("reloads_total", "Reloads of the configuration.", "result"),
		kinds:        map[[2]string]prometheus.Counter{},
	}
	m.registry.MustRegister(m.lines, m.bytes, m.lag, m.sourceEvents, m.failing, m.documents, m.unfinished, m.logTime, m.commitSeconds,
		m.storeFailing, m.reloads,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "postvagt_agent_database_bytes", Help: "Size of the database file."}, func() float64 {
			info, err := os.Stat(database)
			if err != nil {
				return 0
			}
			return float64(info.Size())
		}),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// kind counts one line; the counters are kept, as looking them up costs more than reading the line.
func (m *metrics) kind(source, kind string) {
	k := [2]string{source, kind}
	c, ok := m.kinds[k]
	if !ok {
		c = m.lines.WithLabelValues(source, kind)
		m.kinds[k] = c
	}
	c.Inc()
}

func (m *metrics) read(source string, lines int, bytes, lag int64) {
	m.bytes.WithLabelValues(source).Add(float64(bytes))
	m.lag.WithLabelValues(source).Set(float64(lag))
}

func (m *metrics) events(source string, events []tail.EventKind) {
	for _, e := range events {
		m.sourceEvents.WithLabelValues(source, string(e)).Inc()
	}
}

func (m *metrics) committed(documents int, t *track.Tracker) {
	m.documents.Add(float64(documents))
	live, outside := t.Unfinished()
	m.unfinished.WithLabelValues("memory").Set(float64(live))
	m.unfinished.WithLabelValues("database").Set(float64(outside))
	m.logTime.Set(float64(t.Now().Unix()))
}

// held adds the number of held messages, which the database knows.
func (m *metrics) held(count func() (float64, error)) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "postvagt_agent_held_messages", Help: "Messages in the hold queue."}, func() float64 {
		n, err := count()
		if err != nil {
			return math.NaN()
		}
		return n
	}))
}
