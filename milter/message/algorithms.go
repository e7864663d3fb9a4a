package message

// Algorithm is a cipher that encrypted content may name, whether it counts as strong encryption (R2), and why.
type Algorithm struct {
	Name   string
	Strong bool
	Why    string
}

// Algorithms is the shipped list. A name that is not in it is weak; Options.Strong replaces it.
func Algorithms() []Algorithm {
	const (
		aes  = "FIPS 197, 128 bits and up; acceptable by NIST SP 800-131A"
		cam  = "ISO/IEC 18033-3, 128 bits and up, no known weakness"
		des  = "64-bit blocks, broken by collisions (Sweet32); disallowed by NIST SP 800-131A since 2024"
		old  = "64-bit blocks, broken by collisions (Sweet32)"
		rc2  = "RFC 2268, obsolete; short keys are searched through in hours"
		rc4  = "biased key stream; prohibited by RFC 7465"
		none = "no cipher in today's sense"
	)
	list := []Algorithm{
		{"ChaCha20-Poly1305", true, "RFC 8103, 256 bits"},
		{"Twofish", true, "256 bits, no known weakness"},
		{"pgp-mime", true, "OpenPGP by public key with integrity protection hides its cipher: AES in every program of this century (RFC 4880, 9580)"},
		{"pgp-inline", true, "as pgp-mime"},
		{"RMS", true, "rights management: AES of 128 bits and up, its key sealed for named readers (MS-OFFCRYPTO 2.2, MS-RMPR)"},
		{"3DES", false, des}, {"DES", false, "56-bit key, searched through in a day"},
		{"CAST5", false, old}, {"IDEA", false, old}, {"Blowfish", false, old}, {"SEED", false, "on no European list"},
		{"RC2", false, rc2}, {"RC2-32", false, rc2}, {"RC2-40", false, rc2}, {"RC2-64", false, rc2}, {"RC2-128", false, rc2},
		{"RC4", false, rc4}, {"RC4-40", false, rc4}, {"RC4-56", false, rc4}, {"RC4-128", false, rc4},
		{"ZipCrypto", false, "broken in 1994 by known plaintext (Biham, Kocher)"},
		{"PKWARE", false, "the cipher is not to be seen"}, {"RAR-2.0", false, "own cipher of the nineties"},
		{"XOR", false, none}, {"OpenPGP without integrity", false, "packet type 9: can be changed unseen (RFC 9580 section 5.7)"},
	}
	for _, bits := range []string{"128", "192", "256"} {
		list = append(list, Algorithm{"AES-" + bits, true, aes}, Algorithm{"Camellia-" + bits, true, cam}, Algorithm{"Camellia-" + bits + "-CBC", true, cam})
		for _, mode := range []string{"CBC", "GCM", "CCM", "CFB", "OCB", "EAX"} {
			list = append(list, Algorithm{"AES-" + bits + "-" + mode, true, aes})
		}
	}
	return list
}

// strongNames gives the names of the shipped list that are strong.
func strongNames() map[string]bool {
	m := map[string]bool{}
	for _, a := range Algorithms() {
		m[a.Name] = a.Strong
	}
	return m
}
