package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printTable says what became of each mail, and why. It shows no address and no number of the mails.
func (s *stage) printTable(out io.Writer, a *answers) {
	const format = "%-3s %-46s %-13s %-9s %-9s %-6s %s\n"
	fmt.Fprintf(out, "\n"+format, "no", "mail", "found", "became", "went by", "safe", "why")
	fmt.Fprintln(out, strings.Repeat("-", 150))
	tally := map[string]int{}
	for _, m := range s.manifest.Mail {
		t := transmission{}
		if copies := a.copies[m.MessageID]; len(copies) > 0 {
			t = copies[0]
		}
		became := outcome(t)
		tally[became]++
		row := []string{m.File[:2], m.What, t["postvagt.level"], became, t["postvagt.transport"], t["postvagt.protected"], m.Why}
		fmt.Fprintf(out, format, pad(row, []int{3, 46, 13, 9, 9, 6, 0})...)
	}
	var parts []string
	for _, o := range words["outcome"] {
		if tally[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", tally[o], o))
		}
	}
	fmt.Fprintf(out, "\n%d mails: %s\n", len(s.manifest.Mail), strings.Join(parts, ", "))
}

// pad fills cells by characters; fmt counts bytes of none-ASCII text right, but cuts nothing.
func pad(cells []string, widths []int) []any {
	out := make([]any, len(cells))
	for i, c := range cells {
		if c == "" {
			c = "-"
		}
		if w := widths[i]; w > 0 && utf8.RuneCountInString(c) > w {
			c = string([]rune(c)[:w-1]) + "…"
		}
		out[i] = c
	}
	return out
}
