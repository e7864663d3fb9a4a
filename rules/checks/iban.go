package checks

// ibanLengths are the registered lengths (SWIFT IBAN registry, release 99), as country and length.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18" +
	"FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25" +
	"MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27" +
	"SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// IBANLength gives the registered length for a country, 0 for an unknown one.
func IBANLength(c1, c2 byte) int {
	for i := 0; i+3 < len(ibanLengths); i += 4 {
		if ibanLengths[i] == c1 && ibanLengths[i+1] == c2 {
			return num([]byte(ibanLengths[i+2 : i+4]))
		}
	}
	return 0
}

// IBAN checks an international bank account number (ISO 13616): the country's length, and modulus 97.
func IBAN(n []byte, _ byte) Result {
	if len(n) < 15 || len(n) != IBANLength(n[0], n[1]) {
		return Result{Reason: Shape}
	}
	rest := 0
	for i := range n {
		c := n[(i+4)%len(n)]
		switch {
		case c >= '0' && c <= '9':
			rest = rest*10 + int(c-'0')
		case c >= 'A' && c <= 'Z':
			rest = rest*100 + int(c-'A') + 10
		default:
			return Result{Reason: Shape}
		}
		rest %= 97
	}
	if rest != 1 {
		return Result{Reason: Check}
	}
	return Result{Checked: true}
}
