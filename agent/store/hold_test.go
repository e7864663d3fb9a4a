package store

import (
	"path/filepath"
	"testing"
	"time"

	"postvagt/dashboards"
)

// The days of a frozen report outlive the time of keeping with their transmissions, figures and gaps, until it is released.
func TestDaysUnderHold(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), In(copenhagen))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	documents := randomDocuments(21, 600, spring, 30)
	from, to := spring.AddDate(0, 0, 5), spring.AddDate(0, 0, 8)
	gap := func(day int) Gap {
		at := spring.AddDate(0, 0, day).Add(time.Hour)
		return Gap{Source: "mail.log", From: at, To: at.Add(time.Minute), Lines: 3}
	}
	commit(t, s, Batch{Documents: documents, Gaps: []Gap{gap(6), gap(10)}})
	frozen := dashboards.Period{From: from.Format(time.RFC3339), To: to.Format(time.RFC3339)}
	if err := s.HoldPeriod(t.Context(), "report 1", frozen); err != nil {
		t.Fatal(err)
	}
	inside, later := 0, 0
	end := spring.AddDate(0, 0, 20)
	for _, d := range documents {
		switch {
		case !d.Time.Before(from) && d.Time.Before(to):
			inside++
		case !d.Time.Before(end):
			later++
		}
	}
	left := func() (transmissions, figures, gaps int) {
		t.Helper()
		if _, err := s.Purge(t.Context(), Retention{Details: end, Figures: end}, spring.AddDate(1, 0, 0)); err != nil {
			t.Fatal(err)
		}
		_, transmissions, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		o, err := s.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Gaps(t.Context(), dashboards.Period{})
		if err != nil {
			t.Fatal(err)
		}
		return transmissions, int(o.Transmissions), len(all)
	}
	if rows, figures, gaps := left(); rows != inside+later || figures != inside+later || gaps != 1 || inside == 0 {
		t.Errorf("%d transmissions, %d in the figures, %d gaps; want %d, %d, 1", rows, figures, gaps, inside+later, inside+later)
	}
	if err := s.Release(t.Context(), "report 1"); err != nil {
		t.Fatal(err)
	}
	if rows, figures, gaps := left(); rows != later || figures != later || gaps != 0 {
		t.Errorf("released: %d transmissions, %d in the figures, %d gaps; want %d, %d, 0", rows, figures, gaps, later, later)
	}
	if err := s.HoldPeriod(t.Context(), "report 2", dashboards.Period{From: frozen.From}); err == nil {
		t.Error("a period without an end is held")
	}
}
