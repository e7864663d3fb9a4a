package verdict

import (
	"slices"
	"strings"
)

// strongFamilies are the block and stream ciphers that count as recognised and strong, as parts of OpenSSL's names: AES,
// Camellia, ARIA (128 bits and more) and ChaCha20 (256 bits).
var strongFamilies = []string{"AES", "CAMELLIA", "ARIA", "CHACHA20"}

// StrongCipher says whether a TLS cipher suite, as OpenSSL names it and MTAs log it, is a recognised strong one (R2). The
// measure is RFC 9325 section 4.1: no NULL, RC4 or export, nothing under 128 bits (so no DES and 3DES). What is
// on no European list (SEED, IDEA, GOST) is not recognised. Anonymous suites are weak, for anybody may
// have answered (RFC 5246 F.1.1.1). Keys exchanged by RSA lack forward secrecy, which RFC 9325 advises against; the cipher is as
// strong, so they count. All suites of TLS 1.3 are strong (RFC 8446 section B.4).
func StrongCipher(name string) bool {
	parts := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r == '-' || r == '_' || r == '+' })
	for _, weak := range []string{"ADH", "AECDH", "ANON", "NULL", "EXP", "EXPORT"} {
		if slices.Contains(parts, weak) {
			return false
		}
	}
	return slices.ContainsFunc(parts, func(p string) bool {
		return slices.ContainsFunc(strongFamilies, func(f string) bool { return strings.HasPrefix(p, f) })
	})
}

// mediumCiphers are what OpenSSL calls MEDIUM: since 1.1.0 3DES, too, is not HIGH (ciphers(1)).
var mediumCiphers = []string{"RC4", "3DES", "SEED", "IDEA"}

// StrongCiphers says whether all that a cipher list of OpenSSL (ciphers(1)) lets pass is strong, and what the list excluded, without
// its exclamation marks, takes away. certified: the other side must show a certificate, so no anonymous suite can be used. A word
// that is not known lets weak ones pass.
func StrongCiphers(list, excluded string, certified bool) bool {
	var allowed []string
	out := words(strings.ToUpper(excluded))
	for _, w := range words(strings.ToUpper(list)) {
		switch {
		case strings.HasPrefix(w, "!"):
			out = append(out, w[1:])
		case !strings.ContainsAny(w[:1], "-+@"):
			allowed = append(allowed, w)
		}
	}
	gone := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(out, n) })
	}
	for _, w := range allowed {
		switch {
		case w == "ANULL": // Postfix's lists name it only to put it last
		case w == "HIGH" && (certified || gone("ANULL")):
		case (w == "MEDIUM" || w == "DEFAULT") && (gone("MEDIUM") || gone(mediumCiphers...)) && (certified || w == "DEFAULT" || gone("ANULL")):
		case StrongCipher(w) && (certified || gone("ANULL") || strings.Contains(w, "-")):
		default:
			return false
		}
	}
	return len(allowed) > 0
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" \t\n,:;", r) })
}
