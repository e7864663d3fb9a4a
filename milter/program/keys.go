package program

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/agnivade/levenshtein"
)

// positions maps "table.key" and, inside [[table]], "table[0].key" to the line where it stands.
type positions map[string]int

// locate finds the line of each key. The TOML library gives lines for syntax errors only.
func locate(data []byte) positions {
	p := positions{}
	count := map[string]int{}
	plain, indexed := "", ""
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[["):
			plain = unquoteKey(strings.TrimPrefix(strings.SplitN(line, "]", 2)[0], "[["))
			indexed = fmt.Sprintf("%s[%d]", plain, count[plain])
			count[plain]++
			p.add(plain, i+1)
			p.add(indexed, i+1)
		case strings.HasPrefix(line, "["):
			plain = unquoteKey(strings.TrimPrefix(strings.SplitN(line, "]", 2)[0], "["))
			indexed = plain
			p.add(plain, i+1)
		default:
			key, _, ok := strings.Cut(line, "=")
			if key = unquoteKey(key); !ok || strings.ContainsAny(key, "# \t[]{},") {
				continue
			}
			p.add(join(plain, key), i+1)
			p.add(join(indexed, key), i+1)
		}
	}
	return p
}

func unquoteKey(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }

func join(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}

func (p positions) add(key string, line int) {
	if _, ok := p[key]; !ok {
		p[key] = line
	}
}

// line gives the line of a key, or of the nearest table around it.
func (p positions) line(key string) int {
	for key != "" {
		if n, ok := p[key]; ok {
			return n
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
	return 0
}

// keysOf lists the full names of all keys that a configuration may hold.
func keysOf(t reflect.Type, prefix string) (keys []string) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ",")
		if name == "" {
			continue
		}
		full, ft := join(prefix, name), t.Field(i).Type
		keys = append(keys, full)
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct {
			keys = append(keys, keysOf(ft, full)...)
		}
	}
	return keys
}

// Nearest gives the word of all that s was most likely meant to be, or "": the right key in the wrong table,
// else the one that is spelt most like it.
func Nearest(s string, all []string) string {
	for _, w := range all {
		if strings.Contains(s, ".") && lastPart(w) == lastPart(s) {
			return w
		}
	}
	best, bestDistance := "", 1+len(s)/3
	for _, w := range all {
		if d := levenshtein.ComputeDistance(s, w); d <= bestDistance && (best == "" || d < bestDistance) {
			best, bestDistance = w, d
		}
	}
	return best
}

func lastPart(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
