package store

import (
	"context"
	"strings"
	"time"

	"postvagt/dashboards"
)

// Setting is what the milter of a host said to be in force at a time; To is not used.
type Setting = dashboards.Setting

func (w *writer) settings(all []Setting) error {
	for _, g := range all {
		if _, err := w.exec("INSERT OR REPLACE INTO setting (host, at, mode, policy, rules, policy_lines) VALUES (?, ?, ?, ?, ?, ?)", g.Host, g.From.UnixMicro(), g.Mode, g.Policy, g.Rules, g.Table); err != nil {
			return err
		}
	}
	return nil
}

// PolicyLine is a line of a policy in full, the N-th of so many; equal policies have equal lines.
type PolicyLine struct {
	Policy string // fingerprint, as in a Setting
	N, Of  int
	Line   string
}

func (w *writer) policy(all []PolicyLine) error {
	for _, l := range all {
		if _, err := w.exec("INSERT OR REPLACE INTO policy_line (policy, n, lines, line) VALUES (?, ?, ?, ?)", l.Policy, l.N, l.Of, l.Line); err != nil {
			return err
		}
	}
	return nil
}

// tables are the policies whose lines were all told in full, by fingerprint, each as a Setting has it.
func (s *Store) tables(ctx context.Context) (map[string]string, error) {
	all, err := collect(ctx, s.read, "SELECT policy, n, lines, line FROM policy_line ORDER BY policy, n", nil, func(scan func(...any) error) (l PolicyLine, err error) {
		return l, scan(&l.Policy, &l.N, &l.Of, &l.Line)
	})
	lines, of, told := map[string][]string{}, map[string]int{}, map[string]string{}
	for _, l := range all {
		lines[l.Policy], of[l.Policy] = append(lines[l.Policy], l.Line), l.Of
	}
	for policy, have := range lines {
		if len(have) == of[policy] {
			told[policy] = strings.Join(have, ",")
		}
	}
	return told, err
}

// Settings returns what was in force in a period, by host and time: each span from when the milter first said so to when it
// said otherwise, within the period.
func (s *Store) Settings(ctx context.Context, p dashboards.Period) (all []Setting, err error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, err
	}
	said, err := collect(ctx, s.read, "SELECT host, at, mode, policy, rules, policy_lines FROM setting WHERE at < ? ORDER BY host, at", []any{span.to},
		func(scan func(...any) error) (g Setting, err error) {
			var at int64
			err = scan(&g.Host, &at, &g.Mode, &g.Policy, &g.Rules, &g.Table)
			g.From = time.UnixMicro(at).UTC()
			return g, err
		})
	if err != nil {
		return nil, err
	}
	full, err := s.tables(ctx)
	from, to := time.UnixMicro(span.from).UTC(), time.UnixMicro(span.to).UTC()
	for i, g := range said {
		g.To = to
		if i+1 < len(said) && said[i+1].Host == g.Host {
			g.To = said[i+1].From
		}
		if !g.To.After(from) {
			continue
		}
		if table, told := full[g.Policy]; told {
			g.Table = table
		}
		if g.From.Before(from) {
			g.From = from
		}
		if n := len(all); n > 0 && all[n-1].Same(g) {
			all[n-1].To = g.To
			if all[n-1].Table == "" { // the milter before did not tell it
				all[n-1].Table = g.Table
			}
			continue
		}
		all = append(all, g)
	}
	return all, err
}
