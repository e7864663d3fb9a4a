package supervise

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Samples is the name of the register of samples.
const Samples = "samples"

// Piles of a sample.
const (
	Passed  = "passed"  // nothing was found in it
	Flagged = "flagged" // recognised as confidential or sensitive
)

// Answers to "does it hold confidential or sensitive data about a person?"
const (
	Yes    = "yes"
	No     = "no"
	Unsure = "unsure"
)

// Sample is a draw of mails and what the departments found in them.
type Sample struct {
	From       string           `json:"from"`       // first day of the mails
	To         string           `json:"to"`         // last day
	Department string           `json:"department"` // "" for all
	Size       int              `json:"size"`       // asked for of each pile
	Seed       uint64           `json:"seed,string"`
	Population map[string]int64 `json:"population"` // of each pile: how many mails it was drawn from
	Items      []Item           `json:"items"`
}

// Item is a mail of a sample: what its department needs to find it, and the answer.
type Item struct {
	Key        string    `json:"key"` // of the transmission
	Pile       string    `json:"pile"`
	At         time.Time `json:"at"`
	Department string    `json:"department"`
	Queue      string    `json:"queue"`
	Recipients int       `json:"recipients"`
	Size       int64     `json:"size"`
	Answer     string    `json:"answer,omitempty"`
	By         string    `json:"by,omitempty"`
}

// MaxSize is the most mails of each pile.
const MaxSize = 500

// Check says what is wrong with what is to be drawn.
func (s Sample) Check() error {
	errs := []error{day("from", s.From), day("to", s.To)}
	if s.From > s.To {
		errs = append(errs, errors.New("from: lies after to"))
	}
	if s.Size < 1 || s.Size > MaxSize {
		errs = append(errs, fmt.Errorf("size: %d is not between 1 and %d", s.Size, MaxSize))
	}
	return errors.Join(errs...)
}

// Draw returns at most n different numbers below of, in order: the same ones for the same seed and pile.
func Draw(seed uint64, pile string, n int, of int64) []int64 {
	if of <= int64(n) {
		all := make([]int64, of)
		for i := range all {
			all[i] = int64(i)
		}
		return all
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(pile)))) // the two piles have names of different length
	chosen := make([]int64, 0, n)
	for len(chosen) < n {
		if k := r.Int64N(of); !slices.Contains(chosen, k) {
			chosen = append(chosen, k)
		}
	}
	slices.Sort(chosen)
	return chosen
}

// Answer gives the answer for a mail of the sample.
func (s *Sample) Answer(key, answer, by string) error {
	if !slices.Contains([]string{Yes, No, Unsure, ""}, answer) {
		return fmt.Errorf("answer: %q is not yes, no or unsure", answer)
	}
	for i := range s.Items {
		if s.Items[i].Key == key {
			s.Items[i].Answer, s.Items[i].By = answer, by
			return nil
		}
	}
	return fmt.Errorf("%.12s is no mail of this sample", key)
}

// Interval is a share, and between which two it lies with 95 % confidence.
type Interval struct {
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Wilson is the score interval of Wilson (1927) for k of n; n must not be 0.
func Wilson(k, n int64) Interval {
	const z = 1.959963984540054 // 97.5 % of the normal distribution
	p, m := float64(k)/float64(n), float64(n)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{Share: p, Low: max(0, middle-half), High: min(1, middle+half)}
}

// Pile is what a pile says.
type Pile struct {
	Population int64     `json:"population"`
	Drawn      int64     `json:"drawn"`
	Yes        int64     `json:"yes"`
	No         int64     `json:"no"`
	Unsure     int64     `json:"unsure"`
	Open       int64     `json:"open"` // not answered yet
	Wrong      *Interval `json:"wrong,omitempty"`
}

// Result is what the samples of a period say together.
type Result struct {
	Samples int  `json:"samples"`
	Passed  Pile `json:"passed"`  // Wrong: the miss rate
	Flagged Pile `json:"flagged"` // Wrong: the false-alarm rate
}

// Results adds up samples of the same mails or of parts of them. Populations add up too.
func Results(all []Sample) Result {
	r := Result{Samples: len(all)}
	for _, s := range all {
		r.Passed.Population += s.Population[Passed]
		r.Flagged.Population += s.Population[Flagged]
		for _, i := range s.Items {
			if i.Pile == Flagged {
				r.Flagged.count(i.Answer)
			} else {
				r.Passed.count(i.Answer)
			}
		}
	}
	r.Passed.Wrong, r.Flagged.Wrong = share(r.Passed.Yes, r.Passed.No), share(r.Flagged.No, r.Flagged.Yes)
	return r
}

func (p *Pile) count(answer string) {
	p.Drawn++
	switch answer {
	case Yes:
		p.Yes++
	case No:
		p.No++
	case Unsure:
		p.Unsure++
	default:
		p.Open++
	}
}

func share(wrong, right int64) *Interval {
	if wrong+right == 0 {
		return nil
	}
	i := Wilson(wrong, wrong+right)
	return &i
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
