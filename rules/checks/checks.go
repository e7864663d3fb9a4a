package checks

// Reason says why a number cannot be what it looks like. The zero value is OK.
type Reason uint8

// Reasons.
const (
	OK           Reason = iota
	Shape               // wrong length, or a letter where a digit belongs
	Date                // no such day, month or century
	Check               // the check digit is wrong where a right one is required
	Series              // outside the series that the issuer allots
	Organisation        // well-formed, but the number of an organisation, not of a person
	Placeholder         // one digit repeated, or a counting sequence
)

// String names the reason for error texts and explanations.
func (r Reason) String() string {
	names := [...]string{"ok", "shape", "date", "check digit", "series", "organisation", "placeholder"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// Result is the answer of a check.
type Result struct {
	Reason  Reason
	Checked bool   // a check digit confirms the number
	Exempt  bool   // the issuer allots numbers like this one without a check digit
	Variant string // what the number is, when it is not the plain kind: "replacement", "D-number", …
}

// Func checks a number in canonical form: digits and upper-case letters only. sep is the separator that
// stood in the official place, 0 if there was none ('+' tells a century in Sweden, letters do in Finland).
type Func func(number []byte, sep byte) Result

// ByName are the checks that a rule file may name.
func ByName(name string) (Func, bool) {
	switch name {
	case "dk-cpr":
		return DKCPR, true
	case "se-pnr":
		return SEPersonnummer, true
	case "no-fnr":
		return NOFodselsnummer, true
	case "fi-hetu":
		return FIHetu, true
	case "is-kt":
		return ISKennitala, true
	case "iban":
		return IBAN, true
	case "card":
		return Card, true
	case "dk-konto":
		return DKKonto, true
	case "no-konto":
		return NOKonto, true
	case "se-konto":
		return SEKonto, true
	case "digits":
		return Digits, true
	case "dk-cvr":
		return organisation(DKCVR), true
	case "no-orgnr":
		return organisation(NOOrganisasjonsnummer), true
	case "se-orgnr":
		return organisation(SEOrganisationsnummer), true
	case "fi-ytunnus":
		return organisation(FIYTunnus), true
	case "is-company":
		return organisation(ISOrganisation), true
	}
	return nil, false
}

// Identifies says whether the numbers that a named check accepts identify a person.
func Identifies(name string) bool {
	switch name {
	case "dk-cpr", "se-pnr", "no-fnr", "fi-hetu", "is-kt":
		return true
	}
	return false
}

// Proves says whether a named check refuses most digits of its length, so that one that accepts tells something.
func Proves(name string) bool { return name != "digits" && name != "dk-konto" }

// Names lists what ByName knows, for error texts.
func Names() []string {
	return []string{"card", "digits", "dk-cpr", "dk-cvr", "dk-konto", "fi-hetu", "fi-ytunnus", "iban", "is-company", "is-kt", "no-fnr", "no-konto",
		"no-orgnr", "se-konto", "se-orgnr", "se-pnr"}
}

// Digits accepts any run of digits but placeholders; context must do the rest.
func Digits(n []byte, _ byte) Result {
	if !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	return Result{}
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// num reads two digits.
func num(b []byte) int { return int(b[0]-'0')*10 + int(b[1]-'0') }

// weigh sums digit times weight.
func weigh(b []byte, weights string) int {
	s := 0
	for i := range len(weights) {
		s += int(b[i]-'0') * int(weights[i]-'0')
	}
	return s
}

// realDate says whether the day exists; year 0–99 without a century, or four digits. Without a century
// 29 February is allowed where either century has it.
func realDate(d, m, y int) bool {
	if d < 1 || m < 1 || m > 12 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && (y%4 == 0 && (y%100 != 0 || y%400 == 0) || y == 0) {
		days = 29
	}
	return d <= days
}

// luhn is the mod 10 check of ISO/IEC 7812.
func luhn(b []byte) bool {
	s, double := 0, false
	for i := len(b) - 1; i >= 0; i-- {
		d := int(b[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		s, double = s+d, !double
	}
	return s%10 == 0
}

// placeholder is true of one digit repeated, of counting sequences, and of Tolvan Tolvansson, whom Swedish forms are tried with.
func placeholder(b []byte) bool {
	if string(b) == "1912121212" || string(b) == "191212121212" {
		return true
	}
	same, up := true, true
	for i := 1; i < len(b) && (same || up); i++ {
		same = same && b[i] == b[0]
		up = up && (b[i] == b[i-1]+1 || b[i] == '0' && b[i-1] == '9')
	}
	return same || up
}
