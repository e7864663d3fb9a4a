package store

import (
	"fmt"
	"slices"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// matcher answers filters for all facets, each term once.
type matcher struct {
	cube  *cube
	terms map[string][]bool
}

// match says for each facet whether it matches; the filter asks for dimensions only.
func (m *matcher) match(filter dashboards.Filter) []bool {
	all := make([]bool, len(m.cube.texts))
	for i := range all {
		all[i] = m.cube.texts[i] != nil
	}
	for _, term := range filter {
		for i, is := range m.term(term) {
			all[i] = all[i] && is
		}
	}
	return all
}

func (m *matcher) term(term dashboards.Term) []bool {
	name := fmt.Sprintf("%q %v %q", term.Field, term.Not, term.Values)
	if known, ok := m.terms[name]; ok {
		return known
	}
	at := dimension(term.Field)
	all := make([]bool, len(m.cube.texts))
	for i, texts := range m.cube.texts {
		if texts != nil {
			all[i] = term.Not != slices.ContainsFunc(texts[at], func(v string) bool { return slices.Contains(term.Values, v) })
		}
	}
	m.terms[name] = all
	return all
}

// dimension is the number of a field among the dimensions.
func dimension(name string) int {
	return slices.IndexFunc(layout.shared, func(f event.Field) bool { return f.Name == name || f.Column == name })
}
