package dashboards

import (
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1.000", 62500: "62.500", 1234567: "1.234.567", -1234: "-1.234"} {
		if got := Number("da", n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
	if got := Number("en", 62500); got != "62,500" {
		t.Errorf("62500 is written %s", got)
	}
}

func TestPercentNeverRoundsAway(t *testing.T) {
	for _, c := range []struct {
		count, n int64
		want     string
	}{{13, 19, "68\u00a0%"}, {0, 0, "–"}, {0, 7, "0\u00a0%"}, {7, 7, "100\u00a0%"}, {9999, 10000, ">\u00a099\u00a0%"}, {1, 10000, "<\u00a01\u00a0%"}, {1, 2, "50\u00a0%"}} {
		if got := Percent("en", c.count, c.n); got != c.want {
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
		if got := Dates(c.lang, from, c.to); got != c.want {
			t.Errorf("%s", got)
		}
	}
}

func TestWordsAreWhole(t *testing.T) {
	for field, words := range valueWords {
		for value, text := range words {
			if text.DA == "" || text.EN == "" {
				t.Errorf("%s = %q lacks a language", field, value)
			}
		}
	}
}
