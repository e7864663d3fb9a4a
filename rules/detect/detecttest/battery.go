// Package detecttest is the acceptance battery that every rule passes: whatever stands around an example and
// however it is written, it must still be found.
package detecttest

import (
	"fmt"
	"strings"
	"testing"

	"postvagt/rules/detect"
)

// Fillers are neutral texts in each language, in which nothing is to be found.
var fillers = map[string]string{
	"da": "Tak for sidst. Vi ses på mandag ved indgangen, og så tager vi elevatoren op til det nye lokale. Husk en kuglepen.",
	"sv": "Tack för senast. Vi ses på måndag vid ingången, och sedan tar vi hissen upp till det nya rummet. Glöm inte en penna.",
	"no": "Takk for sist. Vi ses på mandag ved inngangen, og så tar vi heisen opp til det nye rommet. Husk en penn.",
	"fi": "Kiitos viimeisestä. Nähdään maanantaina ovella, ja sitten menemme hissillä ylös uuteen huoneeseen. Muista kynä.",
	"en": "Thanks for last time. We will meet on Monday at the entrance, and then take the lift up to the new room. Bring a pen.",
}

// Run holds every example of every rule of e to the battery.
func Run(t *testing.T, e *detect.Engine) {
	for _, r := range e.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			for i, text := range r.Examples {
				one(t, e, r, i+1, text)
			}
		})
	}
}

// one puts one example through every variation; the text itself is never printed.
func one(t *testing.T, e *detect.Engine, r detect.RuleInfo, n int, text string) {
	t.Helper()
	filler := fillers["en"]
	if len(r.Languages) > 0 {
		filler = fillers[r.Languages[0]]
	}
	for name, v := range variations(text, filler) {
		if res := scan(e, v); r.Level == detect.None && res.Level != detect.None {
			t.Errorf("example %d raises %v: %s", n, res.Kinds, name)
		} else if r.Level != detect.None && !has(res, r.Kind) {
			t.Errorf("example %d is missed: %s", n, name)
		}
	}
	whole := fmt.Sprint(scan(e, text))
	for cut := 1; cut < len(text); cut++ {
		if got := fmt.Sprint(scan(e, text[:cut], text[cut:])); got != whole {
			t.Errorf("example %d: cut at byte %d the result differs", n, cut)
			return
		}
	}
}

// variations gives the example in other places and other spellings.
func variations(text, filler string) map[string]string {
	return map[string]string{
		"as it is":         text,
		"at the start":     text + "\n\n" + filler,
		"in the middle":    filler + "\n\n" + text + "\n\n" + filler,
		"at the end":       filler + "\n\n" + text,
		"several":          text + "\n" + text + "\n" + text,
		"far in":           strings.Repeat(filler+"\n", 200) + "\n" + text,
		"DOS line ends":    strings.ReplaceAll(filler+"\n\n"+text, "\n", "\r\n"),
		"no-break spaces":  strings.ReplaceAll(text, " ", "\u00a0"),
		"soft hyphens":     between(text, "\u00ad"),
		"zero width":       between(text, "\u200b"),
		"decomposed":       decomposer.Replace(text),
		"tags between":     between(text, "<b></b>"),
		"wrapped":          wrap(text, 40),
		"quoted":           "> " + strings.ReplaceAll(wrap(text, 70), "\n", "\n> "),
		"byte order mark":  "\ufeff" + text,
		"spaces at dashes": strings.ReplaceAll(text, "-", "\u2011"),
	}
}

var decomposer = strings.NewReplacer("å", "a\u030a", "ä", "a\u0308", "ö", "o\u0308", "Å", "A\u030a", "Ä", "A\u0308", "Ö", "O\u0308", "é", "e\u0301")

// between puts s after the third letter or digit of each word that has more.
func between(text, s string) string {
	var b strings.Builder
	run := 0
	for _, r := range text {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			if run == 3 {
				b.WriteString(s)
			}
			run++
		} else {
			run = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// wrap breaks lines at the last space before width, as format=flowed does.
func wrap(text string, width int) string {
	var b strings.Builder
	col := 0
	for i, w := range strings.Split(text, " ") {
		switch {
		case i == 0:
		case col+len(w) > width:
			b.WriteString(" \n")
			col = 0
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(w)
		col += len(w)
	}
	return b.String()
}

// scan judges one part that comes in pieces.
func scan(e *detect.Engine, pieces ...string) detect.Result {
	s := e.NewScanner(detect.Context{})
	for i, p := range pieces {
		s.Scan(detect.Text{Part: "1 text/plain", Data: []byte(p), More: i < len(pieces)-1})
	}
	return s.Result()
}

func has(r detect.Result, kind string) bool {
	for _, k := range r.Kinds {
		if k == kind {
			return true
		}
	}
	return false
}
