package detect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the literals, the packed tables find what a look at each of them finds.
func TestDictionary(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	word := func(most int) []uint8 {
		w := make([]uint8, 1+rng.IntN(most))
		for i := range w {
			w[i] = symA + uint8(rng.IntN(3))
		}
		return w
	}
	for range 50 {
		var d dictionary
		for range 4 {
			d.endings.add(word(3), danish)
		}
		var head, tail []literal
		for p := range int32(60) {
			l := literal{word: word(7), out: output{pattern: p, rest: uint8(rng.IntN(4)), langs: danish}}
			if p%2 == 0 {
				head = append(head, l)
			} else {
				l.word = append(l.word, symA) // two letters at least
				tail = append(tail, l)
			}
		}
		var err error
		if d.head, err = newTrie(slices.Clone(head)); err != nil {
			t.Fatal(err)
		}
		if d.name, err = newTrie(nil); err != nil {
			t.Fatal(err)
		}
		if d.tail, err = newAutomaton(slices.Clone(tail)); err != nil {
			t.Fatal(err)
		}
		for range 300 {
			w := word(12)
			got := d.find(w, true, make([]int32, 0, 100))
			slices.Sort(got)
			if want := d.naive(w, head, tail); !slices.Equal(got, want) {
				t.Fatalf("%v: got %v, want %v", w, got, want)
			}
		}
	}
}

// naive finds what matches by looking at every literal in every place.
func (d *dictionary) naive(w []uint8, head, tail []literal) (hits []int32) {
	fits := func(o output, end int) bool {
		rest := w[end:]
		regular := len(rest) > 0 && d.endings.of(rest) != 0
		doubled := len(rest) > 1 && rest[0] == w[end-1] && d.endings.of(rest[1:]) != 0
		switch o.rest {
		case restAny:
			return true
		case restNone:
			return len(rest) == 0
		case restDropped:
			return regular
		}
		return len(rest) == 0 || regular || doubled
	}
	for _, l := range head {
		if bytes.HasPrefix(w, l.word) && fits(l.out, len(l.word)) {
			hits = append(hits, l.out.pattern)
		}
	}
	for _, l := range tail {
		for i := 0; i+len(l.word) <= len(w) && len(w) >= 4; i++ {
			if bytes.Equal(w[i:i+len(l.word)], l.word) && fits(l.out, i+len(l.word)) {
				hits = append(hits, l.out.pattern)
				break
			}
		}
	}
	slices.Sort(hits)
	return hits
}

// Words that differ in a letter, in length or in case are known apart.
func TestKeyTellsWordsApart(t *testing.T) {
	e := newBuilder().e
	seen := map[uint64]string{}
	word := make([]uint8, maxWord)
	for i := range word {
		word[i] = symA + uint8(i*7%26)
	}
	for n := 1; n <= maxWord; n++ {
		for sym := uint8(1); sym < symCount; sym++ {
			w := append([]uint8{sym}, word[:n-1]...)
			for _, capital := range []bool{false, true} {
				name := fmt.Sprint(w, capital)
				key := e.key(hashOf(w, e.step), capital)
				if other, ok := seen[key]; ok {
					t.Errorf("%s and %s have one key", name, other)
				}
				seen[key] = name
			}
		}
	}
}
