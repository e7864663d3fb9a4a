package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// cube holds the tables facet, rollup and entity in memory: some ten thousand cells, whatever the number of
// transmissions. It answers for whole days; a commit changes it when SQLite has taken the same change.
type cube struct {
	mu     sync.RWMutex
	texts  [][][]string     // by id of facet and number of dimension: its values
	ids    map[string]int64 // signature -> id of facet
	days   map[int64]*counted
	values map[string]int32 // values of entities, numbered
	names  []string         // by number

	first, last int64 // births of the oldest and the newest transmission, microseconds; last is 0 while there are none

	summary atomic.Pointer[dashboards.Overview] // of all that is here, nil until asked for

	revision int64 // of the last change
	loaded   int64 // of the change since which any day may be another

	detailsFrom    int64 // see Retention
	detailsDeleted time.Time
}

// counted is one day, each list in order.
type counted struct {
	revision int64 // of the last commit that changed one of its transmissions
	cells    []dayCell
	entities []entityCell
}

type dayCell struct {
	facet   int32
	numbers numbers
}

// numbers are the count of transmissions and the sums of table rollup.
type numbers struct {
	n, persons, recipients int32
	size                   int64
}

func (a *numbers) add(b numbers) {
	a.n += b.n
	a.persons += b.persons
	a.recipients += b.recipients
	a.size += b.size
}

// total is numbers over many days; its entries are those of measures.
type total [4]int64

func (t *total) add(b numbers) {
	t[0] += int64(b.n)
	t[1] += int64(b.persons)
	t[2] += int64(b.recipients)
	t[3] += b.size
}

type entityCell struct {
	facet  int32
	entity int32 // index in entities
	value  int32
	n      int32
}

func newCube() *cube {
	return &cube{texts: [][][]string{nil}, ids: map[string]int64{}, days: map[int64]*counted{}, values: map[string]int32{}}
}

// load reads the tables.
func (c *cube) load(ctx context.Context, db *sql.DB) error {
	fresh := newCube()
	if err := fresh.loadFacets(ctx, db); err != nil {
		return err
	}
	_, err := collect(ctx, db, "SELECT day, facet, n, persons, recipients, size FROM rollup", nil, func(scan func(...any) error) (none struct{}, err error) {
		var at cell
		var n numbers
		err = scan(&at.day, &at.facet, &n.n, &n.persons, &n.recipients, &n.size)
		fresh.add(at, n)
		return none, err
	})
	if err != nil {
		return err
	}
	_, err = collect(ctx, db, "SELECT field, day, facet, value, n FROM entity", nil, func(scan func(...any) error) (none struct{}, err error) {
		var at valueCell
		var n int64
		err = scan(&at.field, &at.day, &at.facet, &at.value, &n)
		fresh.addValue(at, n)
		return none, err
	})
	if err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, births).Scan(&fresh.first, &fresh.last); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.summary.Store(nil)
	c.anyChanged()
	c.texts, c.ids, c.days, c.values, c.names, c.first, c.last = fresh.texts, fresh.ids, fresh.days, fresh.values, fresh.names, fresh.first, fresh.last
	return nil
}

const births = `SELECT ifnull((SELECT min(time) FROM transmission WHERE day = (SELECT min(day) FROM transmission)), 0),
	ifnull((SELECT max(time) FROM transmission WHERE day = (SELECT max(day) FROM transmission)), 0)`

func (c *cube) loadFacets(ctx context.Context, db *sql.DB) error {
	cells, at := make([]any, len(layout.shared)), make([]any, len(layout.shared)+1)
	var id int64
	at[0] = &id
	for i := range cells {
		at[i+1] = &cells[i]
	}
	_, err := collect(ctx, db, "SELECT id, "+strings.Join(sharedColumns(), ", ")+" FROM facet", nil, func(scan func(...any) error) (none struct{}, err error) {
		if err := scan(at...); err != nil {
			return none, err
		}
		return none, c.addFacet(id, cells)
	})
	return err
}

// addFacet remembers a facet by its stored values.
func (c *cube) addFacet(id int64, stored []any) error {
	texts := make([][]string, len(stored))
	for i, v := range stored {
		var err error
		if texts[i], err = textsOfValue(layout.shared[i], v); err != nil {
			return err
		}
	}
	for int64(len(c.texts)) <= id {
		c.texts = append(c.texts, nil)
	}
	c.texts[id] = texts
	c.ids[signatureOf(stored)] = id
	return nil
}

// textsOfValue returns a stored value as it stands in filters.
func textsOfValue(f event.Field, v any) (all []string, err error) {
	switch {
	case f.Array:
		if err := json.Unmarshal([]byte(textOf(v)), &all); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		return all, nil
	case f.Type == event.Boolean:
		return []string{strconv.FormatBool(v == int64(1))}, nil
	}
	return []string{keyText(v)}, nil
}

func (c *cube) day(day int64) *counted {
	d, ok := c.days[day]
	if !ok {
		d = &counted{}
		c.days[day] = d
	}
	return d
}

func (c *cube) add(at cell, n numbers) {
	d := c.day(at.day)
	i, found := slices.BinarySearchFunc(d.cells, int32(at.facet), func(x dayCell, facet int32) int { return cmp.Compare(x.facet, facet) })
	if !found {
		d.cells = slices.Insert(d.cells, i, dayCell{facet: int32(at.facet)})
	}
	if d.cells[i].numbers.add(n); d.cells[i].numbers.n == 0 {
		d.cells = slices.Delete(d.cells, i, i+1)
	}
}

func (c *cube) addValue(at valueCell, n int64) {
	value, ok := c.values[at.value]
	if !ok {
		value = int32(len(c.names))
		c.values[at.value], c.names = value, append(c.names, at.value)
	}
	want := entityCell{facet: int32(at.facet), entity: int32(slices.Index(entities, at.field)), value: value}
	d := c.day(at.day)
	i, found := slices.BinarySearchFunc(d.entities, want, func(a, b entityCell) int {
		return cmp.Or(cmp.Compare(a.facet, b.facet), cmp.Compare(a.entity, b.entity), cmp.Compare(a.value, b.value))
	})
	if !found {
		d.entities = slices.Insert(d.entities, i, want)
	}
	if d.entities[i].n += int32(n); d.entities[i].n == 0 {
		d.entities = slices.Delete(d.entities, i, i+1)
	}
}

// apply takes over what a commit changed.
func (c *cube) apply(w *writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.summary.Store(nil)
	for _, f := range w.made {
		if err := c.addFacet(f.id, f.stored); err != nil {
			return err
		}
	}
	if w.last != 0 {
		if c.last == 0 {
			c.first = w.first
		}
		c.first, c.last = min(c.first, w.first), max(c.last, w.last)
	}
	c.revision++
	for at, d := range w.counts { // each day of which a row was written, though its figures may be what they were
		c.day(at.day).revision = c.revision
		if d != (numbers{}) {
			c.add(at, d)
		}
	}
	for at, n := range w.values {
		if n != 0 {
			c.addValue(at, n)
		}
	}
	return nil
}

// between returns the days in [first, last) that hold something.
func (c *cube) between(first, last int64) map[int64]*counted {
	in := maps.Clone(c.days)
	maps.DeleteFunc(in, func(day int64, _ *counted) bool { return day < first || day >= last })
	return in
}

// overview counts all that is there.
func (c *cube) overview(zone *time.Location) (o dashboards.Overview) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if known := c.summary.Load(); known != nil {
		return *known
	}
	defer func() { c.summary.Store(&o) }() // before the lock is given back
	d := c.daily(math.MinInt64, math.MaxInt64)
	judged := d.match.match(dashboards.Filter{dashboards.Not("postvagt.level", "unknown")})
	department, names := dimension("postvagt.department"), map[string]bool{}
	for facet, n := range d.total() {
		if n[0] == 0 {
			continue
		}
		o.Transmissions += n[0]
		if judged[facet] {
			o.Judged += n[0]
		}
		names[c.texts[facet][department][0]] = true
	}
	delete(names, "")
	o.Departments = slices.Sorted(maps.Keys(names))
	if len(d.days) > 0 {
		o.First = dateOf(slices.Min(slices.Collect(maps.Keys(d.days))), zone)
	}
	if first := time.UnixMicro(c.first).UTC(); c.last != 0 && dayOf(first, zone) <= dayOf(o.First, zone) {
		o.First = first // of older days only the figures are left
	}
	if c.last != 0 {
		o.Last = time.UnixMicro(c.last).UTC()
	}
	if c.detailsFrom != math.MinInt64 {
		o.DetailsFrom, o.DetailsDeleted = dateOf(c.detailsFrom, zone), c.detailsDeleted
	}
	return o
}
