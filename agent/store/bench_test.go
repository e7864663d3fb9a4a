package store

import (
	"path/filepath"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// BenchmarkCommit stores transmissions as the agent does: each is new once and changes twice before it is final.
func BenchmarkCommit(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "postvagt.db"), In(copenhagen))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const batch = 1000
	documents := alike(20 * batch)
	b.ResetTimer()
	rows := 0
	for i := 0; b.Loop(); i++ {
		at := i % 20 * batch
		some := documents[at : at+batch]
		for j := range some {
			some[j].Size++ // a change, like an outcome that arrives
		}
		if err := s.Commit(b.Context(), Batch{Documents: some}); err != nil {
			b.Fatal(err)
		}
		rows += batch
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// alike makes transmissions of some hundred shapes, as mail is.
func alike(n int) []event.Document {
	shapes, all := randomDocuments(1, 300, spring, 30), randomDocuments(2, n, spring, 30)
	for i := range all {
		own := all[i]
		all[i] = shapes[i%len(shapes)]
		all[i].Key, all[i].Time, all[i].QueueID, all[i].Evidence = own.Key, own.Time, own.QueueID, own.Evidence
	}
	return all
}

func BenchmarkQuestions(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "postvagt.db"), In(copenhagen))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Commit(b.Context(), Batch{Documents: randomDocuments(1, 20000, spring, 300)}); err != nil {
		b.Fatal(err)
	}
	p := dashboards.Period{From: spring.Format(time.RFC3339), To: spring.AddDate(0, 0, 300).Format(time.RFC3339)}
	for b.Loop() {
		if _, err := s.AskAll(b.Context(), dashboards.On(dashboards.Ombudsman), p, nil); err != nil {
			b.Fatal(err)
		}
	}
}
