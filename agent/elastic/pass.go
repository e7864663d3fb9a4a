package elastic

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esutil"

	"postvagt/agent/event"
)

// Rows that are read at once, and receipts that are stored at once.
const (
	readRows      = 1000
	storeReceipts = 2000
)

// bulkTimeout is how long Elasticsearch waits for a shard that is not there.
const bulkTimeout = 10 * time.Second

// pass is one walk over the rows that wait. Its results come from the indexer's goroutines.
type pass struct {
	*Shipper
	mu        sync.Mutex
	receipts  []event.Receipt
	conflicts []sent
	missing   map[string]bool // months
	blocked   map[string]bool // months whose index takes nothing now
	retried   int
	err       error // of a whole request
	throttled bool
}

// sent is a row as it was shipped.
type sent struct {
	id, revision int64
	month, key   string
	hash         string
}

func newPass(s *Shipper) *pass {
	return &pass{Shipper: s, missing: map[string]bool{}, blocked: map[string]bool{}}
}

// run ships what waits until something stops it, and stores what became of it.
func (p *pass) run(ctx context.Context, r *Report) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, err := p.Store.Unshipped(ctx, 0, readRows)
	if err != nil || len(rows) == 0 {
		return err
	}
	indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{
		Client: p.Client, NumWorkers: workers, FlushBytes: p.bytes, FlushInterval: time.Minute, QueueSizeMultiplier: readRows / workers, Timeout: bulkTimeout,
		FilterPath:   []string{"errors", "items.*.status", "items.*.error.type"},
		OnFlushStart: func(context.Context) context.Context { return ctx },
	})
	if err != nil {
		return err
	}
	err = p.add(ctx, indexer, rows, r)
	if err != nil {
		cancel()
	}
	err = errors.Join(err, indexer.Close(context.WithoutCancel(ctx)))
	if err == nil {
		err = p.resolve(ctx)
	}
	return errors.Join(err, p.end(context.WithoutCancel(ctx), r))
}

// add hands all rows to the indexer; receipts are stored as they come.
func (p *pass) add(ctx context.Context, indexer esutil.BulkIndexer, rows []event.Row, r *Report) error {
	for len(rows) > 0 && !p.stopped() {
		for i := range rows {
			if err := p.one(ctx, indexer, &rows[i]); err != nil {
				return err
			}
		}
		if err := p.resolve(ctx); err != nil {
			return err
		}
		if err := p.store(ctx, r, storeReceipts); err != nil {
			return err
		}
		var err error
		if rows, err = p.Store.Unshipped(ctx, rows[len(rows)-1].ID, readRows); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) one(ctx context.Context, indexer esutil.BulkIndexer, row *event.Row) error {
	d := &row.Document
	if p.waits(d.Month) {
		p.retry(1)
		return nil
	}
	open, err := p.months.open(ctx, d.Month, row.Archive)
	if err != nil {
		return err
	}
	if !open {
		p.receipt(event.Receipt{ID: row.ID, Revision: d.Revision, Dropped: true})
		return nil
	}
	body, hash := p.encoder.document(row, p.agent.Generation)
	at := sent{id: row.ID, revision: d.Revision, month: d.Month, key: d.Key, hash: hash}
	v := version(p.agent.Generation, d.Revision)
	return indexer.Add(ctx, esutil.BulkIndexerItem{
		Action: "index", Index: index(d.Month), DocumentID: d.Key, Version: &v, VersionType: "external", Body: bytes.NewReader(body),
		OnSuccess: func(context.Context, esutil.BulkIndexerItem, esutil.BulkIndexerResponseItem) {
			p.receipt(event.Receipt{ID: at.id, Revision: at.revision})
		},
		OnFailure: func(_ context.Context, _ esutil.BulkIndexerItem, said esutil.BulkIndexerResponseItem, err error) {
			p.failed(at, said.Status, said.Error.Type, err)
		},
	})
}

func (p *pass) receipt(r event.Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receipts = append(p.receipts, r)
}

func (p *pass) retry(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retried += n
}

// stopped says that further requests would be in vain.
func (p *pass) stopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err != nil || p.throttled
}

// waits says that a month's index takes nothing now.
func (p *pass) waits(month string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocked[month] || p.missing[month]
}

// fate is what becomes of a row that was not accepted.
type fate int

const (
	again    fate = iota // later
	slower               // later, and nothing more now
	blocked              // later, and nothing more of its index now
	conflict             // a version that is not lower is there
	missing              // its index is not there
	refused
)

// fateOf sorts the answer to one row.
func fateOf(status int, kind string) fate {
	switch {
	case status == http.StatusConflict:
		return conflict
	case status == http.StatusNotFound && kind == "index_not_found_exception":
		return missing
	case kind == "cluster_block_exception", kind == "unavailable_shards_exception":
		return blocked
	case status == http.StatusTooManyRequests:
		return slower
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusRequestTimeout, status >= 500:
		return again
	}
	return refused
}

// failed notes a row that was not accepted, or, with an error, whose request failed as a whole.
func (p *pass) failed(at sent, status int, kind string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.retried++
		if p.err == nil {
			p.err = err
		}
		return
	}
	switch fateOf(status, kind) {
	case conflict:
		p.conflicts = append(p.conflicts, at)
	case missing:
		p.missing[at.month] = true
		p.retried++
	case refused:
		p.receipts = append(p.receipts, event.Receipt{ID: at.id, Revision: at.revision, Refused: kind})
	case blocked:
		p.blocked[at.month] = true
		p.retried++
	case slower:
		p.throttled = true
		p.retried++
	case again:
		p.retried++
		if status == http.StatusForbidden || status == http.StatusUnauthorized {
			p.err = &Error{Status: status, Type: kind}
		}
	}
}

// store stores the receipts once there are enough of them.
func (p *pass) store(ctx context.Context, r *Report, enough int) error {
	p.mu.Lock()
	if len(p.receipts) < enough {
		p.mu.Unlock()
		return nil
	}
	receipts := p.receipts
	p.receipts = nil
	p.mu.Unlock()
	if err := p.Store.Shipped(ctx, receipts); err != nil {
		return err
	}
	for _, x := range receipts {
		switch {
		case x.Refused != "":
			r.Refused++
		case x.Dropped:
			r.Dropped++
		default:
			r.Done++
		}
	}
	return nil
}

// end stores the last receipts, and notes months that are gone and requests that are too large.
func (p *pass) end(ctx context.Context, r *Report) error {
	if err := p.store(ctx, r, 1); err != nil {
		return err
	}
	for month := range p.missing {
		if err := p.months.gone(ctx, month); err != nil {
			return err
		}
	}
	r.Retried = p.retried
	return p.size()
}

// size makes requests smaller where they are too large for a proxy or for the cluster's memory, and larger again where
// all goes well.
func (p *pass) size() error {
	smaller := max(p.bytes/2, leastBytes)
	switch status(p.err) {
	case http.StatusRequestEntityTooLarge:
		if p.bytes > leastBytes {
			p.bytes, p.limit = smaller, smaller
			return nil
		}
	case http.StatusTooManyRequests:
		p.bytes = smaller
	case 0:
		if p.err == nil && !p.throttled {
			p.bytes = min(2*p.bytes, p.limit)
		}
	}
	return p.err
}
