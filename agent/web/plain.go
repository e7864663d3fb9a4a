package web

import (
	"regexp"
	"strings"

	"postvagt/dashboards"
)

// workshop are words of the programs, which mean nothing to the reader of a page.
var workshop = regexp.MustCompile(`(?i)verdict|milter`)

var checkFailed = dashboards.Text{DA: "Kontrollen svarede ikke eller fejlede.", EN: "The check did not answer, or failed."}

// plain returns a reason for the reader; one that speaks of the programs is about a failure of theirs.
func plain(lang, why string) string {
	if strings.HasPrefix(why, "not-judged") || workshop.MatchString(why) {
		return checkFailed.In(lang)
	}
	return dashboards.Word(lang, "why", why)
}
