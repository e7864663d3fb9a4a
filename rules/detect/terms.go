package detect

import (
	"fmt"
	"slices"
	"strings"
)

// term adds one entry of a vocabulary in the syntax of doc.go: words separated by spaces, each with an optional
// leading * and trailing * or +. A hyphen separates words, and the parts may also be written together.
func (b *builder) term(at place, id, text string, t term) error {
	if text != strings.ToLower(text) {
		return at.errorf(id, text, "term %q must be in lower case", text)
	}
	if strings.TrimSpace(text) == "" {
		return at.errorf(id, `""`, "a term is empty")
	}
	t.id = int32(len(b.terms))
	variants := [][]string{splitTerm(text, true)}
	if strings.Contains(strings.Trim(text, "-"), "-") {
		variants = append(variants, splitTerm(text, false))
	}
	for v, words := range variants {
		t.words = uint8(min(len(words), 255))
		ids := make([]int32, 0, len(words))
		for _, w := range words {
			p, reason := b.pattern(w, t.langs)
			if reason != "" {
				return at.errorf(id, text, "term %q: %s", text, reason)
			}
			ids = append(ids, p)
		}
		if len(ids) > maxPhrase {
			return at.errorf(id, text, "term %q has more than %d words", text, maxPhrase)
		}
		if v > 0 {
			t.id = int32(len(b.terms))
		}
		b.terms = append(b.terms, t)
		if len(ids) == 1 {
			p := &b.patterns[ids[0]]
			p.terms = append(p.terms, t.id)
			continue
		}
		b.phrase.add(b.patterns, ids, t.id)
	}
	return nil
}

// splitTerm cuts a term into word patterns; apart says whether hyphens separate.
func splitTerm(text string, apart bool) []string {
	text = strings.ReplaceAll(text, "-*", "*")
	return strings.FieldsFunc(strings.ReplaceAll(text, "-", map[bool]string{true: " ", false: ""}[apart]), func(r rune) bool {
		switch r {
		case ' ', '\t', '.', ',', '/', '&', '(', ')', '§', ':', '=', '"':
			return true
		}
		return false
	})
}

// pattern interns one word pattern and registers its literals. The reason is empty if all is well.
func (b *builder) pattern(w string, langs uint8) (int32, string) {
	body, plus := strings.CutSuffix(w, "+")
	body, star := strings.CutSuffix(body, "*")
	body, free := strings.CutPrefix(body, "*")
	if plus && star {
		return 0, "+ and * exclude each other"
	}
	word, ok := foldTerm(b.e.tab, body)
	if !ok {
		return 0, "a word may hold letters, digits and apostrophes, with * before, and * or + after"
	}
	if len(word) > maxWord || free && len(word) < 2 {
		return 0, "a last or inner part of a word needs 2 letters, and none has more than 64"
	}
	key := w
	if plus || langs == nameLang {
		key += "\x00" + string(rune('0'+langs))
	}
	if p, ok := b.ids[key]; ok {
		return p, ""
	}
	p := int32(len(b.patterns))
	if p > hitMask {
		return 0, fmt.Sprintf("the terms of all rules have more than %d different words", hitMask)
	}
	b.patterns = append(b.patterns, draft{})
	b.ids[key] = p
	rest := uint8(restNone)
	if plus {
		rest = restEnding
	} else if star {
		rest = restAny
	}
	for _, s := range spellings(word) {
		b.literal(free, s, output{pattern: p, rest: rest, langs: langs})
		if dropped, ok := dropVowel(s, langs); plus && ok {
			b.literal(free, dropped, output{pattern: p, rest: restDropped, langs: langs})
		}
	}
	return p, ""
}

func (b *builder) literal(free bool, word []uint8, o output) {
	l := literal{word: slices.Clone(word), out: o}
	switch {
	case free:
		b.tail = append(b.tail, l)
	case o.langs == nameLang:
		b.name = append(b.name, l)
	default:
		b.head = append(b.head, l)
	}
}

// dropVowel gives what is left of a word whose last vowel gives way to an ending: flicka, flickor; jente, jenta;
// therapy, therapies.
func dropVowel(word []uint8, langs uint8) ([]uint8, bool) {
	n := len(word) - 1
	if n < 3 {
		return nil, false
	}
	last := word[n]
	scandinavian := langs&(danish|swedish|norwegian) != 0 && (last == symA || last == symA+4)
	if scandinavian || langs&english != 0 && (last == symA+4 || last == symA+24) {
		return word[:n], true
	}
	return nil, false
}
