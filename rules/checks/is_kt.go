package checks

// ISKennitala checks an Icelandic kennitala of a person, DDMMYYNNPC (Registers Iceland, skra.is). C is the
// century: 8, 9 or 0. P is a check digit (weights 3 2 7 6 5 4 3 2, modulus 11) in numbers issued before
// 2026-02-18 and arbitrary after, so a wrong one does not reject. Organisations have 40 added to the
// day; system numbers (kerfiskennitala) begin with 8 or 9 and have no date.
func ISKennitala(n []byte, _ byte) Result {
	if len(n) != 10 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	var century int
	switch n[9] {
	case '8':
		century = 1800
	case '9':
		century = 1900
	case '0':
		century = 2000
	default:
		return Result{Reason: Date}
	}
	r := Result{Checked: weigh(n, "327654321")%11 == 0}
	yy := num(n[4:])
	r.Exempt = n[9] == '0' && yy >= 26 && yy < 50 // born after the check digit went
	d := num(n)
	if n[0] >= '8' {
		if !r.Checked {
			return Result{Reason: Check}
		}
		r.Variant = "system number"
		return r
	}
	if d > 40 {
		if realDate(d-40, num(n[2:]), num(n[4:])+century) {
			return Result{Reason: Organisation}
		}
		return Result{Reason: Date}
	}
	if !realDate(d, num(n[2:]), num(n[4:])+century) {
		r.Reason = Date
	}
	return r
}
