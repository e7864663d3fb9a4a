package supervise

import (
	"errors"
	"fmt"
	"hash/fnv"
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
	Size       int              `json:"size"`       // asked for of each pile, of each department where Strata are told
	Seed       uint64           `json:"seed,string"`
	Population map[string]int64 `json:"population"` // of each pile: how many mails it was drawn from
	Items      []Item           `json:"items"`

	// Strata are the population of each pile by department, each of which was drawn from on its own; nil where all were drawn from
	// together, as before departments were told apart.
	Strata map[string]map[string]int64 `json:"strata,omitempty"`
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

// MaxSize is the most mails of each pile of a department, and MaxItems the most of a whole sample.
const (
	MaxSize  = 500
	MaxItems = 2000
)

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

// Draw returns at most n different numbers below of, in order: the same ones for the same seed, pile and department.
func Draw(seed uint64, pile, department string, n int, of int64) []int64 {
	if of <= int64(n) {
		all := make([]int64, of)
		for i := range all {
			all[i] = int64(i)
		}
		return all
	}
	stream := fnv.New64a()
	fmt.Fprintf(stream, "%s\x00%s", pile, department)
	r := rand.New(rand.NewPCG(seed, stream.Sum64()))
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
