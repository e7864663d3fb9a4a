package store

import (
	"sync"
	"testing"
	"time"

	"postvagt/dashboards"
)

// Readers beside a writer see whole commits: a figure and its division by department are of one moment.
func TestReadersBesideAWriter(t *testing.T) {
	s := open(t)
	documents := randomDocuments(40, 1000, spring, 20)
	p := dashboards.Period{From: spring.Format(time.RFC3339), To: spring.AddDate(0, 0, 20).Format(time.RFC3339)}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				answers, err := s.AskAll(t.Context(), dashboards.Questions(), p, nil)
				if err != nil {
					t.Error(err)
					return
				}
				var sum int64
				for _, r := range answers["sent-departments"] {
					sum += r.Count
				}
				if sent := answers["sent"][0].Count; sum != sent {
					t.Errorf("%d mails sent, %d by department", sent, sum)
				}
				if _, _, err := s.Documents(t.Context(), p, nil, 0, 20); err != nil {
					t.Error(err)
				}
				if _, err := s.Overview(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for at := 0; at < len(documents); at += 100 {
		commit(t, s, Batch{Documents: documents[at : at+100]})
	}
	close(done)
	readers.Wait()
	checkQuestions(t, s, documents, dashboards.Questions()[:5])
}
