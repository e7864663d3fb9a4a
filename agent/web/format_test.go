package web

import (
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1.000", 62500: "62.500", 1234567: "1.234.567", -1234: "-1.234"} {
		if got := number("da", n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
	if got := number("en", 62500); got != "62,500" {
		t.Errorf("62500 is written %s", got)
	}
}

func TestPercentNeverRoundsAway(t *testing.T) {
	for _, c := range []struct {
		count, n int64
		want     string
	}{{13, 19, "68\u00a0%"}, {0, 0, "–"}, {0, 7, "0\u00a0%"}, {7, 7, "100\u00a0%"}, {9999, 10000, ">\u00a099\u00a0%"}, {1, 10000, "<\u00a01\u00a0%"}, {1, 2, "50\u00a0%"}} {
		if got := percent("en", c.count, c.n); got != c.want {
			t.Errorf("%d of %d is written %s", c.count, c.n, got)
		}
	}
}

func TestDates(t *testing.T) {
	from := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		lang string
		to   time.Time
		want string
	}{
		{"da", from.AddDate(0, 1, 0), "1. maj – 31. maj 2026"},
		{"en", from.AddDate(0, 1, 0), "1 May – 31 May 2026"},
		{"en", from.AddDate(1, 0, 0), "1 May 2026 – 30 April 2027"},
		{"da", from.AddDate(0, 0, 1), "1. maj 2026"},
	} {
		if got := dates(c.lang, from, c.to); got != c.want {
			t.Errorf("%s", got)
		}
	}
}

func TestSpans(t *testing.T) {
	at := time.Date(2026, 3, 31, 23, 59, 0, 0, time.FixedZone("CEST", 7200))
	for preset, want := range map[string][2]string{last30: {"2026-03-02", "2026-04-01"}, month: {"2026-03-01", "2026-04-01"},
		quarter: {"2026-01-01", "2026-04-01"}, last12: {"2025-04-01", "2026-04-01"}} {
		from, to, ok := span(preset, at)
		if !ok || day(from) != want[0] || day(to) != want[1] {
			t.Errorf("%s is %s to %s", preset, day(from), day(to))
		}
	}
}

func TestScale(t *testing.T) {
	for most, want := range map[int64][2]int64{0: {1, 1}, 1: {1, 1}, 4: {4, 1}, 5: {6, 2}, 17: {20, 5}, 41: {60, 20}, 999: {1000, 500}, 123456: {150000, 50000}} {
		if top, step := scale(most); top != want[0] || step != want[1] {
			t.Errorf("%d gets an axis to %d by %d", most, top, step)
		}
	}
}
