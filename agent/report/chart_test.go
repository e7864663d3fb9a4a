package report

import "testing"

func TestScale(t *testing.T) {
	for most, want := range map[int64][2]int64{0: {1, 1}, 1: {1, 1}, 4: {4, 1}, 5: {6, 2}, 17: {20, 5}, 41: {60, 20}, 999: {1000, 500}, 123456: {150000, 50000}} {
		if top, step := scale(most); top != want[0] || step != want[1] {
			t.Errorf("%d gets an axis to %d by %d", most, top, step)
		}
	}
}
