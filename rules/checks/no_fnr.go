package checks

// NOFodselsnummer checks a Norwegian fødselsnummer, D-number, H-number or FH-number, DDMMYYNNNKK
// (Skatteetaten, "Fødselsnummer"; navikt/fnrvalidator for the rules of 2032). K2 must be right. K1 must be
// right by the old rule, or have remainder 0 to 3 by the rule in force from 2032-01-01; both count, since both
// will be in use; a number that is right by the new rule alone is Exempt and not Checked, for a quarter of all account numbers with a date
// in front would be. D-numbers add 40 to the day, H-numbers 40 to the month, FH-numbers begin with 8 or 9
// and have no date; the Tenor test population adds 80 to the month.
func NOFodselsnummer(n []byte, _ byte) Result {
	if len(n) != 11 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	r := Result{}
	d, m, y := num(n), num(n[2:]), num(n[4:])
	switch {
	case d >= 80:
		d, m, y, r.Variant = 1, 1, 0, "FH-number"
	case d > 40:
		d, r.Variant = d-40, "D-number"
	}
	switch {
	case m > 80:
		m, r.Variant = m-80, "test number"
	case m > 60: // Tenor adds 65 to synthetic persons of later sets
		m, r.Variant = m-65, "test number"
	case m > 40:
		m, r.Variant = m-40, "H-number"
	}
	if !realDate(d, m, y) {
		return Result{Reason: Date}
	}
	k1, k2 := weigh(n, "3761894521")%11, weigh(n, "54327654321")%11
	switch {
	case k2 != 0 || k1 > 3 || k1 != 0 && r.Variant != "" && r.Variant != "D-number":
		return Result{Reason: Check}
	case k1 != 0:
		r.Exempt, r.Variant = true, "2032 rules"
	default:
		r.Checked = true
	}
	return r
}

// NOKonto checks a Norwegian bank account, eleven digits with weights 5 4 3 2 7 6 5 4 3 2 and modulus 11.
// The weights are those of a fødselsnummer's K2, so a number that also is a fødselsnummer is not an account.
func NOKonto(n []byte, _ byte) Result {
	if len(n) != 11 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	if weigh(n, "54327654321")%11 != 0 {
		return Result{Reason: Check}
	}
	return Result{Checked: true}
}

// NOOrganisasjonsnummer says whether nine digits are a Norwegian organisation number: begins with 8 or 9,
// weights 3 2 7 6 5 4 3 2 1, modulus 11 (Brønnøysundregistrene).
func NOOrganisasjonsnummer(n []byte) bool {
	return len(n) == 9 && allDigits(n) && n[0] >= '8' && weigh(n, "327654321")%11 == 0
}
