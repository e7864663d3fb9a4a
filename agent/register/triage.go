package register

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/dashboards"
)

// Triage judges a transmission. Errors: *cases.Refusal.
func (r *Register) Triage(ctx context.Context, by, key string, t cases.Triage) error {
	return r.note(ctx, by, cases.TriageSubject(key), t, t.Check())
}

// TriageOf returns all judgements of a transmission, the last one counts; none if it was not triaged or is erased.
func (r *Register) TriageOf(ctx context.Context, key string) ([]cases.Entry, error) {
	return r.entries(ctx, cases.TriageSubject(key))
}

// FalseAlarms counts the judgements that stand and call an alarm false, by the rules that raised it, the most frequent first.
// Those whose rules are not known any more are counted under "".
func (r *Register) FalseAlarms(ctx context.Context, since time.Time) ([]cases.FalseAlarms, error) {
	standing, err := r.standing(ctx)
	by := map[string]*cases.FalseAlarms{}
	for _, last := range standing {
		t := last.Change.(cases.Triage)
		if t.Judgement != cases.FalseAlarm || last.At.Before(since) {
			continue
		}
		rules := t.Rules
		if len(rules) == 0 {
			rules = []string{""}
		}
		for _, rule := range rules {
			if by[rule] == nil {
				by[rule] = &cases.FalseAlarms{Rule: rule}
			}
			by[rule].N++
			if last.At.After(by[rule].Last) {
				by[rule].Last = last.At
			}
		}
	}
	all := []cases.FalseAlarms{}
	for _, f := range by {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b cases.FalseAlarms) int { return cmp.Or(b.N-a.N, strings.Compare(a.Rule, b.Rule)) })
	return all, err
}

// Processors returns the organisation's own processors.
func (r *Register) Processors(ctx context.Context) ([]cases.Contract, error) {
	entries, err := r.entries(ctx, cases.ProcessorsSubject)
	return cases.Contracts(entries), err
}

// SayProcessor adds or replaces one. Errors: *cases.Refusal.
func (r *Register) SayProcessor(ctx context.Context, by string, p cases.Contract) error {
	return r.note(ctx, by, cases.ProcessorsSubject, p, p.Check())
}

// note appends to a subject that is no case.
func (r *Register) note(ctx context.Context, by, subject string, change cases.Change, refused error) error {
	if refused != nil {
		return refused
	}
	return r.Store.ChangeRegister(ctx, func(tx *store.RegisterTx) error {
		_, key, err := tx.Subject(subject)
		if err != nil {
			return err
		}
		return r.append(tx, key, cases.Entry{Said: cases.Said{At: r.Now(), By: by}, Subject: subject, Change: change})
	})
}

func (r *Register) entries(ctx context.Context, subject string) ([]cases.Entry, error) {
	records, key, err := r.Store.RegisterSubject(ctx, subject)
	if errors.Is(err, store.ErrNoSubject) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := opened(records, key)
	if errors.Is(err, cases.ErrErased) {
		return nil, nil
	}
	return entries, err
}

// What a person must look at, as filters: cases.Open and cases.Lost.
var (
	openSensitive = dashboards.Filter{
		dashboards.Is("postvagt.level", "sensitive", "confidential"), dashboards.Is("postvagt.left", "true"), dashboards.Not("postvagt.protected", "yes"),
	}
	lostSensitive = dashboards.Filter{
		dashboards.Is("postvagt.level", "sensitive", "confidential"), dashboards.Is("postvagt.held", "true"), dashboards.Is("postvagt.left", "false"),
		dashboards.Is("postvagt.outcome", "expired", "unknown"),
	}
)

// openPage is how many transmissions are read at once, but firstPage at first: a page shows no more.
const (
	firstPage = 101
	openPage  = 500
)

// Untriaged calls f for each transmission of a period that needs a triage and has none, the newest first, until it
// returns false.
func (r *Register) Untriaged(ctx context.Context, p dashboards.Period, f func(event.Document) bool) error {
	triaged, err := r.triaged(ctx)
	if err != nil {
		return err
	}
	return r.eachOf(ctx, p, func(d event.Document) bool { return triaged[d.Key] || f(d) })
}

// eachOf calls f for each open and each lost transmission of a period, the newest first, until it returns false.
func (r *Register) eachOf(ctx context.Context, p dashboards.Period, f func(event.Document) bool) error {
	var failed error
	next, stop := iter.Pull(func(yield func(event.Document) bool) { failed = r.Each(ctx, p, lostSensitive, yield) })
	defer stop()
	lost, more := next()
	goOn := true
	// takeLost hands over those that are not older than a time.
	takeLost := func(than time.Time) bool {
		for ; goOn && more && !lost.Time.Before(than); lost, more = next() {
			goOn = f(lost)
		}
		return goOn
	}
	err := r.EachOpen(ctx, p, func(d event.Document) bool {
		goOn = takeLost(d.Time) && f(d)
		return goOn
	})
	if err == nil {
		takeLost(time.Time{})
	}
	return errors.Join(err, failed)
}

// EachOpen calls f for each open sensitive transmission of a period, the newest first, until it returns false.
func (r *Register) EachOpen(ctx context.Context, p dashboards.Period, f func(event.Document) bool) error {
	return r.Each(ctx, p, openSensitive, f)
}

// Each calls f for each transmission of a period that matches, the newest first, until it returns false.
func (r *Register) Each(ctx context.Context, p dashboards.Period, where dashboards.Filter, f func(event.Document) bool) error {
	for offset, limit := 0, firstPage; ; offset, limit = offset+limit, openPage {
		docs, total, err := r.Store.Documents(ctx, p, where, offset, limit)
		if err != nil {
			return err
		}
		for _, d := range docs {
			if !f(d) {
				return nil
			}
		}
		if offset+limit >= total {
			return nil
		}
	}
}

// Triages are the judgements in force by the transmission's key.
func (r *Register) Triages(ctx context.Context) (map[string]*cases.Triage, error) {
	standing, err := r.standing(ctx)
	all := make(map[string]*cases.Triage, len(standing))
	for key, e := range standing {
		t := e.Change.(cases.Triage)
		all[key] = &t
	}
	return all, err
}

// standing are the judgements that count, by the key of the transmission.
func (r *Register) standing(ctx context.Context) (map[string]cases.Entry, error) {
	triaged, err := r.triaged(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]cases.Entry, len(triaged))
	for key := range triaged {
		entries, err := r.TriageOf(ctx, key)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			continue // erased
		}
		if last := entries[len(entries)-1]; isTriage(last) {
			all[key] = last
		}
	}
	return all, nil
}

func isTriage(e cases.Entry) bool { _, is := e.Change.(cases.Triage); return is }

func (r *Register) triaged(ctx context.Context) (map[string]bool, error) {
	subjects, err := r.Store.RegisterSubjects(ctx, cases.TriageSubject(""))
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool, len(subjects))
	for _, s := range subjects {
		key, _ := cases.TriageKey(s)
		all[key] = true
	}
	return all, nil
}
