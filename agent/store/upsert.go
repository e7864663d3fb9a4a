package store

import (
	"bytes"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"postvagt/agent/event"
)

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
