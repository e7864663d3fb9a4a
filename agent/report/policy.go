package report

import (
	"slices"
	"strconv"
	"strings"

	"postvagt/dashboards"
)

// policyTable prints the policies that judged in the period, line by line: the standard used, as the milter told it then. A shipped
// line is told in plain words, one of the organisation's own by its name; then the conditions by which it decided, where the milter told them, in
// words. Nothing is printed where no milter told a policy.
func (r *Report) policyTable() section {
	s := section{Heading: text(r.Lang, "policy"), Paragraphs: []string{text(r.Lang, "policy-help")}}
	var told []dashboards.Setting
	for _, g := range r.Settings {
		if g.Table != "" && !slices.ContainsFunc(told, func(o dashboards.Setting) bool { return o.Policy == g.Policy }) {
			told = append(told, g)
		}
	}
	for _, g := range told {
		if len(told) > 1 {
			s.List = append(s.List, text(r.Lang, "policy-print", g.Policy))
		}
		for i, line := range entries(g.Table) {
			s.List = append(s.List, strconv.Itoa(i+1)+". "+r.policyLine(line))
		}
	}
	if len(told) == 0 {
		return section{}
	}
	return s
}

// entries are the lines of a table, none for "".
func entries(table string) []string {
	if table == "" {
		return nil
	}
	return strings.Split(table, ",")
}

// inFull are the lines of a table and the conditions of each; when is nil where the milter did not tell them.
func inFull(table string) (lines, when []string) {
	for _, line := range entries(table) {
		line, conditions, told := strings.Cut(line, "?")
		lines = append(lines, line)
		if told {
			when = append(when, conditions)
		}
	}
	return lines, when
}

// policyLine tells a line: what it is about, when it decides, what it asks, and where it has a mode of its own.
func (r *Report) policyLine(line string) string {
	line, when, told := strings.Cut(line, "?")
	line, own := strings.CutPrefix(line, "*")
	name, rest, _ := strings.Cut(line, ":")
	action, mode, _ := strings.Cut(rest, ":")
	about := name
	if plain := dashboards.Word(r.Lang, "why", name); !own && plain != name {
		about = strings.TrimSuffix(plain, ".") + " (" + name + ")"
	}
	about += ": "
	if told {
		about += conditions(r.Lang, when) + " → "
	}
	about += dashboards.Word(r.Lang, "wanted", action)
	if mode != "" {
		about += " (" + r.mode(mode) + ")"
	}
	return about
}
