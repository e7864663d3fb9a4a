package register

import (
	"context"
	"errors"

	"postvagt/agent/cases"
)

// ErrTooSoon says that somebody cannot have been asked yet.
var ErrTooSoon = errors.New("asked: lies in the future")

// Explain keeps what the sender of a finding said. Errors: *cases.Refusal, ErrTooSoon.
func (r *Register) Explain(ctx context.Context, by, finding string, e cases.Explanation) error {
	if e.Asked.After(r.Now()) {
		return ErrTooSoon
	}
	return r.note(ctx, by, cases.ExplanationSubject(finding), e, e.Check())
}

// Explanations returns all that was said of a finding, the last one counts; none if nobody asked or it was erased.
func (r *Register) Explanations(ctx context.Context, finding string) ([]cases.Entry, error) {
	return r.entries(ctx, cases.ExplanationSubject(finding))
}

// Explained says of which findings there is an explanation.
func (r *Register) Explained(ctx context.Context) (map[string]bool, error) {
	subjects, err := r.Store.RegisterSubjects(ctx, cases.ExplanationSubject(""))
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool, len(subjects))
	for _, s := range subjects {
		finding, _ := cases.ExplanationOf(s)
		said, err := r.Explanations(ctx, finding)
		if err != nil {
			return nil, err
		}
		all[finding] = len(said) > 0
	}
	return all, nil
}
