package checks

// DKCPR checks a Danish CPR number, DDMMYYSSSS (CPR-kontoret, "Personnummeret i CPR"; cpr.dk, updated
// 10-05-2023). The seventh digit and the year give the century. Modulus 11 confirms a number; since
// 2007 numbers without it are valid, so a wrong remainder never rejects; so far they are allotted to births on
// 1 January (Exempt). Replacement numbers (erstatningspersonnummer) add 6 to the first digit.
func DKCPR(n []byte, _ byte) Result {
	if len(n) != 10 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) || string(n[6:]) == "0000" { // as forms and instructions have it
		return Result{Reason: Placeholder}
	}
	r := Result{Checked: weigh(n, "4327654321")%11 == 0}
	d, m, y := num(n), num(n[2:]), num(n[4:])
	if d > 60 {
		d, r.Variant = d-60, "replacement"
	}
	if !realDate(d, m, cprYear(n[6], y)) {
		r.Reason = Date
	}
	r.Exempt = d == 1 && m == 1 || r.Variant != ""
	return r
}

// cprYear gives the year of birth by the seventh digit's table.
func cprYear(seventh byte, y int) int {
	switch {
	case seventh <= '3':
		return 1900 + y
	case (seventh == '4' || seventh == '9') && y <= 36:
		return 2000 + y
	case seventh == '4' || seventh == '9':
		return 1900 + y
	case y <= 57:
		return 2000 + y
	}
	return 1800 + y
}

// DKCVR says whether eight digits are a Danish company number (CVR): weights 2 7 6 5 4 3 2 1, modulus 11.
func DKCVR(n []byte) bool {
	return len(n) == 8 && allDigits(n) && n[0] != '0' && weigh(n, "27654321")%11 == 0
}

// DKKonto checks the shape of a Danish bank account, four digits of registration number and six to ten
// of account. There is no public check digit.
func DKKonto(n []byte, _ byte) Result {
	if len(n) < 10 || len(n) > 14 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	return Result{}
}
