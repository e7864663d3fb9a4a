package milter

import (
	"slices"
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

// identityOf is how a channel identifies its readers, "" where that is not said.
func (f *Filter) identityOf(channel string) string {
	for i := range f.cfg.Channel {
		if c := &f.cfg.Channel[i]; channel != "" && c.Name == channel {
			return c.Identity
		}
	}
	return ""
}

// riskOf names the assessment of risk in force that covers opportunistic TLS to a recipient.
func (f *Filter) riskOf(p *policy.Recipient) string {
	for i := range f.cfg.Risk {
		r := &f.cfg.Risk[i]
		if !inForce(r.Until, f.now()) {
			continue
		}
		for _, pattern := range r.Recipients {
			if policy.MatchAddress(pattern, p.Addr) {
				return r.Name
			}
		}
		if slices.Contains(r.Hops, p.Hop) {
			return r.Name
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
