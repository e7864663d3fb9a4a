package report

import (
	"slices"
	"strconv"
	"strings"

	"postvagt/dashboards"
)

// policyTable prints the policies that judged in the period, line by line: the standard used, as the milter told it then. A shipped
// line is told in plain words, one of the organisation's own by its name. Nothing is printed where no milter told it.
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

// policyLine tells a line: what it is about, what it asks, and where it has a mode of its own.
func (r *Report) policyLine(line string) string {
	line, own := strings.CutPrefix(line, "*")
	name, rest, _ := strings.Cut(line, ":")
	action, mode, _ := strings.Cut(rest, ":")
	about := name
	if plain := dashboards.Word(r.Lang, "why", name); !own && plain != name {
		about = strings.TrimSuffix(plain, ".") + " (" + name + ")"
	}
	about += ": " + dashboards.Word(r.Lang, "wanted", action)
	if mode != "" {
		about += " (" + r.mode(mode) + ")"
	}
	return about
}
