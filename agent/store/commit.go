package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postvagt/agent/event"
)

// Batch is what one commit keeps. Documents are matched by Key, which always has the same
// Time; the last of equal keys stands.
type Batch struct {
	Documents []event.Document
	Archive   bool     // they come from an imported archive: their days are kept whatever their age
	Put       []Item   // unfinished state, replaced by key
	Delete    []string // keys of finished state
	Positions []Position
	Unknown   map[string]int64 // further unknown lines by program
	Gaps      []Gap
	Letters   []Letter // to be told; each is put into the outbox once
	SelfTests []SelfTest
	Settings  []Setting
	Policy    []PolicyLine
	Outages   []HostOutages
	Found     []Found
}

// Commit keeps all of a batch or nothing of it. The revision of a document is the store's own: 1 for a new one,
// raised when the content changed, kept when it did not.
func (s *Store) Commit(ctx context.Context, b Batch) error {
	if s.write == nil {
		return errReadOnly
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// A statement that can be cancelled costs a goroutine; cancelling the transaction is enough.
	w := &writer{ctx: context.WithoutCancel(ctx), store: s, made: map[string]facet{}, counts: map[cell]numbers{}, values: map[valueCell]int64{}, archived: map[int64]bool{},
		statements: map[string]*sql.Stmt{}, insertions: map[insertForm]string{}, encoder: encoder{zone: s.zone}}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		w.tx = tx
		defer w.close()
		if err := w.documents(b.Documents, b.Archive); err != nil {
			return err
		}
		return w.rest(b)
	})
	if err != nil {
		return fmt.Errorf("store %s: commit: %w", s.path, err)
	}
	for day := range w.archived {
		s.archives[day] = true
	}
	return s.cube.apply(w)
}

// cell is one row of table rollup, valueCell one of table entity.
type cell struct{ day, facet int64 }
type valueCell struct {
	cell
	field, value string
}

// facet is one that a commit made.
type facet struct {
	id     int64
	stored []any
}

// writer is one commit under way.
type writer struct {
	ctx        context.Context
	tx         *sql.Tx
	store      *Store
	made       map[string]facet // by signature, new in this commit
	counts     map[cell]numbers
	values     map[valueCell]int64
	archived   map[int64]bool // days
	late       int64          // documents of days that were deleted
	first      int64          // births of the oldest and the newest row
	last       int64
	statements map[string]*sql.Stmt

	encoder    encoder
	pending    []row // to be inserted
	args       []any
	insertions map[insertForm]string
}

func (w *writer) close() {
	for _, st := range w.statements {
		st.Close()
	}
}

// exec runs a statement that is prepared once a commit.
func (w *writer) exec(query string, args ...any) (sql.Result, error) {
	st, err := w.prepare(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(w.ctx, args...)
}

func (w *writer) prepare(query string) (*sql.Stmt, error) {
	if st, ok := w.statements[query]; ok {
		return st, nil
	}
	st, err := w.tx.PrepareContext(w.ctx, query)
	if err != nil {
		return nil, err
	}
	w.statements[query] = st
	return st, nil
}

func (w *writer) documents(documents []event.Document, archive bool) error {
	for i := range documents {
		if err := w.upsert(&documents[i], archive); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.late > 0 {
		if _, err := w.exec("INSERT INTO meta (name, value) VALUES ('late', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value", w.late); err != nil {
			return err
		}
	}
	if err := w.addCounts(); err != nil {
		return err
	}
	return w.addValues()
}

// rest stores what a batch has beside documents.
func (w *writer) rest(b Batch) error {
	if _, err := w.exec("INSERT INTO meta (name, value) VALUES ('commits', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"); err != nil {
		return err
	}
	for _, i := range b.Put {
		var due any
		if !i.Due.IsZero() {
			due = i.Due.UnixMicro()
		}
		if _, err := w.exec("INSERT OR REPLACE INTO item (key, data, due) VALUES (?, ?, ?)", i.Key, orEmpty(i.Data), due); err != nil {
			return err
		}
	}
	for _, key := range b.Delete {
		if _, err := w.exec("DELETE FROM item WHERE key = ?", key); err != nil {
			return err
		}
	}
	for _, p := range b.Positions {
		if _, err := w.exec("INSERT OR REPLACE INTO position (source, data) VALUES (?, ?)", p.Source, orEmpty(p.Data)); err != nil {
			return err
		}
	}
	for program, n := range b.Unknown {
		if _, err := w.exec("INSERT INTO unknown_lines (program, lines) VALUES (?, ?) ON CONFLICT (program) DO UPDATE SET lines = lines + excluded.lines", program, n); err != nil {
			return err
		}
	}
	if err := errors.Join(w.selfTests(b.SelfTests), w.settings(b.Settings), w.policy(b.Policy), w.outages(b.Outages), w.found(b.Found)); err != nil {
		return err
	}
	for _, l := range b.Letters {
		if _, err := w.exec(putLetter, l.ID, l.At.UnixMicro(), l.At.UnixMicro(), orEmpty(l.Data)); err != nil {
			return err
		}
	}
	for _, g := range b.Gaps {
		if _, err := w.exec("INSERT OR REPLACE INTO gap (source, from_time, to_time, lines) VALUES (?, ?, ?, ?)", g.Source, g.From.UnixMicro(), g.To.UnixMicro(), g.Lines); err != nil {
			return err
		}
	}
	return nil
}

func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
