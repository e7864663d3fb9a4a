package milter

import (
	"context"
	"io"
	"net/netip"
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

	Message io.ReaderAt
	Bytes   int64 // of Message
	Size    int64 // of the message as it came; more than Bytes when it was cut

	explain bool // keep why each thing was found
}

// Rcpt is one envelope recipient with the MTA's routing of it.
type Rcpt struct {
	Addr, Mailer, Host string
	Relay              bool // where the routing was looked up: Host is the relay for all mail, or for all of the sender's
}

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
	names := namesOf(head)
	for _, r := range t.Rcpts {
		p := policy.Recipient{Addr: r.Addr, Hop: hopOf(r), Transport: policy.Unknown, Channel: channel, Objector: f.objections.Address(r.Addr)}
		p.Objection = p.Objector != ""
		p.Direction, p.Class = f.placeOf(r.Addr, ours)
		if p.Direction == verdict.Outbound {
			f.slipsOf(t, &p, names[strings.ToLower(r.Addr)])
			p.Risk = f.riskOf(&p)
		}
		if p.Class == "internal" {
			p.Transport = policy.Local
		}
		if c := f.channelOfRecipient(r.Addr); c != "" {
			p.Channel = c
		}
		p.Login = f.identityOf(p.Channel)
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
		if !x.matches(t) || !inForce(x.Until, f.now()) {
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

// inForce says whether something holds that ends with a date; the last day counts.
func inForce(until string, now time.Time) bool {
	end, err := time.ParseInLocation(time.DateOnly, until, now.Location())
	return err == nil && now.Before(end.AddDate(0, 0, 1))
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
// which protects nothing; so does what a quarter of the time for the message is too short for, as of a thousand recipients.
func (f *Filter) promises(ctx context.Context, t *Transaction, facts *policy.Facts) (failed error) {
	if f.transports == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(f.cfg.Milter.Timeout)/4)
	defer cancel()
	rcpts, failed := f.routes(ctx, t, facts)
	for i := range facts.Recipients {
		p, r := &facts.Recipients[i], rcpts[i]
		if p.Direction != verdict.Outbound || r.Mailer == "" {
			continue
		}
		promise, err := f.transports.Promise(ctx, r)
		if err != nil {
			failed = err
			continue
		}
		p.Transport = f.transportOf(promise, r.Host)
		p.StrongTLS = promise.Strong && (p.Transport == policy.Enforced || p.Transport == policy.RelayEnforced)
	}
	return failed
}

// routes are the recipients with their routing: as the MTA named it, else looked up, behind rspamd and for old mail.
func (f *Filter) routes(ctx context.Context, t *Transaction, facts *policy.Facts) (rcpts []Rcpt, failed error) {
	rcpts = slices.Clone(t.Rcpts)
	var addrs []string
	var at []int
	for i := range facts.Recipients {
		if facts.Recipients[i].Direction == verdict.Outbound && rcpts[i].Mailer == "" {
			addrs, at = append(addrs, rcpts[i].Addr), append(at, i)
		}
	}
	if len(addrs) == 0 {
		return rcpts, nil
	}
	found, failed := f.transports.Route(ctx, t.Sender, addrs)
	for i, r := range found {
		if p := &facts.Recipients[at[i]]; r.Mailer != "" {
			rcpts[at[i]], p.Hop = r, hopOf(r)
			p.Risk = f.riskOf(p)
		}
	}
	return rcpts, failed
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
