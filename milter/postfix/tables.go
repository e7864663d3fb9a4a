package postfix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mapTimeout bounds one question to a map: a postmap that hangs must not hold up mail.
const mapTimeout = 2 * time.Second

// lookup is a key to ask tables for. What is not a whole address or name is kept from regular expressions, as Postfix does.
type lookup struct {
	key   string
	whole bool
}

// find asks tables for keys: of each key the first table counts that has it.
func (p *Postfix) find(ctx context.Context, param string, tables []string, asked []lookup) (map[lookup]string, error) {
	found := map[lookup]string{}
	for _, table := range tables {
		var keys []string
		patterns := hasPatterns(table)
		for _, a := range asked {
			if _, known := found[a]; !known && (a.whole || !patterns) {
				keys = append(keys, a.key)
			}
		}
		values, err := p.query(ctx, param, table, keys)
		if err != nil {
			return nil, err
		}
		for _, a := range asked {
			value, has := values[a.key]
			if _, known := found[a]; has && !known && (a.whole || !patterns) {
				found[a] = value
			}
		}
	}
	return found, nil
}

// query asks a table for keys at once; those it lacks are not in the answer. postmap exits with 1 and says nothing when it has none.
func (p *Postfix) query(ctx context.Context, param, table string, keys []string) (map[string]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if slices.ContainsFunc(keys, func(key string) bool { return strings.ContainsAny(key, "\x00\n\r\t") }) {
		return nil, fmt.Errorf("%s: a key holds a control character", param)
	}
	ctx, cancel := context.WithTimeout(ctx, mapTimeout)
	defer cancel()
	out, err := p.commandWith(ctx, strings.Join(keys, "\n")+"\n", "postmap", "-q", "-", table)
	var failed *commandError
	if err != nil && !(errors.As(err, &failed) && harmless(failed.said) && ctx.Err() == nil) {
		return nil, fmt.Errorf("%s: %s: %w", param, table, err)
	}
	values := map[string]string{}
	for line := range strings.Lines(out) {
		if key, value, ok := strings.Cut(line, "\t"); ok {
			values[key] = strings.TrimSpace(value)
		}
	}
	return values, nil
}

// harmless says that a command has complained of nothing but a parameter that main.cf sets twice: Postfix then takes the last.
func harmless(said string) bool {
	for line := range strings.Lines(said) {
		if !strings.Contains(line, ": warning: ") || !strings.Contains(line, ": overriding earlier entry: ") {
			return false
		}
	}
	return true
}

// hasPatterns says whether a table matches its keys itself: Postfix asks it for whole names and addresses alone.
func hasPatterns(table string) bool {
	kind, rest, _ := strings.Cut(table, ":")
	switch kind {
	case "regexp", "pcre", "cidr", "tcp", "socketmap", "randmap":
		return true
	case "proxy":
		return hasPatterns(rest)
	case "unionmap", "pipemap":
		return slices.ContainsFunc(splitList(strings.Trim(rest, "{}")), hasPatterns)
	}
	return false
}

// domainKeys are a domain and those above it, as Postfix looks them up: "example", where a table's domains hold for those
// below them, else ".example".
func domainKeys(domain string, parents bool) []string {
	keys := []string{domain}
	for rest := domain; ; {
		i := strings.IndexByte(rest[min(1, len(rest)):], '.')
		if i < 0 {
			return keys
		}
		if rest = rest[i+1:]; parents {
			rest = rest[1:]
		}
		keys = append(keys, rest)
	}
}
