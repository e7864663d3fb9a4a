package milter

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what operations sees; none holds anything of a message.
type metrics struct {
	registry  *prometheus.Registry
	messages  *prometheus.CounterVec // action, level, direction
	notJudged *prometheus.CounterVec // reason
	unopened  *prometheus.CounterVec // reason
	seconds   prometheus.Histogram
	bytes     prometheus.Counter
	sessions  prometheus.Gauge
	reloads   *prometheus.CounterVec // result
	refused   prometheus.Counter
	lookups   prometheus.Counter
	selftests prometheus.Counter
}

func newMetrics(lost, mailLogLost func() float64) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postvagt_milter_messages_total",
			Help: "Messages answered."}, []string{"action", "level", "direction"}),
		notJudged: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postvagt_milter_not_judged_total",
			Help: "Messages that could not be judged and got what on_failure says."}, []string{"reason"}),
		unopened: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postvagt_milter_unopened_parts_total",
			Help: "Parts of messages that could not be opened."}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "postvagt_milter_judge_seconds",
			Help: "Time from the end of a message to its answer.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}}),
		bytes:     prometheus.NewCounter(prometheus.CounterOpts{Name: "postvagt_milter_message_bytes_total", Help: "Bytes of messages."}),
		sessions:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "postvagt_milter_sessions", Help: "Open connections from MTAs."}),
		reloads:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "postvagt_milter_reloads_total", Help: "Reloads of the configuration."}, []string{"result"}),
		refused:   prometheus.NewCounter(prometheus.CounterOpts{Name: "postvagt_milter_refused_connections_total", Help: "Connections that did not speak the protocol we need."}),
		lookups:   prometheus.NewCounter(prometheus.CounterOpts{Name: "postvagt_milter_lookup_failures_total", Help: "Messages for which a TLS policy or the register of objections could not be read."}),
		selftests: prometheus.NewCounter(prometheus.CounterOpts{Name: "postvagt_milter_selftests_total", Help: "Messages of selftest."}),
	}
	m.registry.MustRegister(m.messages, m.notJudged, m.unopened, m.seconds, m.bytes, m.sessions, m.reloads, m.refused, m.lookups, m.selftests,
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "postvagt_milter_verdict_lines_lost_total",
			Help: "Verdict lines that could not be written."}, lost),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "postvagt_milter_mail_log_lines_lost_total",
			Help: "Short lines that syslog did not take."}, mailLogLost),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

func (m *metrics) count(j *Judgement) {
	m.messages.WithLabelValues(j.Action, j.Level, j.Direction).Inc()
	m.seconds.Observe(j.Millis / 1000)
	m.bytes.Add(float64(j.Size))
	if j.NotWhy != "" {
		m.notJudged.WithLabelValues(j.NotWhy).Inc()
	}
	if j.Lookups != nil {
		m.lookups.Inc()
	}
	for _, u := range j.Unopened {
		m.unopened.WithLabelValues(u.Reason).Inc()
	}
}
