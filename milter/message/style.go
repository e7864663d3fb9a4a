package message

import (
	"bytes"
	"strings"
)

// styleRules are the selectors of a document's style sheets that make text invisible. Only plain tag,
// class and id selectors are understood.
type styleRules struct{ selectors map[string]bool }

func newStyleRules() *styleRules { return &styleRules{selectors: map[string]bool{}} }

// parse reads one style sheet.
func (s *styleRules) parse(p []byte) {
	for len(p) > 0 && len(s.selectors) < 1000 {
		open := bytes.IndexByte(p, '{')
		if open < 0 {
			return
		}
		sel := p[:open]
		p = p[open+1:]
		if bytes.HasPrefix(bytes.TrimSpace(sel), []byte("@media")) {
			p = skipGroup(p)
			continue
		}
		end := bytes.IndexByte(p, '}')
		if end < 0 {
			end = len(p) - 1
		}
		if end >= 0 && hiddenStyle(squeeze(p[:max(end, 0)])) {
			s.add(string(sel))
		}
		p = p[end+1:]
	}
}

// skipGroup passes over the rules of a media query: they hold for some screens only.
func skipGroup(p []byte) []byte {
	depth := 1
	for i, b := range p {
		switch b {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return p[i+1:]
			}
		}
	}
	return nil
}

func (s *styleRules) add(list string) {
	for _, sel := range strings.Split(list, ",") {
		if i := strings.LastIndex(sel, "*/"); i >= 0 {
			sel = sel[i+2:]
		}
		sel = strings.TrimSpace(sel)
		if sel != "" && len(sel) < 200 && !strings.ContainsAny(sel, " >+~:[*") {
			s.selectors[sel] = true
		}
	}
}

// hides says whether a rule makes the element invisible.
func (s *styleRules) hides(tag, id, class string) bool {
	if len(s.selectors) == 0 {
		return false
	}
	if s.selectors[tag] || id != "" && (s.selectors["#"+id] || s.selectors[tag+"#"+id]) {
		return true
	}
	for i, c := range strings.Fields(class) {
		if i > 20 {
			break
		}
		if s.selectors["."+c] || s.selectors[tag+"."+c] {
			return true
		}
	}
	return false
}
