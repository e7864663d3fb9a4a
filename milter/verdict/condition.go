package verdict

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Condition is one of a policy's line: any of the values may hold. The keys are those of the configuration; a flag is yes or no.
type Condition struct {
	Key    string
	Values []string
}

// moreKey stands for conditions that found no room; its value is their number.
const moreKey = "more"

// ToldLine is a line of the policy in full, as a policyline line tells it.
type ToldLine struct {
	Policy string // fingerprint of the policy, see Settings
	N, Of  int    // it is the N-th of so many, from 1
	Line   PolicyLine
}

// Full is String, and behind "?" the conditions: "key=value|value&key=value", each value escaped as in the query of an address. Of a
// list that has no room the last entry is "+N" for the N that are left out.
func (l PolicyLine) Full() string { return l.full(maxLine) }

func (l PolicyLine) full(most int) string {
	if l.When == nil {
		return l.String()
	}
	head := l.String() + "?"
	longest := 1
	for _, c := range l.When {
		longest = max(longest, len(c.Values))
	}
	for n := longest; n > 1; n-- {
		if text := head + conditions(l.When, n); len(quote(text)) <= most {
			return text
		}
	}
	for kept := len(l.When); kept > 0; kept-- {
		when := l.When[:kept:kept]
		if left := len(l.When) - kept; left > 0 {
			when = append(when, Condition{moreKey, []string{strconv.Itoa(left)}})
		}
		if text := head + conditions(when, 1); len(quote(text)) <= most {
			return text
		}
	}
	return head + conditions([]Condition{{moreKey, []string{strconv.Itoa(len(l.When))}}}[:min(1, len(l.When))], 1)
}

// conditions writes at most n values of each condition.
func conditions(all []Condition, n int) string {
	told := make([]string, len(all))
	for i, c := range all {
		values := make([]string, 0, n+1)
		for _, v := range c.Values[:min(n, len(c.Values))] {
			values = append(values, url.QueryEscape(cut(v, maxName)))
		}
		if left := len(c.Values) - n; left > 0 {
			values = append(values, url.QueryEscape("+"+strconv.Itoa(left)))
		}
		told[i] = c.Key + "=" + strings.Join(values, "|")
	}
	return strings.Join(told, "&")
}

// parseConditions reads what conditions writes; what is not escaped as it should be stands as it is.
func parseConditions(s string) []Condition {
	all := []Condition{}
	if s == "" {
		return all
	}
	for _, told := range strings.Split(s, "&") {
		key, values, _ := strings.Cut(told, "=")
		c := Condition{Key: key}
		for _, v := range strings.Split(values, "|") {
			if plain, err := url.QueryUnescape(v); err == nil {
				v = plain
			}
			c.Values = append(c.Values, v)
		}
		all = append(all, c)
	}
	return all
}

func parsePolicyLine(kv map[string]string) (*ToldLine, error) {
	l := &ToldLine{Policy: kv["policy"], Line: ParsePolicyLine(kv["line"])}
	if _, err := fmt.Sscanf(kv["n"], "%d/%d", &l.N, &l.Of); err != nil || l.N < 1 || l.N > l.Of {
		return nil, errors.New("policyline line: n is not k/n")
	}
	if l.Policy == "" || l.Line.Name == "" || l.Line.Action == "" {
		return nil, errors.New("policyline line: policy, name or action is missing")
	}
	return l, nil
}
