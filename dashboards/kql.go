package dashboards

import (
	"fmt"
	"strings"
)

// KQL writes a filter in Kibana's query language. An empty value means that the document lacks the field, but for the
// department, which then bears NoDepartment.
func (f Filter) KQL() string {
	var all []string
	for _, t := range f {
		all = append(all, t.kql())
	}
	return strings.Join(all, " and ")
}

func (t Term) kql() string {
	var values, any []string
	for _, v := range t.Values {
		if v == "" && t.Field == fDepartment {
			v = NoDepartment
		}
		if v == "" {
			any = append(any, "not "+t.Field+" : *")
			continue
		}
		values = append(values, kqlValue(t.Field, v))
	}
	switch len(values) {
	case 0:
	case 1:
		any = append(any, t.Field+" : "+values[0])
	default:
		any = append(any, t.Field+" : ("+strings.Join(values, " or ")+")")
	}
	one := strings.Join(any, " or ")
	switch {
	case t.Not:
		return "not (" + one + ")"
	case len(any) > 1:
		return "(" + one + ")"
	}
	return one
}

// kqlValue quotes keywords; numbers and booleans stand as they are.
func kqlValue(field, v string) string {
	if f, ok := Field(field); ok && (f.Type == "long" || f.Type == "boolean") {
		return v
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}

// Query is a parsed KQL expression, as far as dashboards use the language: and, or, not, parentheses, field : value,
// field : (a or b), field : *.
type Query struct {
	And, Or []Query
	Not     *Query
	Field   string // of a comparison
	Value   string // "" with Exists
	Exists  bool
}

// ParseKQL parses an expression; the empty one is nil.
func ParseKQL(text string) (*Query, error) {
	p := &kqlParser{rest: text}
	p.next()
	if p.token == "" && p.err == nil {
		return nil, nil
	}
	q := p.or("")
	if p.err == nil && p.token != "" {
		p.fail("something before %q is missing", p.token)
	}
	if p.err != nil {
		return nil, fmt.Errorf("KQL %q: %w", text, p.err)
	}
	return &q, nil
}

// Fields are the fields that a query names.
func (q *Query) Fields() (all []string) {
	if q == nil {
		return nil
	}
	for _, part := range append(append([]Query{}, q.And...), q.Or...) {
		all = append(all, part.Fields()...)
	}
	all = append(all, q.Not.Fields()...)
	if q.Field != "" {
		all = append(all, q.Field)
	}
	return all
}

// DSL is the query as Kibana sends it to Elasticsearch.
func (q *Query) DSL() map[string]any {
	type object = map[string]any
	list := func(parts []Query) (all []object) {
		for i := range parts {
			all = append(all, parts[i].DSL())
		}
		return all
	}
	switch {
	case q == nil:
		return object{"match_all": object{}}
	case q.And != nil:
		return object{"bool": object{"filter": list(q.And)}}
	case q.Or != nil:
		return object{"bool": object{"should": list(q.Or), "minimum_should_match": 1}}
	case q.Not != nil:
		return object{"bool": object{"must_not": q.Not.DSL()}}
	case q.Exists:
		return object{"exists": object{"field": q.Field}}
	}
	return object{"match_phrase": object{q.Field: q.Value}}
}

type kqlParser struct {
	rest   string
	token  string
	quoted bool
	err    error
}

func (p *kqlParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.token, p.rest = "", ""
}

// next reads a token: a sign, a word or a quoted value.
func (p *kqlParser) next() {
	p.quoted = false
	p.rest = strings.TrimLeft(p.rest, " \t\n")
	if p.rest == "" {
		p.token = ""
		return
	}
	switch c := p.rest[0]; {
	case strings.IndexByte("():", c) >= 0:
		p.token, p.rest = p.rest[:1], p.rest[1:]
	case c == '"':
		p.quote()
	default:
		n := strings.IndexAny(p.rest, " \t\n():\"")
		if n < 0 {
			n = len(p.rest)
		}
		p.token, p.rest = p.rest[:n], p.rest[n:]
	}
}

func (p *kqlParser) quote() {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case c == '"':
			p.token, p.quoted, p.rest = b.String(), true, p.rest[i+1:]
			return
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a quotation mark is missing")
}

func (p *kqlParser) is(word string) bool { return !p.quoted && strings.EqualFold(p.token, word) }

// or parses alternatives; with a field they are its values.
func (p *kqlParser) or(field string) Query {
	all := []Query{p.and(field)}
	for p.is("or") {
		p.next()
		all = append(all, p.and(field))
	}
	if len(all) == 1 {
		return all[0]
	}
	return Query{Or: all}
}

func (p *kqlParser) and(field string) Query {
	all := []Query{p.not(field)}
	for p.is("and") {
		p.next()
		all = append(all, p.not(field))
	}
	if len(all) == 1 {
		return all[0]
	}
	return Query{And: all}
}

func (p *kqlParser) not(field string) Query {
	if p.is("not") {
		p.next()
		q := p.not(field)
		return Query{Not: &q}
	}
	if p.is("(") {
		p.next()
		q := p.or(field)
		if !p.is(")") {
			p.fail("a closing parenthesis is missing")
		}
		p.next()
		return q
	}
	return p.compare(field)
}

func (p *kqlParser) compare(field string) Query {
	if p.token == "" && !p.quoted || p.is("and") || p.is("or") || p.is(")") || p.is(":") {
		p.fail("a field or value is missing at %q", p.token)
		return Query{}
	}
	word, quoted := p.token, p.quoted
	p.next()
	if field != "" {
		return Query{Field: field, Value: word, Exists: word == "*" && !quoted}
	}
	if !p.is(":") || quoted {
		p.fail("after %q stands no colon", word)
		return Query{}
	}
	p.next()
	if p.is("(") {
		return p.not(word)
	}
	return p.compare(word)
}
