package postfix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Hop is where Postfix sends mail for a recipient.
type Hop struct {
	Mailer string // transport of master.cf
	Host   string // next hop, as that transport has it
	Relay  bool   // Host is relayhost, or that of the sender
}

// routing are the parameters by which trivial-rewrite chooses a transport and next hop.
type routing map[string]string

// routingParams are those of main.cf; what master.cf gives the service rewrite goes before them.
var routingParams = []string{
	"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "parent_domain_matches_subdomains",
	"local_transport", "virtual_transport", "relay_transport", "default_transport", "relayhost", "transport_maps",
	"sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps",
	"empty_address_default_transport_maps_lookup_key", "empty_address_relayhost_maps_lookup_key",
	"recipient_delimiter", "append_dot_mydomain", "mydomain", "myorigin",
}

// routingTables are those of them that name tables, or files.
var routingTables = []string{"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "transport_maps",
	"sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps"}

// address is an envelope address.
type address struct{ full, local, domain string } // domain in lower case

// errForm is an address whose next hop cannot be told from its form.
var errForm = errors.New("the next hop of an address in quotes, of a host's number, without a domain or with a route in it is not looked up")

func (r routing) parse(addr string) (a address, err error) {
	at := strings.LastIndexByte(addr, '@')
	if at <= 0 {
		return a, errForm
	}
	a.local, a.domain = addr[:at], strings.ToLower(strings.TrimSuffix(addr[at+1:], "."))
	control := strings.ContainsFunc(addr, func(r rune) bool { return r <= ' ' })
	if control || strings.ContainsAny(a.local, "\"\\@") || a.domain == "" || strings.ContainsAny(a.domain, "[]:") {
		return a, errForm
	}
	if !strings.Contains(a.domain, ".") && r["append_dot_mydomain"] == "yes" {
		a.domain += "." + strings.ToLower(r["mydomain"])
	}
	a.full = a.local + "@" + a.domain
	return a, nil
}

// bare is the address without its extension, "" when it has none.
func (r routing) bare(a address) string {
	i := strings.IndexAny(a.local, r["recipient_delimiter"])
	switch strings.ToLower(a.local) {
	case "postmaster", "mailer-daemon", "double-bounce":
		return ""
	}
	if i <= 0 || i == len(a.local)-1 {
		return ""
	}
	return a.local[:i] + "@" + a.domain
}

// parents says whether a domain in a parameter's tables holds for those below it.
func (r routing) parents(param string) bool {
	return slices.Contains(splitList(r["parent_domain_matches_subdomains"]), param)
}

// classes are the address classes of domains, and what the sender's own settings say.
type classes struct {
	local, alias, mailbox, relay map[string]bool
	transport, relayhost         string
}

func (p *Postfix) classes(ctx context.Context, r routing, sender string, domains []string) (c classes, err error) {
	for _, list := range []struct {
		in    *map[string]bool
		param string
	}{{&c.local, "mydestination"}, {&c.alias, "virtual_alias_domains"}, {&c.mailbox, "virtual_mailbox_domains"}, {&c.relay, "relay_domains"}} {
		if *list.in, err = p.listed(ctx, list.param, r[list.param], r.parents(list.param), domains); err != nil {
			return c, err
		}
	}
	if c.transport, err = p.ofSender(ctx, r, sender, "default_transport", "sender_dependent_default_transport_maps"); err != nil {
		return c, err
	}
	c.relayhost, err = p.ofSender(ctx, r, sender, "relayhost", "sender_dependent_relayhost_maps")
	return c, err
}

// ofSender is a setting that the sender's own may replace.
func (p *Postfix) ofSender(ctx context.Context, r routing, sender, param, maps string) (string, error) {
	tables := splitList(r[maps])
	if len(tables) == 0 {
		return r[param], nil
	}
	var asked []lookup
	if sender == "" {
		asked = []lookup{{r["empty_"+strings.Replace(maps, "sender_dependent", "address", 1)+"_lookup_key"], true}}
	} else {
		a, err := r.parse(sender)
		if err != nil {
			return "", fmt.Errorf("%s: %w", maps, err)
		}
		local, err := p.listed(ctx, "mydestination", r["mydestination"], false, []string{a.domain})
		if err != nil {
			return "", err
		}
		asked = r.senderLookups(a, local[a.domain] || strings.EqualFold(a.domain, r["myorigin"]))
	}
	found, err := p.find(ctx, maps, tables, asked)
	if err != nil {
		return "", err
	}
	if value := first(found, asked); value != "" && !strings.EqualFold(value, "DUNNO") {
		return value, nil
	}
	return r[param], nil
}

// senderLookups are the keys of a table of addresses, in the order in which they count.
func (r routing) senderLookups(a address, local bool) []lookup {
	asked, bare := []lookup{{a.full, true}}, r.bare(a)
	if bare != "" {
		asked = append(asked, lookup{bare, false})
	}
	if local {
		asked = append(asked, lookup{a.local, false})
		if bare != "" {
			asked = append(asked, lookup{strings.TrimSuffix(bare, "@"+a.domain), false})
		}
	}
	return append(asked, lookup{"@" + a.domain, false})
}

// rcptLookups are the keys of transport_maps, in the order in which they count.
func (r routing) rcptLookups(a address) []lookup {
	asked := []lookup{{a.full, true}}
	if bare := r.bare(a); bare != "" {
		asked = append(asked, lookup{bare, false})
	}
	for _, key := range domainKeys(a.domain, r.parents("transport_maps")) {
		asked = append(asked, lookup{key, false})
	}
	return append(asked, lookup{"*", true})
}

func first(found map[lookup]string, asked []lookup) string {
	for _, a := range asked {
		if value, ok := found[a]; ok {
			return value
		}
	}
	return ""
}

// resolve finds the hops of recipients as trivial-rewrite would, and asks each table once for all of them. The zero Hop is
// a recipient whose next hop cannot be told; err says why.
func (p *Postfix) resolve(ctx context.Context, r routing, sender string, rcpts []string) (hops []Hop, err error) {
	hops = make([]Hop, len(rcpts))
	addrs, domains := make([]address, len(rcpts)), []string{}
	var form error
	var asked []lookup
	for i, rcpt := range rcpts {
		a, err := r.parse(rcpt)
		if err != nil {
			form = err
			continue
		}
		addrs[i], domains, asked = a, append(domains, a.domain), append(asked, r.rcptLookups(a)...)
	}
	if len(domains) == 0 {
		return hops, form
	}
	slices.Sort(domains)
	c, err := p.classes(ctx, r, sender, slices.Compact(domains))
	if err != nil {
		return hops, err
	}
	found, err := p.find(ctx, "transport_maps", splitList(r["transport_maps"]), asked)
	if err != nil {
		return hops, err
	}
	for i, a := range addrs {
		switch {
		case a == address{}:
		case c.local[a.domain] && strings.ContainsAny(a.local, "%!"):
			form = errForm
		default:
			hops[i] = r.hop(&c, a, first(found, r.rcptLookups(a)))
		}
	}
	return hops, form
}

// hop chooses by the class of the address; a destination in the setting goes before relayhost, and an entry of transport_maps
// before both. An entry's transport takes the next hop back to the domain.
func (r routing) hop(c *classes, a address, entry string) Hop {
	h, relay := Hop{Host: a.domain}, ""
	switch {
	case c.local[a.domain]:
		h.Mailer = r["local_transport"]
	case c.alias[a.domain]:
		return Hop{Mailer: "error", Host: "5.1.1 User unknown"}
	case c.mailbox[a.domain]:
		h.Mailer = r["virtual_transport"]
	default:
		h.Mailer, relay = c.transport, c.relayhost
		if c.relay[a.domain] {
			h.Mailer = r["relay_transport"]
		}
		if relay != "" {
			h.Host = relay
		}
	}
	mailer, host, _ := strings.Cut(h.Mailer, ":")
	if h.Mailer = mailer; host != "" {
		h.Host = host
	}
	if mailer, host, _ = strings.Cut(entry, ":"); mailer != "" {
		h.Mailer, h.Host = mailer, a.domain
	}
	if host != "" {
		h.Host = host
	}
	h.Relay = relay != "" && strings.EqualFold(h.Host, relay)
	return h
}
