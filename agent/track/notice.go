package track

import (
	"strings"
	"time"

	"postvagt/agent/maillog"
)

// Notice is what a sender of the house is to be told of their own message, once.
type Notice struct {
	ID     string // of the verdict
	What   string // held, sent (the policy only notifies), returned
	To     string // the sender's address, readable: it is not stored with the transmission
	Lang   string
	Why    string // the policy line that decided
	Kinds  []string
	Quoted bool // what was found stands in the quoted part
	At     time.Time
}

// What a notice says; the names are those of package watch.
const (
	noticeHeld     = "held"
	noticeSent     = "sent"
	noticeReturned = "returned"
)

// notices appends what is to be told of a message as it stands. Only senders who logged in are told, since any other
// address may be forged, and never the null sender or that of mail which is automatic itself (RFC 3834 section 2).
func (o *Options) notices(all []Notice, m *message) []Notice {
	j := m.judged()
	if m.Bounce || m.Birth == 0 || j == nil || !j.complete() {
		return all
	}
	from, ok := o.reachable(m)
	if !ok {
		return all
	}
	what := m.toTell(j.Record)
	if what == "" || strings.Contains(" "+m.Told+" ", " "+what+" ") {
		return all
	}
	m.Told = strings.TrimSpace(m.Told + " " + what)
	return append(all, Notice{ID: j.ID, What: what, To: from, Lang: j.Record.Lang, Why: j.Record.Why, Kinds: j.Record.Kinds,
		Quoted: j.Record.Quoted, At: fromMicro(j.At)})
}

// reachable is the address of a sender who logged in and may be told.
func (o *Options) reachable(m *message) (address string, ok bool) {
	from := strings.ToLower(m.From)
	masked := strings.Contains(from, "*") // reaches nobody
	if j := m.judged(); j != nil && j.Record != nil && j.Record.Auto {
		return "", false
	}
	return from, o.Notices && m.User != "" && from != "" && !masked && o.Internal(domain(from))
}

func (m *message) toTell(v *maillog.Judged) string {
	switch {
	case m.Expired == "returned":
		return noticeReturned
	case m.OnHold && v.Action == maillog.HoldIt:
		return noticeHeld
	case v.Notify:
		return noticeSent
	}
	return ""
}

// Sender is whom to tell of a message that the MTA has, known by its queue id; false where nobody is to be told. Only
// To, Lang and Kinds are filled in.
func (t *Tracker) Sender(host, queueID string) (Notice, bool) {
	k := queueKey{host, queueID}
	if len(t.outside.keys) > 0 {
		t.recall(k)
	}
	m := t.live[k]
	if m == nil {
		return Notice{}, false
	}
	from, ok := t.opt.reachable(m)
	if !ok {
		return Notice{}, false
	}
	n := Notice{To: from}
	if j := m.judged(); j != nil && j.Record != nil {
		n.Lang, n.Kinds = j.Record.Lang, j.Record.Kinds
	}
	return n, true
}
