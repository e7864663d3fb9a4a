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

// Test messages and the stock of secure mailboxes stand in all forms, or it is said that they are not known.
func TestTestedAndStock(t *testing.T) {
	r := make1(t, "en", documents(80))
	for _, format := range []string{"html", "csv"} {
		if got := written(t, r, format); format == "html" && (!strings.Contains(got, "No test message was seen") || !strings.Contains(got, "there were is not known")) || strings.Contains(got, "secure-mailboxes-stock") {
			t.Errorf("%s: of nothing known:\n%s", format, got)
		}
	}
	before, err := r.Hash()
	if err != nil {
		t.Fatal(err)
	}
	n := int64(17)
	r.Mailboxes, r.Tested = &n, []dashboards.Tested{{Host: "mx1", Good: 88, All: 91}}
	for format, want := range map[string][]string{
		"html": {"mx1: the check answered 91 test messages and would have stopped 88", "On 30 November 2026 there were 17 secure mailboxes."},
		"csv":  {",mx1,88,91", "secure-mailboxes-stock,", "2026-11-30,17,"},
		"json": {`"stopped":88,"of":91`, `"secure_mailboxes":{"on":"2026-11-30","count":17}`},
	} {
		got := written(t, r, format)
		if format == "json" {
			got = strings.Join(strings.Fields(got), "")
		}
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s lacks %q", format, w)
			}
		}
	}
	if after, err := r.Hash(); err != nil || after == before {
		t.Errorf("the hash does not cover them, %v", err)
	}
	early := Options{From: from, To: to, Made: from.AddDate(0, 1, 0)}
	if !early.Stock().Equal(early.Made) {
		t.Errorf("of a period that lasts the stock is of %s", early.Stock())
	}
}
