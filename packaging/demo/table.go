package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// columns of the table: title and width. All before the last fill 80 characters, so that on a narrow terminal
// the reason stands on a line of its own.
var columns = []struct {
	title string
	width int
}{{"no", 2}, {"mail", 38}, {"found", 12}, {"became", 9}, {"by", 9}, {"safe", 4}, {"why", 0}}

// printTable says what became of each mail, and why. It shows no address and no number of the mails.
func (s *stage) printTable(out io.Writer, a answers) {
	title := make([]string, len(columns))
	for i, c := range columns {
		title[i] = c.title
	}
	fmt.Fprintln(out)
	printRow(out, title)
	fmt.Fprintln(out, strings.Repeat("-", 79))
	tally := map[string]int{}
	for _, m := range s.manifest.Mail {
		stored := a[m.MessageID]
		became := common(stored["outcome"])
		if stored["released"]["true"] > 0 && stored["outcome"]["delivered"] > 0 {
			became = "released"
		}
		tally[became]++
		printRow(out, []string{m.File[:2], m.What, common(stored["level"]), became, common(stored["transport"]), safe(stored), m.Why})
	}
	var parts []string
	for o, n := range tally {
		parts = append(parts, fmt.Sprintf("%d %s", n, o))
	}
	slices.Sort(parts)
	fmt.Fprintf(out, "\n%d mails: %s\n", len(s.manifest.Mail), strings.Join(parts, ", "))
}

// safe says whether what left was protected; what has not left is neither.
func safe(stored map[string]map[string]int) string {
	if stored["left"]["true"] == 0 {
		return ""
	}
	return common(stored["protected"])
}

// common is the value of most copies; in the table each mail has one line.
func common(values map[string]int) (value string) {
	most := 0
	for v, n := range values {
		if n > most || n == most && v > value {
			value, most = v, n
		}
	}
	return value
}

func printRow(out io.Writer, cells []string) {
	for i, cell := range cells {
		width := columns[i].width
		if cell == "" {
			cell = "-"
		}
		n := utf8.RuneCountInString(cell)
		if width > 0 && n > width {
			cell, n = string([]rune(cell)[:width-1])+"…", width
		}
		fmt.Fprint(out, cell)
		if i < len(cells)-1 {
			fmt.Fprint(out, strings.Repeat(" ", max(0, width-n)+1))
		}
	}
	fmt.Fprintln(out)
}
