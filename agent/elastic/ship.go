package elastic

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"postvagt/agent/event"
)

// Store is what shipping needs of the store; see package store.
type Store interface {
	StartShipping(ctx context.Context, cluster string, above func(agent string) (int64, error)) (event.Shipping, error)
	Unshipped(ctx context.Context, after int64, limit int) ([]event.Row, error)
	Shipped(ctx context.Context, receipts []event.Receipt) error
	ShipRefused(ctx context.Context) error
	Months(ctx context.Context) (map[string]bool, error)
	SetMonth(ctx context.Context, month string, deleted bool) error
	Orphans(ctx context.Context) (bool, error)
	NoOrphans(ctx context.Context) error
	UnshippedNotes(ctx context.Context, after string, limit int) ([]event.NoteRow, error)
	NotesShipped(ctx context.Context, receipts []event.NoteReceipt) error
	ShipNotesAgain(ctx context.Context) error
}

// Shipper ships the rows of a store. Set its fields, then call Run.
type Shipper struct {
	Client    *Client
	Store     Store
	Pseudonym func(address string) string // for addresses that are stored readable
	Log       *slog.Logger
	Every     time.Duration                              // how often it looks for rows when it has shipped all
	Keep      func(now time.Time) time.Time              // what is older is deleted by whole months; nil keeps all
	Now       func() time.Time                           // time.Now
	Notes     func(ctx context.Context) error            // brings the store's notes up to date before they are shipped; may be nil
	Report    func(Report, error)                        // called after each round; may be nil
	Wait      func(ctx context.Context, d time.Duration) // until d has passed or the context ends; nil for a timer

	agent     event.Shipping
	encoder   *encoder
	months    *months
	bytes     int // of one request at most
	limit     int // that it may grow to
	retained  time.Time
	lastError string
}

// Report says what a round did.
type Report struct {
	Done, Refused, Dropped, Retried int
	Deleted                         []string // indices, by the retention
	Orphans                         int64    // documents of before a restore that were deleted
}

// Sizes of a request, in bytes, and how many workers send them.
const (
	mostBytes  = 3 << 20
	leastBytes = 64 << 10
	workers    = 2
)

// Pauses after a round that left something.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// retainEvery is how often the retention is looked at.
const retainEvery = 24 * time.Hour

// Run ships until the context ends. What fails is reported and tried again.
func (s *Shipper) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		r, err := s.round(ctx)
		if ctx.Err() != nil {
			return
		}
		s.said(r, err)
		if err == nil && r.Retried == 0 {
			pause = firstPause
			s.wait(ctx, s.Every)
			continue
		}
		if r.Done > 0 {
			pause = firstPause
		}
		s.wait(ctx, pause/2+rand.N(pause/2))
		pause = min(2*pause, lastPause)
	}
}

func (s *Shipper) wait(ctx context.Context, d time.Duration) {
	if s.Wait != nil {
		s.Wait(ctx, d)
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// said logs a change, not each of the rounds that are alike.
func (s *Shipper) said(r Report, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case text != "" && text != s.lastError:
		s.Log.Error("Elasticsearch takes nothing; what is to be shipped waits in the database", "error", err)
	case text == "" && s.lastError != "":
		s.Log.Info("Elasticsearch takes documents again")
	}
	s.lastError = text
	if r.Refused > 0 {
		s.Log.Error("Elasticsearch refuses documents; they are kept, and shipped again at the next start", "count", r.Refused)
	}
	if r.Dropped > 0 {
		s.Log.Warn("transmissions of months that were deleted are not shipped", "count", r.Dropped)
	}
	for _, name := range r.Deleted {
		s.Log.Info("index deleted after its time of keeping", "index", name)
	}
	if r.Orphans > 0 {
		s.Log.Info("documents of before the restore deleted", "count", r.Orphans)
	}
	if s.Report != nil {
		s.Report(r, err)
	}
}

// round ships all that waits, once.
func (s *Shipper) round(ctx context.Context) (r Report, err error) {
	if s.months == nil {
		if err := s.prepare(ctx); err != nil {
			return r, err
		}
	}
	if err := s.retain(ctx, &r); err != nil {
		return r, err
	}
	p := newPass(s)
	if err := p.run(ctx, &r); err != nil {
		return r, err
	}
	if err := s.notes(ctx, &r); err != nil {
		return r, err
	}
	if r.Retried > 0 {
		return r, nil
	}
	return r, s.sweep(ctx, &r)
}

// prepare finds out who answers, and what it has.
func (s *Shipper) prepare(ctx context.Context) error {
	cluster, err := s.Client.Cluster(ctx)
	if err != nil {
		return err
	}
	changed, err := s.Client.EnsureTemplates(ctx)
	if err != nil {
		return err
	}
	for _, c := range changed {
		s.Log.Info("Elasticsearch", "changed", c)
	}
	if err := s.Client.widen(ctx); err != nil {
		return err
	}
	s.agent, err = s.Store.StartShipping(ctx, cluster.UUID, func(agent string) (int64, error) { return s.Client.highest(ctx, agent) })
	if err != nil {
		return err
	}
	if err := s.Store.ShipRefused(ctx); err != nil {
		return err
	}
	known, err := s.Store.Months(ctx)
	if err != nil {
		return err
	}
	s.encoder, s.bytes, s.limit = newEncoder(s.Pseudonym, s.agent.Agent), mostBytes, mostBytes
	s.months = &months{client: s.Client, store: s.Store, deleted: known}
	s.Log.Info("shipping to Elasticsearch", "cluster", cluster.Name, "version", cluster.Version.Number, "generation", s.agent.Generation)
	return nil
}

func (s *Shipper) retain(ctx context.Context, r *Report) (err error) {
	now := s.Now()
	if s.Keep == nil || !s.retained.IsZero() && now.Sub(s.retained) < retainEvery {
		return nil
	}
	before := s.Keep(now)
	if before.IsZero() {
		return nil
	}
	if r.Deleted, err = s.months.retain(ctx, before); err != nil {
		return err
	}
	s.retained = now
	return nil
}

// sweep deletes what no row stands behind, once all rows are there.
func (s *Shipper) sweep(ctx context.Context, r *Report) error {
	are, err := s.Store.Orphans(ctx)
	if err != nil || !are {
		return err
	}
	if r.Orphans, err = s.Client.orphans(ctx, s.agent.Agent, s.agent.Generation); err != nil {
		return fmt.Errorf("after a restore: %w", err)
	}
	return s.Store.NoOrphans(ctx)
}
