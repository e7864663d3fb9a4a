package checks

// SEPersonnummer checks a Swedish personnummer or samordningsnummer, YYMMDDNNNC or YYYYMMDDNNNC
// (Skatteverket, SKV 704): Luhn over the last ten digits. In a samordningsnummer the day has 60 added.
// A third digit of 2 or more makes it an organisationsnummer, which is Luhn too and no person
// (legal persons; a sole trader's is the personnummer itself).
func SEPersonnummer(n []byte, _ byte) Result {
	if len(n) != 10 && len(n) != 12 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	century := 0
	if len(n) == 12 {
		if century = num(n); century < 18 || century > 20 {
			return Result{Reason: Date}
		}
		n = n[2:]
	}
	if SEOrganisationsnummer(n) {
		return Result{Reason: Organisation}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	r := Result{}
	y, m, d := num(n), num(n[2:]), num(n[4:])
	if d > 60 {
		d, r.Variant = d-60, "samordningsnummer"
	}
	if century > 0 {
		y += century * 100
	}
	if !realDate(d, m, y) {
		return Result{Reason: Date}
	}
	if !luhn(n) {
		return Result{Reason: Check}
	}
	r.Checked = true
	return r
}

// SEOrganisationsnummer says whether ten digits are a Swedish organisation number (the "month" is 20 or more).
func SEOrganisationsnummer(n []byte) bool {
	return len(n) == 10 && allDigits(n) && n[2] >= '2' && luhn(n)
}
