package track

import (
	"maps"
	"slices"
	"strings"

	"postvagt/agent/event"
	"postvagt/agent/maillog"
)

// Outcomes of a transmission, as event.Document.Outcome; see worst for those of a message.
const (
	held      = "held"
	released  = "released"
	returned  = "returned"
	deleted   = "deleted"
	delivered = "delivered"
	deferred  = "deferred"
	bounced   = "bounced"
	rejected  = "rejected"
	expired   = "expired"
	queued    = "queued"
)

// Values of Protected, MessageProtected and DoneRight.
const (
	yes      = "yes"
	no       = "no"
	firstHop = "first-hop"
)

// outcome folds what became of one recipient: of several addresses behind it, the worst.
func (o *Options) outcome(d *event.Document, m *message, r row) {
	d.Held, d.Released = m.Held, m.Released
	worst := -1
	if r.mta != nil {
		for i := range r.mta.Outs {
			out := &r.mta.Outs[i]
			if out.Handed != "" {
				continue // it goes on under that queue id
			}
			at, outcome := o.one(m, out)
			rank := outcomeRank(outcome)
			if worst < 0 || rank < worst || rank == worst && viaRank(out.Via) < viaRank(viaOf(d)) {
				worst = rank
				d.Outcome, d.OutcomeTime, d.DSN, d.Relay = outcome, fromMicro(at), out.DSN, out.Relay
				d.Transport, d.TLSVersion, d.TLSCipher = o.transport(out), out.Version, out.Cipher
			}
		}
	}
	if worst < 0 {
		at := m.EndTime
		d.Outcome = undelivered(m)
		d.OutcomeTime = fromMicro(at)
		if d.Outcome == rejected && m.Rejected != "-" {
			d.DSN = m.Rejected
		}
	}
	d.Final = final(d.Outcome)
	d.Left = d.Direction == maillog.Outbound && d.Outcome == delivered
	if d.Outcome == delivered && !d.Held && m.Birth != 0 {
		took := max(d.OutcomeTime.Sub(d.Time), 0)
		d.DelayMS, d.Delay = took.Milliseconds(), event.TimeOf(took)
	}
	if d.VerdictID == "" && d.Outcome == delivered { // nobody looked for a mark; the relay alone tells
		d.Channel = o.channelOf(d.Relay)
	}
	if d.Channel != "" {
		d.ChannelState = "marked"
		if d.Outcome == delivered && isRelay(o.ChannelRelays[d.Channel], d.Relay) {
			d.ChannelState = "proven"
		}
	}
}

// one is the outcome of one delivery, after what was said of the whole message.
func (o *Options) one(m *message, out *delivery) (at int64, outcome string) {
	switch out.Status {
	case maillog.Sent:
		if out.DSN != "" && out.Via == "" && out.Relay == "none" {
			return out.At, deleted // the discard transport
		}
		return out.At, delivered
	case maillog.Bounced:
		return out.At, bounced
	case maillog.Expired:
		return out.At, expired
	}
	switch {
	case m.Expired != "":
		return m.EndTime, m.Expired
	case m.Deleted:
		return m.EndTime, deleted
	case m.OnHold:
		return m.EndTime, held
	case m.Stray || m.over():
		return out.At, unknown
	}
	return out.At, deferred
}

// undelivered is the outcome of a recipient of whom the log names no delivery.
func undelivered(m *message) string {
	switch {
	case m.Rejected != "":
		return rejected
	case m.Expired != "":
		return m.Expired
	case m.Deleted:
		return deleted
	case m.OnHold:
		return held
	case m.Birth == 0 || m.Stray || m.over():
		return unknown
	case m.Released:
		return released
	}
	return queued
}

func final(outcome string) bool {
	switch outcome {
	case delivered, bounced, rejected, deleted, returned, expired:
		return true
	}
	return false
}

// outcomeRank orders outcomes for messages and for recipients with several addresses: the lowest counts.
func outcomeRank(outcome string) int {
	for i, o := range []string{held, rejected, returned, deleted, deferred, queued, unknown, bounced, expired, released, delivered} {
		if o == outcome {
			return i
		}
	}
	return 0
}

// viaRank orders transports: the worst first.
func viaRank(via string) int {
	for i, v := range []string{plaintext, unknown, encrypted, "to-relay", verified, local} {
		if v == via {
			return i
		}
	}
	return 99
}

func viaOf(d *event.Document) string { return d.Transport }

// transport is what the lines of the MTA prove of the way to the next hop.
func (o *Options) transport(out *delivery) string {
	if out.Via != verified && out.Via != encrypted {
		return out.Via
	}
	for i := range o.Relays {
		if isRelay([]string{o.Relays[i].Host}, out.Relay) {
			return "to-relay"
		}
	}
	return out.Via
}

// channelOf is the secure channel that a relay belongs to, "" for none.
func (o *Options) channelOf(relay string) string {
	for _, name := range slices.Sorted(maps.Keys(o.ChannelRelays)) {
		if isRelay(o.ChannelRelays[name], relay) {
			return name
		}
	}
	return ""
}

// isRelay compares hosts as configured with host[address]:port as logged.
func isRelay(hosts []string, relay string) bool {
	name, rest, ok := strings.Cut(relay, "[")
	if !ok {
		return false
	}
	address, port, _ := strings.Cut(rest, "]")
	port = strings.TrimPrefix(port, ":")
	for _, h := range hosts {
		exact := strings.HasPrefix(h, "[")
		host, wantPort := h, ""
		if i := strings.LastIndexByte(h, ':'); i > strings.LastIndexByte(h, ']') && strings.Count(h, ":") == 1 || i > 0 && exact && i > strings.LastIndexByte(h, ']') {
			host, wantPort = h[:i], h[i+1:]
		}
		host = strings.ToLower(strings.Trim(host, "[]"))
		if wantPort != "" && wantPort != port {
			continue
		}
		n := strings.ToLower(name)
		if n == host || address == host || !exact && strings.HasSuffix(n, "."+host) {
			return true
		}
	}
	return false
}

// IsHop says whether a relay as configured is a next hop as Postfix's main.cf names it: [host]:port, host, domain.
func IsHop(relay, hop string) bool {
	host, port := hop, "25"
	if i := strings.LastIndexByte(hop, ':'); i > strings.LastIndexByte(hop, ']') {
		host, port = hop[:i], hop[i+1:]
	}
	host = strings.Trim(host, "[]")
	return isRelay([]string{relay}, host+"["+host+"]:"+port)
}

// enforcedRelay says whether what lies behind the relay is declared to be protected.
func (o *Options) enforcedRelay(relay string) bool {
	for _, r := range o.Relays {
		if r.Enforced && isRelay([]string{r.Host}, relay) {
			return true
		}
	}
	return false
}

// protected judges one outbound transmission, by what the lines prove; "" for mail that stays inside. assessed says that
// the verdict rests on a registered assessment of risk: TLS that was not forced counts, if it was there.
func (o *Options) protected(d *event.Document, assessed bool) string {
	transport := d.Transport
	if d.TLSCipher != "" && !maillog.StrongCipher(d.TLSCipher) { // R2: who breaks it reads the mail
		transport = plaintext
	}
	recognised := d.Level == maillog.LevelConfidential || d.Level == maillog.LevelSensitive
	allowed := d.Wanted == maillog.Pass || d.Wanted == maillog.Tag
	switch {
	case d.Direction != maillog.Outbound:
		return ""
	case !d.Left || transport == unknown || transport == "":
		return unknown
	case d.Level == maillog.LevelUnknown && d.VerdictID == "":
		return unknown
	case d.ChannelState == "proven" && transport != plaintext:
		return yes
	case d.Level == maillog.LevelUnseen && d.Strong:
		return yes
	case transport == "to-relay" && o.enforcedRelay(d.Relay) && (!recognised || allowed || d.Wanted == maillog.Route) && d.Level != maillog.LevelUnknown:
		return yes
	case transport == "to-relay" && !o.enforcedRelay(d.Relay):
		return firstHop
	case d.Level == maillog.LevelUnknown:
		return unknown
	case recognised && allowed && d.Promise == "enforced" && transport == verified:
		return yes
	case d.Level == maillog.LevelConfidential && allowed && assessed && d.Promise == "opportunistic" && (transport == encrypted || transport == verified):
		return yes
	case !recognised && transport == verified:
		return yes
	}
	return no
}

// finding is what an administrator must look at.
func finding(d *event.Document, m *message, j *judgement, r row, milterSince int64) string {
	switch {
	case m.Birth == 0:
		return "no-mta-lines"
	case d.Class == "internal" && d.Direction == maillog.Outbound:
		return "outside-class"
	case j != nil && j.Record != nil && j.Record.Level == maillog.LevelUnknown:
		return "not-judged"
	case (j == nil || j.complete() && r.judged == nil) && milterSince != 0 && milterSince <= m.Birth+slack && (m.Waited || j != nil):
		return "no-verdict"
	}
	return ""
}
