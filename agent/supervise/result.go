package supervise

import (
	"math"
	"time"

	"postvagt/dashboards"
)

// Interval is a share, and between which two it lies with 95 % confidence.
type Interval struct {
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Wilson is the score interval of Wilson (1927) for a share of n mails; n must not be 0, and need not be whole where it is an
// effective number.
func Wilson(share, n float64) Interval {
	const z = 1.959963984540054 // 97.5 % of the normal distribution
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return Interval{Share: share, Low: max(0, middle-half), High: min(1, middle+half)}
}

// Pile is what a pile says.
type Pile struct {
	Population int64     `json:"population"`
	Drawn      int64     `json:"drawn"`
	Yes        int64     `json:"yes"`
	No         int64     `json:"no"`
	Unsure     int64     `json:"unsure"`
	Open       int64     `json:"open"`            // not answered yet
	Wrong      *Interval `json:"wrong,omitempty"` // weighed
}

// Result is what the samples of a period say together.
type Result struct {
	Samples int  `json:"samples"`
	Passed  Pile `json:"passed"`  // Wrong: the miss rate
	Flagged Pile `json:"flagged"` // Wrong: the false-alarm rate
}

// Results joins samples, of all departments or of one: of those of the whole house its mails count then. Days are those of a zone. A
// mail stands for as many mails as its weight says, so that the population is told once, however often it was drawn from.
func Results(all []Sample, department string, zone *time.Location) Result {
	r := Result{Samples: len(all)}
	passed, flagged := pileOf(all, Passed, department, zone), pileOf(all, Flagged, department, zone)
	r.Passed, r.Flagged = passed.told(Yes), flagged.told(No)
	return r
}

// drawn is a mail of the samples with its weight, which grows when it was drawn again.
type drawn struct {
	weight float64
	answer string
}

type drawnPile []*drawn

// pileOf gathers the mails of a pile, each once. One that was drawn twice has the later answer, where there is one.
func pileOf(all []Sample, pile, department string, zone *time.Location) drawnPile {
	byKey := map[string]*drawn{}
	var mails drawnPile
	shares := make([]func(Item) float64, len(all))
	for i := range all {
		shares[i] = all[i].share(pile, zone)
	}
	for _, s := range all {
		for _, i := range s.Items {
			if (i.Pile == Flagged) != (pile == Flagged) || !concerns(department, i.Department) {
				continue
			}
			mail := byKey[i.Key]
			if mail == nil {
				mail = &drawn{}
				byKey[i.Key], mails = mail, append(mails, mail)
			}
			expected := 0.0
			for _, share := range shares {
				expected += share(i)
			}
			if expected == 0 { // its day lies outside, in a zone that was another when it was drawn: it stands for itself
				expected = 1
			}
			mail.weight += 1 / expected
			if i.Answer != "" {
				mail.answer = i.Answer
			}
		}
	}
	return mails
}

// concerns says whether a mail of a department belongs to what is chosen: "" for all, dashboards.NoDepartment for those of none.
func concerns(chosen, department string) bool {
	return chosen == "" || chosen == department || chosen == dashboards.NoDepartment && department == ""
}

// share returns how likely a mail was to be drawn into the sample; 0 for one that lay outside of it.
func (s Sample) share(pile string, zone *time.Location) func(Item) float64 {
	drawn := map[string]float64{}
	all := 0.0
	for _, i := range s.Items {
		if (i.Pile == Flagged) == (pile == Flagged) {
			drawn[i.Department]++
			all++
		}
	}
	return func(i Item) float64 {
		day := i.At.In(zone).Format(time.DateOnly)
		of, n := s.Population[pile], all
		if s.Strata != nil {
			of, n = s.Strata[pile][i.Department], drawn[i.Department]
		}
		if day < s.From || day > s.To || !concerns(s.Department, i.Department) || of == 0 {
			return 0
		}
		return n / float64(of)
	}
}

// told counts a pile, and says which share of it was judged wrongly: the answer that says so against its opposite.
func (mails drawnPile) told(wrong string) Pile {
	p := Pile{Drawn: int64(len(mails))}
	population, amiss, sum, squares := 0.0, 0.0, 0.0, 0.0
	for _, m := range mails {
		population += m.weight
		switch m.answer {
		case Yes:
			p.Yes++
		case No:
			p.No++
		case Unsure:
			p.Unsure++
		default:
			p.Open++
		}
		if m.answer == Yes || m.answer == No {
			sum, squares = sum+m.weight, squares+m.weight*m.weight
		}
		if m.answer == wrong {
			amiss += m.weight
		}
	}
	p.Population = int64(math.Round(population))
	if sum > 0 {
		i := Wilson(min(1, amiss/sum), sum*sum/squares)
		p.Wrong = &i
	}
	return p
}

// Estimate is a number of mails and between which two it lies.
type Estimate struct{ Number, Low, High int64 }

// Reviewed estimates, from the result, how many mails really held such data where a machine recognised so many and found
// nothing in so many others: the right ones of the first, and the missed ones of the second. It is false while one of
// the two rates is not known.
func (r Result) Reviewed(recognised, passed int64) (Estimate, bool) {
	if r.Passed.Wrong == nil || r.Flagged.Wrong == nil {
		return Estimate{}, false
	}
	miss, alarm := r.Passed.Wrong, r.Flagged.Wrong
	sum := func(alarm, miss float64) int64 {
		return int64(math.Round(float64(recognised)*(1-alarm) + float64(passed)*miss))
	}
	return Estimate{Number: sum(alarm.Share, miss.Share), Low: sum(alarm.High, miss.Low), High: sum(alarm.Low, miss.High)}, true
}
