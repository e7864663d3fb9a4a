package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"postvagt/agent/register"
	"postvagt/agent/report"
	"postvagt/agent/store"
	"postvagt/agent/watch"
	"postvagt/dashboards"
)

// outcomes counts what a report says of incidents and of repeated open mail; it only reads the database.
func outcomes(ctx context.Context, c *Config, db *store.Store, o report.Options) (*report.Outcomes, error) {
	now := func() time.Time { return o.Made }
	reg := &register.Register{Store: db, Zone: o.From.Location(), Now: now}
	var n report.Outcomes
	var err error
	if n.Incidents, err = reg.Incidents(ctx, o.Period(), o.Department); err != nil {
		return nil, fmt.Errorf("incidents: %w", err)
	}
	if n.Cases, err = reg.CaseCounts(ctx, o); err != nil {
		return nil, fmt.Errorf("cases: %w", err)
	}
	days, err := db.Ask(ctx, report.UnjudgedDays(), o.Period(), dashboards.OfDepartment(o.Department))
	if err != nil {
		return nil, err
	}
	for _, d := range days {
		if d.Count > 0 {
			n.Unjudged++
		}
	}
	w := &watching{teller: &teller{store: db, config: c, now: o.AsOf, zone: o.From.Location()}, register: reg}
	found, err := w.findings(ctx)
	n.Repeated = repeatedOf(found, o)
	return &n, err
}

// repeatedOf adds findings up by rule, where they reach into a report's period and department.
func repeatedOf(found []watch.Finding, o report.Options) []report.Repeated {
	all := []report.Repeated{}
	for _, f := range found {
		if f.Last.Before(o.From) || !ofDepartment(f, o.Department) {
			continue
		}
		i := slices.IndexFunc(all, func(r report.Repeated) bool { return r.Rule == f.Rule })
		if i < 0 {
			all, i = append(all, report.Repeated{Rule: f.Rule, By: string(f.By)}), len(all)
		}
		r := &all[i]
		r.Episodes++
		r.Messages += int64(f.Messages)
		r.Recipients += int64(f.Recipients)
		r.Prevented += int64(f.Prevented)
		if f.Confirmed {
			r.Confirmed++
		}
	}
	return all
}

func ofDepartment(f watch.Finding, department string) bool {
	switch department {
	case "":
		return true
	case dashboards.NoDepartment:
		return len(f.Departments) == 0
	}
	return slices.Contains(f.Departments, department)
}
