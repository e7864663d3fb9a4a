package checks

// SEKonto checks a Swedish bank account written with its clearing number: four digits (Swedbank's that begin with 8 may bear a
// fifth, a check digit of their own), then the account. What its check digit counts depends on the bank
// (Bankgirot, "Bankernas kontonummer"; Bankinfrastruktur publishes the ranges).
func SEKonto(n []byte, _ byte) Result {
	if len(n) < 11 || len(n) > 15 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	bank, account := num(n)*100+num(n[2:]), n[4:]
	var ok bool
	switch {
	case bank >= 8000 && bank < 9000:
		return swedbank(n)
	case bank == 3300 || bank == 3782 || bank >= 9180 && bank < 9190 || bank >= 9300 && bank < 9350 || bank >= 9500 && bank < 9550 ||
		bank >= 9570 && bank < 9580 || bank >= 9960 && bank < 9970:
		ok = len(account) == 10 && luhn(account)
	case bank >= 6000 && bank < 7000:
		ok = len(account) == 9 && elevens(account)
	case len(account) != 7:
		return Result{Reason: Shape}
	case bank >= 4000 && bank < 5000 || bank >= 2300 && bank < 2400:
		ok = elevens(n)
	case bank >= 9000:
		ok = elevens(n) || elevens(n[1:]) // the smaller banks: some count the first digit
	case bank >= 1100 && bank < 2100 || bank >= 2400 && bank < 2500 || bank >= 3000 && bank < 8000:
		ok = elevens(n[1:])
	default:
		return Result{Reason: Series}
	}
	if !ok {
		return Result{Reason: Check}
	}
	return Result{Checked: true}
}

// swedbank checks the accounts of the savings banks: modulus 10 over up to ten digits behind the clearing number.
func swedbank(n []byte) Result {
	if account := n[4:]; len(account) <= 10 && luhn(account) || len(n) > 11 && luhn(n[:5]) && luhn(n[5:]) {
		return Result{Checked: true}
	}
	return Result{Reason: Check}
}

// elevens is modulus 11 with the weights 1 to 10 from the right, and 1 again for an eleventh digit.
func elevens(n []byte) bool {
	sum := 0
	for i, c := range n {
		sum += int(c-'0') * ((len(n)-1-i)%10 + 1)
	}
	return sum%11 == 0
}
