package dashboards

import (
	"math"
	"slices"
)

// Hidden stands for a count that is withheld from a reader.
const Hidden = -1

// Least is the smallest count, beside 0, that is shown to a reader who may see no small ones.
const Least = 5

// Withhold returns the answers as they may be shown to such a reader: counts from 1 to 4 are Hidden, and so are as
// many others as it takes that none of them can be calculated from what is shown (complementary suppression). Of a
// share, the part and the rest are such counts, too.
//
// What is known of the sums is stated in sums. A hidden count is taken to be calculable if the sums determine it, by
// linear algebra. This guards one view; it does not guard against the comparison of many overlapping periods.
func (a Answers) Withhold() Answers {
	t := a.table()
	for c, v := range t.values {
		if v > 0 && v < Least {
			t.hidden[c] = true
		}
	}
	for {
		c, found := t.determined()
		if !found || !t.hideOne(func(l []cell) bool { return slices.Contains(l, c) }) && !t.hideOne(t.touched) {
			break
		}
	}
	return a.without(t)
}

// cell is one count: of a row of a question its count, its whole, or the rest.
type cell struct{ id, key, part string }

const (
	partCount = "count"
	partWhole = "whole"
	partRest  = "rest"
)

// cells are counts and what is known of their sums: each line adds up to 0, its first cell against the others.
type cells struct {
	values map[cell]int64
	order  []cell
	lines  [][]cell
	hidden map[cell]bool
}

func (a Answers) table() *cells {
	t := &cells{values: map[cell]int64{}, hidden: map[cell]bool{}}
	for _, q := range Questions() {
		for _, r := range a[q.ID] {
			t.add(cell{q.ID, r.Key, partCount}, r.Count)
			if q.Measure.Kind == Ratio {
				t.add(cell{q.ID, r.Key, partWhole}, r.N)
				t.add(cell{q.ID, r.Key, partRest}, r.N-r.Count)
				t.line(cell{q.ID, r.Key, partWhole}, cell{q.ID, r.Key, partCount}, cell{q.ID, r.Key, partRest})
			}
		}
	}
	for _, s := range sums() {
		for _, part := range []string{partCount, partWhole, partRest} {
			t.sum(a, s[0], s[1], part)
		}
	}
	t.line(cell{"recognised", "", partCount}, cell{"sensitive", "", partCount}, cell{"confidential", "", partCount})
	t.line(cell{"done-right", "", partWhole}, cell{"recognised", "", partCount})
	for _, split := range []string{"departments", "weekly"} {
		for _, r := range a["recognised-"+split] {
			t.line(cell{"done-right-" + split, r.Key, partWhole}, cell{"recognised-" + split, r.Key, partCount})
		}
	}
	var protection []cell
	for _, r := range a["recognised-protection"] {
		protection = append(protection, cell{"recognised-protection", r.Key, partCount})
	}
	t.line(cell{"left-safely", "", partWhole}, protection...)
	t.line(cell{"recognised-protection", "yes", partCount}, cell{"left-safely", "", partCount})
	t.line(cell{"recognised-protection", "no", partCount}, cell{"open-sensitive", "", partCount}, cell{"open-confidential", "", partCount})
	t.line(cell{"held-ended", "held", partCount}, cell{"held-now", "", partCount})
	return t
}

// sums are the figures that are the sum of a split of theirs.
func sums() [][2]string {
	return [][2]string{{"sent", "sent-departments"}, {"recognised", "recognised-departments"}, {"recognised", "recognised-weekly"}, {"left-safely", "left-safely-departments"},
		{"left-safely", "left-safely-weekly"}, {"done-right", "done-right-departments"}, {"done-right", "done-right-weekly"}, {"held", "held-departments"}, {"held", "held-weekly"},
		{"held", "held-ended"}, {"released-open", "released-open-weekly"}}
}

func (t *cells) add(c cell, value int64) {
	t.values[c] = value
	t.order = append(t.order, c)
}

func (t *cells) sum(a Answers, total, split, part string) {
	var parts []cell
	for _, r := range a[split] {
		parts = append(parts, cell{split, r.Key, part})
	}
	t.line(cell{total, "", part}, parts...)
}

// line notes a sum, if all its cells are there.
func (t *cells) line(total cell, parts ...cell) {
	all := append([]cell{total}, parts...)
	if len(parts) > 0 && !slices.ContainsFunc(all, func(c cell) bool { _, there := t.values[c]; return !there }) {
		t.lines = append(t.lines, all)
	}
}

// determined returns a hidden cell that the sums determine: it is the only hidden one of a line as it stands, which is
// soon seen, or of the lines each reduced by the others (Gauss and Jordan).
func (t *cells) determined() (cell, bool) {
	for _, l := range t.lines {
		only, n := cell{}, 0
		for _, c := range l {
			if t.hidden[c] {
				only, n = c, n+1
			}
		}
		if n == 1 {
			return only, true
		}
	}
	return t.solved()
}

func (t *cells) solved() (cell, bool) {
	var columns []cell
	at := map[cell]int{}
	for _, c := range t.order {
		if t.hidden[c] {
			at[c] = len(columns)
			columns = append(columns, c)
		}
	}
	var rows [][]float64
	for _, l := range t.lines {
		row, any := make([]float64, len(columns)), false
		for i, c := range l {
			if j, is := at[c]; is {
				any = true
				row[j] += map[bool]float64{true: 1, false: -1}[i == 0]
			}
		}
		if any {
			rows = append(rows, row)
		}
	}
	reduce(rows, len(columns))
	for _, row := range rows {
		only, n := 0, 0
		for j, v := range row {
			if v != 0 {
				only, n = j, n+1
			}
		}
		if n == 1 {
			return columns[only], true
		}
	}
	return cell{}, false
}

// reduce brings rows to reduced echelon form.
func reduce(rows [][]float64, columns int) {
	const tiny = 1e-9
	top := 0
	for j := 0; j < columns && top < len(rows); j++ {
		best := top
		for i := top; i < len(rows); i++ {
			if math.Abs(rows[i][j]) > math.Abs(rows[best][j]) {
				best = i
			}
		}
		if math.Abs(rows[best][j]) < tiny {
			continue
		}
		rows[top], rows[best] = rows[best], rows[top]
		pivot := rows[top][j]
		for k := range rows[top] {
			rows[top][k] /= pivot
		}
		for i := range rows {
			if f := rows[i][j]; i != top && f != 0 {
				for k := range rows[i] {
					if rows[i][k] -= f * rows[top][k]; math.Abs(rows[i][k]) < tiny {
						rows[i][k] = 0
					}
				}
			}
		}
		top++
	}
}

// touched says whether a cell of a line is hidden.
func (t *cells) touched(l []cell) bool {
	return slices.ContainsFunc(l, func(c cell) bool { return t.hidden[c] })
}

// hideOne hides the smallest count, not 0 if there is another, of the lines that are wanted.
func (t *cells) hideOne(wanted func(line []cell) bool) bool {
	best, found := cell{}, false
	for _, l := range t.lines {
		if !wanted(l) {
			continue
		}
		for _, c := range l {
			if t.hidden[c] {
				continue
			}
			if v, b := t.values[c], t.values[best]; !found || b == 0 && v > 0 || v > 0 && v < b {
				best, found = c, true
			}
		}
	}
	if found {
		t.hidden[best] = true
	}
	return found
}

// without returns the answers with what is hidden.
func (a Answers) without(t *cells) Answers {
	out := Answers{}
	for id, rows := range a {
		for _, r := range rows {
			if t.hidden[cell{id, r.Key, partCount}] || t.hidden[cell{id, r.Key, partRest}] {
				r.Count = Hidden
			}
			if t.hidden[cell{id, r.Key, partWhole}] {
				r.N = Hidden
			}
			out[id] = append(out[id], r)
		}
	}
	return out
}
