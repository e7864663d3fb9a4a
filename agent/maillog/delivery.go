package maillog

import (
	"strings"
)

// delivery reads
//
//	to=<…>, orig_to=<…>, relay=…, conn_use=2, delay=…, delays=a/b/c/d, tls=…, dsn=2.0.0, status=sent (…)
func delivery(s string, r *Record) {
	for {
		eq := strings.IndexByte(s[:min(len(s), 16)], '=')
		if eq < 0 {
			return
		}
		key := s[:eq]
		s = s[eq+1:]
		if key == "status" {
			status(s, r)
			return
		}
		var value string
		var ok bool
		if key == "to" || key == "orig_to" {
			if value, s, ok = angle(s); !ok || !strings.HasPrefix(s, ", ") {
				return
			}
			s = s[2:]
		} else {
			end := strings.IndexByte(s, ',')
			if end < 0 {
				return
			}
			value, s = s[:end], strings.TrimPrefix(s[end+1:], " ")
		}
		switch key {
		case "to":
			r.To = value
		case "orig_to":
			r.OrigTo = value
		case "relay":
			r.Relay = value
		case "conn_use":
			r.ConnUse = max(0, atoi(value))
		case "delays":
			r.Delays = value
		case "tls":
			r.TLS = value
		case "dsn":
			r.DSN = value
		}
	}
}

func status(s string, r *Record) {
	word, reply := s, ""
	if i := strings.IndexByte(s, ' '); i >= 0 {
		word, reply = s[:i], s[i+1:]
	}
	switch word {
	case Sent, Deferred, Bounced, Expired:
		r.Kind, r.Status = Delivery, word
	case Undelivered, Deliverable, "undeliverable-but-not-cached":
		r.Kind, r.Status = Ignored, word // the result of an address probe
		return
	default:
		return
	}
	if word != Sent {
		return
	}
	if strings.HasPrefix(reply, "(forwarded as ") {
		r.Other = leadingID(reply[len("(forwarded as "):])
	} else if i := strings.LastIndex(reply, "queued as "); i >= 0 {
		r.Other = leadingID(reply[i+len("queued as "):])
	}
}

// tlsLine reads "Verified TLS connection established to host[address]:25: TLSv1.3 with cipher … (…)". What a
// server of ours negotiated ("from") says nothing of a delivery.
func tlsLine(s string, r *Record) bool {
	if r.Service != "smtp" && r.Service != "lmtp" && r.Service != "smtpd" && r.Service != "tlsproxy" && r.Service != "postscreen" {
		return false
	}
	sp := strings.IndexByte(s, ' ')
	if sp < 0 || !strings.HasPrefix(s[sp:], " TLS connection ") {
		return false
	}
	rest := s[sp+len(" TLS connection "):]
	word, rest, _ := strings.Cut(rest, " ")
	to, peer := strings.CutPrefix(rest, "to ")
	if !peer || r.Service == "smtpd" || r.Service == "postscreen" {
		r.Kind = Ignored
		return true
	}
	mark := strings.Index(to, ": ")
	if mark < 0 {
		return false
	}
	r.Kind, r.Trust, r.Peer, r.Reused = TLS, s[:sp], to[:mark], word == "reused"
	r.Version, rest, _ = strings.Cut(to[mark+2:], " with cipher ")
	r.Cipher, _, _ = strings.Cut(rest, " ")
	return true
}
