package elastic

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
)

// A full disk blocks one month; the others go on.
func TestReadOnlyBlock(t *testing.T) {
	h := newHouse(t)
	h.round()
	full, free := newGenerator("full", month(2002, 6), 20), newGenerator("free", month(2002, 8), 20)
	h.commit(full.some(100)...)
	h.round()
	ask(t, http.MethodPut, "/"+index("2002.06")+"/_settings", `{"index.blocks.read_only_allow_delete":true}`)
	h.commit(append(full.some(100), free.some(100)...)...)
	if r, err := h.ship.round(t.Context()); err != nil || r.Done != 100 || r.Retried != 100 || h.waiting() != 100 {
		t.Errorf("%+v %v, %d wait", r, err, h.waiting())
	}
	ask(t, http.MethodPut, "/"+index("2002.06")+"/_settings", `{"index.blocks.read_only_allow_delete":null}`)
	if r := h.all(); r.Done != 100 {
		t.Errorf("%+v", r)
	}
	h.same()
}

// A proxy that takes small requests only.
func TestRequestsTooLarge(t *testing.T) {
	h := newHouse(t)
	h.commit(newGenerator("large", month(2003, 1), 20).some(2000)...)
	h.shipper(front(t, func(w http.ResponseWriter, r *http.Request, node http.Handler) {
		if r.ContentLength > 200<<10 {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		node.ServeHTTP(w, r)
	}))
	h.all()
	h.same()
}

// A cluster that has no room for a whole request: nothing is refused or lost, requests become smaller, and larger again.
func TestWholeRequestsRejected(t *testing.T) {
	h := newHouse(t)
	h.round()
	h.commit(newGenerator("rejected", month(2003, 3), 20).some(3000)...)
	h.shipper(front(t, rejectWhole(4)))
	r, err := h.ship.round(t.Context())
	if status(err) != http.StatusTooManyRequests || !isType(err, "es_rejected_execution_exception") || r.Refused+r.Dropped != 0 || r.Retried == 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if h.ship.bytes != mostBytes/2 {
		t.Errorf("requests of %d bytes after a rejection", h.ship.bytes)
	}
	if waiting := h.waiting(); waiting != int64(3000-r.Done) {
		t.Errorf("%d wait of 3000 after %d", waiting, r.Done)
	}
	if sum := h.all(); sum.Refused+sum.Dropped != 0 || sum.Done+r.Done != 3000 {
		t.Errorf("%+v after %+v", sum, r)
	}
	if h.ship.bytes <= leastBytes {
		t.Errorf("requests stay at %d bytes", h.ship.bytes)
	}
	h.same()
}

// A cluster that takes some documents of a request and rejects others, whichever they are.
func TestSingleDocumentsRejected(t *testing.T) {
	for name, choose := range map[string]func(request, item int) bool{
		"every third at first": func(request, item int) bool { return request <= 3 && item%3 == 0 },
		"the first ones":       func(request, item int) bool { return request <= 2 && item < 100 },
		"all but one":          func(request, item int) bool { return request <= 2 && item != 7 },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.round()
			documents := newGenerator(name, month(2003, 4), 20).some(1500)
			h.commit(documents...)
			h.shipper(front(t, rejectItems(t, choose)))
			r, err := h.ship.round(t.Context())
			if err != nil || r.Retried == 0 || r.Refused+r.Dropped != 0 || h.waiting() != int64(1500-r.Done) {
				t.Fatalf("%+v %v, %d wait", r, err, h.waiting())
			}
			for i := range 200 { // what waits changes meanwhile
				documents[i].Outcome = "expired"
			}
			h.commit(documents[:200]...)
			if sum := h.all(); sum.Refused+sum.Dropped != 0 {
				t.Errorf("%+v", sum)
			}
			h.same()
		})
	}
}

// killer kills the node while a bulk request is under way.
type killer struct {
	t    *testing.T
	half bool // when half of the request has reached the node; else when all of it has
	skip int  // bulk requests that pass before
	mu   sync.Mutex
}

func (k *killer) bulk(w http.ResponseWriter, r *http.Request, node http.Handler) {
	k.mu.Lock()
	k.skip--
	now := k.skip == -1
	k.mu.Unlock()
	switch {
	case now && k.half:
		r.Body = &dying{ReadCloser: r.Body, left: r.ContentLength / 2, kill: k.kill}
	case now:
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { k.kill() }}))
	}
	node.ServeHTTP(w, r)
}

func (k *killer) kill() {
	if err := server(k.t).Kill(); err != nil {
		k.t.Error(err)
	}
}

// dying is a body whose reader dies when a number of bytes has been read.
type dying struct {
	io.ReadCloser
	left int64
	kill func()
}

func (d *dying) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p[:min(int64(len(p)), max(d.left, 1))])
	if d.left -= int64(n); d.left <= 0 && d.kill != nil {
		d.kill()
		d.kill = nil
	}
	return n, err
}

// The node is killed twice in mid-bulk: in the middle of a request, and at its end, when it may have stored some of it.
// After the first kill it comes back with so little room that it rejects what is sent.
func TestNodeKilledInMidBulk(t *testing.T) {
	e := server(t)
	if e.Attached() {
		t.Skip("the node was started elsewhere")
	}
	h := newHouse(t)
	h.round()
	g := newGenerator("killed", month(2007, 1), 60)
	documents := g.some(4000)
	for _, tt := range []struct {
		name     string
		half     bool
		settings []string // that the node comes back with
	}{
		{"half of a request", true, []string{"indexing_pressure.memory.limit: 300kb"}},
		{"a whole request", false, nil},
	} {
		for i := range documents {
			documents[i].Size++
		}
		h.commit(documents...)
		h.ship.Client, h.ship.bytes = connect(t, front(t, (&killer{t: t, half: tt.half, skip: 20}).bulk)), leastBytes
		r, err := h.ship.round(t.Context())
		if err == nil || r.Refused+r.Dropped != 0 || r.Done == 0 || h.waiting() != int64(len(documents)-r.Done) {
			t.Errorf("%s: killed: %+v %v, %d wait", tt.name, r, err, h.waiting())
		}
		if err := e.Configure(tt.settings...); err != nil {
			t.Fatal(err)
		}
		if err := e.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		settled(t)
		if tt.settings != nil {
			h.ship.bytes = mostBytes
			r, err := h.ship.round(t.Context())
			if !isType(err, "es_rejected_execution_exception") || r.Refused+r.Dropped != 0 {
				t.Errorf("%s: without room: %+v %v", tt.name, r, err)
			}
		}
		if sum := h.all(); sum.Refused+sum.Dropped != 0 {
			t.Errorf("%s: %+v", tt.name, sum)
		}
		h.same()
	}
	if strings.Contains(h.log.String(), documents[0].From) {
		t.Error("the log holds a sender")
	}
}
