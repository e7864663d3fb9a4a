package maillog

import (
	"strings"
)

// postfix reads the text of one of Postfix's daemons and commands.
func (p *Parser) postfix(text string, r *Record) {
	if unreached(text, r) { // "warning" could be a queue id
		return
	}
	if id, rest, ok := queueIDPrefix(text); ok {
		if id == "NOQUEUE" {
			r.Kind = NoQueue
			return
		}
		r.QueueID = id
		postfixMessage(rest, r)
		if r.Kind == Unknown {
			r.QueueID = ""
			r.Kind = known(text, r.Service)
		}
		return
	}
	if tlsLine(text, r) {
		return
	}
	r.Kind = known(text, r.Service)
	if r.Kind == Unknown && r.Instance == r.Program { // whose it is was only guessed
		r.Kind = Ignored
	}
}

// unreached reads "warning: connect to Milter service unix:/run/x.sock: Connection refused".
func unreached(s string, r *Record) bool {
	rest, ok := strings.CutPrefix(s, "warning: connect to Milter service ")
	end := strings.Index(rest, ": ")
	if !ok || end < 0 || r.Service != "smtpd" && r.Service != "cleanup" {
		return false
	}
	r.Kind, r.Relay = Unreached, rest[:end]
	return true
}

// postfixMessage reads what stands behind the queue id.
func postfixMessage(s string, r *Record) {
	switch r.Service {
	case "smtp", "lmtp", "local", "virtual", "pipe", "error", "retry", "discard":
		if strings.HasPrefix(s, "to=<") {
			delivery(s, r)
			return
		}
	case "qmgr", "nqmgr", "oqmgr":
		queueManager(s, r)
	case "smtpd":
		smtpd(s, r)
	case "cleanup":
		cleanup(s, r)
	case "pickup":
		pickup(s, r)
	case "postsuper", Queue:
		postsuper(s, r)
	case "bounce", "defer", "trace":
		if strings.HasPrefix(s, "to=<") { // soft_bounce and address verification report through them
			delivery(s, r)
			return
		}
		notification(s, r)
	}
	if r.Kind == Unknown && postfixChatter(s) {
		r.Kind = Ignored
	}
}

// queueManager reads "from=<…>, size=…, nrcpt=… (queue active)", "removed" and
// "from=<…>, status=expired, returned to sender".
func queueManager(s string, r *Record) {
	if s == "removed" {
		r.Kind = Remove
		return
	}
	rest, ok := strings.CutPrefix(s, "from=")
	if !ok {
		return
	}
	if r.From, rest, ok = angle(rest); !ok {
		return
	}
	r.HasFrom = true
	switch {
	case strings.HasPrefix(rest, ", size="):
		rest = rest[len(", size="):]
		comma := strings.IndexByte(rest, ',')
		if comma < 0 || !strings.HasPrefix(rest[comma:], ", nrcpt=") {
			return
		}
		r.Size = size(rest[:comma])
		rest = rest[comma+len(", nrcpt="):]
		if sp := strings.IndexByte(rest, ' '); sp > 0 {
			r.NRcpt = max(0, atoi(rest[:sp]))
			r.Kind = Queued
		}
	case strings.HasPrefix(rest, ", status=expired, returned to sender"):
		r.Kind, r.Status = Expire, Expired
	case strings.HasPrefix(rest, ", status=force-expired, returned to sender"):
		r.Kind, r.Status = Expire, ForceExpired
	}
}

func size(s string) int64 {
	if n := atoi(s); n >= 0 {
		return int64(n)
	}
	var n int64
	for i := 0; i < len(s) && i < 18; i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

// smtpd reads "client=name[address], sasl_method=…, sasl_username=…, orig_queue_id=…, orig_client=…" and what
// access tables and milters did to a message that had a queue id.
func smtpd(s string, r *Record) {
	rest, ok := strings.CutPrefix(s, "client=")
	if !ok {
		action(s, r)
		return
	}
	r.Kind = Born
	r.Client = rest
	end := strings.Index(rest, ", ")
	if end < 0 {
		return
	}
	r.Client = rest[:end]
	for _, part := range strings.Split(rest[end+2:], ", ") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "sasl_username":
			if r.User == "" { // the first: a name may hold a comma and forge what follows
				r.User = value
			}
		case "orig_queue_id": // a filter does not log in; a name may hold a comma and forge it
			if r.User == "" {
				r.OrigQueueID = leadingID(value)
			}
		}
	}
}

func cleanup(s string, r *Record) {
	for _, key := range []string{"message-id=", "resent-message-id="} {
		if id, ok := strings.CutPrefix(s, key); ok {
			r.Kind = MessageID
			if key != "message-id=" {
				r.Kind = Ignored
			}
			r.MessageID = strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
			return
		}
	}
	if strings.HasPrefix(s, "removed (") { // Postfix 3.12: the file of a message that was not accepted
		r.Kind = Ignored
		return
	}
	action(s, r)
}

// pickup reads "uid=0 from=<…>[ orig_id=…]".
func pickup(s string, r *Record) {
	sp := strings.IndexByte(s, ' ')
	if !strings.HasPrefix(s, "uid=") || sp < 0 {
		return
	}
	rest, ok := strings.CutPrefix(s[sp+1:], "from=")
	if !ok {
		return
	}
	if r.From, rest, ok = angle(rest); !ok {
		return
	}
	r.Kind, r.HasFrom = Born, true
	if id, ok := strings.CutPrefix(rest, " orig_id="); ok {
		r.OrigQueueID = leadingID(id)
	}
}

func postsuper(s string, r *Record) {
	switch s {
	case "removed":
		r.Kind = Remove
	case "requeued":
		r.Kind = Requeue
	case "placed on hold":
		r.Kind = Hold
	case "released from hold":
		r.Kind = Release
	case "expired":
		r.Kind = Expire // by hand; the queue manager says what came of it
	}
}

// notification reads "sender non-delivery notification: ID" and its kin.
func notification(s string, r *Record) {
	const mark = " notification: "
	i := strings.Index(s, mark)
	if i < 0 || !(strings.HasPrefix(s, "sender ") || strings.HasPrefix(s, "postmaster ")) {
		return
	}
	r.Kind, r.Other = Notification, leadingID(s[i+len(mark):])
}

// action reads what a milter or a table did: "milter-hold: END-OF-MESSAGE from name[address]: text; from=<…>
// to=<…> proto=…", "reject: header …; from=<…> to=<…>: text". The text may come from the message itself, so
// the addresses are sought from the end.
func action(s string, r *Record) {
	colon := strings.IndexByte(s[:min(len(s), 40)], ':')
	if colon < 0 {
		return
	}
	word := s[:colon]
	for _, milters := range []string{"milter-header-", "milter-body-", "milter-"} { // milter_header_checks say what they do as tables do
		if w, ok := strings.CutPrefix(word, milters); ok {
			word = w
			break
		}
	}
	switch word {
	case "hold":
		r.Kind = Hold
	case "reject":
		r.Kind = Reject
	case "discard":
		r.Kind = Discard
	default:
		if tableWord(word) {
			r.Kind = Ignored
		}
		return
	}
	if r.Kind == Reject && r.Service == "smtpd" && !ofMessage(s[colon+1:]) {
		r.Kind = Ignored // one recipient of several was refused
		return
	}
	envelope(s, r)
	if r.Kind == Reject {
		r.DSN = firstDSN(s)
	}
}

// ofMessage says whether a session's refusal is of the whole message, by the stage that is named first.
func ofMessage(s string) bool {
	stage, _, _ := strings.Cut(strings.TrimPrefix(s, " "), " ")
	switch stage {
	case "RCPT", "VRFY", "ETRN", "MAIL", "HELO", "EHLO", "CONNECT", "UNKNOWN":
		return false
	}
	return true
}

// tableWord says whether a table's result changes nothing of what becomes of a message here.
func tableWord(w string) bool {
	switch w {
	case "warning", "info", "warn", "redirect", "filter", "prepend", "replace", "strip", "bcc", "permit", "delay",
		"accept", "continue", "proxy-accept", "proxy-reject", "ignore", "pass", "trigger", "add", "dunno":
		return true
	}
	return false
}

// envelope takes from= and to= of the last "; from=<" in the text.
func envelope(s string, r *Record) {
	i := strings.LastIndex(s, "; from=<")
	if i < 0 {
		return
	}
	from, rest, ok := angle(s[i+len("; from="):])
	if !ok {
		return
	}
	to, found := strings.CutPrefix(rest, " to=")
	if !found {
		return
	}
	if to, _, ok = angle(to); ok {
		r.From, r.HasFrom, r.To = from, true, to
	}
}

// firstDSN finds the enhanced status code that follows "]: " or, of a header check, the envelope.
func firstDSN(s string) string {
	for _, mark := range []string{"]: ", ">: "} {
		at := s
		for {
			i := strings.Index(at, mark)
			if i < 0 {
				break
			}
			at = at[i+len(mark):]
			word := at
			if len(word) > 4 && word[3] == ' ' && atoi(word[:3]) > 0 { // "550 5.7.1 text"
				word = word[4:]
			}
			if code := dsn(word); code != "" {
				return code
			}
		}
	}
	return ""
}

func dsn(s string) string {
	end := strings.IndexByte(s, ' ')
	if end < 0 {
		end = len(s)
	}
	if end < 5 || end > 9 || s[1] != '.' || s[0] != '2' && s[0] != '4' && s[0] != '5' || strings.Count(s[:end], ".") != 2 {
		return ""
	}
	return s[:end]
}
