package agent

import (
	"context"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/agent/track"
	"postvagt/dashboards"
)

// metrics are what operations sees; no label holds anything of a person.
type metrics struct {
	registry      *prometheus.Registry
	lines         *prometheus.CounterVec // source, kind
	bytes         *prometheus.CounterVec // source
	lag           *prometheus.GaugeVec   // source
	lagSeconds    *prometheus.GaugeVec   // source
	lagged        atomic.Int64           // the largest lag since it was asked for, in nanoseconds
	unknown       *prometheus.CounterVec // program
	sourceEvents  *prometheus.CounterVec // source, event
	failing       *prometheus.GaugeVec   // source
	documents     prometheus.Counter
	unfinished    *prometheus.GaugeVec // where
	logTime       prometheus.Gauge
	commitSeconds prometheus.Histogram
	storeFailing  prometheus.Gauge
	reloads       *prometheus.CounterVec // result

	elastic elasticMetrics

	kinds    map[[2]string]prometheus.Counter
	programs map[string]bool // that have a label of their own
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
		lagSeconds:   gauge("lag_seconds", "Age of the last line that was read, while there is more to read; else 0.", "source"),
		unknown:      counter("unknown_lines_total", "Lines of mail programs that are not understood.", "program"),
		sourceEvents: counter("source_events_total", "Rotations, truncations and losses of log files.", "source", "event"),
		failing:      gauge("source_failing", "1 while a source cannot be read.", "source"),
		documents:    prometheus.NewCounter(prometheus.CounterOpts{Name: "postvagt_agent_documents_total", Help: "Transmissions written or changed."}),
		unfinished:   gauge("unfinished_messages", "Messages without an end.", "where"),
		logTime:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "postvagt_agent_log_time_seconds", Help: "Time of the newest line."}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "postvagt_agent_commit_seconds",
			Help: "Time of one transaction.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
		storeFailing: prometheus.NewGauge(prometheus.GaugeOpts{Name: "postvagt_agent_store_failing", Help: "1 while the database takes no data and reading stands still."}),
		reloads:      counter("reloads_total", "Reloads of the configuration.", "result"),
		elastic:      newElasticMetrics(),
		kinds:        map[[2]string]prometheus.Counter{}, programs: map[string]bool{},
	}
	m.registry.MustRegister(m.lines, m.bytes, m.lag, m.lagSeconds, m.unknown, m.sourceEvents, m.failing, m.documents, m.unfinished, m.logTime, m.commitSeconds,
		m.storeFailing, m.reloads, m.elastic.shipped, m.elastic.failing,
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

// read notes what was read of a source: bytes, those that are left, and how old the last line is.
func (m *metrics) read(source string, bytes, lag int64, age time.Duration) {
	m.bytes.WithLabelValues(source).Add(float64(bytes))
	m.lag.WithLabelValues(source).Set(float64(lag))
	if lag == 0 {
		age = 0
	}
	m.lagSeconds.WithLabelValues(source).Set(max(0, age.Seconds()))
	for had := m.lagged.Load(); int64(age) > had && !m.lagged.CompareAndSwap(had, int64(age)); {
		had = m.lagged.Load()
	}
}

// largestLag is the largest lag since it was asked for last.
func (m *metrics) largestLag() time.Duration { return time.Duration(m.lagged.Swap(0)) }

// manyPrograms is how many programs have a label of their own; whoever writes to the log chooses the names.
const manyPrograms = 50

func (m *metrics) notUnderstood(program string) {
	if !m.programs[program] {
		if len(m.programs) >= manyPrograms {
			program = "other"
		}
		m.programs[program] = true
	}
	m.unknown.WithLabelValues(program).Inc()
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

// stored adds what the database knows: the transmissions by outcome, and the messages in hold with their size and age.
func (m *metrics) stored(db *store.Store, now func() time.Time) {
	m.registry.MustRegister(&storedMetrics{db, now})
}

// storedMetrics asks the database each time they are read; a question that fails leaves its metric out.
type storedMetrics struct {
	db  *store.Store
	now func() time.Time
}

func descOf(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("postvagt_agent_"+name, help, labels, nil)
}

// Describe says nothing beforehand: outcomes are told as they occur.
func (s *storedMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect asks.
func (s *storedMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	outcomes, err := countBy(ctx, s.db, CountQuery{}.everything(), []string{"postvagt.outcome"}, nil)
	if err == nil {
		for _, r := range outcomes {
			gauge(descOf("transmissions", "Transmissions by their outcome so far.", "outcome"), float64(r.Count), r.Keys[0])
		}
	}
	if h, err := heldNow(ctx, s.db); err == nil {
		gauge(descOf("held_messages", "Messages in the hold queue."), float64(h.messages))
		gauge(descOf("held_bytes", "Size of the messages in the hold queue."), float64(h.bytes))
		age := 0.0
		if h.messages > 0 {
			age = max(0, s.now().Sub(h.oldest).Seconds())
		}
		gauge(descOf("held_oldest_seconds", "Age of the oldest message in the hold queue; 0 while it is empty."), age)
	}
}

// holdQueue is what lies in hold.
type holdQueue struct {
	messages, bytes int64
	oldest          time.Time
}

// heldNow asks what lies in hold.
func heldNow(ctx context.Context, db *store.Store) (h holdQueue, err error) {
	all, held := CountQuery{}.everything(), dashboards.Filter{dashboards.Is("postvagt.outcome", "held"), dashboards.Is("postvagt.first", "true")}
	answers, err := db.AskAll(ctx, []dashboards.Question{
		{ID: "messages", Measure: dashboards.Measure{Kind: dashboards.Count}},
		{ID: "bytes", Measure: dashboards.Measure{Kind: dashboards.Sum, Field: "postvagt.size"}},
	}, all, held)
	if err != nil {
		return h, err
	}
	h.messages, h.bytes = answers["messages"][0].Count, answers["bytes"][0].Count
	if h.messages == 0 {
		return h, nil
	}
	docs, _, err := db.Documents(ctx, all, held, int(h.messages)-1, 1) // the newest come first
	if err == nil && len(docs) > 0 {
		h.oldest = docs[0].Time
	}
	return h, err
}
