package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
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
	owner  int16 // index of the rule or cue, or of the cue among those of genres
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
	tab          *tables
	dict         dictionary
	patterns     []pattern
	said         []term   // further ones by pattern
	speech       []speech // by pattern
	phrases      phraseTable
	frequent     []slot
	memos        sync.Pool
	scanners     sync.Pool // empty ones
	salt         uint64
	step         hash
	rules        []rule
	cues         []*cueSpec
	kinds        []string
	social       uint32                    // the bit of that kind
	besideSocial uint32                    // those of family and income
	numbers      int                       // rules with a number
	shapes       [maxDigits + 1][]shapeRef // by length
	longest      [2]int                    // longest shape that begins with a digit, with a letter
}

// pattern is what one word of one or more terms means, in 32 bytes: half a line of the cache.
type pattern struct {
	on    uint64 // what may follow in the phrases that begin with it
	term  term   // the first of its terms that are more than a language, a name or a place
	more  int32  // where in said the others begin
	first int32  // node of the phrases that begin with it, 0 if none
	terms uint16 // how many there are
	flags uint16
}

// speech is what a pattern tells of the language.
type speech struct {
	tongues tongues
	nynorsk uint8
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
	return b.finish()
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
