package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postvagt/dashboards"
)

// What is said of a host's outages replaces what was said of the same time, and nothing else.
func TestOutages(t *testing.T) {
	s := open(t)
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	one := func(host string, from, to int) Outage {
		o := Outage{Host: host, From: at(from)}
		if to > 0 {
			o.To = at(to)
		}
		return o
	}
	for _, h := range []HostOutages{
		{"a", at(1), at(9), []Outage{one("a", 1, 2), one("a", 8, 0)}},
		{"b", at(8), at(8), []Outage{one("b", 8, 9)}},
		{"a", at(8), at(12), []Outage{one("a", 8, 10), one("a", 12, 0)}},
		{"a", at(8), at(12), []Outage{one("a", 8, 10), one("a", 12, 0)}}, // again
	} {
		if err := s.Commit(t.Context(), Batch{Outages: []HostOutages{h}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		from, to int
		want     []Outage
	}{
		"all":              {0, 23, []Outage{one("a", 1, 2), one("a", 8, 10), one("b", 8, 9), one("a", 12, 0)}},
		"what overlaps":    {9, 11, []Outage{one("a", 8, 10)}},
		"what lasts":       {20, 23, []Outage{one("a", 12, 0)}},
		"ends before":      {2, 8, nil},
		"begins later":     {0, 1, nil},
		"of a single hour": {1, 2, []Outage{one("a", 1, 2)}},
	} {
		got, err := s.Outages(t.Context(), dashboards.Period{From: at(tt.from).Format(time.RFC3339), To: at(tt.to).Format(time.RFC3339)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
