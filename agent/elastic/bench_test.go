package elastic

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esutil"

	"postvagt/agent/event"
)

// benchRounds is how often each of both ships; they take turns, so that whatever else the machine does meets both.
const benchRounds = 4

// BenchmarkShip ships the same transmissions as the agent does, out of its database with receipts into it, and as a bare
// esutil.BulkIndexer does, from memory and without looking at what becomes of them.
func BenchmarkShip(b *testing.B) {
	h := newHouse(b)
	h.round()
	n := transmissions(b)
	var ours, bare time.Duration
	for b.Loop() {
		for i := range benchRounds + 1 {
			g := newGenerator(fmt.Sprint("bench ", b.N, i), month(2015+i, 1), 28)
			h.commit(g.next()) // makes the index
			h.round()
			documents := g.some(n)
			a, o := func() time.Duration { return h.shipped(documents) }, func() time.Duration { return h.bare(documents) }
			if i%2 == 0 {
				a, o = o, a
			}
			x, y := a(), o()
			if i%2 == 0 {
				x, y = y, x
			}
			if i > 0 { // the first round warms the node
				ours, bare = ours+x, bare+y
			}
		}
	}
	rate := func(d time.Duration) float64 { return float64(benchRounds*n*b.N) / d.Seconds() }
	b.ReportMetric(rate(ours), "agent-docs/s")
	b.ReportMetric(rate(bare), "bare-docs/s")
	b.ReportMetric(rate(ours)/rate(bare), "ratio")
}

// shipped is how long the agent needs for documents that lie in its database.
func (h *house) shipped(documents []event.Document) time.Duration {
	h.t.Helper()
	h.commit(documents...)
	begun := time.Now()
	r, err := h.ship.round(h.t.Context())
	took := time.Since(begun)
	if err != nil || r.Done != len(documents) {
		h.t.Fatalf("%+v %v", r, err)
	}
	return took
}

// bare is how long a BulkIndexer as the library makes it needs for the same documents, which are JSON already. They go to
// an index of the same form.
func (h *house) bare(documents []event.Document) time.Duration {
	h.t.Helper()
	to := index("1" + documents[0].Month[1:])
	ask(h.t, http.MethodPut, "/"+to, "")
	ask(h.t, http.MethodGet, "/_cluster/health/"+to+"?wait_for_status=yellow&timeout=100s", "")
	var bodies [][]byte
	for i := range documents {
		body, _ := h.ship.encoder.document(&event.Row{Document: documents[i]}, 1)
		bodies = append(bodies, body)
	}
	begun := time.Now()
	indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{Client: h.ship.Client, Index: to})
	if err != nil {
		h.t.Fatal(err)
	}
	for i, body := range bodies {
		if err := indexer.Add(h.t.Context(), esutil.BulkIndexerItem{Action: "index", DocumentID: documents[i].Key, Body: bytes.NewReader(body)}); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := indexer.Close(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	took := time.Since(begun)
	if s := indexer.Stats(); s.NumFlushed != uint64(len(documents)) || s.NumFailed != 0 {
		h.t.Fatalf("bare: %+v", s)
	}
	ask(h.t, http.MethodDelete, "/"+to, "")
	return took
}
