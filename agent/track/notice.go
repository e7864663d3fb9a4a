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
// address may be forged, and never the null sender (RFC 3834).
func (o *Options) notices(all []Notice, m *message) []Notice {
	j := m.judged()
	if !o.Notices || m.User == "" || m.Bounce || m.Birth == 0 || j == nil || !j.complete() {
		return all
	}
	from := strings.ToLower(m.From)
	if from == "" || strings.Contains(from, "*") || !o.Internal(domain(from)) { // a masked address reaches nobody
		return all
	}
	what := m.toTell(j.Record)
	if what == "" || strings.Contains(" "+m.Told+" ", " "+what+" ") {
		return all
	}
	m.Told = strings.TrimSpace(m.Told + " " + what)
	return append(all, Notice{ID: j.ID, What: what, To: from, Lang: j.Record.Lang, Kinds: j.Record.Kinds,
		Quoted: j.Record.Quoted, At: fromMicro(j.At)})
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
