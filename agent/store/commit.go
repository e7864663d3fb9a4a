package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postvagt/agent/event"
)

// Batch is what one commit keeps. Documents are matched by Key; the last of equal keys stands.
type Batch struct {
	Documents []event.Document
	Archive   bool     // they come from an imported archive: their days are kept whatever their age
	Put       []Item   // unfinished state, replaced by key
	Delete    []string // keys of finished state
	Positions []Position
	Unknown   map[string]int64 // further unknown lines by program
	Gaps      []Gap
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
	w := &writer{ctx: context.WithoutCancel(ctx), store: s, made: map[string]facet{}, counts: map[cell]numbers{}, values: map[valueCell]int64{}, archived: map[int64]bool{}, statements: map[string]*sql.Stmt{}}
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
		r, err := rowOf(&documents[i], w.store.zone)
		if err != nil {
			return err
		}
		if err := w.upsert(r, archive); err != nil {
			return err
		}
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

var (
	findRow   = "SELECT t.id, t.day, t.facet, t.hash, t.revision, t." + strings.Join(sums, ", t.") + ", t." + strings.Join(entities, ", t.") + " FROM transmission t WHERE t.key = ?"
	insertRow = "INSERT INTO transmission (day, facet, hash, " + ownColumns() + ") VALUES (?, ?, ?" + strings.Repeat(", ?", len(layout.own)) + ")"
	// An update names no indexed column that it leaves as it is, since SQLite would write its index anew.
	updateRow  = "UPDATE transmission SET (" + ownColumns("key") + ", hash) = (?" + strings.Repeat(", ?", len(layout.own)-1) + ") WHERE id = ?"
	moveRow    = "UPDATE transmission SET day = ?, facet = ? WHERE id = ?"
	atKey      = ownIndex("key")
	atRevision = ownIndex("revision")
)

func ownColumns(except ...string) string {
	var names []string
	for _, f := range layout.own {
		if !slices.Contains(except, f.Column) {
			names = append(names, f.Column)
		}
	}
	return strings.Join(names, ", ")
}

func ownIndex(column string) int {
	return slices.IndexFunc(layout.own, func(f event.Field) bool { return f.Column == column })
}

// upsert stores a row unless the same content is there.
func (w *writer) upsert(r row, archive bool) error {
	find, err := w.prepare(findRow)
	if err != nil {
		return err
	}
	var id, revision int64
	var old struct {
		cell
		hash     []byte
		sums     [3]int64
		entities [1]string
	}
	err = find.QueryRowContext(w.ctx, r.key).Scan(&id, &old.day, &old.facet, &old.hash, &revision,
		&old.sums[0], &old.sums[1], &old.sums[2], &old.entities[0])
	known := err == nil
	switch {
	case known && bytes.Equal(old.hash, r.hash):
		return nil
	case !known && !errors.Is(err, sql.ErrNoRows):
		return err
	case !known && w.store.late(r.day, archive):
		w.late++
		return nil
	}
	if archive {
		if err := w.archive(r.day); err != nil {
			return err
		}
	}
	if w.first == 0 || r.time < w.first {
		w.first = r.time
	}
	w.last = max(w.last, r.time)
	facet, err := w.facet(r)
	if err != nil {
		return err
	}
	r.own[atRevision] = revision + 1
	if !known {
		if _, err := w.exec(insertRow, append([]any{r.day, facet, r.hash}, r.own...)...); err != nil {
			return err
		}
		w.count(cell{r.day, facet}, 1, r.sums, r.entities)
		return nil
	}
	if _, err := w.exec(updateRow, append(slices.Delete(slices.Clone(r.own), atKey, atKey+1), r.hash, id)...); err != nil {
		return err
	}
	if old.cell != (cell{r.day, facet}) {
		if _, err := w.exec(moveRow, r.day, facet, id); err != nil {
			return err
		}
	}
	w.count(old.cell, -1, old.sums, old.entities[:])
	w.count(cell{r.day, facet}, 1, r.sums, r.entities)
	return nil
}

// archive notes that a day came from an archive.
func (w *writer) archive(day int64) error {
	if w.archived[day] || w.store.archives[day] {
		return nil
	}
	w.archived[day] = true
	_, err := w.exec("INSERT OR IGNORE INTO archive_day (day) VALUES (?)", day)
	return err
}

// count notes n rows more in a cell.
func (w *writer) count(c cell, n int64, sums [3]int64, values []string) {
	d := w.counts[c]
	d.add(numbers{n: int32(n), persons: int32(n * sums[0]), recipients: int32(n * sums[1]), size: n * sums[2]})
	w.counts[c] = d
	for i, v := range values {
		if v != "" {
			w.values[valueCell{c, entities[i], v}] += n
		}
	}
}

func (w *writer) addCounts() error {
	const add = `INSERT INTO rollup (day, facet, n, persons, recipients, size) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (day, facet) DO UPDATE SET n = n + excluded.n, persons = persons + excluded.persons,
		recipients = recipients + excluded.recipients, size = size + excluded.size`
	const drop = "DELETE FROM rollup WHERE day = ? AND facet = ? AND n = 0"
	for c, d := range w.counts {
		if d == (numbers{}) {
			continue
		}
		if _, err := w.exec(add, c.day, c.facet, d.n, d.persons, d.recipients, d.size); err != nil {
			return err
		}
		if d.n < 0 {
			if _, err := w.exec(drop, c.day, c.facet); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) addValues() error {
	const add = "INSERT INTO entity (field, day, facet, value, n) VALUES (?, ?, ?, ?, ?) ON CONFLICT (field, day, facet, value) DO UPDATE SET n = n + excluded.n"
	const drop = "DELETE FROM entity WHERE field = ? AND day = ? AND facet = ? AND value = ? AND n = 0"
	for c, n := range w.values {
		if n == 0 {
			continue
		}
		if _, err := w.exec(add, c.field, c.day, c.facet, c.value, n); err != nil {
			return err
		}
		if n < 0 {
			if _, err := w.exec(drop, c.field, c.day, c.facet, c.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// facet returns the id of a row's facet, made when it is new.
func (w *writer) facet(r row) (int64, error) {
	if id, ok := w.store.cube.ids[r.signature]; ok { // only commits change it, one at a time
		return id, nil
	}
	if f, ok := w.made[r.signature]; ok {
		return f.id, nil
	}
	res, err := w.exec("INSERT INTO facet ("+strings.Join(sharedColumns(), ", ")+") VALUES (?"+strings.Repeat(", ?", len(layout.shared)-1)+")", r.shared...)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	w.made[r.signature] = facet{id, r.shared}
	return id, err
}

func sharedColumns() []string {
	var names []string
	for _, f := range layout.shared {
		names = append(names, f.Column)
	}
	return names
}

// rest stores state, positions, unknown lines and gaps.
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
