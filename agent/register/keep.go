package register

import (
	"context"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/store"
)

// Verify walks the whole chain and returns its newest record; its link, noted elsewhere, proves later that nothing was
// changed since. Errors: *cases.Fault.
func (r *Register) Verify(ctx context.Context) (cases.Record, error) {
	var v cases.Verifier
	err := r.Store.EachRegisterRecord(ctx, func(n store.RegisterRecord) error { return v.Next(cases.Record(n)) })
	return v.Last(), err
}

// Expire erases the cases that were closed before a time, the triages said before it that belong to no case, and what senders
// explained before it, and the files kept before it that no measure names any more.
func (r *Register) Expire(ctx context.Context, before time.Time) (erased []string, err error) {
	due, err := r.expired(ctx, before)
	if err != nil {
		return nil, err
	}
	for _, subject := range due {
		err := r.Store.EraseRegister(ctx, subject, func(last store.RegisterRecord) store.RegisterRecord {
			return store.RegisterRecord(cases.Erasure(cases.Record(last), subject, r.Now()))
		})
		if err != nil {
			return erased, err
		}
		if err := r.Store.Release(ctx, caseHold(subject)); err != nil {
			return erased, err
		}
		erased = append(erased, subject)
	}
	return erased, nil
}

// expired lists what is over: a triage goes with the case that it led to.
func (r *Register) expired(ctx context.Context, before time.Time) (due []string, err error) {
	all, err := r.Cases(ctx)
	if err != nil {
		return nil, err
	}
	over := map[string]bool{}
	for _, l := range all {
		if l.Case != nil && !l.Case.Closed.IsZero() && l.Case.Closed.Before(before) {
			due = append(due, l.ID)
		}
		over[l.ID] = l.Case == nil || !l.Case.Closed.IsZero() && l.Case.Closed.Before(before)
	}
	triaged, err := r.quietSince(ctx, cases.TriageSubject(""), before)
	if err != nil {
		return nil, err
	}
	for _, last := range triaged {
		if t, ok := last.Change.(cases.Triage); ok && (t.Case == "" || over[t.Case]) {
			due = append(due, last.Subject)
		}
	}
	loose, err := r.looseBefore(ctx, before)
	return append(due, loose...), err
}

// quietSince gives the last entry of each subject of a kind of which nothing was said since a time.
func (r *Register) quietSince(ctx context.Context, prefix string, before time.Time) (lasts []cases.Entry, err error) {
	subjects, err := r.Store.RegisterSubjects(ctx, prefix)
	if err != nil {
		return nil, err
	}
	for _, s := range subjects {
		entries, err := r.entries(ctx, s)
		if err != nil {
			return nil, err
		}
		if n := len(entries); n > 0 && entries[n-1].At.Before(before) {
			lasts = append(lasts, entries[n-1])
			lasts[len(lasts)-1].Subject = s
		}
	}
	return lasts, nil
}

// looseBefore lists what belongs to no case and was said before a time: explanations, and files that no measure names any more.
func (r *Register) looseBefore(ctx context.Context, before time.Time) (due []string, err error) {
	named, err := r.namedFiles(ctx)
	if err != nil {
		return nil, err
	}
	for _, prefix := range []string{cases.ExplanationSubject(""), filePrefix} {
		quiet, err := r.quietSince(ctx, prefix, before)
		if err != nil {
			return nil, err
		}
		for _, last := range quiet {
			if !named[strings.TrimPrefix(last.Subject, filePrefix)] {
				due = append(due, last.Subject)
			}
		}
	}
	return due, nil
}
