package detect

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/agnivade/levenshtein"
)

// ErrRules is wrapped by every error about a rule file.
var ErrRules = errors.New("rules refused")

// The schema of a rule file; doc.go says what each key means.
type ruleFile struct {
	Rule     []ruleSpec
	Cue      []cueSpec
	Language []langSpec
}

type ruleSpec struct {
	ID, Title, Kind, Level string
	Languages              []string
	Disabled               bool
	Weight                 *float64
	Threshold              *int
	References             []string
	Terms                  *termSpec
	Number                 *numberSpec
	Examples               []string
	Counterexamples        []string
	KnownMisses            []string `toml:"known_misses"`

	at place
}

type termSpec struct {
	Strong, Usual, Weak, Never []string
}

type numberSpec struct {
	Check   string
	Shapes  []string
	Context []string
	Against []string
	Column  bool
	Tier    []tierSpec
}

type tierSpec struct {
	Tier    int
	Form    []string // official, split, bare, loose
	Checked bool     // a check digit must confirm it
	Exempt  bool     // … or the issuer must allot such numbers without one
	Context bool     // a context word must stand near
	Person  bool     // a person must stand near
	Length  int      // characters without separators, 0 for any
}

type cueSpec struct {
	ID, Class string
	Languages []string
	Weight    int
	Kind      string
	Terms     []string
	Disabled  bool

	at place
}

type langSpec struct {
	ID      string
	Words   []string // frequent words that tell the language
	Endings []string // regular endings of nouns, adjectives, verbs
	Second  []string // endings that may follow an ending

	at place
}

// place is where something stands in a rule file, for errors.
type place struct {
	file *source
	line int // of its table header
	last int // of the last line before the next header
}

type source struct {
	name  string
	lines []string
}

// find gives the line of the first occurrence of text inside the table, else that of its header.
func (p place) find(text string) int {
	if p.file != nil {
		for i := p.line - 1; i < p.last && i < len(p.file.lines); i++ {
			if strings.Contains(p.file.lines[i], text) {
				return i + 1
			}
		}
	}
	return p.line
}

// errorf makes an error that says where: text is looked for in the table to find the line.
func (p place) errorf(id, text, format string, args ...any) error {
	name := "?"
	if p.file != nil {
		name = p.file.name
	}
	return fmt.Errorf("%w: %s:%d: %s: %s", ErrRules, name, p.find(text), id, fmt.Sprintf(format, args...))
}

// loadFS reads every *.toml in the root of fsys, in order of name.
func loadFS(fsys fs.FS) ([]ruleFile, error) {
	names, err := fs.Glob(fsys, "*.toml")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRules, err)
	}
	slices.Sort(names)
	files, errs := make([]ruleFile, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				errs[i] = fmt.Errorf("%w: %s: %w", ErrRules, name, err)
				return
			}
			files[i], errs[i] = parseFile(name, data)
		})
	}
	wg.Wait()
	return files, errors.Join(errs...)
}

// parseFile decodes one file and finds where each table of it stands.
func parseFile(name string, data []byte) (ruleFile, error) {
	var f ruleFile
	src := &source{name: name, lines: strings.Split(string(data), "\n")}
	md, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&f)
	if err != nil {
		return ruleFile{}, decodeError(name, err)
	}
	places := src.tables()
	for i := range f.Rule {
		f.Rule[i].at = pick(places["rule"], i, src)
	}
	for i := range f.Cue {
		f.Cue[i].at = pick(places["cue"], i, src)
	}
	for i := range f.Language {
		f.Language[i].at = pick(places["language"], i, src)
	}
	var errs []error
	for _, key := range md.Undecoded() {
		errs = append(errs, unknownKey(src, key))
	}
	return f, errors.Join(errs...)
}

func decodeError(name string, err error) error {
	var pe toml.ParseError
	if errors.As(err, &pe) {
		msg := pe.Message
		if msg == "" {
			msg = strings.TrimPrefix(pe.Error(), "toml: ")
		}
		return fmt.Errorf("%w: %s:%d: %s", ErrRules, name, pe.Position.Line, msg)
	}
	return fmt.Errorf("%w: %s: %s", ErrRules, name, strings.TrimPrefix(err.Error(), "toml: "))
}

// tables lists the places of [[rule]], [[cue]] and [[language]] headers.
func (s *source) tables() map[string][]place {
	out := map[string][]place{}
	var open *place
	for i, l := range s.lines {
		l = strings.TrimSpace(l)
		for _, table := range []string{"rule", "cue", "language"} {
			if !strings.HasPrefix(strings.ReplaceAll(l, " ", ""), "[["+table+"]]") {
				continue
			}
			if open != nil {
				open.last = i
			}
			out[table] = append(out[table], place{file: s, line: i + 1, last: len(s.lines)})
			open = &out[table][len(out[table])-1]
			break
		}
	}
	return out
}

func pick(places []place, i int, src *source) place {
	if i < len(places) {
		return places[i]
	}
	return place{file: src, line: 1, last: len(src.lines)}
}

// known keys, to suggest the nearest for a wrong one.
var knownKeys = []string{"id", "title", "kind", "level", "languages", "disabled", "weight", "threshold", "references",
	"terms", "strong", "usual", "weak", "never", "number", "check", "shapes", "context", "against", "column", "tier", "form",
	"checked", "exempt", "person", "length", "examples", "counterexamples", "known_misses", "class", "words", "endings", "second", "rule", "cue", "language"}

func unknownKey(src *source, key toml.Key) error {
	last := key[len(key)-1]
	line, id := 1, "?"
	for i, l := range src.lines {
		l = strings.TrimSpace(l)
		if v, ok := strings.CutPrefix(l, "id"); ok && line == 1 {
			id = strings.Trim(strings.TrimLeft(v, " ="), `"' `)
		}
		k, _, ok := strings.Cut(l, "=")
		k = strings.TrimSpace(k)
		if line == 1 && ok && (k == last || strings.HasSuffix(k, "."+last)) || line == 1 && strings.HasPrefix(l, "[") && strings.Trim(l, "[] ") == key.String() {
			line = i + 1
		}
	}
	hint := ""
	if near := nearest(last, knownKeys); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("%w: %s:%d: %s: unknown key %q%s", ErrRules, src.name, line, id, key.String(), hint)
}

// nearest gives the candidate within two edits of word, or "".
func nearest(word string, candidates []string) string {
	best, at := "", 3
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(word, c); d < at || d == at && best != "" && len(c) == len(word) && len(best) != len(word) {
			best, at = c, d
		}
	}
	return best
}
