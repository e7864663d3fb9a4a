package postfix

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// domainList is one of the lists that tell Postfix's address classes apart.
type domainList struct {
	param   string
	parents bool // a domain of the list holds for those below it (relay_domains)
	list    []domainPattern
}

// domainPattern is an item of a list: a domain, or a table that is asked for it.
type domainPattern struct {
	not  bool
	text string
}

func (d domainPattern) table() bool {
	return !strings.HasPrefix(d.text, "[") && strings.Contains(d.text, ":")
}

// parse reads a list. "/file" stands for what is in the file, "!" before an item for the opposite.
func (l *domainList) parse(list string, not bool, depth int) error {
	for _, item := range splitList(list) {
		d := domainPattern{not, item}
		for strings.HasPrefix(d.text, "!") {
			d = domainPattern{!d.not, d.text[1:]}
		}
		if !strings.HasPrefix(d.text, "/") {
			l.list = append(l.list, d)
			continue
		}
		b, err := os.ReadFile(d.text)
		if err == nil && depth > 5 {
			err = fmt.Errorf("%s: a file within a file within a file", d.text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.param, err)
		}
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			if err := l.parse(line, d.not, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// listed says which domains, in lower case, a parameter lists.
func (p *Postfix) listed(ctx context.Context, param, value string, parents bool, domains []string) (map[string]bool, error) {
	l := domainList{param: param, parents: parents}
	if err := l.parse(value, false, 0); err != nil {
		return nil, err
	}
	in, open := map[string]bool{}, domains
	for _, d := range l.list {
		matched, err := p.matched(ctx, &l, d, open)
		if err != nil {
			return nil, err
		}
		for domain := range matched {
			in[domain] = !d.not
		}
		open = slices.DeleteFunc(slices.Clone(open), func(domain string) bool { return matched[domain] })
	}
	return in, nil
}

// matched says which domains one item of a list stands for.
func (p *Postfix) matched(ctx context.Context, l *domainList, d domainPattern, domains []string) (map[string]bool, error) {
	matched := map[string]bool{}
	if !d.table() {
		text := strings.ToLower(d.text)
		for _, domain := range domains {
			below := l.param == "relay_domains" && strings.HasSuffix(domain, "."+strings.TrimPrefix(text, ".")) && l.parents != strings.HasPrefix(text, ".")
			matched[domain] = domain == text || below
		}
		return trueOnly(matched), nil
	}
	var asked []lookup
	for _, domain := range domains {
		asked = append(asked, l.lookups(domain)...)
	}
	found, err := p.find(ctx, l.param, []string{d.text}, asked)
	if err != nil {
		return nil, err
	}
	for _, domain := range domains {
		matched[domain] = slices.ContainsFunc(l.lookups(domain), func(k lookup) bool { _, ok := found[k]; return ok })
	}
	return trueOnly(matched), nil
}

// lookups are the keys that a table of the list is asked for.
func (l *domainList) lookups(domain string) []lookup {
	asked := []lookup{{domain, true}}
	if l.param == "relay_domains" {
		for _, key := range domainKeys(domain, l.parents)[1:] {
			asked = append(asked, lookup{key, false})
		}
	}
	return asked
}

func trueOnly(in map[string]bool) map[string]bool {
	for k, v := range in {
		if !v {
			delete(in, k)
		}
	}
	return in
}
