package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Languages as bits.
const (
	danish = 1 << iota
	swedish
	norwegian
	finnish
	english
	otherLang // any other language, known by its words only
	nameLang  // not a language: the endings that names take
	allLangs  = otherLang - 1
)

var langNames = [...]string{"da", "sv", "no", "fi", "en", ""}

const langCount = len(langNames)

func langBits(names []string) (bits uint8, bad string) {
	if len(names) == 0 {
		return allLangs, ""
	}
	for _, n := range names {
		i := slices.Index(langNames[:langCount-1], n)
		if n == "nb" || n == "nn" {
			i = 2
		}
		if i < 0 {
			return 0, n
		}
		bits |= 1 << i
	}
	return bits, ""
}

// Grades of a topic's terms.
const (
	gradeHint = iota // a word of several phrases of the rule, met alone
	gradeWeak
	gradeUsual
	gradeStrong
	gradeNever
)

// term is what a pattern or a phrase means once it is matched.
type term struct {
	class  uint8 // classTopic, or a cue's class
	grade  uint8
	langs  uint8
	kind   uint8 // index of the kind, for topics and senders
	weight int8
	words  uint8
	owner  int16 // index of the rule or cue
	id     int32
}

// rule is a compiled rule.
type rule struct {
	spec   *ruleSpec
	id     string
	kind   uint8
	level  Level
	langs  uint8
	main   uint8 // the first of its languages
	weight float64
	number *numberRule
}

// Engine holds compiled rules. It is immutable and safe for concurrent use.
type Engine struct {
	tab      *tables
	dict     dictionary
	patterns []pattern
	terms    []term
	phrases  phraseTable
	rules    []rule
	cues     []*cueSpec
	kinds    []string
	numbers  int                       // rules with a number
	shapes   [maxDigits + 1][]shapeRef // by length
	longest  [2]int                    // longest shape that begins with a digit, with a letter
}

// pattern is one word of one or more terms.
type pattern struct {
	terms []int32 // terms of this word alone
	first int32   // node of the phrases that begin with it, 0 if none
	later bool    // it stands further on in some phrase
}

// RuleInfo describes a rule for lists.
type RuleInfo struct {
	ID, Title, Kind string
	Level           Level
	Languages       []string
	File            string
	Line            int
	Terms           int // vocabulary entries, 0 for a number rule
	References      []string
	Examples        []string // texts that must be found
	Counterexamples []string // texts that must not
	KnownMisses     []string
}

// Compile loads the shipped rules and then each of own, which may add rules, replace shipped ones by id or
// disable them. The error joins everything that is wrong, each with file, line, rule id and reason, and
// wraps ErrRules. Proofs are not run; Prove does that.
func Compile(shipped fs.FS, own ...fs.FS) (*Engine, error) {
	var rules []*ruleSpec
	var cues []*cueSpec
	var langs []*langSpec
	var errs []error
	for layer, fsys := range append([]fs.FS{shipped}, own...) {
		files, err := loadFS(fsys)
		errs = append(errs, err)
		seen := map[string]place{}
		for f := range files {
			for i := range files[f].Rule {
				r := &files[f].Rule[i]
				errs = append(errs, once(seen, r.ID, r.at))
				if r.Disabled && !slices.ContainsFunc(rules, func(x *ruleSpec) bool { return x.ID == r.ID }) {
					errs = append(errs, nothing(r.at, r.ID, ids(rules, func(x *ruleSpec) string { return x.ID })))
				}
				rules = override(rules, r, func(x *ruleSpec) bool { return x.ID == r.ID })
			}
			for i := range files[f].Cue {
				c := &files[f].Cue[i]
				errs = append(errs, once(seen, c.ID, c.at))
				cues = override(cues, c, func(x *cueSpec) bool { return x.ID == c.ID })
			}
			for i := range files[f].Language {
				l := &files[f].Language[i]
				if layer > 0 {
					errs = append(errs, l.at.errorf(l.ID, "[[language]]", "languages can't be changed by own rule files"))
				}
				langs = append(langs, l)
			}
		}
	}
	b := newBuilder()
	errs = append(errs, b.languages(langs))
	for _, r := range rules {
		errs = append(errs, b.rule(r))
	}
	for _, c := range cues {
		errs = append(errs, b.cue(c))
	}
	b.hint()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return b.finish(), nil
}

func once(seen map[string]place, id string, at place) error {
	if id == "" {
		return at.errorf("?", "[[", `"id" is missing`)
	}
	if first, ok := seen[id]; ok {
		return at.errorf(id, "id", "id is used twice, first in %s:%d", first.file.name, first.line)
	}
	seen[id] = at
	return nil
}

// nothing is the error of disabling what is not there.
func nothing(at place, id string, known []string) error {
	hint := ""
	if near := nearest(id, known); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return at.errorf(id, "id", "there is no such rule to disable%s", hint)
}

func ids[T any](list []*T, id func(*T) string) []string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, id(x))
	}
	return out
}

func override[T any](list []*T, x *T, same func(*T) bool) []*T {
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = x
		return list
	}
	return append(list, x)
}

// builder gathers literals before the tables are laid out.
type builder struct {
	e          *Engine
	ids        map[string]int32 // pattern text and languages -> pattern
	head, tail []literal
	name       []literal
	phrase     phraseBuilder
	kinds      map[string]uint8
	hints      hints
}

func newBuilder() *builder {
	return &builder{
		e:      &Engine{tab: newTables(), patterns: make([]pattern, 1)},
		ids:    map[string]int32{},
		phrase: newPhraseBuilder(),
		kinds:  map[string]uint8{},
		hints:  hints{},
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
	}
	return k
}

func parseLevel(s string) (Level, bool) {
	switch s {
	case "confidential":
		return Confidential, true
	case "sensitive":
		return Sensitive, true
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
		errs = append(errs, r.at.errorf(r.ID, "level", `level must be "confidential" or "sensitive", not %q`, r.Level))
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
			b.hints.note(w, t)
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
		size := len(sh.classes)
		b.e.shapes[size] = append(b.e.shapes[size], shapeRef{rule: index, shape: uint8(i)})
		starts := b2i(sh.classes != "" && sh.classes[0] == 'l')
		b.e.longest[starts] = max(b.e.longest[starts], size)
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
	b.e.cues = append(b.e.cues, c)
	var errs []error
	for _, w := range c.Terms {
		errs = append(errs, b.term(c.at, c.ID, w, t))
	}
	return errors.Join(errs...)
}

// finish lays out the tables.
func (b *builder) finish() *Engine {
	e := b.e
	e.dict.head, e.dict.name = buildTrie(b.head, true), buildTrie(b.name, true)
	t := buildTrie(b.tail, false)
	e.dict.tail, e.dict.tailOut = t.table, t.outs
	linkFailures(e.dict.tail, e.dict.tailOut)
	e.phrases = b.phrase.table()
	return e
}

// Rules lists the compiled rules.
func (e *Engine) Rules() []RuleInfo {
	out := make([]RuleInfo, 0, len(e.rules))
	for i := range e.rules {
		r := &e.rules[i]
		info := RuleInfo{ID: r.id, Title: r.spec.Title, Kind: r.spec.Kind, Level: r.level, Languages: r.spec.Languages,
			File: r.spec.at.file.name, Line: r.spec.at.line, References: r.spec.References, Examples: r.spec.Examples, Counterexamples: r.spec.Counterexamples, KnownMisses: r.spec.KnownMisses}
		if t := r.spec.Terms; t != nil {
			info.Terms = len(t.Strong) + len(t.Usual) + len(t.Weak) + len(t.Never)
		}
		out = append(out, info)
	}
	return out
}
