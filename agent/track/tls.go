package track

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"postvagt/agent/maillog"
)

// Values of delivery.Via.
const (
	verified  = "verified"
	encrypted = "encrypted"
	plaintext = "plaintext"
	local     = "local"
	unknown   = "unknown"
)

// idle is how long a process is remembered after its last line.
const idle = 2 * 60 * minute

// link is what is known of the connection of one transaction.
type link struct {
	via, version, cipher string
	proof                mark
}

// client is one process that delivers. Its JSON is part of the unfinished state.
type client struct {
	Pending []pending `json:"p,omitempty"` // TLS lines that no transaction has used
	QueueID string    `json:"q,omitempty"` // of the last transaction
	Relay   string    `json:"r,omitempty"`
	Delays  string    `json:"d,omitempty"` // its first three
	Via     string    `json:"v,omitempty"`
	Version string    `json:"tv,omitempty"`
	Cipher  string    `json:"tc,omitempty"`
	Proof   mark      `json:"pr,omitzero"`
	Kept    []string  `json:"k,omitempty"` // relays to which a Sendmail had TLS: it may have kept their connections
	At      int64     `json:"a"`
}

// keptMost is of how many relays a Sendmail keeps connections at most (confMCI_CACHE_SIZE is 2 by default).
const keptMost = 8

type pending struct {
	Peer    string `json:"p"`
	Via     string `json:"v"`
	Version string `json:"tv"`
	Cipher  string `json:"tc"`
	Proof   mark   `json:"pr,omitzero"`
	Stale   bool   `json:"s,omitempty"` // logged before the process's last transaction
}

type processKey struct {
	host, instance string
	pid            int
}

// clients is the state of all delivering processes.
type clients struct {
	procs    map[processKey]*client
	logged   map[string]bool // host/instance that logs TLS
	assumed  bool
	changed  bool
	lastJSON json.RawMessage
}

func (c *clients) init(assumed bool) {
	c.procs, c.logged, c.assumed = map[processKey]*client{}, map[string]bool{}, assumed
	c.changed = true
}

func (c *clients) process(host string, r *maillog.Record) *client {
	k := processKey{host, r.Instance, r.PID}
	p := c.procs[k]
	if p == nil {
		p = &client{}
		k.instance = strings.Clone(r.Instance)
		c.procs[k] = p
	}
	c.changed = true
	p.At = max(p.At, r.Time.UnixMicro())
	return p
}

// tls notes a TLS line.
func (c *clients) tls(host string, r *maillog.Record, proof mark) {
	p := c.process(host, r)
	if !c.logs(host, r.Instance) {
		c.logged[host+"/"+r.Instance] = true
	}
	if len(p.Pending) >= 8 { // tried that many servers for one message
		p.Pending = append(p.Pending[:0], p.Pending[1:]...)
	}
	via := encrypted
	if r.Trust == "Verified" && atLeast12(r.Version) {
		via = verified
	}
	p.Pending = append(p.Pending, pending{Peer: strings.Clone(r.Peer), Via: via, Version: strings.Clone(r.Version),
		Cipher: strings.Clone(r.Cipher), Proof: proof})
}

func (c *clients) logs(host, instance string) bool {
	if c.assumed {
		return true
	}
	if len(c.logged) == 0 {
		return false
	}
	return c.logged[host+"/"+instance]
}

func atLeast12(version string) bool {
	return version == "TLSv1.2" || version == "TLSv1.3"
}

// delivery is the link of the transaction that a delivery line is of.
func (c *clients) delivery(host string, r *maillog.Record) link {
	switch r.Service {
	case "local", "virtual", "pipe":
		return link{via: local}
	case "error", "retry", "discard", "bounce", "defer":
		return link{}
	case sendmail:
		return c.transaction(host, r, sendmailPeer)
	}
	if !strings.HasSuffix(r.Relay, "]") && !strings.Contains(r.Relay, "]:") || strings.Contains(r.Relay, "[/") || strings.Contains(r.Relay, "[private/") || strings.Contains(r.Relay, "[public/") {
		if r.Relay == "none" || r.Relay == "" {
			return link{}
		}
		return link{via: local} // LMTP by a unix socket
	}
	return c.transaction(host, r, func(relay string) string { return relay })
}

// sendmailPeer is how STARTTLS=client names a relay: without its address behind the name, which may be an address itself,
// as a mailertable has it.
func sendmailPeer(relay string) string {
	if i := strings.LastIndexByte(relay, '['); i > 0 {
		return relay[:i]
	}
	return relay
}

func (c *clients) transaction(host string, r *maillog.Record, peer func(string) string) link {
	if r.Relay == "" || r.Relay == "none" {
		return link{}
	}
	if r.Instance == sendmail && !strings.Contains(r.Relay, "[") {
		return link{via: local}
	}
	p := c.process(host, r)
	delays := firstThree(r.Delays)
	if r.Instance == sendmail { // what it says of delays differs from one recipient of a transaction to the next
		delays = ""
	}
	if p.QueueID != r.QueueID || p.Relay != r.Relay || p.Delays != delays || r.Instance == sendmail && p.connected(peer(r.Relay)) {
		l := c.begin(host, p, r, peer(r.Relay))
		p.QueueID, p.Relay, p.Delays = strings.Clone(r.QueueID), strings.Clone(r.Relay), strings.Clone(delays)
		p.Via, p.Version, p.Cipher, p.Proof = l.via, l.version, l.cipher, l.proof
	}
	l := link{p.Via, p.Version, p.Cipher, p.Proof}
	if r.TLS != "" {
		l.via = tlsLevel(r.TLS)
		if l.via == verified && l.version != "" && !atLeast12(l.version) {
			l.via = encrypted
		}
		if l.via == plaintext {
			l = link{via: plaintext}
		}
	}
	return l
}

// connected says whether a TLS line of a peer came since the last transaction.
func (p *client) connected(peer string) bool {
	return slices.ContainsFunc(p.Pending, func(q pending) bool { return q.Peer == peer && !q.Stale })
}

// keep notes a relay to which there is a connection with TLS.
func (p *client) keep(relay string) {
	if slices.Contains(p.Kept, relay) {
		return
	}
	p.Kept = append(p.Kept, strings.Clone(relay))
	p.Kept = p.Kept[max(0, len(p.Kept)-keptMost):]
}

// begin finds the TLS of a new transaction.
func (c *clients) begin(host string, p *client, r *maillog.Record, peer string) link {
	same := p.QueueID == r.QueueID
	var l link
	found := false
	keep := p.Pending[:0]
	for _, q := range p.Pending {
		switch {
		case !found && q.Peer == peer && (same || !q.Stale):
			l, found = link{q.Via, q.Version, q.Cipher, q.Proof}, true
		case same || !q.Stale:
			q.Stale = true
			keep = append(keep, q)
		}
	}
	p.Pending = keep
	switch {
	case found && r.Instance == sendmail:
		p.keep(r.Relay)
		return l
	case found:
		return l
	case r.ConnUse >= 2: // Postfix says "reused" of each further use of a TLS connection, whatever its log level
		return link{via: plaintext}
	case r.Instance == sendmail && slices.Contains(p.Kept, r.Relay): // it may have kept the connection, and says nothing
		return link{via: unknown}
	case c.logs(host, r.Instance):
		return link{via: plaintext}
	}
	return link{via: unknown}
}

// tlsLevel reads tls= of Postfix 3.11: level[:downgrade][/feature…], "?" where nothing was decided.
func tlsLevel(s string) string {
	s, _, _ = strings.Cut(s, "/")
	level, downgrade, was := strings.Cut(s, ":")
	if was {
		level = downgrade
	}
	switch level {
	case "none":
		return plaintext
	case "may", "encrypt", "halfdane":
		return encrypted
	case "verify", "secure", "dane", "dane-only", "fingerprint":
		return verified
	}
	return unknown
}

// firstThree cuts the fourth of delays=a/b/c/d.
func firstThree(delays string) string {
	if i := strings.LastIndexByte(delays, '/'); i >= 0 {
		return delays[:i]
	}
	return delays
}

type savedClients struct {
	Procs  []savedClient `json:"procs"`
	Logged []string      `json:"logged"`
}

type savedClient struct {
	Host     string  `json:"h"`
	Instance string  `json:"i"`
	PID      int     `json:"pid"`
	C        *client `json:"c"`
}

func (c *clients) marshal(now int64) json.RawMessage {
	if !c.changed {
		return c.lastJSON
	}
	var s savedClients
	for k, p := range c.procs {
		if p.At < now-idle {
			delete(c.procs, k)
			continue
		}
		s.Procs = append(s.Procs, savedClient{k.host, k.instance, k.pid, p})
	}
	for k := range c.logged {
		s.Logged = append(s.Logged, k)
	}
	c.lastJSON, _ = json.Marshal(s) // strings and numbers only
	c.changed = false
	return c.lastJSON
}

func (c *clients) unmarshal(data json.RawMessage) error {
	if len(data) == 0 {
		return nil
	}
	var s savedClients
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("delivering processes: %w", err)
	}
	for _, p := range s.Procs {
		c.procs[processKey{p.Host, p.Instance, p.PID}] = p.C
	}
	for _, k := range s.Logged {
		c.logged[k] = true
	}
	c.changed = true
	return nil
}
