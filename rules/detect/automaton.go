package detect

import "fmt"

// automaton finds literals anywhere in a word, as Aho and Corasick do: a row for each beginning of one, a cell for
// each symbol.
type automaton struct {
	rows  [][symCount]uint16 // the next row, with outBit if literals end there
	outs  []uint32           // by row, where in lists
	lists outputs
}

const outBit = 1 << 15

// newAutomaton makes one of literals.
func newAutomaton(lits []literal) (automaton, error) {
	a := automaton{rows: make([][symCount]uint16, 1)}
	tree := newTree(lits)
	var ends [][]output
	for {
		s, end, on, ok := tree.next()
		if !ok {
			break
		}
		ends = append(ends, end)
		for _, child := range on {
			if len(a.rows) == outBit {
				return a, fmt.Errorf("%w: the terms that begin with * have more than %d letters in all", ErrRules, outBit)
			}
			a.rows[s.at][child.at] = uint16(len(a.rows))
			child.at = uint32(len(a.rows))
			a.rows = append(a.rows, [symCount]uint16{})
			tree.queue = append(tree.queue, child)
		}
	}
	a.link(ends)
	return a, nil
}

// link tells each row where to go on where no literal does: to the row for the longest end of what was read that
// begins a literal, too. Rows are in breadth-first order.
func (a *automaton) link(ends [][]output) {
	fail := make([]uint16, len(a.rows))
	a.outs = make([]uint32, len(a.rows))
	for row := range a.rows {
		inherited := uint32(0)
		if row > 0 {
			inherited = a.outs[fail[row]]
		}
		a.outs[row] = inherited
		if len(ends[row]) > 0 {
			a.outs[row] = a.lists.list(append(ends[row], a.lists.listed(inherited)...))
		}
		for sym, next := range a.rows[row] {
			miss := uint16(0)
			if row > 0 {
				miss = a.rows[fail[row]][sym]
			}
			if next == 0 {
				a.rows[row][sym] = miss
			} else {
				fail[next] = miss
			}
		}
	}
	for row := range a.rows {
		for sym, next := range a.rows[row] {
			if a.outs[next] != 0 {
				a.rows[row][sym] |= outBit
			}
		}
	}
}
