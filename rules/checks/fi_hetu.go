package checks

const hetuLetters = "0123456789ABCDEFHJKLMNPRSTUVWXY"

// FIHetu checks a Finnish henkilötunnus, DDMMYY s NNN c, given without its separator as ten characters
// (Digital and Population Data Services Agency). The century sign s must be one of + - Y X W V U A B C D E F (the
// letters beside A since 2023); sep 0 means that it was left out, which only context can make up for.
// Serials 900 to 999 are temporary and test numbers.
func FIHetu(n []byte, sep byte) Result {
	if len(n) != 10 || !allDigits(n[:9]) {
		return Result{Reason: Shape}
	}
	century := 0
	switch sep {
	case '+':
		century = 1800
	case '-', 'Y', 'X', 'W', 'V', 'U':
		century = 1900
	case 'A', 'B', 'C', 'D', 'E', 'F':
		century = 2000
	case 0:
	default:
		return Result{Reason: Shape}
	}
	if !realDate(num(n), num(n[2:]), num(n[4:])+century) {
		return Result{Reason: Date}
	}
	v := 0
	for _, c := range n[:9] {
		v = v*10 + int(c-'0')
	}
	if hetuLetters[v%31] != n[9] {
		return Result{Reason: Check}
	}
	serial := v % 1000
	if serial < 2 {
		return Result{Reason: Series}
	}
	r := Result{Checked: true}
	if serial >= 900 {
		r.Variant = "temporary"
	}
	return r
}

// FIYTunnus says whether eight digits are a Finnish business ID (Y-tunnus): weights 7 9 10 5 8 4 2, modulus 11.
func FIYTunnus(n []byte) bool {
	if len(n) != 8 || !allDigits(n) {
		return false
	}
	s := 0
	for i, w := range [...]int{7, 9, 10, 5, 8, 4, 2} {
		s += int(n[i]-'0') * w
	}
	switch r := s % 11; r {
	case 0:
		return n[7] == '0'
	case 1:
		return false
	default:
		return int(n[7]-'0') == 11-r
	}
}
