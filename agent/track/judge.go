package track

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
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

// row is one recipient of a message: judged, known to the MTA, or both.
type row struct {
	judged *judgedRecipient
	mta    *rcpt
}

// rows pairs the recipients of the verdict with those of the MTA; n of the verdict gives the order.
func (m *message) rows(j *judgement) []row {
	var rows []row
	taken := make([]bool, len(m.Rcpts))
	if j != nil {
		rows = make([]row, 0, max(len(j.Rcpts), len(m.Rcpts)))
		for i := range j.Rcpts {
			jr := &j.Rcpts[i]
			r := row{judged: jr}
			for k := range m.Rcpts {
				if !taken[k] && sameAddress(m.Rcpts[k].Orig, jr.R.To, j.Count == 1 && len(m.Rcpts) == 1) {
					taken[k], r.mta = true, &m.Rcpts[k]
					break
				}
			}
			rows = append(rows, r)
		}
	}
	for k := range m.Rcpts {
		if !taken[k] {
			rows = append(rows, row{mta: &m.Rcpts[k]})
		}
	}
	return rows
}

// sameAddress compares without regard to case and to the hash of a mask, which another key makes different.
// The only recipient of both sides is the same whatever it is called.
func sameAddress(a, b string, only bool) bool {
	return strings.EqualFold(a, b) || only || strings.EqualFold(unhash(a), unhash(b))
}

func unhash(s string) string {
	i := strings.IndexByte(s, '*')
	if i < 0 || len(s) < i+7 {
		return s
	}
	return s[:i+1] + unhash(s[i+7:])
}

// documents appends the rows of a message as they stand. Without a birth there is none: the key is made of it.
func (o *Options) documents(docs []event.Document, m *message, milterSince int64) []event.Document {
	birth := m.Birth
	if birth == 0 {
		if !m.Waited {
			return docs
		}
		birth = m.Created
	}
	if m.Parent != "" {
		return docs
	}
	j := m.judged()
	rows := m.rows(j)
	start := len(docs)
	for _, r := range rows {
		docs = append(docs, event.Document{})
		d := &docs[len(docs)-1]
		o.identity(d, m, r, birth)
		o.judgement(d, m, j, r)
		o.outcome(d, m, r)
		d.Finding = finding(d, m, j, r, milterSince)
		d.Protected = o.protected(d)
		d.Evidence = evidence(m, j, r)
	}
	whole(docs[start:], m)
	return docs
}

func (o *Options) identity(d *event.Document, m *message, r row, birth int64) {
	orig := ""
	switch {
	case r.judged != nil:
		orig = r.judged.R.To
	case r.mta != nil:
		orig = r.mta.Orig
	}
	d.Time = fromMicro(birth)
	d.Month = d.Time.Format("2006.01")
	d.Key = rowKey(m, birth, orig)
	d.Host, d.Instance, d.QueueID, d.MessageID = m.FullHost, m.Instance, m.QueueID, m.MessageID
	d.Client, d.Size = m.Client, m.Size
	d.Schema = event.SchemaVersion
	if m.User != "" {
		d.User = o.Pseudonym(strings.ToLower(m.User))
	}
	d.ToDomain = strings.ToLower(domain(orig))
	d.To = o.name(orig, d.ToDomain)
}

// rowKey is SHA-256 of (host, instance, queue id, birth, original recipient), each ended by a zero byte.
func rowKey(m *message, birth int64, orig string) string {
	b := make([]byte, 0, 256)
	for _, s := range []string{m.Host, m.Instance, m.QueueID} {
		b = append(append(b, s...), 0)
	}
	b = append(strconv.AppendInt(b, birth, 10), 0)
	b = append(append(b, strings.ToLower(orig)...), 0)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func domain(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// name is how an address is stored: of others always as a pseudonym, of the house readable only where that is allowed.
func (o *Options) name(address, domain string) string {
	if address == "" {
		return ""
	}
	if o.ReadSenders && o.Internal(domain) {
		return strings.ToLower(address)
	}
	return o.Pseudonym(strings.ToLower(address))
}

func (o *Options) judgement(d *event.Document, m *message, j *judgement, r row) {
	from := m.From
	d.Level, d.Direction = maillog.LevelUnknown, unknown
	if j != nil && j.Record != nil {
		v := j.Record
		if !m.HasFrom {
			from = v.From
		}
		d.VerdictID, d.Lang, d.Level, d.Kinds, d.Persons, d.Why = v.ID, v.Lang, v.Level, v.Kinds, v.Persons, v.Why
		d.Action, d.Department = v.Action, v.Department
		d.Protection, d.Algorithm, d.Strong, d.Signed = v.Protection.Content, v.Protection.Algorithm, v.Protection.Strong, v.Protection.Signed
		d.Unopened, d.Channel = v.Unopened, v.Protection.Channel
		if d.Size == 0 {
			d.Size = v.Size
		}
	}
	if r.judged != nil {
		v := &r.judged.R
		d.Wanted, d.Class, d.Promise, d.AfterObjection = v.Wanted, v.Class, v.Transport, v.Objection
	}
	sender := strings.ToLower(domain(from))
	d.From = o.name(from, sender)
	if d.Department == "" && o.Department != nil {
		d.Department = o.Department(strings.ToLower(from))
	}
	d.Direction = o.direction(d, m, j, r, o.Internal(sender))
	o.secureMailbox(d, from, r)
}

// direction is the recipient's. An alias may have led it out of the house.
func (o *Options) direction(d *event.Document, m *message, j *judgement, r row, fromUs bool) string {
	inside := d.ToDomain == "" || o.Internal(d.ToDomain) || d.Class == "internal"
	if r.mta != nil {
		for i := range r.mta.Outs {
			if dom := strings.ToLower(domain(r.mta.Outs[i].To)); strings.Contains(r.mta.Outs[i].To, "@") && !o.Internal(dom) && r.mta.Outs[i].Via != local {
				inside = false
			}
		}
	}
	switch {
	case !inside:
		return maillog.Outbound
	case j != nil && j.Record != nil && j.Record.Direction == maillog.Inbound:
		return maillog.Inbound
	case j != nil && j.Record != nil:
		return maillog.Internal
	case fromUs || m.User != "" || m.Client == "" && m.HasFrom && m.From != "":
		return maillog.Internal
	}
	return maillog.Inbound
}

func (o *Options) secureMailbox(d *event.Document, from string, r row) {
	if o.SecureMailbox == nil {
		return
	}
	to := ""
	if r.judged != nil {
		to = r.judged.R.To
	} else if r.mta != nil {
		to = r.mta.Orig
	}
	for _, address := range []string{from, to} {
		if a := strings.ToLower(address); a != "" && o.SecureMailbox(a, d.Time) {
			d.SecureMailbox = a
			return
		}
	}
}

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
	if d.Channel != "" {
		d.ChannelState = "marked"
		if d.Outcome == delivered && o.isRelay(o.ChannelRelays[d.Channel], d.Relay) {
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
		if o.isRelay([]string{o.Relays[i].Host}, out.Relay) {
			return "to-relay"
		}
	}
	return out.Via
}

// isRelay compares hosts as configured with host[address]:port as logged.
func (o *Options) isRelay(hosts []string, relay string) bool {
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

// enforcedRelay says whether what lies behind the relay is declared to be protected.
func (o *Options) enforcedRelay(relay string) bool {
	for _, r := range o.Relays {
		if r.Enforced && o.isRelay([]string{r.Host}, relay) {
			return true
		}
	}
	return false
}

// protected judges one outbound transmission, by what the lines prove; "" for mail that stays inside.
func (o *Options) protected(d *event.Document) string {
	recognised := d.Level == maillog.LevelConfidential || d.Level == maillog.LevelSensitive
	allowed := d.Wanted == maillog.Pass || d.Wanted == maillog.Tag
	switch {
	case d.Direction != maillog.Outbound:
		return ""
	case !d.Left || d.Transport == unknown || d.Transport == "":
		return unknown
	case d.ChannelState == "proven" && d.Transport != plaintext:
		return yes
	case d.Level == maillog.LevelUnseen && d.Strong:
		return yes
	case d.Transport == "to-relay" && o.enforcedRelay(d.Relay) && (!recognised || allowed || d.Wanted == maillog.Route) && d.Level != maillog.LevelUnknown:
		return yes
	case d.Transport == "to-relay" && !o.enforcedRelay(d.Relay):
		return firstHop
	case d.Level == maillog.LevelUnknown:
		return unknown
	case recognised && allowed && d.Promise == "enforced" && d.Transport == verified:
		return yes
	case !recognised && d.Transport == verified:
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

func evidence(m *message, j *judgement, r row) []string {
	marks := make([]mark, 0, 12)
	marks = append(marks, m.Proof...)
	if j != nil {
		marks = append(marks, j.Proof)
	}
	if r.judged != nil {
		marks = append(marks, r.judged.Proof)
	}
	if r.mta != nil {
		for i := range r.mta.Outs {
			marks = append(marks, r.mta.Outs[i].Proof[:]...)
		}
	}
	kept := marks[:0]
	for _, k := range marks {
		if k.Source != "" {
			kept = append(kept, k)
		}
	}
	sortMarks(kept)
	list := make([]string, 0, len(kept))
	for i, k := range kept {
		if i == 0 || k != kept[i-1] {
			list = append(list, k.String())
		}
	}
	return list
}

// sortMarks orders by source and position, so that the order in which sources were read leaves no trace.
func sortMarks(marks []mark) {
	for i := 1; i < len(marks); i++ {
		for k := i; k > 0 && lessMark(marks[k], marks[k-1]); k-- {
			marks[k], marks[k-1] = marks[k-1], marks[k]
		}
	}
}

func lessMark(a, b mark) bool {
	if a.Source != b.Source {
		return a.Source < b.Source
	}
	if a.Pos != b.Pos {
		return a.Pos < b.Pos
	}
	return a.Hash < b.Hash
}
