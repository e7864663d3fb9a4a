package store

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// askedByMany are filters and periods that must not be taken for each other.
func askedByMany() (all []asked1) {
	days := func(from, to int) dashboards.Period {
		return dashboards.Period{From: spring.AddDate(0, 0, from).Format(time.RFC3339), To: spring.AddDate(0, 0, to).Format(time.RFC3339)}
	}
	for _, p := range []dashboards.Period{{}, days(0, 15)} {
		for _, where := range []dashboards.Filter{nil, {dashboards.Is("postvagt.department", "Jobcenter", "")}, {dashboards.Not("postvagt.department", "Jobcenter")}} {
			all = append(all, asked1{p, where})
		}
	}
	return all
}

type asked1 struct {
	period dashboards.Period
	where  dashboards.Filter
}

// said is all that a store answers to them.
func said(t *testing.T, s *Store) (all []any) {
	t.Helper()
	for _, a := range askedByMany() {
		rows, err := s.AskAll(t.Context(), dashboards.Questions(), a.period, a.where)
		if err != nil {
			t.Fatal(err)
		}
		page, total, err := s.Documents(t.Context(), a.period, a.where, 3, 20)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows, page, total)
	}
	return all
}

// What is remembered is what a store says that has just been opened, after each commit and each purge; also where a change leaves
// all figures as they were, and whatever a caller does with an answer.
func TestWhatIsRememberedIsNeverStale(t *testing.T) {
	s := open(t)
	compare := func(when string) {
		t.Helper()
		fresh, err := OpenRead(t.Context(), s.path, In(copenhagen))
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		want := said(t, fresh)
		for range 2 { // made, and remembered
			got := said(t, s)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-fresh +remembered):\n%s", when, diff)
			}
			for i := range got {
				if rows, ok := got[i].(map[string][]dashboards.Row); ok {
					rows["sent"][0].Count = 4711
					delete(rows, "held")
				}
				if page, ok := got[i].([]event.Document); ok && len(page) > 0 {
					page[0] = event.Document{}
				}
			}
		}
	}
	r := rand.New(rand.NewPCG(11, 12))
	documents := randomDocuments(11, 300, spring, 30)
	commit(t, s, Batch{Documents: documents})
	compare("at first")
	for range 3 {
		i := r.IntN(len(documents))
		changed := randomDocument(r, i, spring, 30)
		changed.Time = documents[i].Time
		documents[i] = changed
		commit(t, s, Batch{Documents: documents[i : i+1]})
		compare("after a change")
		shown, _, err := s.Documents(t.Context(), dashboards.Period{}, nil, 5, 1)
		if err != nil || len(shown) != 1 {
			t.Fatal(shown, err)
		}
		shown[0].QueueID += "X" // of no figure
		commit(t, s, Batch{Documents: shown})
		compare("after a change of no figure")
	}
	if _, err := s.Purge(t.Context(), Retention{Details: spring.AddDate(0, 0, 12)}, spring.AddDate(0, 0, 60)); err != nil {
		t.Fatal(err)
	}
	compare("after the transmissions of some days were deleted")
	if _, err := s.Purge(t.Context(), Retention{Figures: spring.AddDate(0, 0, 9)}, spring.AddDate(0, 0, 60)); err != nil {
		t.Fatal(err)
	}
	compare("after figures were deleted")
}

// A transmission is found by its key before and after it was shown, on its day only, and by nobody whom the filter keeps from it.
func TestOneTransmission(t *testing.T) {
	s := open(t)
	documents := randomDocuments(13, 200, spring, 30)
	commit(t, s, Batch{Documents: documents})
	for _, d := range documents[:20] {
		other := "Jobcenter"
		if d.Department == other {
			other = "another"
		}
		day := dashboards.Period{From: d.Time.Add(-time.Hour).Format(time.RFC3339), To: d.Time.Add(time.Hour).Format(time.RFC3339)}
		before := dashboards.Period{To: d.Time.Add(-time.Hour).Format(time.RFC3339)}
		for range 2 {
			for _, tt := range []struct {
				period dashboards.Period
				where  dashboards.Filter
				want   int
			}{{day, nil, 1}, {dashboards.Period{}, nil, 1}, {before, nil, 0}, {dashboards.Period{}, dashboards.OfDepartment(other), 0}, {dashboards.Period{}, dashboards.Filter{dashboards.Is("postvagt.department", d.Department)}, 1}} {
				found, total, err := s.Documents(t.Context(), tt.period, tt.where.And(dashboards.Is("event.id", d.Key)), 0, 5)
				if err != nil || len(found) != tt.want || total != tt.want || tt.want == 1 && found[0].Key != d.Key {
					t.Fatalf("%d of %d found in %v by %v, %v", len(found), total, tt.period, tt.where, err)
				}
			}
		}
	}
}

// Who asks the same at once gets one answer, made once; an error is not remembered, and what is too much is forgotten.
func TestRememberedOnce(t *testing.T) {
	r := remembered[int]{most: 2}
	made, start := 0, make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			<-start
			if v, err := r.of(asking(nil).text("a").sum(), 7, func() (int, error) { made++; return 5, nil }); v != 5 || err != nil {
				t.Error(v, err)
			}
		})
	}
	close(start)
	readers.Wait()
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	if _, err := r.of(asking(nil).text("b").sum(), 7, func() (int, error) { return 0, errDetails }); err == nil {
		t.Error("no error")
	}
	if v, err := r.of(asking(nil).text("b").sum(), 7, func() (int, error) { return 6, nil }); v != 6 || err != nil {
		t.Error("an error is remembered")
	}
	for _, name := range []string{"c", "d", "e"} {
		if _, err := r.of(asking(nil).text(name).sum(), 1, func() (int, error) { return 1, nil }); err != nil || len(r.all) > 2 {
			t.Errorf("%d answers are remembered, %v", len(r.all), err)
		}
	}
}

// Answers are remembered while there is room for all, and none that would take a large part of it.
func TestRememberedHasRoom(t *testing.T) {
	r := remembered[string]{most: 100, room: 20, size: func(s string) int { return len(s) }}
	asked, made := func(n byte) [32]byte { return [32]byte{n} }, 0
	ask := func(n byte, answer string) {
		t.Helper()
		if got, err := r.of(asked(n), 1, func() (string, error) { made++; return answer, nil }); err != nil || got != answer {
			t.Fatalf("%q, %v", got, err)
		}
	}
	ask(1, "aaa")
	ask(1, "aaa")
	ask(2, "ab")
	ask(2, "ab")
	if made != 3 || r.held != 2 {
		t.Errorf("made %d times, %d held: want the long one twice and the short one once", made, r.held)
	}
	for n := range byte(41) {
		ask(n+10, "xy")
	}
	if r.held > r.room || len(r.all) > 41 {
		t.Errorf("%d held by %d answers", r.held, len(r.all))
	}
}
