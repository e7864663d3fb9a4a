package detect

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"strings"
	"sync"
)

// builder gathers literals before the tables are laid out.
type builder struct {
	e          *Engine
	terms      []term
	patterns   []draft
	ids        map[string]int32 // pattern text and languages -> pattern
	head, tail []literal
	name       []literal
	phrase     phraseBuilder
	kinds      map[string]uint8
	hints      hints
	genreLists int // cues of genres so far
}

// draft is a pattern being built.
type draft struct {
	terms []int32 // of this word alone
	first int32   // node of the phrases that begin with it, 0 if none
	on    uint64  // what may follow in them
	later bool    // it stands further on in some phrase
}

func newBuilder() *builder {
	return &builder{
		e:        &Engine{tab: newTables(), salt: rand.Uint64(), step: hash(rand.Uint64() | 1)},
		patterns: make([]draft, 1),
		ids:      map[string]int32{},
		phrase:   newPhraseBuilder(),
		kinds:    map[string]uint8{},
		hints:    hints{},
	}
}

// languages registers endings and the words that tell a language.
func (b *builder) languages(specs []*langSpec) error {
	var errs []error
	for _, l := range specs {
		bits, bad := langBits([]string{l.ID})
		switch l.ID {
		case "name":
			bits, bad = nameLang, ""
		case "nn":
			bits, bad = norwegian, ""
		case "other":
			bits, bad = otherLang, ""
		}
		if bad != "" {
			errs = append(errs, l.at.errorf(l.ID, "id", "unknown language %q, known are da, sv, no, fi, en", bad))
			continue
		}
		for _, first := range l.Endings {
			for _, second := range append([]string{""}, l.Second...) {
				if word, ok := foldTerm(b.e.tab, first+second); ok {
					for _, s := range spellings(word) {
						b.e.dict.endings.add(s, bits)
					}
				}
			}
		}
		for _, second := range l.Second {
			if word, ok := foldTerm(b.e.tab, second); ok {
				b.e.dict.endings.add(word, bits)
			}
		}
		for _, w := range l.Words {
			t := term{class: classLanguage, langs: bits, weight: 1, owner: -1}
			if l.ID == "nn" {
				t.weight = 2
			}
			errs = append(errs, b.term(l.at, l.ID, w, t))
		}
	}
	return errors.Join(errs...)
}

func (b *builder) kind(name string) uint8 {
	k, ok := b.kinds[name]
	if !ok {
		k = uint8(len(b.e.kinds))
		b.kinds[name] = k
		b.e.kinds = append(b.e.kinds, name)
		switch name {
		case "social":
			b.e.social = 1 << k
		case "family", "income":
			b.e.besideSocial |= 1 << k
		}
	}
	return k
}

func parseLevel(s string) (Level, bool) {
	switch s {
	case "confidential":
		return Confidential, true
	case "sensitive":
		return Sensitive, true
	case "none":
		return None, true
	}
	return None, false
}

// rule compiles one rule.
func (b *builder) rule(r *ruleSpec) error {
	if r.Disabled {
		return nil
	}
	var errs []error
	level, ok := parseLevel(r.Level)
	if !ok {
		errs = append(errs, r.at.errorf(r.ID, "level", `level must be "confidential" or "sensitive", or "none" for numbers that are nobody's, not %q`, r.Level))
	} else if level == None && r.Number == nil {
		errs = append(errs, r.at.errorf(r.ID, "level", `level "none" is for numbers only; terms that must not count go into terms.never of a rule`))
	}
	bits, bad := langBits(r.Languages)
	if bad != "" {
		errs = append(errs, r.at.errorf(r.ID, "languages", "unknown language %q, known are da, sv, no, fi, en", bad))
	}
	if r.Kind == "" {
		errs = append(errs, r.at.errorf(r.ID, "kind", `"kind" is missing`))
	}
	if (r.Terms == nil) == (r.Number == nil) {
		errs = append(errs, r.at.errorf(r.ID, "id", "a rule needs either terms or number"))
	}
	if len(b.e.rules) >= 1000 || len(b.kinds) >= maxKinds {
		return r.at.errorf(r.ID, "id", "too many rules or kinds")
	}
	c := rule{spec: r, id: r.ID, kind: b.kind(r.Kind), level: level, langs: bits, weight: 1}
	c.main, _ = langBits(r.Languages[:min(1, len(r.Languages))])
	if r.Weight != nil {
		if c.weight = *r.Weight; c.weight <= 0 || c.weight > 4 {
			errs = append(errs, r.at.errorf(r.ID, "weight", "weight must be above 0 and at most 4"))
		}
	}
	index := int16(len(b.e.rules))
	if r.Number != nil {
		errs = append(errs, b.number(r, &c, index))
	}
	if r.Terms != nil {
		errs = append(errs, b.vocabulary(r, &c, index))
	}
	b.e.rules = append(b.e.rules, c)
	return errors.Join(errs...)
}

func (b *builder) vocabulary(r *ruleSpec, c *rule, index int16) error {
	var errs []error
	for i, words := range [][]string{r.Terms.Weak, r.Terms.Usual, r.Terms.Strong, r.Terms.Never} {
		grade := gradeWeak + i
		for _, w := range words {
			t := term{class: classTopic, grade: uint8(grade), langs: c.langs, kind: c.kind, owner: index}
			errs = append(errs, b.term(r.at, r.ID, w, t))
			b.hints.note(w, t, uint8(bits.TrailingZeros32(b.e.social)))
		}
	}
	return errors.Join(errs...)
}

// number compiles shape, check, tiers and the words around.
func (b *builder) number(r *ruleSpec, c *rule, index int16) error {
	n, errs := compileNumber(r)
	if n == nil {
		return errs
	}
	c.number = n
	if b.e.numbers >= maxNumbers {
		return r.at.errorf(r.ID, "number", "too many number rules")
	}
	n.slot = uint8(b.e.numbers)
	b.e.numbers++
	for i, sh := range n.shapes {
		b.e.shapes[sh.size] = append(b.e.shapes[sh.size], shapeRef{rule: index, shape: uint8(i)})
		starts := b2i(sh.letters&1 == 1 && sh.sign != 0)
		b.e.longest[starts] = max(b.e.longest[starts], sh.size)
	}
	all := []error{errs}
	for _, w := range r.Number.Context {
		all = append(all, b.term(r.at, r.ID, w, term{class: classNumberContext, langs: allLangs, weight: int8(n.slot), owner: index}))
	}
	for _, w := range r.Number.Against {
		all = append(all, b.term(r.at, r.ID, w, term{class: classNumberAgainst, langs: allLangs, weight: int8(n.slot), owner: index}))
	}
	return errors.Join(all...)
}

// cue compiles one list of cues.
func (b *builder) cue(c *cueSpec) error {
	if c.Disabled {
		return nil
	}
	class, ok := cueClass(c.Class)
	if !ok {
		return c.at.errorf(c.ID, "class", "unknown class %q, known are %s", c.Class, strings.Join(cueClassNames(), ", "))
	}
	bits, bad := langBits(c.Languages)
	if bad != "" {
		return c.at.errorf(c.ID, "languages", "unknown language %q, known are da, sv, no, fi, en", bad)
	}
	if c.Weight < 0 || c.Weight > 100 {
		return c.at.errorf(c.ID, "weight", "weight must be 0 to 100")
	}
	t := term{class: class, langs: bits, weight: int8(max(1, c.Weight)), owner: int16(len(b.e.cues))}
	if class == classGiven || class == classSurname {
		t.langs = nameLang
	}
	if c.Kind != "" {
		if len(b.kinds) >= maxKinds {
			return c.at.errorf(c.ID, "kind", "too many kinds")
		}
		t.kind = b.kind(c.Kind)
	}
	if class >= classMinutes {
		t.owner = int16(b.genreLists)
		b.genreLists++
	}
	b.e.cues = append(b.e.cues, c)
	var errs []error
	for _, w := range c.Terms {
		errs = append(errs, b.term(c.at, c.ID, w, t))
	}
	return errors.Join(errs...)
}

// finish lays out the tables.
func (b *builder) finish() (*Engine, error) {
	e, errs := b.e, [3]error{}
	var wg sync.WaitGroup
	wg.Go(func() { e.dict.head, errs[0] = newTrie(b.head) })
	wg.Go(func() { e.dict.name, errs[1] = newTrie(b.name) })
	wg.Go(func() { e.dict.tail, errs[2] = newAutomaton(b.tail) })
	wg.Go(func() { e.phrases = b.phrase.table(b.terms, b.patterns) })
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	e.patterns = make([]pattern, 0, len(b.patterns))
	for i := range b.patterns {
		b.sumUp(&b.patterns[i])
	}
	e.frequent = e.frequentWords(b.head)
	e.memos.New = func() any { return e.newMemo() }
	e.scanners.New = func() any {
		s := &Scanner{e: e, filed: make([]int16, len(e.rules))}
		s.forget()
		return s
	}
	return e, nil
}
