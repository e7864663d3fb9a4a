package message

import (
	"math"
	"strconv"
	"strings"
)

// show gives a number as its cell format shows it, as far as it concerns numbers of persons and
// accounts: whole numbers in full, formats of zeros with fixed signs ("000000-0000") filled in.
func (b *workbook) show(v string, style int) string {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1e15 {
		return v
	}
	digits := strconv.FormatFloat(math.Abs(f), 'f', 0, 64)
	code := ""
	if style >= 0 && style < len(b.styles) {
		code = b.formats[b.styles[style]]
	}
	shown := digits
	if code != "" {
		shown = fillFormat(code, digits)
	}
	if f < 0 {
		return "-" + shown
	}
	return shown
}

// fillFormat fills digits into a format of zeros, number signs and literal characters.
func fillFormat(code, digits string) string {
	code, _, _ = strings.Cut(code, ";")
	var lits []byte
	zeros := 0
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '0' || c == '#':
			lits = append(lits, c)
			zeros++
		case c == '\\' && i+1 < len(code):
			i++
			lits = append(lits, code[i])
		case c == '-' || c == ' ' || c == '/':
			lits = append(lits, c)
		case c == '"':
		case c >= '1' && c <= '9', c == '+':
			lits = append(lits, c)
		default:
			return digits // a date, a currency, a thousands separator
		}
	}
	if zeros < 4 {
		return digits
	}
	var out []byte
	at := len(digits)
	for i := len(lits) - 1; i >= 0; i-- {
		if lits[i] != '0' && lits[i] != '#' {
			out = append(out, lits[i])
			continue
		}
		switch {
		case at > 0:
			at--
			out = append(out, digits[at])
		case lits[i] == '0':
			out = append(out, '0')
		}
	}
	for ; at > 0; at-- {
		out = append(out, digits[at-1])
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return strings.TrimSpace(string(out))
}
