package milter

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"postvagt/milter/message"
	"postvagt/milter/policy"
	"postvagt/milter/verdict"
)

// Transaction is what an MTA, or check in its place, knows of a message.
type Transaction struct {
	QueueID       string
	Sender        string
	Rcpts         []Rcpt
	Client        netip.Addr
	Authenticated bool
	User          string // login name
	Trusted       bool   // the client sends for the organisation without logging in

	Message   io.ReaderAt
	Bytes     int64 // of Message
	HeadBytes int64 // of its header section
	Size      int64 // of the message as it came; more than Bytes when it was cut

	explain bool // keep why each thing was found
}

// Rcpt is one envelope recipient with the MTA's routing of it.
type Rcpt struct{ Addr, Mailer, Host string }

// factsOf answers, for each recipient, which way the message goes.
func (f *Filter) factsOf(t *Transaction, head *message.Mail) policy.Facts {
	facts := policy.Facts{
		QueueID: t.QueueID, ID: verdict.NewID(), Sender: t.Sender, Department: f.departments.of(t.Sender),
		Authenticated: t.Authenticated, Client: t.Client, Size: t.Size,
	}
	facts.Visible = f.visible(head)
	facts.Exempt, facts.Hidden = f.exemptionOf(t)
	ours := t.Authenticated || t.Trusted
	channel := f.channelOf(head)
	for _, r := range t.Rcpts {
		p := policy.Recipient{Addr: r.Addr, Hop: hopOf(r), Transport: policy.Unknown, Channel: channel, Objection: f.objections.Address(r.Addr)}
		p.Direction, p.Class = f.placeOf(r.Addr, ours)
		p.Lookalike = p.Class == "external" && f.lookalike(domainOf(r.Addr))
		if p.Class == "internal" {
			p.Transport = policy.Local
		}
		if c := f.channelOfRecipient(r.Addr); c != "" {
			p.Channel = c
		}
		for _, pattern := range f.cfg.Recipients.NeverHold {
			p.NeverHold = p.NeverHold || policy.MatchAddress(pattern, r.Addr)
		}
		facts.Recipients = append(facts.Recipients, p)
	}
	return facts
}

// exemptionOf finds the exemptions of a message that are in force today.
func (f *Filter) exemptionOf(t *Transaction) (system string, hidden bool) {
	for i := range f.cfg.Exempt {
		x := &f.cfg.Exempt[i]
		if !x.matches(t) || !x.inForce(f.now()) {
			continue
		}
		if x.Hide {
			hidden = true
		} else if system == "" {
			system = x.Name
		}
	}
	return system, hidden
}

// inForce says whether an exemption holds; its last day counts.
func (x *Exempt) inForce(now time.Time) bool {
	until, err := time.ParseInLocation(time.DateOnly, x.Until, now.Location())
	return err == nil && now.Before(until.AddDate(0, 0, 1))
}

func (x *Exempt) matches(t *Transaction) bool {
	for _, n := range x.Client {
		if p, err := policy.ParseNetwork(n); err == nil && t.Client.IsValid() && p.Contains(t.Client) {
			return true
		}
	}
	if t.Authenticated && slices.Contains(x.User, t.User) {
		return true
	}
	return x.Hide && slices.ContainsFunc(x.Sender, func(s string) bool { return policy.MatchAddress(s, t.Sender) })
}

// promises fills in how the MTA will reach each recipient outside. What cannot be looked up stays unknown,
// which protects nothing.
func (f *Filter) promises(ctx context.Context, t *Transaction, facts *policy.Facts) (failed error) {
	for i := range facts.Recipients {
		p, r := &facts.Recipients[i], t.Rcpts[i]
		if f.transports == nil || p.Direction != verdict.Outbound || r.Mailer == "" {
			continue
		}
		promise, err := f.transports.Promise(ctx, r.Mailer, r.Host)
		if err != nil {
			failed = err
			continue
		}
		p.Transport = f.transportOf(promise, r.Host)
	}
	return failed
}

// transportOf names a promise. TLS proves one hop: to a relay it protects only where the relay's owner has
// promised the rest.
func (f *Filter) transportOf(p Promise, host string) string {
	encrypted := p.Verified || p.Level == "encrypt"
	for _, r := range f.cfg.Relay {
		if !sameHost(r.Host, host) {
			continue
		}
		switch {
		case p.Level == "none":
			return policy.Plaintext
		case r.Onward == "enforced" && encrypted:
			return policy.RelayEnforced
		}
		return policy.ToRelay
	}
	switch {
	case p.Local:
		return policy.Local
	case p.Level == "none":
		return policy.Plaintext
	case p.Relay:
		return policy.ToRelay
	case p.Verified:
		return policy.Enforced
	}
	return policy.Opportunistic
}

// sameHost compares a relay of the configuration with a next hop; without a port it stands for all ports.
func sameHost(relay, host string) bool {
	relay, host = strings.ToLower(relay), strings.ToLower(host)
	if relay == host {
		return true
	}
	i := strings.LastIndexByte(host, ':')
	return i > 0 && host[:i] == relay
}

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

// departments maps senders to departments; the most exact pattern wins.
type departments struct {
	exact    map[string]string // user@domain
	domain   map[string]string // @domain
	prefixes []prefixDepartment
}

type prefixDepartment struct{ pattern, department string }

func (d *departments) of(sender string) string {
	sender = strings.ToLower(sender)
	if dept, ok := d.exact[sender]; ok {
		return dept
	}
	best := prefixDepartment{}
	for _, p := range d.prefixes {
		if len(p.pattern) > len(best.pattern) && policy.MatchAddress(p.pattern, sender) {
			best = p
		}
	}
	if best.pattern != "" {
		return best.department
	}
	return d.domain["@"+domainOf(sender)]
}

// loadDepartments reads departments.csv; a missing file means that there are none.
func loadDepartments(path string) (*departments, error) {
	d := &departments{exact: map[string]string{}, domain: map[string]string{}}
	if path == "" {
		return d, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return nil, &ConfigError{File: path, Reason: "cannot be read: " + reason(err)}
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	for first := true; ; first = false {
		row, err := r.Read()
		if err == io.EOF {
			return d, nil
		}
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			return nil, &ConfigError{File: path, Line: pe.Line, Reason: pe.Err.Error()}
		}
		if err != nil {
			return nil, &ConfigError{File: path, Reason: "cannot be read: " + reason(err)}
		}
		line, _ := r.FieldPos(0)
		if first && strings.TrimPrefix(row[0], "\ufeff") == "match" {
			continue
		}
		if err := d.add(row); err != nil {
			return nil, &ConfigError{File: path, Line: line, Reason: err.Error()}
		}
	}
}

func (d *departments) add(row []string) error {
	if len(row) < 2 || row[1] == "" {
		return errors.New("needs two columns, match,department")
	}
	match := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(row[0], "\ufeff")))
	at := strings.LastIndexByte(match, '@')
	switch {
	case at < 0 || at == len(match)-1:
		return fmt.Errorf("%q is not user@domain, @domain or prefix*@domain", match)
	case at == 0:
		d.domain[match] = row[1]
	case match[at-1] == '*':
		d.prefixes = append(d.prefixes, prefixDepartment{match, row[1]})
	default:
		d.exact[match] = row[1]
	}
	return nil
}
