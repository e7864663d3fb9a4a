package detect

import (
	"slices"
	"strings"
)

// hints gathers the words of phrases: what several phrases of one topic hold, and of no other, hints at the topic when it
// is met in words that no phrase foresaw.
type hints map[string]*hint

type hint struct {
	term    term
	phrases int
	kinds   uint32
	alone   bool // it is a term of its own somewhere
}

// minHint is how many phrases must hold a word.
const minHint = 3

// note looks at one term. What hints at social matters does so though words for family or income share it.
func (h hints) note(text string, t term, social uint8) {
	words := strings.Fields(text)
	for _, w := range words {
		stem := strings.Trim(w, "*+")
		key := stem + "\x00" + string(rune('0'+t.langs))
		x := h[key]
		if x == nil {
			x = &hint{term: t}
			h[key] = x
		}
		if t.grade == gradeNever && len(words) > 1 {
			continue
		}
		if x.kinds |= 1 << t.kind; t.kind == social {
			x.term = t
		}
		if len(words) == 1 {
			x.alone = true
		} else {
			x.phrases++
		}
	}
}

// hint adds the terms of grade hint.
func (b *builder) hint() {
	keys := make([]string, 0, len(b.hints))
	for key, x := range b.hints {
		kinds := x.kinds
		if kinds&b.e.social != 0 {
			kinds &^= b.e.besideSocial
		}
		if x.phrases >= minHint && !x.alone && kinds&(kinds-1) == 0 && len(key) >= 7 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys) // the order must not depend on the map
	for _, key := range keys {
		stem, _, _ := strings.Cut(key, "\x00")
		if b.common(stem) || strings.ContainsAny(stem, "-'") {
			continue
		}
		t := b.hints[key].term
		t.grade = gradeHint
		if err := b.term(place{}, "hint", stem+"+", t); err != nil {
			continue
		}
	}
}

// common says whether a word is a cue, or tells a language.
func (b *builder) common(word string) bool {
	for _, key := range []string{word, word + "+\x00" + string(rune('0'+nameLang))} {
		if p, ok := b.ids[key]; ok && slices.ContainsFunc(b.patterns[p].terms, func(id int32) bool { return b.terms[id].class != classTopic }) {
			return true
		}
	}
	return false
}
