package verdict

import "testing"

// R2: a recognised strong algorithm. Names as OpenSSL has them and Postfix and Sendmail log them.
func TestStrongCipher(t *testing.T) {
	for name, want := range map[string]bool{
		"TLS_AES_256_GCM_SHA384": true, "TLS_CHACHA20_POLY1305_SHA256": true, "TLS_AES_128_CCM_8_SHA256": true,
		"ECDHE-RSA-AES128-GCM-SHA256": true, "ECDHE-ECDSA-CHACHA20-POLY1305": true, "DHE-RSA-CAMELLIA256-SHA": true,
		"ECDHE-ARIA256-GCM-SHA384": true, "AES256-SHA": true, "PSK-AES128-CBC-SHA": true,
		"DES-CBC3-SHA": false, "ECDHE-RSA-DES-CBC3-SHA": false, "RC4-SHA": false, "ECDHE-RSA-RC4-SHA": false, "EXP-RC4-MD5": false,
		"NULL-SHA256": false, "ECDHE-RSA-NULL-SHA": false, "ADH-AES256-GCM-SHA384": false, "AECDH-AES128-SHA": false, "DES-CBC-SHA": false,
		"SEED-SHA": false, "IDEA-CBC-SHA": false, "GOST2012-GOST8912-GOST8912": false, "X": false, "": false,
	} {
		if got := StrongCipher(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestStrongCiphers(t *testing.T) {
	const high, medium = "aNULL:-aNULL:HIGH:@STRENGTH", "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH"
	for _, tt := range []struct {
		list, excluded string
		certified      bool
		want           bool
	}{
		{high, "", true, true},
		{high, "", false, false}, // anonymous suites
		{high, "aNULL", false, true},
		{medium, "", true, false},
		{medium, "MEDIUM", true, true},
		{medium, "RC4, 3DES, SEED, IDEA", true, true},
		{medium, "RC4, 3DES", true, false},
		{medium, "MEDIUM", false, false},
		{"HIGH:!aNULL", "", false, true},
		{"ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL", "", false, true},
		{"ECDHE+AESGCM", "", false, false},
		{"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256", "", false, true},
		{"ECDHE-RSA-AES256-GCM-SHA384:DES-CBC3-SHA", "", true, false},
		{"DEFAULT:!RC4:!3DES:!SEED:!IDEA", "", false, true},
		{"DEFAULT", "", true, false}, {"ALL", "", true, false}, {"EECDH", "", true, false},
		{"eNULL:!aNULL", "", true, false}, {"", "", true, false}, {"!RC4", "", true, false},
	} {
		if got := StrongCiphers(tt.list, tt.excluded, tt.certified); got != tt.want {
			t.Errorf("%q without %q, certified %v: %v", tt.list, tt.excluded, tt.certified, got)
		}
	}
}
