package postfix

import (
	"slices"
	"strings"
)

// Promise is what Postfix will do to reach a next hop.
type Promise struct {
	Local bool   // delivered on this host: local, virtual, pipe, lmtp by unix socket
	Relay bool   // the next hop is relayhost, or may be smtp_fallback_relay: what lies behind it is not Postfix's to promise
	Level string // TLS security level of the smtp client: none, may, encrypt, dane, dane-only, fingerprint, verify, secure
	TLS12 bool   // TLS 1.2 or later, or no delivery
}

// Verified says that mail goes to a host whose name or key was checked, by TLS 1.2 or later, or not at all.
func (p Promise) Verified() bool {
	return p.TLS12 && slices.Contains([]string{"verify", "secure", "fingerprint", "dane-only"}, p.Level)
}

// strength orders promises: the weaker one keeps less from others.
func (p Promise) strength() int {
	switch {
	case p.Level == "none":
		return 0
	case p.Verified():
		return 3
	case slices.Contains([]string{"encrypt", "verify", "secure", "fingerprint", "dane-only"}, p.Level):
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

// with reads an entry of smtp_tls_policy_maps: a level and attributes.
func (p Promise) with(entry string) Promise {
	fields := strings.FieldsFunc(entry, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	for i, f := range fields {
		if i == 0 {
			p.Level = strings.ToLower(f)
		}
		if v, ok := strings.CutPrefix(f, "protocols="); ok {
			p.TLS12 = atLeastTLS12(strings.ReplaceAll(v, ":", " "))
		}
	}
	return p
}

// atLeastTLS12 says whether a list of protocols leaves out all before TLS 1.2.
func atLeastTLS12(protocols string) bool {
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
	if minimum == "tlsv1.2" || minimum == "tlsv1.3" {
		return true
	}
	if len(included) > 0 {
		return !included["sslv2"] && !included["sslv3"] && !included["tlsv1"] && !included["tlsv1.1"]
	}
	return excluded["tlsv1"] && excluded["tlsv1.1"]
}
