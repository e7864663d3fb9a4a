package elastic

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esutil"

	"postvagt/agent/event"
)

// benchRounds is how often each of both ships; they take turns, so that whatever else the machine does meets both. Over four
// rounds the ratio of one and the same code lay between 0.85 and 0.95.
const benchRounds = 12

// heapPercent is the agent's own setting (agent/cmd/postvagt-agent). Its limit is left out, as the bare indexer's documents
// lie in the same heap.
const heapPercent = 300

// BenchmarkShip ships the same transmissions as the agent does, out of its database with receipts into it, and as a bare
// esutil.BulkIndexer does, from memory and without looking at what becomes of them.
func BenchmarkShip(b *testing.B) {
	debug.SetGCPercent(heapPercent)
	h := newHouse(b)
	h.round()
	n := transmissions(b)
	var ours, bare time.Duration
	for b.Loop() {
		for i := range benchRounds + 1 {
			g := newTeller(month(2015+i, 1), 28)
			first := g.mail()
			h.commit(first.documents(-1 - i)...) // makes the index
			h.round()
			batch := h.batch(g.documents(i, n))
			a, o := func() time.Duration { return h.shipped(n) }, func() time.Duration { return h.bare(batch) }
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

// documents are n of mails that happen once; no two rounds have the same keys.
func (g *teller) documents(round, n int) (all []event.Document) {
	for i := round * n; len(all) < n; i++ {
		m := g.mail()
		all = append(all, m.documents(i)...)
	}
	return all[:n]
}

// batch is what the bare indexer ships: JSON, by key.
type batch struct {
	index        string
	keys, bodies []string
}

// batch stores documents for the agent, and returns them as the bare indexer needs them: the documents themselves are not
// to lie in the memory of either.
func (h *house) batch(documents []event.Document) batch {
	h.t.Helper()
	h.commit(documents...)
	b := batch{index: index("1" + documents[0].Month[1:])}
	for i := range documents {
		body, _ := h.ship.encoder.document(&event.Row{Document: documents[i]}, 1)
		b.keys, b.bodies = append(b.keys, documents[i].Key), append(b.bodies, string(body))
	}
	return b
}

// shipped is how long the agent needs for the n documents that wait in its database.
func (h *house) shipped(n int) time.Duration {
	h.t.Helper()
	runtime.GC()
	begun := time.Now()
	r, err := h.ship.round(h.t.Context())
	took := time.Since(begun)
	if err != nil || r.Done != n {
		h.t.Fatalf("%+v %v", r, err)
	}
	return took
}

// bare is how long a BulkIndexer as the library makes it needs for the same documents, which are JSON already. They go to
// an index of the same form.
func (h *house) bare(b batch) time.Duration {
	h.t.Helper()
	ask(h.t, http.MethodPut, "/"+b.index, "")
	ask(h.t, http.MethodGet, "/_cluster/health/"+b.index+"?wait_for_status=yellow&timeout=100s", "")
	runtime.GC()
	begun := time.Now()
	indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{Client: h.ship.Client, Index: b.index})
	if err != nil {
		h.t.Fatal(err)
	}
	for i, body := range b.bodies {
		if err := indexer.Add(h.t.Context(), esutil.BulkIndexerItem{Action: "index", DocumentID: b.keys[i], Body: strings.NewReader(body)}); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := indexer.Close(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	took := time.Since(begun)
	if s := indexer.Stats(); s.NumFlushed != uint64(len(b.bodies)) || s.NumFailed != 0 {
		h.t.Fatalf("bare: %+v", s)
	}
	ask(h.t, http.MethodDelete, "/"+b.index, "")
	return took
}
