package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/agent/watch"
)

// selfTest keeps what the milter answered to its test message; no mail was sent, so it is in no figure.
func (p *pipeline) selfTest(r *maillog.Record) {
	t := store.SelfTest{Host: shortHost(r.Host), At: r.Time, Wanted: r.Verdict.SelfTest.Wanted}
	if r.Verdict.SelfTest.Stopped() {
		t.Good = t.At
	}
	p.selfTests = append(p.selfTests, t)
}

// heartbeat tells operations, once for each silence, of a host whose test message was not seen in time or would leave in
// the open, and of a house that judges mail and has never seen one (R16).
func (w *watching) heartbeat(ctx context.Context) error {
	hours, now := w.config.Alerts.Heartbeat, w.now()
	limit := time.Duration(hours) * time.Hour
	if limit == 0 {
		return nil
	}
	tests, err := w.store.SelfTests(ctx)
	if err != nil {
		return err
	}
	if len(tests) == 0 {
		return w.neverTested(ctx, now, limit)
	}
	for _, t := range tests {
		since := t.Good.UTC().Format(time.RFC3339)
		if t.Good.IsZero() {
			since = "never"
		}
		switch {
		case t.Good.Before(t.At):
			err = w.operations(ctx, now, "failed/"+t.Host+"/"+since,
				fmt.Sprintf("Testmailen på %s ville forlade huset\nKontrollen svarede %s den %s, hvor den skulle holde testmailen tilbage. Kør postvagt-milter selftest på maskinen: den siger, hvilken linje i politikken der afgjorde det.", t.Host, t.Wanted, w.clock(t.At)),
				fmt.Sprintf("The test message on %s would leave the house\nThe check answered %s on %s, where it must hold the test message. Run postvagt-milter selftest on the machine: it says which line of the policy decided.", t.Host, t.Wanted, w.clock(t.At)))
		case now.Sub(t.Good) > limit:
			err = w.operations(ctx, now, "silent/"+t.Host+"/"+since,
				fmt.Sprintf("Ingen testmail fra %s i %d timer\nDen sidste blev holdt tilbage %s. Se på kontrollen og dens timer: systemctl status postvagt-milter postvagt-milter-selftest.timer.", t.Host, hours, w.clock(t.Good)),
				fmt.Sprintf("No test message from %s for %d hours\nThe last one was stopped on %s. Look at the check and its timer: systemctl status postvagt-milter postvagt-milter-selftest.timer.", t.Host, hours, w.clock(t.Good)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *watching) neverTested(ctx context.Context, now time.Time, limit time.Duration) error {
	o, err := w.store.Overview(ctx)
	if err != nil || o.Judged == 0 || now.Sub(o.First) <= limit {
		return err
	}
	return w.operations(ctx, now, "never",
		"Ingen testmail er nogensinde set\nMail bliver vurderet, men ingen ved, om en mail, der ikke må sendes åbent, stadig ville blive stoppet. Sæt testen i gang på hver mailserver: systemctl enable --now postvagt-milter-selftest.timer. Vil I undvære den: heartbeat_hours = 0 under [alerts].",
		"No test message was ever seen\nMail is judged, but nobody knows whether one that must not leave in the open would still be stopped. Start the test on each mail host: systemctl enable --now postvagt-milter-selftest.timer. To go without: heartbeat_hours = 0 under [alerts].")
}

func (w *watching) clock(at time.Time) string { return at.In(w.zone).Format("2006-01-02 15:04") }

func (w *watching) operations(ctx context.Context, now time.Time, id, da, en string) error {
	return w.alert(ctx, watch.Of("heartbeat", id, watch.Operations, now, w.config.Alerts.Lang, da, en, "", ""), "")
}

// selfTests adds when the test message of each host was last good.
func (m *metrics) selfTests(read func(context.Context) ([]store.SelfTest, error)) {
	m.registry.MustRegister(&selfTestMetric{read, descOf("selftest_good_seconds", "Time of the last test message of a milter that would be stopped; 0 while none was.", "host")})
}

type selfTestMetric struct {
	read func(context.Context) ([]store.SelfTest, error)
	desc *prometheus.Desc
}

// Describe tells the one metric.
func (s *selfTestMetric) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect asks; a question that fails leaves the metric out.
func (s *selfTestMetric) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	all, err := s.read(ctx)
	if err != nil {
		return
	}
	for _, t := range all {
		good := 0.0
		if !t.Good.IsZero() {
			good = float64(t.Good.Unix())
		}
		to <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, good, t.Host)
	}
}
