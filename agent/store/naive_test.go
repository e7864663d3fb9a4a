package store

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// naive answers a question the plain way, over documents in memory.
func naive(t *testing.T, q dashboards.Question, documents []event.Document, from, to time.Time, where dashboards.Filter, zone *time.Location) []dashboards.Row {
	t.Helper()
	rows := map[string]dashboards.Row{}
	distinct := map[string]map[string]bool{}
	for i := range documents {
		d := &documents[i]
		if d.Time.Before(from) || !d.Time.Before(to) || !matches(t, d, where) {
			continue
		}
		for _, key := range keysOf(t, q, d, zone) {
			r := rows[key]
			r.Key = key
			of := matches(t, d, q.Measure.Of)
			switch q.Measure.Kind {
			case dashboards.Count:
				r.Count += toInt(of)
			case dashboards.Ratio:
				r.Count += toInt(of)
				r.N += toInt(matches(t, d, q.Measure.Over))
			case dashboards.Sum:
				if of {
					r.Count += numberOf(t, d, q.Measure.Field)
				}
			case dashboards.Distinct:
				if v := textsOf(t, d, q.Measure.Field)[0]; of && v != "" {
					if distinct[key] == nil {
						distinct[key] = map[string]bool{}
					}
					distinct[key][v] = true
				}
				r.Count = int64(len(distinct[key]))
			}
			rows[key] = r
		}
	}
	return ordered(q, rows, from, to, zone)
}

func ordered(q dashboards.Question, rows map[string]dashboards.Row, from, to time.Time, zone *time.Location) []dashboards.Row {
	var all []dashboards.Row
	switch q.Split.By {
	case "":
		return []dashboards.Row{rows[""]}
	case dashboards.ByTime:
		seen := map[string]bool{}
		for at := from.In(zone); at.Before(to); at = at.Add(time.Hour) {
			if key := spanOf(q.Split.Every, at); !seen[key] {
				seen[key] = true
				r := rows[key]
				r.Key = key
				all = append(all, r)
			}
		}
		return all
	}
	for _, r := range rows {
		if r.Count > 0 || r.N > 0 {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b dashboards.Row) int {
		return cmp.Or(-cmp.Compare(a.N, b.N), -cmp.Compare(a.Count, b.Count), cmp.Compare(a.Key, b.Key))
	})
	if q.Split.Top > 0 && len(all) > q.Split.Top {
		all = all[:q.Split.Top]
	}
	return all
}

func spanOf(every string, at time.Time) string {
	switch every {
	case "week":
		for at.Weekday() != time.Monday {
			at = at.AddDate(0, 0, -1)
		}
	case "month":
		return at.Format("2006-01") + "-01"
	}
	return at.Format(time.DateOnly)
}

func keysOf(t *testing.T, q dashboards.Question, d *event.Document, zone *time.Location) []string {
	switch q.Split.By {
	case "":
		return []string{""}
	case dashboards.ByTime:
		return []string{spanOf(q.Split.Every, d.Time.In(zone))}
	}
	return textsOf(t, d, q.Split.By)
}

func matches(t *testing.T, d *event.Document, filter dashboards.Filter) bool {
	for _, term := range filter {
		hit := slices.ContainsFunc(textsOf(t, d, term.Field), func(v string) bool { return slices.Contains(term.Values, v) })
		if hit == term.Not {
			return false
		}
	}
	return true
}

func textsOf(t *testing.T, d *event.Document, field string) []string {
	f, ok := event.FieldByName(field)
	if !ok {
		t.Fatalf("no field %s", field)
	}
	if list, ok := f.Get(d).([]string); ok {
		return list
	}
	return []string{fmt.Sprint(f.Get(d))}
}

func numberOf(t *testing.T, d *event.Document, field string) (n int64) {
	if _, err := fmt.Sscan(textsOf(t, d, field)[0], &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
