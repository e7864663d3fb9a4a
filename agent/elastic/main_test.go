package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/dashboards"
	"postvagt/packaging/e2e/kit"
)

// The tests share one real Elasticsearch. Each has months and stores of its own.
var node struct {
	sync.Once
	*kit.Elasticsearch
	err error
}

func TestMain(m *testing.M) {
	if id := os.Getenv(cloudVariable); id != "" {
		os.Exit(cloudChild(id))
	}
	code := m.Run()
	if node.Elasticsearch != nil {
		if err := node.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.RemoveAll(nodeDir)
	}
	os.Exit(code)
}

var nodeDir string

func server(t testing.TB) *kit.Elasticsearch {
	t.Helper()
	node.Once.Do(func() {
		if running := os.Getenv("POSTVAGT_ELASTICSEARCH_RUNNING"); running != "" {
			node.Elasticsearch, node.err = kit.AttachElasticsearch(running)
			return
		}
		if nodeDir, node.err = kit.TempDir(); node.err == nil {
			node.Elasticsearch, node.err = kit.StartElasticsearch(context.Background(), nodeDir)
		}
	})
	if node.err != nil {
		t.Fatal(node.err)
	}
	return node.Elasticsearch
}

// admin is the connection of the node's administrator.
func admin(t testing.TB) Connection {
	e := server(t)
	return Connection{Addresses: []string{e.URL}, Username: kit.ElasticUser, Password: kit.ElasticPassword, CA: e.Authority.PEM}
}

func connect(t testing.TB, c Connection) *Client {
	t.Helper()
	client, err := Connect(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// ask sends a request as the administrator and returns what a success says.
func ask(t testing.TB, method, path, body string) map[string]any {
	t.Helper()
	code, said := askAny(t, method, path, body)
	if code >= 300 {
		t.Fatalf("%s %s: %d %v", method, path, code, said)
	}
	return said
}

func askAny(t testing.TB, method, path, body string) (int, map[string]any) {
	t.Helper()
	res, err := server(t).Do(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if len(b) > 0 && json.Unmarshal(b, &said) != nil {
		t.Fatalf("%s %s: %s", method, path, b)
	}
	return res.StatusCode, said
}

// house is one agent's store and its shipping.
type house struct {
	*store.Store
	t    testing.TB
	path string
	ship *Shipper
	log  bytes.Buffer
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, path: filepath.Join(t.TempDir(), "agent.db")}
	h.open()
	return h
}

func (h *house) open() {
	h.t.Helper()
	db, err := store.Open(context.Background(), h.path, store.In(time.UTC))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { db.Close() })
	h.Store = db
	h.shipper(admin(h.t))
}

// shipper makes a new one, as a restart does.
func (h *house) shipper(c Connection) {
	h.ship = &Shipper{Client: connect(h.t, c), Store: h.Store, Pseudonym: func(a string) string { return fmt.Sprintf("~%016x", len(a)) },
		Log: slog.New(slog.NewTextHandler(&h.log, nil)), Now: time.Now, Wait: func(context.Context, time.Duration) {}}
}

func (h *house) commit(documents ...event.Document) {
	h.t.Helper()
	if err := h.Commit(h.t.Context(), store.Batch{Documents: documents}); err != nil {
		h.t.Fatal(err)
	}
}

// round ships once and requires that nothing fails.
func (h *house) round() Report {
	h.t.Helper()
	var sum Report
	var failed error
	err := kit.Wait(h.t.Context(), "a round", 2*time.Minute, func() (bool, error) {
		settled(h.t)
		r, err := h.ship.round(h.t.Context())
		sum.Done, sum.Refused, sum.Dropped, sum.Retried, sum.Orphans = sum.Done+r.Done, sum.Refused+r.Refused, sum.Dropped+r.Dropped, r.Retried, sum.Orphans+r.Orphans
		sum.Deleted = append(sum.Deleted, r.Deleted...)
		failed = err
		return status(err) != http.StatusServiceUnavailable, err // a shard of a new index is not there yet
	})
	if err = errors.Join(err, failed); err != nil {
		h.t.Fatal(err)
	}
	return sum
}

// settled waits until all indices can be read: a new one needs a moment.
func settled(t testing.TB) {
	t.Helper()
	ask(t, http.MethodGet, "/_cluster/health/"+allIndices+"?wait_for_status=yellow&timeout=100s", "")
	ask(t, http.MethodPost, "/"+allIndices+"/_refresh", "")
	ask(t, http.MethodGet, "/_cluster/health/"+dashboards.NotesIndex+"*?wait_for_status=yellow&timeout=100s", "") // where it is
	ask(t, http.MethodPost, "/"+dashboards.NotesIndex+"*/_refresh", "")
}

// all ships until nothing waits.
func (h *house) all() (sum Report) {
	h.t.Helper()
	for range 200 {
		r, err := h.ship.round(h.t.Context())
		sum.Done, sum.Refused, sum.Dropped, sum.Retried = sum.Done+r.Done, sum.Refused+r.Refused, sum.Dropped+r.Dropped, sum.Retried+r.Retried
		if err == nil && r.Retried == 0 {
			return sum
		}
	}
	h.t.Fatal("rows still wait after 200 rounds")
	return sum
}

func (h *house) waiting() int64 {
	h.t.Helper()
	b, err := h.Backlog(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return b.Waiting
}

// rows are all rows of the store.
func (h *house) rows() []event.Document {
	h.t.Helper()
	rows, _, err := h.Documents(h.t.Context(), everything, nil, 0, 1<<30)
	if err != nil {
		h.t.Fatal(err)
	}
	return rows
}

// same requires that the cluster's documents of this store are its rows, one for one, with their versions.
func (h *house) same() {
	h.t.Helper()
	settled(h.t)
	there := h.documents()
	for _, d := range h.rows() {
		body, _ := h.ship.encoder.document(&event.Row{Document: d}, h.ship.agent.Generation)
		got, ok := there[d.Key]
		if !ok {
			h.t.Errorf("row %s of %s is not in Elasticsearch", d.Key[:8], d.Month)
			continue
		}
		delete(there, d.Key)
		if got.Index != index(d.Month) || got.Version != version(h.ship.agent.Generation, d.Revision) {
			h.t.Errorf("row %s: index %s, version %d", d.Key[:8], got.Index, got.Version)
		}
		var want, is any
		if json.Unmarshal(body, &want) != nil || json.Unmarshal(got.Source, &is) != nil || fmt.Sprint(want) != fmt.Sprint(is) {
			h.t.Errorf("row %s:\n%s\nis stored as\n%s", d.Key[:8], body, got.Source)
		}
	}
	for key, d := range there {
		h.t.Errorf("document %s in %s has no row", key[:8], d.Index)
	}
}

type document struct {
	Index    string          `json:"_index"`
	ID       string          `json:"_id"`
	Version  int64           `json:"_version"`
	Sequence int64           `json:"_seq_no"` // of the last write in its index
	Source   json.RawMessage `json:"_source"`
	Sort     []any           `json:"sort"`
}

// documents are all documents of this store in the cluster, by key.
func (h *house) documents() map[string]document {
	h.t.Helper()
	all := map[string]document{}
	after := ""
	for {
		query := fmt.Sprintf(`{"size":5000,"version":true,"seq_no_primary_term":true,"track_total_hits":false,"sort":["event.id"],"query":{"term":{"postvagt.agent":%q}}%s}`, h.ship.agent.Agent, after)
		res, err := server(h.t).Do(h.t.Context(), http.MethodPost, "/"+allIndices+"/_search?allow_partial_search_results=false", strings.NewReader(query))
		if err != nil {
			h.t.Fatal(err)
		}
		var said struct {
			Hits struct {
				Hits []document `json:"hits"`
			} `json:"hits"`
		}
		err = json.NewDecoder(res.Body).Decode(&said)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			h.t.Fatalf("documents: %s", res.Status)
		}
		if err != nil {
			h.t.Fatal(err)
		}
		if len(said.Hits.Hits) == 0 {
			return all
		}
		for _, d := range said.Hits.Hits {
			all[d.ID] = d
		}
		after = fmt.Sprintf(`,"search_after":[%q]`, said.Hits.Hits[len(said.Hits.Hits)-1].ID)
	}
}
