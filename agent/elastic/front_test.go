package elastic

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// front stands before the real node, as a proxy or a node of a larger cluster does, and may step in where bulk requests
// pass. It returns the way through it.
func front(t testing.TB, bulk func(w http.ResponseWriter, r *http.Request, node http.Handler)) Connection {
	t.Helper()
	e := server(t)
	target, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	node := httputil.NewSingleHostReverseProxy(target)
	node.Transport = e.Client.Transport
	node.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_bulk") {
			bulk(w, r, node)
			return
		}
		node.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	c := admin(t)
	c.Addresses, c.CA = []string{s.URL}, nil
	return c
}

// rejection is what Elasticsearch says of what it has no room for.
const rejection = `{"type":"es_rejected_execution_exception","reason":"rejected execution of coordinating operation"}`

// rejectWhole answers the first n bulk requests as a node without room for them does.
func rejectWhole(n int) func(http.ResponseWriter, *http.Request, http.Handler) {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request, node http.Handler) {
		mu.Lock()
		n--
		reject := n >= 0
		mu.Unlock()
		if !reject {
			node.ServeHTTP(w, r)
			return
		}
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, `{"error":{"root_cause":[`+rejection+`],`+rejection[1:len(rejection)-1]+`},"status":429}`)
	}
}

// bulkAnswer is an answer to a bulk request.
type bulkAnswer struct {
	Errors bool              `json:"errors"`
	Items  []json.RawMessage `json:"items"`
}

// rejectItems rejects those documents of each bulk request that choose names by their number in it, and hands the others to
// the node: its answer and the rejections come back in the order of the request.
func rejectItems(t testing.TB, choose func(request, item int) bool) func(http.ResponseWriter, *http.Request, http.Handler) {
	var mu sync.Mutex
	requests := 0
	return func(w http.ResponseWriter, r *http.Request, node http.Handler) {
		mu.Lock()
		requests++
		request := requests
		mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var pass bytes.Buffer
		var rejected []bool
		lines := bytes.SplitAfter(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
		for i := 0; i+1 < len(lines); i += 2 {
			rejected = append(rejected, choose(request, i/2))
			if !rejected[i/2] {
				pass.Write(bytes.TrimSuffix(lines[i], []byte("\n")))
				pass.WriteByte('\n')
				pass.Write(bytes.TrimSuffix(lines[i+1], []byte("\n")))
				pass.WriteByte('\n')
			}
		}
		said := bulkAnswer{}
		if pass.Len() > 0 {
			said = passOn(t, r, pass.Bytes(), node)
		}
		answerItems(t, w, said, rejected)
	}
}

// passOn sends another body to the node and returns its answer.
func passOn(t testing.TB, r *http.Request, body []byte, node http.Handler) (said bulkAnswer) {
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	r.Header.Set("Accept-Encoding", "identity")
	answer := httptest.NewRecorder()
	node.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		t.Errorf("the node answers %d", answer.Code)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil {
		t.Error(err)
	}
	return said
}

func answerItems(t testing.TB, w http.ResponseWriter, said bulkAnswer, rejected []bool) {
	all := bulkAnswer{Errors: said.Errors}
	for _, no := range rejected {
		switch {
		case no:
			all.Errors = true
			all.Items = append(all.Items, json.RawMessage(`{"index":{"status":429,"error":`+rejection+`}}`))
		case len(said.Items) == 0:
			t.Error("the node answers fewer documents than it was sent")
			return
		default:
			all.Items, said.Items = append(all.Items, said.Items[0]), said.Items[1:]
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(all); err != nil {
		t.Error(err)
	}
}
