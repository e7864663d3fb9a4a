package postfix

import (
	"slices"
	"strings"

	"postvagt/milter/verdict"
)

// Promise is what Postfix will do to reach a next hop.
type Promise struct {
	Local  bool   // delivered on this host: local, virtual, pipe, lmtp by unix socket
	Relay  bool   // the next hop is relayhost, or may be smtp_fallback_relay: what lies behind it is not Postfix's to promise
	Level  string // TLS security level of the smtp client: none, may, encrypt, dane, dane-only, fingerprint, verify, secure
	TLS12  bool   // TLS 1.2 or later, or no delivery
	Strong bool   // TLS with a recognised strong cipher, or no delivery; see ciphers.strong
}

// mandatory says that mail goes by TLS or not at all, so that the mandatory protocols and ciphers are what is used.
func (p Promise) mandatory() bool { return p.Level == "encrypt" || p.certified() }

// certified says that the other side must show a certificate.
func (p Promise) certified() bool {
	return slices.Contains([]string{"verify", "secure", "fingerprint", "dane-only"}, p.Level)
}

// Verified says that mail goes to a host whose name or key was checked, by TLS 1.2 or later, or not at all.
func (p Promise) Verified() bool {
	return p.TLS12 && p.certified()
}

// strength orders promises: the weaker one keeps less from others.
func (p Promise) strength() int {
	switch {
	case p.Level == "none":
		return 0
	case p.Verified():
		return 3
	case p.mandatory():
		return 2
	}
	return 1
}

// policyKeys are the keys of smtp_tls_policy_maps for a next hop. One with brackets or a port stands for
// itself only; a domain also for those below it (".example.com").
func policyKeys(host string) []string {
	if strings.ContainsAny(host, "[]:") {
		return []string{host}
	}
	return domainKeys(host, false)
}

// ciphers is what a transport lets its smtp client use where TLS is mandatory.
type ciphers struct {
	protocols, grade string // smtp_tls_mandatory_protocols, _ciphers
	excluded, never  string // smtp_tls_mandatory_exclude_ciphers, smtp_tls_exclude_ciphers
	high, medium     string // tls_high_cipherlist, tls_medium_cipherlist
}

// cipherParams are the parameters that ciphers are read of.
var cipherParams = []string{"smtp_tls_mandatory_protocols", "smtp_tls_mandatory_ciphers", "smtp_tls_mandatory_exclude_ciphers", "smtp_tls_exclude_ciphers",
	"tls_high_cipherlist", "tls_medium_cipherlist"}

func (c *ciphers) set(name, value string) {
	switch name {
	case "smtp_tls_mandatory_protocols":
		c.protocols = value
	case "smtp_tls_mandatory_ciphers":
		c.grade = value
	case "smtp_tls_mandatory_exclude_ciphers":
		c.excluded = value
	case "smtp_tls_exclude_ciphers":
		c.never = value
	case "tls_high_cipherlist":
		c.high = value
	case "tls_medium_cipherlist":
		c.medium = value
	}
}

// strong says whether nothing but a recognised strong cipher can be used. What Postfix calls high is so; medium, its default, is not said to
// be, since it depends on how OpenSSL was built, unless what is weak is excluded. Suites of TLS 1.3 all are.
func (c ciphers) strong(certified bool) bool {
	lists := map[string]string{"high": c.high, "medium": c.medium}
	return leastTLS(c.protocols) >= 13 || leastTLS(c.protocols) >= 12 && verdict.StrongCiphers(lists[strings.ToLower(c.grade)], c.excluded+" "+c.never, certified)
}

// promise is what a transport with these ciphers promises at a level.
func (c ciphers) promise(level string) Promise {
	p := Promise{Level: level, TLS12: leastTLS(c.protocols) >= 12}
	p.Strong = p.mandatory() && c.strong(p.certified())
	return p
}

// with reads the attributes of an entry of smtp_tls_policy_maps, which stand in for the mandatory parameters (postconf(5)).
func (c ciphers) with(attributes []string) ciphers {
	for _, f := range attributes {
		switch name, value, _ := strings.Cut(f, "="); strings.ToLower(name) {
		case "protocols":
			c.protocols = value
		case "ciphers":
			c.grade = value
		case "exclude":
			c.excluded = value
		}
	}
	return c
}

// entry splits an entry of smtp_tls_policy_maps: a level and attributes.
func entry(value string) (level string, attributes []string) {
	fields := strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	if len(fields) == 0 {
		return "", nil
	}
	return strings.ToLower(fields[0]), fields[1:]
}

// leastTLS is the least version of TLS that a list of protocols lets pass: 13, 12, or 0 for older ones.
func leastTLS(protocols string) int {
	excluded, included, minimum := map[string]bool{}, map[string]bool{}, ""
	for _, f := range strings.FieldsFunc(strings.ToLower(protocols), func(r rune) bool { return r == ' ' || r == ',' || r == ':' || r == '\t' }) {
		switch {
		case strings.HasPrefix(f, "!"):
			excluded[f[1:]] = true
		case strings.HasPrefix(f, ">="):
			minimum = f[2:]
		case strings.HasPrefix(f, "<="):
		default:
			included[f] = true
		}
	}
	passes := func(version string) bool {
		return !excluded[version] && (len(included) == 0 || included[version]) && (minimum == "" || version >= minimum)
	}
	switch {
	case passes("sslv3") && included["sslv3"], passes("tlsv1"), passes("tlsv1.1"), included["sslv2"]:
		return 0
	case passes("tlsv1.2"):
		return 12
	}
	return 13
}
