package policy

import (
	"math"
	"slices"

	"postvagt/milter/verdict"
)

// box is what a line may match where values have a fixed list, are true or false, or are counted: for each such condition
// the values that are left. Addresses, networks and kinds are apart: what lies outside of a list of them has no end.
type box struct {
	values []uint32   // bit i: the i-th of Words; of a flag 1 for false, 2 for true
	counts [][2]int64 // [from, to]
}

// flagsFrom is where the flags begin in box.values.
const flagsFrom = 6

// worded are the conditions with a fixed list of values, in the order of box.values.
var worded = [flagsFrom]string{"direction", "level", "content", "transport", "class", "identity"}

func boxOf(l *Line) box {
	b := box{}
	for _, key := range worded {
		all := Words(key)
		mask := uint32(1)<<len(all) - 1
		for _, c := range l.lists() {
			if c.key == key && len(c.values) > 0 {
				mask = 0
				for _, v := range c.values {
					mask |= 1 << max(0, slices.Index(all, v))
				}
			}
		}
		b.values = append(b.values, mask)
	}
	for _, f := range l.flags() {
		switch {
		case f == nil:
			b.values = append(b.values, 3)
		case *f:
			b.values = append(b.values, 2)
		default:
			b.values = append(b.values, 1)
		}
	}
	for _, n := range l.numbers() {
		from := int64(0)
		if n != nil {
			from = *n + 1
		}
		b.counts = append(b.counts, [2]int64{from, math.MaxInt64})
	}
	return b
}

// clone is a box whose values can be changed.
func (b box) clone() box { return box{slices.Clone(b.values), slices.Clone(b.counts)} }

func (b box) meets(o box) bool {
	for i := range b.values {
		if b.values[i]&o.values[i] == 0 {
			return false
		}
	}
	for i := range b.counts {
		if b.counts[i][0] > o.counts[i][1] || o.counts[i][0] > b.counts[i][1] {
			return false
		}
	}
	return true
}

// without is what is left of a box outside of another, in boxes that do not overlap.
func (b box) without(o box) (left []box) {
	if !b.meets(o) {
		return []box{b}
	}
	b = b.clone()
	for i := range b.values {
		if outside := b.values[i] &^ o.values[i]; outside != 0 {
			part := b.clone()
			part.values[i] = outside
			left = append(left, part)
			b.values[i] &= o.values[i]
		}
	}
	for i := range b.counts {
		if b.counts[i][0] < o.counts[i][0] { // a line counts from somewhere on, and has no upper end
			part := b.clone()
			part.counts[i][1] = o.counts[i][0] - 1
			left = append(left, part)
			b.counts[i][0] = o.counts[i][0]
		}
	}
	return left
}

// never are conditions that no message fulfils together.
func never() []Line {
	yes, no := true, false
	readable := []string{verdict.LevelNone, verdict.LevelUnseen}
	return []Line{
		{Level: []string{verdict.LevelUnseen}, Content: []string{"none"}},
		{Level: []string{verdict.LevelNone}, Content: slices.DeleteFunc(Words("content"), func(c string) bool { return c == "none" })},
		{Content: []string{"none"}, Strong: &yes},
		{Transport: []string{Opportunistic, Plaintext, ToRelay, Local, Unknown}, StrongTLS: &yes},
		{Level: readable, Quoted: &yes},
		{Unopened: &no, Unread: &yes},
		{Direction: []string{verdict.Inbound, verdict.Internal}, Class: slices.DeleteFunc(Words("class"), func(c string) bool { return c == "internal" })},
		{Direction: []string{verdict.Outbound}, Class: []string{"internal"}},
	}
}

// mostBoxes is where the search for what a line can match is given up: it then counts as able to.
const mostBoxes = 4096

// reachable says whether some message may match m and none of the lines before it.
func reachable(m *Line, before []Line) bool {
	left := []box{boxOf(m)}
	for _, l := range slices.Concat(never(), before) {
		if !l.coversLists(m) {
			continue
		}
		out := boxOf(&l)
		var next []box
		for _, b := range left {
			next = append(next, b.without(out)...)
		}
		if left = next; len(left) == 0 {
			return false
		}
		if len(left) > mostBoxes {
			return true
		}
	}
	return true
}

// coversLists says that l's addresses, networks and kinds leave out none of m's.
func (l *Line) coversLists(m *Line) bool {
	theirs := m.lists()
	for i, c := range l.lists() {
		if !slices.Contains(worded[:], c.key) && len(c.values) > 0 && (len(theirs[i].values) == 0 || !subset(theirs[i].values, c.values)) {
			return false
		}
	}
	return true
}
