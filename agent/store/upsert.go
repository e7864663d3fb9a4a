package store

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"math/bits"
	"slices"
	"strings"

	"postvagt/agent/event"
)

var (
	findRow = "SELECT t.id, t.facet, t.hash, t.revision, t." + strings.Join(sums, ", t.") + ", t." + strings.Join(entities, ", t.") + " FROM transmission t WHERE t.day = ? AND t.key = ?"
	// An update names no indexed column that it leaves as it is, since SQLite would write its index anew.
	updateRow  = "UPDATE OR FAIL transmission SET (" + ownColumns(^uint64(0)&^(1<<atKey)) + ", hash) = (?" + strings.Repeat(", ?", len(layout.own)-1) + ") WHERE id = ?"
	moveRow    = "UPDATE OR FAIL transmission SET facet = ? WHERE id = ?"
	atKey      = ownIndex("key")
	atRevision = ownIndex("revision")
)

// ownColumns lists the columns whose bit is set.
func ownColumns(filled uint64) string {
	var names []string
	for i, f := range layout.own {
		if filled&(1<<i) != 0 {
			names = append(names, f.Column)
		}
	}
	return strings.Join(names, ", ")
}

// together is how many rows one statement inserts: running a statement costs as much as some rows.
const together = 16

// upsert stores a row unless the same content is there. What is new is inserted with the next rows, by flush.
func (w *writer) upsert(d *event.Document, archive bool) error {
	r, err := w.encoder.row(d)
	if err != nil {
		return err
	}
	r.archive = archive
	if w.store.late(r.day, archive) {
		if err := w.flush(); err != nil {
			return err
		}
		old, known, err := w.find(r.day, r.key)
		switch {
		case err != nil:
			return err
		case !known:
			w.late++
			return nil
		}
		return w.change(&r, old)
	}
	if r.facet, err = w.facet(r.signature, d); err != nil {
		return err
	}
	if w.pending = append(w.pending, r); len(w.pending) == together {
		return w.flush()
	}
	return nil
}

// flush inserts the rows that wait; most of them are new. SQLite leaves out those whose key is there, and these are changed.
func (w *writer) flush() error {
	rows := w.pending
	w.pending = w.pending[:0]
	if len(rows) == together {
		return w.insert(rows)
	}
	for i := range rows {
		if err := w.insert(rows[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) insert(rows []row) error {
	filled := uint64(1)<<atKey | 1<<atRevision
	for i := range rows {
		filled |= rows[i].filled
	}
	w.args = w.args[:0]
	for i := range rows {
		r := &rows[i]
		r.own[atRevision] = int64(1)
		w.args = append(w.args, r.day, r.facet, r.hash)
		for k, v := range r.own {
			if filled&(1<<k) != 0 {
				w.args = append(w.args, v)
			}
		}
	}
	res, err := w.exec(w.insertion(len(rows), filled), w.args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if err := w.unshippedNew(res, n); err != nil {
		return err
	}
	var keys map[any]bool
	if n < int64(len(rows)) {
		if keys, err = w.inserted(res, n); err != nil {
			return err
		}
	}
	for i := range rows {
		r, inserted := &rows[i], n == int64(len(rows))
		if key := mapKey(r.key); keys[key] {
			inserted = true
			delete(keys, key) // a second row of the key changes the first
		}
		if err := w.settle(r, inserted); err != nil {
			return err
		}
	}
	return nil
}

// inserted returns the keys of the last n rows, which one statement inserted.
func (w *writer) inserted(res sql.Result, n int64) (keys map[any]bool, err error) {
	keys = map[any]bool{}
	if n == 0 {
		return keys, nil
	}
	last, err := res.LastInsertId()
	if err != nil {
		return nil, err
	}
	st, err := w.prepare("SELECT key FROM transmission WHERE id > ? AND id <= ?")
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(w.ctx, last-n, last)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var key any
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys[mapKey(key)] = true
	}
	return keys, rows.Err()
}

// mapKey makes a key one of a map: a hash becomes an array, and any other key is a text.
func mapKey(key any) any {
	if b, ok := key.([]byte); ok && len(b) == sha256.Size {
		return [sha256.Size]byte(b)
	}
	return key
}

// insertion is the statement for some rows that fill no other columns than these. OR FAIL, and ids that SQLite gives,
// spare it to note what it would need to undo the statement alone: what fails undoes the whole commit.
func (w *writer) insertion(rows int, filled uint64) string {
	form := insertForm{rows, filled}
	query, ok := w.insertions[form]
	if !ok {
		one := "(?, ?, ?" + strings.Repeat(", ?", bits.OnesCount64(filled)) + ")"
		query = "INSERT OR FAIL INTO transmission (day, facet, hash, " + ownColumns(filled) + ") VALUES " + one + strings.Repeat(", "+one, rows-1) + " ON CONFLICT (day, key) DO NOTHING"
		w.insertions[form] = query
	}
	return query
}

type insertForm struct {
	rows   int
	filled uint64
}

// settle counts a row that was inserted, and changes the one that was there before.
func (w *writer) settle(r *row, inserted bool) error {
	if !inserted {
		old, _, err := w.find(r.day, r.key)
		if err != nil {
			return err
		}
		return w.change(r, old)
	}
	w.count(cell{r.day, r.facet}, 1, r.sums, r.entities)
	return w.noteDay(r)
}

// stored is what a row was like before.
type stored struct {
	cell
	id, revision int64
	hash         []byte
	sums         [3]int64
	entities     [1]string
}

func (w *writer) find(day int64, key any) (old stored, known bool, err error) {
	st, err := w.prepare(findRow)
	if err != nil {
		return old, false, err
	}
	err = st.QueryRowContext(w.ctx, day, key).Scan(&old.id, &old.facet, &old.hash, &old.revision,
		&old.sums[0], &old.sums[1], &old.sums[2], &old.entities[0])
	old.day = day
	if errors.Is(err, sql.ErrNoRows) {
		return old, false, nil
	}
	return old, err == nil, err
}

// change writes a row over the one that was there.
func (w *writer) change(r *row, old stored) (err error) {
	if bytes.Equal(old.hash, r.hash) {
		return nil
	}
	if r.facet == 0 {
		if r.facet, err = w.facet(r.signature, r.document); err != nil {
			return err
		}
	}
	r.own[atRevision] = old.revision + 1
	if _, err := w.exec(updateRow, append(slices.Delete(slices.Clone(r.own), atKey, atKey+1), r.hash, old.id)...); err != nil {
		return err
	}
	if old.facet != r.facet {
		if _, err := w.exec(moveRow, r.facet, old.id); err != nil {
			return err
		}
	}
	if err := w.unshipped(old.id); err != nil {
		return err
	}
	w.count(old.cell, -1, old.sums, old.entities)
	w.count(cell{r.day, r.facet}, 1, r.sums, r.entities)
	return w.noteDay(r)
}

// noteDay notes when a row that was written was born.
func (w *writer) noteDay(r *row) error {
	if w.first == 0 || r.time < w.first {
		w.first = r.time
	}
	w.last = max(w.last, r.time)
	if !r.archive {
		return nil
	}
	return w.archive(r.day)
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
func (w *writer) count(c cell, n int64, sums [3]int64, values [1]string) {
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

// facet returns the id of a document's facet, made when it is new.
func (w *writer) facet(signature []byte, d *event.Document) (int64, error) {
	if id, ok := w.store.cube.ids[string(signature)]; ok { // only commits change it, one at a time
		return id, nil
	}
	if f, ok := w.made[string(signature)]; ok {
		return f.id, nil
	}
	values, err := shared(d)
	if err != nil {
		return 0, err
	}
	res, err := w.exec("INSERT INTO facet ("+strings.Join(sharedColumns(), ", ")+") VALUES (?"+strings.Repeat(", ?", len(layout.shared)-1)+")", values...)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	w.made[string(signature)] = facet{id, values}
	return id, err
}

func sharedColumns() []string {
	var names []string
	for _, f := range layout.shared {
		names = append(names, f.Column)
	}
	return names
}
