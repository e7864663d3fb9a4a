package maillog

import "strings"

// sendmail reads the text of Sendmail.
func sendmail(s string, r *Record) {
	id, rest, ok := queueIDPrefix(s)
	if ok && id == "NOQUEUE" {
		if r.Kind = NoQueue; sendmailUnreached(rest, r) {
			r.Kind = Unreached
		}
		return
	}
	if !ok || len(id) < 12 || !strings.ContainsAny(id, "0123456789") { // "STARTTLS: …", "error: …"
		sendmailSession(s, r)
		return
	}
	if sendmailUnreached(rest, r) {
		r.Kind = Unreached
		return
	}
	r.QueueID = id
	switch {
	case strings.HasPrefix(rest, "from="):
		sendmailFrom(rest, r)
	case strings.HasPrefix(rest, "to="):
		sendmailTo(rest, r)
	case strings.HasPrefix(rest, "milter=") || strings.HasPrefix(rest, "Milter"):
		sendmailMilter(rest, r)
	case strings.HasPrefix(rest, "done; "):
		r.Kind = Remove
	case strings.HasPrefix(rest, "unquarantine"), strings.HasPrefix(rest, "quarantine released"):
		r.Kind = Release
	case strings.HasPrefix(rest, "quarantine="):
		r.Kind = Hold
	default:
		sendmailOther(rest, r)
	}
	if r.Kind == Unknown || r.Kind == Ignored {
		r.QueueID = ""
	}
}

// sendmailSession reads lines without a queue id; STARTTLS=client is the one that counts.
func sendmailSession(s string, r *Record) {
	rest, ok := strings.CutPrefix(s, "STARTTLS=client, ")
	if !ok {
		r.Kind = Ignored
		return
	}
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ", ")
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "relay":
			r.Peer = strings.TrimSuffix(value, ".")
		case "version":
			r.Version = value
		case "verify":
			r.Trust = sendmailTrust(value)
		case "cipher":
			r.Cipher = value
		}
	}
	r.Kind = Ignored
	if r.Version != "" && r.Peer != "" {
		r.Kind = TLS
	}
}

// sendmailTrust maps ${verify}: OK says that the chain is good, and nothing of the name; TRUSTED that
// DANE's TLSA records match (Sendmail 8.16 and later).
func sendmailTrust(verify string) string {
	switch verify {
	case "TRUSTED":
		return "Verified"
	case "OK":
		return "Trusted"
	case "NO", "NOT", "NONE":
		return "Anonymous"
	}
	return "Untrusted"
}

// sendmailFrom reads "from=<…>, size=…, class=0, nrcpts=1, msgid=<…>, proto=…, daemon=…, relay=name [address]".
func sendmailFrom(s string, r *Record) {
	value, rest := sendmailValue(s[len("from="):])
	r.Kind, r.HasFrom, r.From = Queued, true, unangle(value)
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			return
		}
		value, rest = sendmailValue(after)
		switch key {
		case "size":
			r.Size = size(value)
		case "nrcpts":
			r.NRcpt = max(0, atoi(value))
		case "msgid":
			r.MessageID = unangle(value)
		case "relay":
			r.Client = sendmailHost(value)
		case "authid", "auth":
			r.User = value
		}
	}
}

// sendmailTo reads "to=<a>,<b>, ctladdr=…, delay=…, xdelay=…, mailer=…, pri=…, relay=…, dsn=…, stat=…". All behind
// stat= is the other side's text.
func sendmailTo(s string, r *Record) {
	list, rest := sendmailList(s[len("to="):], r)
	r.To = list
	mailer, quarantined := "", false
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			break
		}
		if key == "stat" {
			sendmailStat(after, mailer, quarantined, r)
			return
		}
		var value string
		value, rest = sendmailValue(after)
		switch key {
		case "mailer":
			mailer = value
		case "relay":
			r.Relay = sendmailHost(value)
		case "dsn":
			r.DSN = value
		case "xdelay":
			r.Delays = value
		case "quarantine":
			quarantined = true
		case "ctladdr":
			r.OrigTo = "" // who asked for it, not to whom: local names come with it
		}
	}
}

func sendmailStat(stat, mailer string, quarantined bool, r *Record) {
	r.Kind = Delivery
	switch {
	case quarantined || stat == "quarantined":
		r.Kind = Hold
	case strings.HasPrefix(stat, "Sent"):
		r.Status = Sent
		if i := strings.LastIndex(stat, "queued as "); i >= 0 {
			r.Other = leadingID(stat[i+len("queued as "):])
		}
		if mailer == "local" || mailer == "*file*" || mailer == "*include*" || mailer == "prog" || mailer == "cyrus" {
			r.Relay = mailer
		}
	case strings.HasPrefix(stat, "queued"):
		r.Kind = Ignored
	case strings.HasPrefix(r.DSN, "4") || strings.HasPrefix(stat, "Deferred"):
		r.Status = Deferred
	case strings.HasPrefix(r.DSN, "5"):
		r.Status = Bounced
	case r.DSN == "" && mailer == "": // a milter or ruleset refused the message in the session
		r.Kind = Reject
	default:
		r.Status = Bounced
	}
}

// sendmailUnreached reads "Milter (name): error connecting to filter: …" and "Milter (name): to error state".
func sendmailUnreached(s string, r *Record) bool {
	rest, ok := strings.CutPrefix(s, "Milter (")
	name, what, named := strings.Cut(rest, "): ")
	if !ok || !named || !strings.HasPrefix(what, "error connecting to filter") && what != "to error state" {
		return false
	}
	r.Relay = name
	return true
}

func sendmailMilter(s string, r *Record) {
	switch {
	case strings.Contains(s, ", quarantine=") || strings.Contains(s, ": quarantine"):
		r.Kind = Hold
	case strings.Contains(s, ", reject=4") || strings.HasSuffix(s, ", tempfail"):
		r.Kind, r.DSN = Reject, "4.7.1"
	case strings.Contains(s, ", reject="):
		r.Kind = Reject
		if i := strings.Index(s, ", reject="); len(s) > i+13 {
			r.DSN = dsn(s[i+len(", reject=")+4:])
		}
	case strings.HasSuffix(s, ", reject"):
		r.Kind = Reject
	case strings.HasSuffix(s, ", discard"):
		r.Kind = Discard
	default:
		r.Kind = Ignored
	}
}

// sendmailOther reads "NEWID: DSN: text", a delivery report, "clone …", and the chatter of deliveries.
func sendmailOther(s string, r *Record) {
	if id, rest, ok := queueIDPrefix(s); ok && (strings.HasPrefix(rest, "DSN: ") || strings.HasPrefix(rest, "return to sender: ") ||
		strings.HasPrefix(rest, "sender notify: ") || strings.HasPrefix(rest, "postmaster notify: ")) {
		r.Kind, r.Other = Notification, id
		return
	}
	if strings.HasPrefix(s, "ruleset=") && strings.Contains(s, ", quarantine=") {
		r.Kind = Hold
		return
	}
	for _, p := range []string{"SMTP outgoing connect on", "AUTH", "alias ", "clone", "owner=", "ruleset=", "lost input channel",
		"timeout waiting", "Authentication-Warning", "SYSERR", "makeconnection", "<", "---", "collect:", "discarded", "dequeueing",
		"return to sender", "locked", "STARTTLS", "Losing", "tempfail", "expn", "vrfy", "ETRN", "too many", "Warning", "connect", "low on space", "unsafe", "buffer", "Truncated"} {
		if strings.HasPrefix(s, p) {
			r.Kind = Ignored
			return
		}
	}
}

// sendmailValue reads one value and the rest behind ", ". An address in <> may hold ", " in a quoted local part.
func sendmailValue(s string) (value, rest string) {
	if address, after, ok := angle(s); ok {
		if after == "" {
			return "<" + address + ">", ""
		}
		if strings.HasPrefix(after, ", ") {
			return s[:len(s)-len(after)], after[2:]
		}
	}
	value, rest, _ = strings.Cut(s, ", ")
	return value, rest
}

// sendmailList reads "<a>,<b>, key=…"; the second and later recipients go to r.More.
func sendmailList(s string, r *Record) (first, rest string) {
	for n := 0; ; n++ {
		var one string
		if a, after, ok := angle(s); ok {
			one, s = a, after
		} else {
			end := strings.IndexByte(s, ',')
			if end < 0 {
				end = len(s)
			}
			one, s = s[:end], s[end:]
		}
		if n == 0 {
			first = one
		} else {
			r.More = append(r.More, one)
		}
		if after, more := strings.CutPrefix(s, ","); more && !strings.HasPrefix(after, " ") {
			s = after
			continue
		}
		return first, strings.TrimPrefix(s, ", ")
	}
}

// sendmailHost turns "mx.example. [192.0.2.1]" into "mx.example[192.0.2.1]".
func sendmailHost(s string) string {
	name, rest, ok := strings.Cut(s, " [")
	if !ok {
		return strings.TrimSuffix(s, ".")
	}
	address, _, _ := strings.Cut(rest, "]")
	return strings.TrimSuffix(name, ".") + "[" + address + "]"
}

func unangle(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
}
