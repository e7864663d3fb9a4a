package dashboards

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// random makes answers whose sums agree.
func random(r *rand.Rand) Answers {
	a := Answers{}
	put := func(id, key string, count, n int64) {
		for i := range a[id] {
			if a[id][i].Key == key {
				a[id][i].Count, a[id][i].N = a[id][i].Count+count, a[id][i].N+n
				return
			}
		}
		a[id] = append(a[id], Row{key, count, n})
	}
	for _, id := range []string{"sent", "recognised", "sensitive", "confidential", "left-safely", "done-right", "open-sensitive", "open-confidential", "held", "held-now", "released-open"} {
		put(id, "", 0, 0)
	}
	for d := range 2 + r.IntN(5) {
		dept := fmt.Sprint("d", d)
		for range r.IntN(25) {
			week := fmt.Sprint("2026-11-0", 1+r.IntN(3))
			put("sent", "", 1, 0)
			put("sent-departments", dept, 1, 0)
			level := []string{"sensitive", "confidential"}[r.IntN(2)]
			put(level, "", 1, 0)
			protected := []string{"yes", "no", "unknown"}[r.IntN(3)]
			safe := map[bool]int64{true: 1}[protected == "yes"]
			for id, row := range map[string][2]int64{"recognised": {1, 0}, "left-safely": {safe, 1}, "done-right": {safe, 1}} {
				put(id, "", row[0], row[1])
				put(id+"-departments", dept, row[0], row[1])
				put(id+"-weekly", week, row[0], row[1])
			}
			put("recognised-protection", protected, 1, 0)
			if protected == "no" {
				put("open-"+level, "", 1, 0)
			}
		}
	}
	return a
}

// Whatever is shown, no small count can be calculated from it: neither is one shown, nor do the sums determine one.
func TestWithheld(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	hidden, small := 0, 0
	for range 60 {
		a := random(r)
		w := a.Withhold()
		check := a.table()
		for id, rows := range w {
			for i, row := range rows {
				was := a[id][i]
				q, _ := ByID(id)
				ratio := q.Measure.Kind == Ratio
				tiny := func(n int64) bool { return n > 0 && n < Least }
				if tiny(was.Count) || ratio && (tiny(was.N) || tiny(was.N-was.Count)) {
					small++
				}
				if tiny(row.Count) || ratio && (tiny(row.N) || row.Count >= 0 && row.N >= 0 && tiny(row.N-row.Count)) {
					t.Fatalf("%s %s shows %+v", id, row.Key, row)
				}
				if row.Count != Hidden && row.Count != was.Count || row.N != Hidden && row.N != was.N {
					t.Fatalf("%s %s: %+v became %+v", id, row.Key, was, row)
				}
				// An attacker does not know what is hidden: a count without its whole hides the rest as well.
				if row.Count == Hidden {
					hidden++
					check.hidden[cell{id, row.Key, partCount}] = true
					if ratio {
						check.hidden[cell{id, row.Key, partRest}] = true
					}
				}
				if row.N == Hidden && ratio {
					check.hidden[cell{id, row.Key, partWhole}] = true
					check.hidden[cell{id, row.Key, partRest}] = true
				}
			}
		}
		if c, found := check.determined(); found && check.values[c] > 0 && check.values[c] < Least {
			t.Fatalf("%+v = %d can be calculated", c, check.values[c])
		}
	}
	if small < 300 || hidden < small {
		t.Errorf("the test saw %d small counts and %d hidden ones", small, hidden)
	}
	large := Answers{"sent": {{Count: 50}}, "recognised": {{Count: 12}}, "sensitive": {{Count: 6}}, "confidential": {{Count: 6}}}
	if w := large.Withhold(); w.Count("sensitive") != 6 || w.Count("recognised") != 12 {
		t.Errorf("large counts are hidden: %v", w)
	}
	one := Answers{"recognised": {{Count: 12}}, "sensitive": {{Count: 3}}, "confidential": {{Count: 9}}}
	if w := one.Withhold(); w.Count("sensitive") != Hidden || w.Count("confidential") != Hidden || w.Count("recognised") != 12 {
		t.Errorf("the other of two is not hidden: %v", w)
	}
}

// A house of 60 departments over a year is withheld in little time.
func BenchmarkWithhold(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	a := Answers{}
	add := func(id, key string, n int64) { a[id] = append(a[id], Row{Key: key, Count: n / 2, N: n}) }
	for d := range 60 {
		for _, id := range []string{"sent-departments", "recognised-departments", "left-safely-departments", "done-right-departments", "held-departments"} {
			add(id, fmt.Sprint(d), r.Int64N(20))
		}
	}
	for w := range 52 {
		for _, id := range []string{"recognised-weekly", "left-safely-weekly", "done-right-weekly", "held-weekly"} {
			add(id, fmt.Sprint(w), r.Int64N(30))
		}
	}
	for _, id := range []string{"sent", "recognised", "left-safely", "done-right", "held"} {
		add(id, "", 700)
	}
	for b.Loop() {
		a.Withhold()
	}
}
