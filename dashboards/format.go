package dashboards

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var hidden = Text{DA: "skjult", EN: "hidden"}

// Number writes a count with its thousands apart: 12.345 in Danish, 12,345 in English; Hidden as a word.
func Number(lang string, n int64) string {
	if n == Hidden {
		return hidden.In(lang)
	}
	s, mark := strconv.FormatInt(n, 10), ","
	if lang == "da" {
		mark = "."
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return s
}

// Percent writes a share. It never rounds to a full or an empty share what is neither.
func Percent(lang string, count, n int64) string {
	if n <= 0 || count == Hidden {
		return "–"
	}
	share := 100 * float64(count) / float64(n)
	switch p := math.Round(share); {
	case p >= 100 && count < n:
		return ">\u00a099\u00a0%"
	case p <= 0 && count > 0:
		return "<\u00a01\u00a0%"
	default:
		return fmt.Sprintf("%.0f\u00a0%%", p)
	}
}

// PartOf writes "13 of 19 (68 %)".
func PartOf(lang string, count, n int64) string {
	if count == Hidden && n == Hidden {
		return hidden.In(lang)
	}
	of := " of "
	if lang == "da" {
		of = " af "
	}
	return Number(lang, count) + of + Number(lang, n) + " (" + Percent(lang, count, n) + ")"
}

var monthsDA = [...]string{"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"}

// Date writes "23. november 2026" or "23 November 2026".
func Date(lang string, t time.Time) string {
	if lang == "da" {
		return fmt.Sprintf("%d. %s %d", t.Day(), monthsDA[t.Month()-1], t.Year())
	}
	return t.Format("2 January 2006")
}

// Month writes "November 2026".
func Month(lang string, t time.Time) string {
	if lang == "da" {
		return fmt.Sprintf("%s %d", monthsDA[t.Month()-1], t.Year())
	}
	return t.Format("January 2006")
}

// Dates writes the first and last day of a span whose end is the day after.
func Dates(lang string, from, to time.Time) string {
	last := to.AddDate(0, 0, -1)
	if from.Equal(last) {
		return Date(lang, from)
	}
	first := Date(lang, from)
	if from.Year() == last.Year() {
		first = strings.TrimSuffix(first, fmt.Sprintf(" %d", from.Year()))
	}
	return first + " – " + Date(lang, last)
}

// ShortDate writes "23.11." or "23 Nov" for axes.
func ShortDate(lang string, t time.Time) string {
	if lang == "da" {
		return fmt.Sprintf("%d. %s", t.Day(), monthsDA[t.Month()-1][:3])
	}
	return t.Format("2 Jan")
}

// Clock writes a moment to the second.
func Clock(lang string, t time.Time) string {
	if lang == "da" {
		return Date(lang, t) + " kl. " + t.Format("15.04.05")
	}
	return Date(lang, t) + ", " + t.Format("15:04:05")
}

// Share writes an estimated share with one decimal: 6,2 % in Danish, 6.2 % in English.
func Share(lang string, share float64) string {
	text := strconv.FormatFloat(100*share, 'f', 1, 64)
	if lang == "da" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + "\u00a0%"
}
