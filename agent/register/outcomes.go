package register

import (
	"context"
	"maps"
	"slices"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/report"
	"postvagt/dashboards"
)

// Incidents counts the open and the lost transmissions of a period, and of a department ("" for all), by their judgement.
func (r *Register) Incidents(ctx context.Context, p dashboards.Period, department string) (n report.Incidents, err error) {
	triages, err := r.Triages(ctx)
	if err != nil {
		return n, err
	}
	judged, err := r.triaged(ctx)
	if err != nil {
		return n, err
	}
	keys := slices.Sorted(maps.Keys(judged))
	for _, of := range []struct {
		where dashboards.Filter
		all   *int64
	}{{openSensitive, &n.Open}, {lostSensitive, &n.Lost}} {
		where := of.where.And(dashboards.OfDepartment(department)...)
		_, total, err := r.Store.Documents(ctx, p, where, 0, 0)
		if err != nil {
			return n, err
		}
		*of.all = int64(total)
		for some := range slices.Chunk(keys, openPage) {
			err := r.Each(ctx, p, where.And(dashboards.Is("event.id", some...)), func(d event.Document) bool {
				countJudged(&n, triages[d.Key])
				return true
			})
			if err != nil {
				return n, err
			}
		}
	}
	n.Waiting = n.Open + n.Lost - n.FalseAlarm - n.RuleBroken - n.Breach - n.Erased
	return n, nil
}

// countJudged counts one that was triaged; t is nil where the judgement was erased.
func countJudged(n *report.Incidents, t *cases.Triage) {
	switch {
	case t == nil:
		n.Erased++
	case t.Judgement == cases.FalseAlarm:
		n.FalseAlarm++
	case t.Judgement == cases.RuleBroken:
		n.RuleBroken++
	case t.Judgement == cases.Breach:
		n.Breach++
	}
}

// CaseCounts counts the cases that were opened in the period of a report, and concern its department.
func (r *Register) CaseCounts(ctx context.Context, o report.Options) (n report.CaseCounts, err error) {
	all, err := r.Cases(ctx)
	for _, l := range all {
		switch {
		case l.Case == nil:
			n.Erased++
		case !l.Case.Opened.Before(o.From) && l.Case.Opened.Before(o.To) && concerns(l.Case, o.Department):
			r.countCase(&n, l.Case)
		}
	}
	return n, err
}

func concerns(c *cases.Case, department string) bool {
	if department == dashboards.NoDepartment {
		department = ""
	} else if department == "" {
		return true
	}
	return slices.ContainsFunc(c.Incidents, func(i cases.Incident) bool { return i.Department == department })
}

func (r *Register) countCase(n *report.CaseCounts, c *cases.Case) {
	add := func(counter *int64, is bool) {
		if is {
			*counter++
		}
	}
	n.Opened++
	add(&n.Closed, !c.Closed.IsZero())
	add(&n.NoRisk, c.Risk() == cases.NoRisk)
	add(&n.Risk, c.Risk() == cases.Risk)
	add(&n.HighRisk, c.Risk() == cases.HighRisk)
	add(&n.Unassessed, c.Risk() == cases.Unassessed)
	add(&n.Notified, len(c.Reports) > 0)
	add(&n.Late, c.Clock(r.Now()).State == cases.TooLate)
	add(&n.Told, len(c.Notices) > 0)
}
