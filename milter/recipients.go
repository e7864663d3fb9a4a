package milter

import (
	"strings"

	"postvagt/milter/message"
	"postvagt/milter/policy"
	"postvagt/milter/verdict"
)

// placeOf gives direction and class of a recipient. ours says that the client sends for the organisation.
func (f *Filter) placeOf(addr string, ours bool) (direction, class string) {
	domain := domainOf(addr)
	switch {
	case (domain == "" || underAny(f.cfg.Organisation.Domains, domain)) && ours:
		return verdict.Internal, "internal"
	case domain == "" || underAny(f.cfg.Organisation.Domains, domain):
		return verdict.Inbound, "internal"
	case underAny(f.cfg.Recipients.Authorities, domain):
		return verdict.Outbound, "authority"
	case underAny(f.cfg.Recipients.FreeMail, domain):
		return verdict.Outbound, "free-mail"
	}
	return verdict.Outbound, "external"
}

// visible counts the addresses outside that every recipient sees.
func (f *Filter) visible(head *message.Mail) int {
	seen := map[string]bool{}
	for _, list := range [][]message.Address{head.To, head.Cc} {
		for _, a := range list {
			if d := domainOf(a.Addr); d != "" && !underAny(f.cfg.Organisation.Domains, d) {
				seen[strings.ToLower(a.Addr)] = true
			}
		}
	}
	return len(seen)
}

// lookalikeFrom is the length below which two domains are too often near each other by chance.
const lookalikeFrom = 8

// lookalike says whether a domain is one slip away from one that is known (R13): a letter too many, too
// few, another, or two exchanged.
func (f *Filter) lookalike(domain string) bool {
	for _, known := range [][]string{f.cfg.Organisation.Domains, f.cfg.Recipients.Authorities, f.cfg.Recipients.FreeMail} {
		for _, k := range known {
			if k = strings.ToLower(k); len(k) >= lookalikeFrom && k != domain && oneSlip(k, domain) {
				return true
			}
		}
	}
	return false
}

// oneSlip says whether a becomes b by one insertion, deletion, replacement or exchange of neighbours.
func oneSlip(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch {
	case len(a) == len(b)+1:
		return a[1:] == b
	case len(a)+1 == len(b):
		return a == b[1:]
	case len(a) != len(b) || a == "":
		return false
	}
	return a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}

// channelOf finds the mark of a channel in the header: exact, and only where the channel says it stands.
func (f *Filter) channelOf(head *message.Mail) string {
	for _, c := range f.cfg.Channel {
		switch {
		case c.SubjectPrefix != "":
			for _, s := range head.Header("Subject") {
				if strings.HasPrefix(strings.TrimLeft(s, " \t"), c.SubjectPrefix) {
					return c.Name
				}
			}
		case c.Header != "":
			name, want, _ := strings.Cut(c.Header, ":")
			for _, v := range head.Header(strings.TrimSpace(name)) {
				if strings.TrimSpace(v) == strings.TrimSpace(want) {
					return c.Name
				}
			}
		}
	}
	return ""
}

func (f *Filter) channelOfRecipient(addr string) string {
	for _, c := range f.cfg.Channel {
		if c.RecipientSuffix != "" && strings.HasSuffix(strings.ToLower(addr), strings.ToLower(c.RecipientSuffix)) {
			return c.Name
		}
		if len(c.RecipientDomains) > 0 && underAny(c.RecipientDomains, domainOf(addr)) {
			return c.Name
		}
	}
	return ""
}

func hopOf(r Rcpt) string {
	if r.Mailer == "" && r.Host == "" {
		return ""
	}
	return r.Mailer + ":" + r.Host
}

// domainOf gives the domain in lower case, "" for an address without one.
func domainOf(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(addr[at+1:], "."))
}

func underAny(parents []string, domain string) bool {
	for _, p := range parents {
		if policy.UnderDomain(strings.ToLower(p), domain) {
			return true
		}
	}
	return false
}
