// Package register is the register of breaches in the agent's database: package cases decides, package store keeps, and
// here the two meet. Numbers of cases, triage, export, and erasing what was kept long enough.
package register

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/store"
)

// Register is the register of breaches (package cases) in the agent's database. Its methods may be called side by side.
type Register struct {
	Store        *store.Store
	Organisation string
	Zone         *time.Location   // the year of a case's number is the local one
	Now          func() time.Time // time.Now, but in tests
}

// errNotOpened says that a subject was never begun as a case.
var errNotOpened = errors.New("no such case")

// OpenCase begins a case under the next number of the year and keeps its transmissions from being deleted.
func (r *Register) OpenCase(ctx context.Context, by string, o cases.Opening) (c *cases.Case, err error) {
	err = r.Store.ChangeRegister(ctx, func(tx *store.RegisterTx) error {
		id, err := r.nextID(tx)
		if err != nil {
			return err
		}
		c, err = r.say(tx, by, id, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, r.hold(ctx, c.ID, o.Incidents)
}

// nextID is "2026-0007": the local year, and one more than the highest number in it.
func (r *Register) nextID(tx *store.RegisterTx) (string, error) {
	year := r.Now().In(r.Zone).Format("2006-")
	subjects, err := tx.Subjects(year)
	if err != nil {
		return "", err
	}
	highest := 0
	for _, s := range subjects {
		if n, err := strconv.Atoi(strings.TrimPrefix(s, year)); err == nil {
			highest = max(highest, n)
		}
	}
	return fmt.Sprintf("%s%04d", year, highest+1), nil
}

// SayOf says something of a case. Errors: those of cases.Case.Say, store.ErrNoSubject.
func (r *Register) SayOf(ctx context.Context, by, id string, change cases.Change) (c *cases.Case, err error) {
	if _, opening := change.(cases.Opening); opening || !isCase(id) {
		return nil, fmt.Errorf("%s: %w", id, errNotOpened)
	}
	err = r.Store.ChangeRegister(ctx, func(tx *store.RegisterTx) error {
		c, err = r.say(tx, by, id, change)
		return err
	})
	if err != nil {
		return nil, err
	}
	if g, ok := change.(cases.Gathering); ok {
		err = r.hold(ctx, id, g.Incidents)
	}
	return c, err
}

// say checks a change against the case as it is in this transaction, and appends it.
func (r *Register) say(tx *store.RegisterTx, by, id string, change cases.Change) (*cases.Case, error) {
	records, key, err := tx.Subject(id)
	if err != nil {
		return nil, err
	}
	c := &cases.Case{ID: id}
	if _, opening := change.(cases.Opening); !opening && len(records) == 0 {
		return nil, fmt.Errorf("%s: %w", id, errNotOpened)
	}
	if len(records) > 0 {
		if c, _, err = replay(id, records, key); err != nil {
			return nil, err
		}
	}
	said := cases.Said{At: r.Now(), By: by}
	if err := c.Say(said, change); err != nil {
		return nil, err
	}
	return c, r.append(tx, key, cases.Entry{Said: said, Subject: id, Change: change})
}

// append seals an entry under the key of its subject, a new one where there is none.
func (r *Register) append(tx *store.RegisterTx, key []byte, e cases.Entry) (err error) {
	if key == nil {
		if key, err = tx.NewKey(e.Subject); err != nil {
			return err
		}
	}
	last, err := tx.Last()
	if err != nil {
		return err
	}
	record, err := cases.Seal(cases.Record(last), e, key, rand.Reader)
	if err != nil {
		return err
	}
	return tx.Append(store.RegisterRecord(record))
}

// replay makes a case of its records. Errors: cases.ErrErased.
func replay(id string, records []store.RegisterRecord, key []byte) (*cases.Case, []cases.Entry, error) {
	entries, err := opened(records, key)
	if err != nil {
		return nil, nil, err
	}
	c, err := cases.Replay(id, entries)
	return c, entries, err
}

func opened(records []store.RegisterRecord, key []byte) (entries []cases.Entry, err error) {
	for _, r := range records {
		e, err := cases.Record(r).Open(key)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Case returns a case and all that was said of it. Errors: store.ErrNoSubject, cases.ErrErased.
func (r *Register) Case(ctx context.Context, id string) (*cases.Case, []cases.Entry, error) {
	if !isCase(id) {
		return nil, nil, fmt.Errorf("%q: %w", id, store.ErrNoSubject)
	}
	records, key, err := r.Store.RegisterSubject(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return replay(id, records, key)
}

// isCase tells the number of a case from other subjects.
func isCase(id string) bool {
	year, n, ok := strings.Cut(id, "-")
	_, errYear := strconv.Atoi(year)
	_, errN := strconv.Atoi(n)
	return ok && len(year) == 4 && errYear == nil && errN == nil
}

// Cases lists all cases, the newest first.
func (r *Register) Cases(ctx context.Context) (all []cases.Line, err error) {
	subjects, err := r.Store.RegisterSubjects(ctx, "")
	if err != nil {
		return nil, err
	}
	for i := len(subjects) - 1; i >= 0; i-- {
		if !isCase(subjects[i]) {
			continue
		}
		line := cases.Line{ID: subjects[i]}
		switch line.Case, _, err = r.Case(ctx, subjects[i]); {
		case errors.Is(err, cases.ErrErased):
			if line.Erased, err = r.erasedAt(ctx, subjects[i]); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		}
		all = append(all, line)
	}
	return all, nil
}

func (r *Register) erasedAt(ctx context.Context, id string) (time.Time, error) {
	records, _, err := r.Store.RegisterSubject(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	return records[len(records)-1].At, nil
}

func (r *Register) hold(ctx context.Context, id string, incidents []cases.Incident) error {
	var keys []string
	for _, i := range incidents {
		keys = append(keys, i.Key)
	}
	return r.Store.Hold(ctx, caseHold(id), keys...)
}

func caseHold(id string) string { return "case " + id }

// Anchor is what to note elsewhere, such as the minutes of a meeting: the number and the link of the newest record.
func Anchor(r cases.Record) string {
	if r.Link == ([sha256.Size]byte{}) {
		return "empty"
	}
	return fmt.Sprintf("%d:%x", r.N, r.Link)
}
