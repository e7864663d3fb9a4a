package supervise

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// Examples of Newcombe, Statistics in Medicine 17 (1998), p. 857, table I, method 3.
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		k, n      int64
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		got := Wilson(float64(tt.k)/float64(tt.n), float64(tt.n))
		if math.Abs(got.Low-tt.low) > 5e-5 || math.Abs(got.High-tt.high) > 5e-5 || math.Abs(got.Share-float64(tt.k)/float64(tt.n)) > 1e-12 {
			t.Errorf("%d of %d: %+v, published %v to %v", tt.k, tt.n, got, tt.low, tt.high)
		}
	}
	if all := Wilson(1, 20); all.High != 1 || all.Low > 0.84 {
		t.Errorf("20 of 20: %+v", all)
	}
}

func TestDraw(t *testing.T) {
	a := Draw(7, Passed, "", 30, 5_000_000)
	if !slices.Equal(a, Draw(7, Passed, "", 30, 5_000_000)) || slices.Equal(a, Draw(8, Passed, "", 30, 5_000_000)) || slices.Equal(a, Draw(7, Flagged, "", 30, 5_000_000)) || slices.Equal(a, Draw(7, Passed, "Skole", 30, 5_000_000)) {
		t.Error("the draw is not that of its seed, pile and department")
	}
	if len(slices.Compact(slices.Clone(a))) != 30 || a[29] >= 5_000_000 {
		t.Errorf("not 30 different numbers: %v", a)
	}
	if got := Draw(7, Passed, "", 30, 4); !slices.Equal(got, []int64{0, 1, 2, 3}) {
		t.Errorf("of four: %v", got)
	}
	seen := map[int64]int{}
	for seed := range uint64(4000) {
		for _, k := range Draw(seed, Flagged, "", 2, 8) {
			seen[k]++
		}
	}
	for k := range int64(8) {
		if seen[k] < 850 || seen[k] > 1150 { // 1000 each, five standard deviations are 137
			t.Errorf("%d is drawn %d times of 4000", k, seen[k])
		}
	}
}

func noon(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }

func TestResults(t *testing.T) {
	s := Sample{From: "2026-11-01", To: "2026-11-30", Population: map[string]int64{Passed: 1000, Flagged: 100}}
	for i, answer := range []string{Yes, No, No, No, Unsure, ""} {
		s.Items = append(s.Items, Item{Key: string(rune('a' + i)), At: noon(9), Pile: Passed, Answer: answer}, Item{Key: string(rune('A' + i)), At: noon(9), Pile: Flagged, Answer: answer})
	}
	r := Results([]Sample{s}, "", time.UTC)
	if r.Passed.Wrong.Share != 0.25 || r.Flagged.Wrong.Share != 0.75 || r.Passed.Unsure != 1 || r.Passed.Open != 1 || r.Passed.Drawn != 6 || r.Passed.Population != 1000 {
		t.Errorf("%+v %+v", r.Passed, r.Flagged)
	}
	e, ok := r.Reviewed(100, 1000)
	if !ok || e.Number != 275 || e.Low >= e.Number || e.High <= e.Number {
		t.Errorf("%+v", e)
	}
	if _, ok := Results(nil, "", time.UTC).Reviewed(100, 1000); ok {
		t.Error("an estimate without a sample")
	}
	if err := s.Answer("A", No, "anna"); err != nil || s.Items[1].Answer != No || s.Items[1].By != "anna" || s.Items[0].Answer != Yes {
		t.Errorf("%v, %+v", err, s.Items[:2])
	}
	if s.Answer("zz", No, "anna") == nil || s.Answer("A", "maybe", "anna") == nil {
		t.Error("an answer that is none, or to no mail, is taken")
	}
}

func TestControlsAreDue(t *testing.T) {
	today := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	states := States([]Control{
		{Point: 1, Date: "2025-01-02"}, {Point: 1, Date: "2026-02-01"}, {Point: 2, Date: "2025-11-22"}, {Point: 3, Date: "2025-11-23"},
		{Point: 4, Date: "2026-11-01", FollowUp: "x", FollowUpDue: "2026-11-20"}, {Point: 5, Date: "2026-11-01", FollowUp: "x", FollowUpDue: "2026-11-20", FollowedUp: "2026-11-19"},
		{Point: 9, Date: "2026-01-01"},
	}, 12, today)
	for i, want := range []struct {
		due     string
		overdue bool
	}{{"2027-02-01", false}, {"2026-11-22", true}, {"2026-11-23", false}, {"2027-11-01", true}, {"2027-11-01", false}, {"2026-11-23", true}} {
		if states[i].Due != want.due || states[i].Overdue != want.overdue {
			t.Errorf("point %d is due %s, overdue %v", i+1, states[i].Due, states[i].Overdue)
		}
	}
}

func TestFaultsAreNamed(t *testing.T) {
	measure := Measure{Date: "2026-11-23", Kind: "course", Title: "Sikker mail"}
	control := Control{Point: 1, Date: "2026-11-23", Sample: "ti sager", Finding: "ingen mangler"}
	for want, err := range map[string]error{
		"": measure.Check(), "date:": Measure{Date: "23.11.2026", Kind: "course", Title: "x"}.Check(), "kind:": Measure{Date: "2026-11-23", Title: "x"}.Check(), "title:": Measure{Date: "2026-11-23", Kind: "course"}.Check(),
		"next_due:": Measure{Date: "2026-11-23", Kind: "course", Title: "x", NextDue: "2026-01-01"}.Check(), "note:": Measure{Date: "2026-11-23", Kind: "course", Title: "x", Note: strings.Repeat("æ", 2001)}.Check(),
		"participants:": Measure{Date: "2026-11-23", Kind: "course", Title: "x", Participants: -1}.Check(),
		"point:":        Control{Point: 7, Date: "2026-11-23", Sample: "x", Finding: "x"}.Check(), "approver": Control{Point: 1, Date: "2026-11-23", Sample: "x", Finding: "x", Approver: "byrådet"}.Check(),
		"size:": Sample{From: "2026-01-01", To: "2026-02-01"}.Check(), "from: lies": Sample{From: "2026-03-01", To: "2026-02-01", Size: 5}.Check(),
	} {
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := control.Check(); err != nil {
		t.Error(err)
	}
}
