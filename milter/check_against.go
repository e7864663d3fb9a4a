package milter

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// changes counts messages by what was asked of them before and after.
type changes map[[2]string]int

func (c changes) add(r *checked) { c[[2]string{r.Action, r.Against.Action}]++ }

// print says how many messages change, and how.
func (c changes) print(w io.Writer) {
	same, other := 0, 0
	for k, n := range c {
		if k[0] == k[1] {
			same += n
		} else {
			other += n
		}
	}
	fmt.Fprintf(w, "%d of %d messages change\n", other, same+other)
	keys := slices.SortedFunc(maps.Keys(c), func(a, b [2]string) int {
		if c[a] != c[b] {
			return c[b] - c[a]
		}
		return slices.Compare(a[:], b[:])
	})
	for _, k := range keys {
		if k[0] != k[1] {
			fmt.Fprintf(w, "%6d  %s -> %s\n", c[k], k[0], k[1])
		}
	}
}

// printChange prints a message of which something else is asked, and nothing for others.
func printChange(w io.Writer, name string, r *checked) error {
	if !r.Against.Changed {
		return nil
	}
	_, err := fmt.Fprintf(w, "%-6s -> %-6s %-12s %s  %s -> %s\n", r.Action, r.Against.Action, r.Level, name, r.Why, r.Against.Why)
	return err
}
