package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/dashboards"
	"postvagt/milter/program"
)

// CountQuery asks how many transmissions there are.
type CountQuery struct {
	By       []string // at most three fields
	Where    map[string]string
	From, To string // days, both inclusive; "" for no bound
}

// CountRow is one combination of values.
type CountRow struct {
	Keys  []string
	Count int64
}

// Object is the row as JSON: the fields by the names they were asked by, and count.
func (r CountRow) Object(by []string) map[string]any {
	o := map[string]any{"count": r.Count}
	for i, k := range r.Keys {
		o[by[i]] = k
	}
	return o
}

// Count answers from the database, while an agent may be writing it.
func Count(ctx context.Context, c *Config, q CountQuery) (rows []CountRow, err error) {
	zone, err := c.TimeZone()
	if err != nil {
		return nil, err
	}
	period, err := q.period(zone)
	if err != nil {
		return nil, err
	}
	by, filter, err := q.fields()
	if err != nil {
		return nil, err
	}
	db, err := store.OpenRead(ctx, c.Store.Path, store.In(zone))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return countBy(ctx, db, period, by, filter)
}

func countBy(ctx context.Context, db *store.Store, period dashboards.Period, by []string, filter dashboards.Filter) (rows []CountRow, err error) {
	q := dashboards.Question{ID: "count", Measure: dashboards.Measure{Kind: dashboards.Count}}
	if len(by) > 0 {
		q.Split = dashboards.Split{By: by[0]}
	}
	answer, err := db.Ask(ctx, q, period, filter)
	if err != nil {
		return nil, err
	}
	for _, a := range answer {
		if len(by) == 0 {
			rows = append(rows, CountRow{Count: a.Count})
			continue
		}
		if len(by) == 1 {
			rows = append(rows, CountRow{[]string{a.Key}, a.Count})
			continue
		}
		below, err := countBy(ctx, db, period, by[1:], filter.And(dashboards.Is(by[0], a.Key)))
		if err != nil {
			return nil, err
		}
		for _, b := range below {
			rows = append(rows, CountRow{append([]string{a.Key}, b.Keys...), b.Count})
		}
	}
	return slices.DeleteFunc(rows, func(r CountRow) bool { return r.Count == 0 && len(by) > 0 }), nil
}

func (q CountQuery) fields() (by []string, filter dashboards.Filter, err error) {
	if len(q.By) > 3 {
		return nil, nil, fmt.Errorf("--by takes at most three fields")
	}
	for _, name := range q.By {
		f, err := fieldByName(name)
		if err != nil {
			return nil, nil, err
		}
		by = append(by, f.Name)
	}
	for name, value := range q.Where {
		f, err := fieldByName(name)
		if err != nil {
			return nil, nil, err
		}
		filter = append(filter, dashboards.Is(f.Name, value))
	}
	return by, filter, nil
}

// fieldByName also takes the name without "postvagt.".
func fieldByName(name string) (event.Field, error) {
	for _, n := range []string{name, "postvagt." + name} {
		if f, ok := event.FieldByName(n); ok {
			return f, nil
		}
	}
	var all []string
	for _, f := range event.Fields {
		all = append(all, f.Column)
	}
	hint := "; fields are " + strings.Join(all, ", ")
	if n := program.Nearest(name, all); n != "" {
		hint = fmt.Sprintf("; did you mean %q?", n)
	}
	return event.Field{}, fmt.Errorf("no field %q%s", name, hint)
}

func (q CountQuery) period(zone *time.Location) (dashboards.Period, error) {
	from, to := time.Date(1970, 1, 2, 0, 0, 0, 0, zone), time.Date(9999, 1, 1, 0, 0, 0, 0, zone)
	if q.From != "" {
		t, err := time.ParseInLocation(time.DateOnly, q.From, zone)
		if err != nil {
			return dashboards.Period{}, fmt.Errorf("--from: %q is not a day such as 2026-11-23", q.From)
		}
		from = t
	}
	if q.To != "" {
		t, err := time.ParseInLocation(time.DateOnly, q.To, zone)
		if err != nil {
			return dashboards.Period{}, fmt.Errorf("--to: %q is not a day such as 2026-11-23", q.To)
		}
		to = t.AddDate(0, 0, 1)
	}
	return dashboards.Period{From: from.Format(time.RFC3339), To: to.Format(time.RFC3339)}, nil
}

func (CountQuery) everything() dashboards.Period {
	p, _ := CountQuery{}.period(time.UTC) // no days, no fault
	return p
}
