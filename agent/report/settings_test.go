package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/dashboards"
)

// Each form says what was in force and when, in both languages; a log that does not say is no policy.
func TestSettingsInForce(t *testing.T) {
	change := from.AddDate(0, 0, 20).Add(9*time.Hour + 30*time.Minute)
	for lang, want := range map[string][]string{
		"da": {"Hvad der var i kraft", "observerer", "tilbageholder"},
		"en": {"What was in force", "observes", "holds back"},
	} {
		r := make1(t, lang, documents(20))
		none := strings.ReplaceAll(written(t, r, "html"), "\u00a0", " ")
		if !strings.Contains(none, texts["in-force-none"].In(lang)) {
			t.Errorf("%s: nothing is known, and it is not said", lang)
		}
		before, err := r.Hash()
		if err != nil {
			t.Fatal(err)
		}
		r.Settings = []dashboards.Setting{
			{Host: "mx1", From: from, To: change, Mode: "observe", Policy: "5f0c3a91d2e4", Rules: "0b77e91fa2c6"},
			{Host: "mx1", From: change, To: to, Mode: "enforce", Policy: "c1c1c1c1c1c1", Rules: "0b77e91fa2c6"},
		}
		if after, err := r.Hash(); err != nil || after == before {
			t.Errorf("%s: the hash does not cover what was in force (%v)", lang, err)
		}
		for name, form := range map[string]string{"html": written(t, r, "html"), "pdf": pdfText(t, written(t, r, "pdf"))} {
			form = regexp.MustCompile(`\s+`).ReplaceAllString(strings.ReplaceAll(form, "\u00a0", " "), " ")
			for _, w := range append(want, "mx1", "5f0c3a91d2e4", "c1c1c1c1c1c1", "2026-09-21 09:30") {
				if !strings.Contains(form, strings.ReplaceAll(w, "\u00a0", " ")) {
					t.Errorf("%s, %s does not say %q", name, lang, w)
				}
			}
		}
		if csv := written(t, r, "csv"); !strings.Contains(csv, "2026-09-21T09:30:00+01:00/2026-12-01T00:00:00+01:00/mx1/enforce/c1c1c1c1c1c1/0b77e91fa2c6") {
			t.Errorf("%s: no line in the CSV", lang)
		}
		if json := written(t, r, "json"); !strings.Contains(json, `"settings_in_force": [`) || !strings.Contains(json, `"to": "2026-09-21T09:30:00+01:00"`) {
			t.Errorf("%s: not in the JSON", lang)
		}
	}
}
