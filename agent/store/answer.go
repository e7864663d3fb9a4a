package store

import (
	"slices"

	"postvagt/dashboards"
)

// daily answers questions from the cube for a span of whole days.
type daily struct {
	cube   *cube
	match  matcher
	days   map[int64]*counted
	totals []total // by facet, over all the days
}

// daily begins to answer for the days [first, last); the cube stays locked for reading meanwhile.
func (c *cube) daily(first, last int64) *daily {
	return &daily{cube: c, match: matcher{c, map[string][]bool{}}, days: c.between(first, last)}
}

// sums over the whole span are made when a question first needs them.
func (d *daily) total() []total {
	if d.totals == nil {
		d.totals = make([]total, len(d.cube.texts))
		for _, day := range d.days {
			for _, cell := range day.cells {
				d.totals[cell.facet].add(cell.numbers)
			}
		}
	}
	return d.totals
}

// answer adds what the days say to a tally.
func (d *daily) answer(c *compiled, where dashboards.Filter, t *tally) {
	of, over := d.match.match(where.And(c.q.Measure.Of...)), []bool(nil)
	if c.q.Measure.Kind == dashboards.Ratio {
		over = d.match.match(where.And(c.q.Measure.Over...))
	}
	switch {
	case c.q.Measure.Kind == dashboards.Distinct:
		d.distinct(c, of, t)
	case c.q.Split.By == dashboards.ByTime:
		for day, counted := range d.days {
			a := answer{day: day}
			for i := range counted.cells {
				cell := &counted.cells[i]
				if of[cell.facet] || over != nil && over[cell.facet] {
					var n total
					n.add(cell.numbers)
					a.take(c, of, over, cell.facet, n)
				}
			}
			t.add(a)
		}
	default:
		d.split(c, of, over, t)
	}
}

// take counts a facet's numbers where it matches.
func (a *answer) take(c *compiled, of, over []bool, facet int32, n total) {
	if of[facet] {
		a.count += n[c.number()]
	}
	if over != nil && over[facet] {
		a.n += n[0]
	}
}

// number is the entry of a total that the question counts.
func (c *compiled) number() int {
	if c.q.Measure.Kind != dashboards.Sum {
		return 0
	}
	return 1 + slices.Index(sums, c.field.Column)
}

// split answers without a split or by a dimension.
func (d *daily) split(c *compiled, of, over []bool, t *tally) {
	at := -1
	if c.q.Split.By != "" {
		at = dimension(c.q.Split.By)
	}
	for facet, n := range d.total() {
		if n == (total{}) {
			continue
		}
		for _, key := range d.keys(facet, at) {
			a := answer{key: key}
			a.take(c, of, over, int32(facet), n)
			t.add(a)
		}
	}
}

// keys are a facet's values of a dimension; the one empty key where nothing is split.
func (d *daily) keys(facet, dimension int) []string {
	if dimension < 0 {
		return []string{""}
	}
	return d.cube.texts[facet][dimension]
}

// distinct notes each value once for each span of time or each value of the dimension that the question divides by.
func (d *daily) distinct(c *compiled, of []bool, t *tally) {
	entity, at := int32(slices.Index(entities, c.field.Column)), -1
	if by := c.q.Split.By; by != "" && by != dashboards.ByTime {
		at = dimension(by)
	}
	seen := map[string][]bool{}
	for day, counted := range d.days {
		span := ""
		if c.q.Split.By == dashboards.ByTime {
			span = t.start(day)
		}
		for _, cell := range counted.entities {
			if cell.entity != entity || !of[cell.facet] {
				continue
			}
			for _, key := range d.keys(int(cell.facet), at) {
				of := span + key // one of them is empty
				if seen[of] == nil {
					seen[of] = make([]bool, len(d.cube.names))
				}
				if known := &seen[of][cell.value]; !*known {
					*known = true
					t.add(answer{day: day, key: key, value: d.cube.names[cell.value]})
				}
			}
		}
	}
}

// byDay counts the transmissions that match a filter on each of the days, and returns the facets that do.
func (d *daily) byDay(filter dashboards.Filter) (counts map[int64]int, facets []int64) {
	of, counts := d.match.match(filter), map[int64]int{}
	for day, counted := range d.days {
		for i := range counted.cells {
			if cell := &counted.cells[i]; of[cell.facet] {
				counts[day] += int(cell.numbers.n)
			}
		}
	}
	for facet, is := range of {
		if is {
			facets = append(facets, int64(facet))
		}
	}
	return counts, facets
}
