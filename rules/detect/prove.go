package detect

import "fmt"

// Failure is a proof that does not hold.
type Failure struct {
	File   string
	Line   int
	Rule   string
	Reason string // never holds the proof's text
}

// Error makes a Failure an error, `file:line: rule: reason`.
func (f Failure) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Reason)
}

// Prove runs the examples and counterexamples of every rule: an example must be found as the rule's kind and at
// its level, a counterexample must not raise that kind. An example of level none must be recognised, and raise nothing.
func (e *Engine) Prove() []Failure {
	var out []Failure
	for i := range e.rules {
		r := &e.rules[i]
		for n, text := range r.spec.Examples {
			if !e.found(text, r) {
				out = append(out, r.failure(text, fmt.Sprintf("example %d is not found", n+1)))
			}
		}
		for n, text := range r.spec.Counterexamples {
			if e.found(text, r) {
				out = append(out, r.failure(text, fmt.Sprintf("counterexample %d is found", n+1)))
			}
		}
	}
	return out
}

func (r *rule) failure(text, reason string) Failure {
	key := text
	if len(key) > 40 {
		key = key[:40]
	}
	return Failure{File: r.spec.at.file.name, Line: r.spec.at.find(key), Rule: r.id, Reason: reason}
}

// found says whether the rule's kind is found in a text.
func (e *Engine) found(text string, r *rule) bool {
	s := e.NewScanner(Context{})
	s.Scan(Text{Part: "1 text/plain", Data: []byte(text)})
	res := s.Result()
	if r.level == None {
		return s.nobodys[r.number.slot] && res.Level == None
	}
	for _, f := range res.Findings {
		if f.Kind == r.spec.Kind && f.Level >= r.level {
			return true
		}
	}
	return false
}
