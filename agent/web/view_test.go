package web

import (
	"testing"
	"time"
)

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
