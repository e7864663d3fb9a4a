package elastic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"postvagt/agent/event"
)

// mail is what happened to a message, told as people tell it. The documents are made of it, and the golden numbers are
// counted on it (golden_truth_test.go); neither asks the code under test.
type mail struct {
	at                       time.Time
	host, department, sender string
	mailbox, channel, state  string
	outside                  bool // somebody outside was to have it
	level                    string
	kinds                    []string
	shut                     int // parts that could not be opened
	held, letGo, unfinished  bool
	end                      string // what became of it
	size                     int64
	copies                   []copied
	worst                    string // protection of the least protected copy that left, "" where none left
	right                    string
	recognised, left         bool
	checked                  string // how long the check took, "" where there was none
}

// copied is the copy of one recipient.
type copied struct {
	to, domain, relay        string
	outside, left, objection bool
	protection               string
	transport, promise       string
	version, cipher          string
	end, finding             string
	delay                    string // from reception to delivery, "" where it was not delivered or was held
}

// teller makes up mails.
type teller struct {
	*mathrand.Rand
	from time.Time
	days int
}

func newTeller(from time.Time, days int) *teller {
	return &teller{mathrand.New(mathrand.NewChaCha8(sha256.Sum256([]byte("golden")))), from, days}
}

func (g *teller) chance(of int) bool { return g.IntN(of) == 0 }

func (g *teller) mail() mail {
	r := g.Rand
	m := mail{
		at: g.from.Add(time.Duration(r.Int64N(int64(g.days) * 24 * int64(time.Hour)))).Truncate(time.Microsecond), host: one(r, "mx1", "mx2", "mx3"),
		department: one(r, "", "Jobcenter", "Borgerservice", "Børn og Unge", "Ældre"), sender: fmt.Sprintf("~%016x", r.IntN(15)),
		outside: r.IntN(3) > 0, level: one(r, "none", "none", "confidential", "sensitive", "sensitive", "unseen", "unknown"), size: int64(1000 + r.IntN(1<<20)),
	}
	m.recognised = m.level == "confidential" || m.level == "sensitive"
	if g.chance(4) {
		m.mailbox = fmt.Sprintf("~%016x", 0xb0+r.IntN(4))
	}
	if g.chance(5) {
		m.channel, m.state = one(r, "gateway", "digital-post", "tunnel"), one(r, "marked", "proven")
	}
	if m.level != "unseen" && g.chance(6) {
		m.shut = 1 + r.IntN(3)
	}
	if m.recognised {
		all := []string{"crime", "debt", "dk-cpr", "health"}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		m.kinds = slices.Sorted(slices.Values(all[:1+r.IntN(3)]))
	}
	if m.level != "unknown" {
		m.checked = one(r, "under-10ms", "under-1s", "under-10s")
	}
	g.fate(&m)
	for range 1 + r.IntN(3) {
		m.copies = append(m.copies, g.copy(&m))
	}
	if m.outside { // at least the first is outside
		m.copies[0] = g.outsider(&m)
	}
	for i := range m.copies {
		if c := &m.copies[i]; c.end == "delivered" && !m.held {
			c.delay = one(r, "under-100ms", "under-10s", "under-1m", "under-1h", "1d-or-more")
		}
	}
	m.sum()
	return m
}

// fate says what became of the mail as a whole.
func (g *teller) fate(m *mail) {
	m.end = one(g.Rand, "delivered", "delivered", "delivered", "delivered", "held", "released", "returned", "rejected", "bounced", "deferred", "unknown")
	if !m.outside && (m.end == "held" || m.end == "released" || m.end == "returned") {
		m.end = "delivered"
	}
	m.held = m.end == "held" || m.end == "released" || m.end == "returned"
	m.letGo = m.end == "released"
	m.unfinished = m.end == "held" || m.end == "deferred"
}

func (g *teller) copy(m *mail) copied {
	if m.outside && g.chance(2) {
		return g.outsider(m)
	}
	c := copied{to: fmt.Sprintf("~%016x", 0x1000+g.IntN(30)), domain: "nordvig.example", promise: "local", end: m.end}
	if m.letGo {
		c.end = "delivered"
	}
	if c.end == "delivered" {
		c.transport = "local"
	}
	return c
}

// outsider is a copy that goes out of the house, if it goes.
func (g *teller) outsider(m *mail) copied {
	r := g.Rand
	c := copied{outside: true, to: fmt.Sprintf("~%016x", 0x2000+r.IntN(18)), domain: one(r, "a.example", "b.example", "c.example", "d.example", "e.example"),
		promise: one(r, "enforced", "opportunistic", "unknown", "to-relay"), objection: g.chance(8), end: m.end}
	if m.letGo {
		c.end = "delivered"
	}
	if m.level == "unknown" {
		c.finding = one(r, "no-verdict", "not-judged")
	}
	if c.end != "delivered" {
		return c
	}
	c.left, c.protection = true, one(r, "yes", "yes", "no", "first-hop", "unknown")
	if c.finding == "" && g.chance(20) {
		c.finding = "outside-class"
	}
	c.relay = "mx." + c.domain + "[192.0.2.9]:25"
	c.transport = one(r, "verified", "encrypted", "encrypted", "to-relay", "plaintext", "unknown")
	if c.encrypted() {
		c.version, c.cipher = one(r, "TLSv1.2", "TLSv1.3"), one(r, "TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES128-GCM-SHA256")
	}
	return c
}

func (c *copied) encrypted() bool {
	return c.transport == "verified" || c.transport == "encrypted" || c.transport == "to-relay"
}

// sum says of the mail what follows from its copies.
func (m *mail) sum() {
	for _, p := range []string{"yes", "first-hop", "unknown", "no"} { // the worst stands last
		for _, c := range m.copies {
			if c.left && c.protection == p {
				m.worst, m.left = p, true
			}
		}
	}
	switch {
	case !m.outside || !m.recognised:
	case m.held || m.end == "rejected":
		m.right = "no"
	case m.unfinished:
		m.right = "unknown"
	case m.worst == "yes":
		m.right = "yes"
	default:
		m.right = "no"
	}
}

// documents are the stored documents of a mail, the n-th of the run.
func (m *mail) documents(n int) (all []event.Document) {
	for i := range m.copies {
		c := &m.copies[i]
		key := sha256.Sum256(fmt.Appendf(nil, "%s golden %d %d", run, n, i))
		d := event.Document{
			Key: hex.EncodeToString(key[:]), Time: m.at, Month: m.at.Format("2006.01"), Host: m.host, Instance: "postfix", QueueID: fmt.Sprintf("4cZ%07X", n),
			Direction: direction(c.outside), From: m.sender, To: c.to, ToDomain: c.domain, Size: m.size, Level: m.level, Kinds: m.kinds, Unopened: m.shut,
			Channel: m.channel, ChannelState: m.state, Promise: c.promise, Transport: c.transport, TLSVersion: c.version, TLSCipher: c.cipher, Relay: c.relay,
			Outcome: c.end, Final: !m.unfinished, Held: m.held, Released: m.letGo, Left: c.left, Protected: c.protection, AfterObjection: c.objection,
			Department: m.department, SecureMailbox: m.mailbox, First: i == 0, Recipients: len(m.copies), MessageLeft: m.left, MessageProtected: m.worst,
			MessageDirection: direction(m.outside), DoneRight: m.right, MessageOutcome: m.end, Finding: c.finding,
			Check: m.checked, Delay: c.delay, Evidence: []string{fmt.Sprintf("mail.log:%d:cd34", n)}, Schema: event.SchemaVersion,
		}
		if d.Final {
			d.OutcomeTime = m.at.Add(3 * time.Second)
		}
		all = append(all, d)
	}
	return all
}

func direction(outside bool) string {
	if outside {
		return "outbound"
	}
	return "internal"
}
