package report

import (
	"testing"
	"time"

	"postvagt/agent/supervise"
)

func TestScale(t *testing.T) {
	for most, want := range map[int64][2]int64{0: {1, 1}, 1: {1, 1}, 4: {4, 1}, 5: {6, 2}, 17: {20, 5}, 41: {60, 20}, 999: {1000, 500}, 123456: {150000, 50000}} {
		if top, step := scale(most); top != want[0] || step != want[1] {
			t.Errorf("%d gets an axis to %d by %d", most, top, step)
		}
	}
}

// A measure stands where its day is: from the Monday of a week to that of the next is one slot. A complaint was taken by nobody,
// and what lies outside of the period has no place.
func TestMarks(t *testing.T) {
	begin := time.Date(2026, 11, 4, 0, 0, 0, 0, zone) // a Wednesday
	var weeks []Week
	for i := range 4 {
		monday := time.Date(2026, 11, 2+7*i, 0, 0, 0, 0, zone)
		weeks = append(weeks, Week{Start: monday, End: monday.AddDate(0, 0, 7), From: monday, To: monday.AddDate(0, 0, 7), Lower: 3})
	}
	weeks[0].From = begin
	marks := MarksOf([]supervise.Measure{{Date: "2026-11-23", Kind: "course", Title: "later"}, {Date: "2026-11-12", Kind: "instruction", Title: "sooner"}, {Date: "2026-11-13", Kind: "complaint"},
		{Date: "2026-11-03", Kind: "meeting"}, {Date: "2026-11-30", Kind: "meeting"}}, zone, func(m supervise.Measure) string { return m.Title })
	c := NewChart("en", weeks, marks...)
	if len(c.Marks) != 2 || c.Marks[0].Text != "2026-11-12 · sooner" || c.Marks[1].N != 2 {
		t.Fatalf("marks are %+v", c.Marks)
	}
	slot := (ChartWidth - PlotLeft) / 4
	for i, want := range []float64{PlotLeft + slot*(1+3.0/7), PlotLeft + slot*3} {
		if got := c.Marks[i].X; got < want-0.01 || got > want+0.01 {
			t.Errorf("mark %d stands at %.2f, should be at %.2f", i+1, got, want)
		}
	}
}
