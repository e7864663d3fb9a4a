package track

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/maillog"
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
				if !taken[k] && sameAddress(m.Rcpts[k].Orig, jr.R.To, j.Count == 1 && len(m.Rcpts) == 1 && m.NRcpt <= 1) {
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
	if m.Parent != "" || m.unshown() {
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
		d.Protected = o.protected(d, j != nil && j.Record != nil && j.Record.Risk != "")
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
		took := checkTime(v.Millis)
		d.CheckUS, d.Check = took.Microseconds(), event.TimeOf(took)
		if d.Size == 0 {
			d.Size = v.Size
		}
	}
	if r.judged != nil {
		v := &r.judged.R
		d.Wanted, d.Class, d.Promise, d.AfterObjection, d.Objector = v.Wanted, v.Class, v.Transport, v.Objection, v.Objector
	}
	sender := strings.ToLower(domain(from))
	d.From = o.name(from, sender)
	if j != nil && j.Record != nil && j.Record.Hidden { // counted, and shown nowhere, whatever the MTA's own lines say
		d.From, d.User, d.Department, from = "", "", "", ""
		d.Direction = o.direction(d, m, j, r, o.Internal(sender))
		o.secureMailbox(d, from, r)
		return
	}
	if d.Department == "" && o.Department != nil {
		d.Department = o.Department(strings.ToLower(from))
	}
	d.Direction = o.direction(d, m, j, r, o.Internal(sender))
	o.secureMailbox(d, from, r)
	if j != nil && j.Record != nil && j.Record.Hidden { // counted, and shown nowhere
		d.From, d.User, d.Department, d.SecureMailbox, d.Client = "", "", "", "", ""
	}
}

// checkTime is what a verdict line says of the time that the check took, at most a day, whatever the line says.
func checkTime(millis float64) time.Duration {
	if !(millis > 0) { // NaN too
		return 0
	}
	return time.Duration(math.Round(1000*min(millis, 86_400_000))) * time.Microsecond
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
	case fromUs || m.Bounce || m.User != "" || m.Client == "" && m.HasFrom && m.From != "":
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
