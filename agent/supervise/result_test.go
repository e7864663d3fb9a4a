package supervise

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// items are mails of a department, drawn on a day, of which some were answered with yes and the rest with no.
func items(department, prefix string, at time.Time, n, yes int) (all []Item) {
	for i := range n {
		answer := No
		if i < yes {
			answer = Yes
		}
		all = append(all, Item{Key: fmt.Sprint(prefix, i), Pile: Passed, At: at, Department: department, Answer: answer})
	}
	return all
}

func november(items []Item, strata map[string]int64) Sample {
	s := Sample{From: "2026-11-01", To: "2026-11-30", Items: items, Population: map[string]int64{}}
	if strata != nil {
		s.Strata = map[string]map[string]int64{Passed: strata}
	}
	for _, n := range strata {
		s.Population[Passed] += n
	}
	return s
}

// By hand: Skole has 900 mails, 10 drawn, 1 of them missed; Vej has 100, 10 drawn, 5 missed. Unweighed 6 of 20 were missed, 30 %;
// weighed (900·0.1 + 100·0.5) ÷ 1000 = 14 %. Weights are 90 and 10, Kish's effective number (10·90 + 10·10)² ÷ (10·90² + 10·10²) =
// 1,000,000 ÷ 82,000 = 12.195.
func TestDepartmentsWeigh(t *testing.T) {
	s := november(append(items("Skole", "s", noon(9), 10, 1), items("Vej", "v", noon(9), 10, 5)...), map[string]int64{"Skole": 900, "Vej": 100})
	p := Results([]Sample{s}, "", time.UTC).Passed
	want := Wilson(0.14, 1_000_000.0/82_000)
	if p.Yes != 6 || p.No != 14 || p.Population != 1000 || math.Abs(p.Wrong.Share-0.14) > 1e-9 || math.Abs(p.Wrong.Low-want.Low) > 1e-9 || math.Abs(p.Wrong.High-want.High) > 1e-9 {
		t.Errorf("%+v, interval %+v, want %+v", p, *p.Wrong, want)
	}
	// A department's report takes its own mails from the sample of the whole house.
	p = Results([]Sample{s}, "Vej", time.UTC).Passed
	if p.Yes != 5 || p.No != 5 || p.Population != 100 || math.Abs(p.Wrong.Share-0.5) > 1e-9 || math.Abs(p.Wrong.Low-Wilson(0.5, 10).Low) > 1e-9 {
		t.Errorf("Vej: %+v, %+v", p, *p.Wrong)
	}
	if p := Results([]Sample{s}, "-", time.UTC).Passed; p.Drawn != 0 || p.Wrong != nil {
		t.Errorf("mails of no department: %+v", p)
	}
}

// Two draws of the same 1000 mails, 10 each: 1000 mails in all, of which 20 were looked at, 3 of them missed.
func TestOverlappingSamples(t *testing.T) {
	a, b := november(items("Skole", "a", noon(9), 10, 1), map[string]int64{"Skole": 1000}), november(items("Skole", "b", noon(20), 10, 2), map[string]int64{"Skole": 1000})
	p := Results([]Sample{a, b}, "", time.UTC).Passed
	if p.Population != 1000 || p.Drawn != 20 || math.Abs(p.Wrong.Share-0.15) > 1e-9 || math.Abs(p.Wrong.High-Wilson(0.15, 20).High) > 1e-9 {
		t.Errorf("the same mails twice: %+v, %+v", p, *p.Wrong)
	}
	// The second draw has 500 mails of the second half alone: a mail of the first half was to be expected 10/1000 times, one of the second
	// 10/1000 + 10/500 = 30/1000 times. Of the first draw 5 lie in each half: 5·100 + 15·33.33 = 1000.
	a.Items = append(items("Skole", "a", noon(9), 5, 0), items("Skole", "c", noon(20), 5, 0)...)
	b.From, b.Strata = "2026-11-16", map[string]map[string]int64{Passed: {"Skole": 500}}
	if p := Results([]Sample{a, b}, "", time.UTC).Passed; p.Population != 1000 || p.Drawn != 20 || math.Abs(p.Wrong.Share-2*100.0/3/1000) > 1e-9 {
		t.Errorf("half of the mails twice: %+v, %+v", p, *p.Wrong)
	}
	// A mail that both drew counts once, with the answer that it has.
	b = november([]Item{{Key: "a0", Pile: Passed, At: noon(9), Department: "Skole"}}, map[string]int64{"Skole": 1000})
	a = november(items("Skole", "a", noon(9), 1, 1), map[string]int64{"Skole": 1000})
	if p := Results([]Sample{a, b}, "", time.UTC).Passed; p.Drawn != 1 || p.Yes != 1 || p.Open != 0 || p.Population != 1000 {
		t.Errorf("one mail twice: %+v", p)
	}
	// A department's own draw beside one of the whole house: Skole's 100 mails are told once.
	house := november(append(items("Skole", "h", noon(9), 10, 0), items("Vej", "v", noon(9), 10, 0)...), map[string]int64{"Skole": 100, "Vej": 400})
	own := november(items("Skole", "o", noon(9), 10, 0), map[string]int64{"Skole": 100})
	own.Department = "Skole"
	for department, want := range map[string]int64{"": 500, "Skole": 100, "Vej": 400} {
		if p := Results([]Sample{house, own}, department, time.UTC).Passed; p.Population != want {
			t.Errorf("%q: a population of %d, not %d", department, p.Population, want)
		}
	}
}

// A sample from before departments were told apart was drawn from all of them together: its mails weigh the same.
func TestSampleWithoutStrata(t *testing.T) {
	s := november(append(items("Skole", "s", noon(9), 10, 1), items("Vej", "v", noon(9), 10, 5)...), nil)
	s.Population[Passed] = 1000
	if p := Results([]Sample{s}, "", time.UTC).Passed; p.Population != 1000 || math.Abs(p.Wrong.Share-0.3) > 1e-9 || math.Abs(p.Wrong.Low-Wilson(0.3, 20).Low) > 1e-9 {
		t.Errorf("%+v, %+v", p, *p.Wrong)
	}
}
