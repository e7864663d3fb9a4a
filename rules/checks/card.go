package checks

// Card checks a payment card number (ISO/IEC 7812): Luhn, and the issuer's range with its length.
func Card(n []byte, _ byte) Result {
	if len(n) < 12 || len(n) > 19 || !allDigits(n) {
		return Result{Reason: Shape}
	}
	if placeholder(n) {
		return Result{Reason: Placeholder}
	}
	brand := cardBrand(n)
	if brand == "" {
		return Result{Reason: Series}
	}
	if !luhn(n) {
		return Result{Reason: Check}
	}
	return Result{Checked: true, Variant: brand}
}

// cardBrand knows the ranges of the schemes in use in the Nordic countries.
func cardBrand(n []byte) string {
	p := num(n)*100 + num(n[2:])
	l := len(n)
	switch {
	case p == 5019 && l == 16:
		return "dankort"
	case p == 4571 && l == 16:
		return "visa-dankort"
	case n[0] == '4' && (l == 13 || l == 16 || l == 19):
		return "visa"
	case (p >= 5100 && p <= 5599 || p >= 2221 && p <= 2720) && l == 16:
		return "mastercard"
	case (p/100 == 34 || p/100 == 37) && l == 15:
		return "amex"
	case (p >= 3000 && p <= 3059 || p/100 == 36 || p/100 == 38 || p/100 == 39) && l >= 14 && l <= 19:
		return "diners"
	case (p == 6011 || p/100 == 65 || p >= 6440 && p <= 6499) && l >= 16:
		return "discover"
	case p >= 3528 && p <= 3589 && l >= 16:
		return "jcb"
	case p/100 == 62 && l >= 16:
		return "unionpay"
	case (p == 5018 || p == 5020 || p == 5038 || p == 5893 || p == 6304 || p >= 6759 && p <= 6763) && l >= 12:
		return "maestro"
	}
	return ""
}
