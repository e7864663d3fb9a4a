package report

import (
	"strings"
	"testing"
	"time"
)

// A drawing holds its columns to a tenth, and no text of it is markup.
func TestDrawing(t *testing.T) {
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, zone)
	c := NewChart("en", []Week{{Start: monday, End: monday.AddDate(0, 0, 7), From: monday, To: monday.AddDate(0, 0, 7), Lower: 3, Upper: 1}})
	c.Columns[0].Axis, c.Grid[0].Label = `<b>"`, "<i>"
	got := string(c.Drawing(`a"b`, "is-no"))
	for want, n := range map[string]int{`<rect class="a&#34;b" x="237.0" width="44.0" y="53.5" height="124.5"/>`: 1, `<rect class="is-no" x="237.0" width="44.0" y="12.0" height="41.5"/>`: 1,
		"&lt;b&gt;&#34;</text>": 1, ">&lt;i&gt;</text>": 1, `<line class="grid"`: len(c.Grid), "<b": 0, "<i": 0} {
		if strings.Count(got, want) != n {
			t.Errorf("%q is %d times in %s", want, strings.Count(got, want), got)
		}
	}
	c.Columns[0].Lower = 0
	if strings.Count(string(c.Drawing("a", "b")), "<rect") != 1 {
		t.Error("a part of nothing is drawn")
	}
}
