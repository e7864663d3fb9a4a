package maillog

import "strings"

// known says whether a line that is about no message is understood.
func known(s, service string) Kind {
	if knownTo(s, service) || beginsWith(s, "warning: ", "fatal: ", "error: ", "panic: ", "using backwards-compatible default setting",
		"statistics: ", "reload -- ", "connect to ", "To disable backwards compatibility", "table ", "SSL_accept",
		"SSL_connect", "setting up TLS connection", "Untrusted ", "certificate verification failed") {
		return Ignored
	}
	return Unknown
}

// beginsWith says whether s begins with one of some texts.
func beginsWith(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// knownTo says whether a line of a service is about its sessions, not about a message.
func knownTo(s, service string) bool {
	switch service {
	case "smtpd":
		return beginsWith(s, "connect from ", "disconnect from ", "lost connection after ", "timeout after ",
			"too many errors after ", "improper command pipelining after ", "SSL_accept error from ",
			"milter-", "proxy-accept: ", "proxy-reject: ", "bare <LF> received after ", "discarding EHLO keywords: ",
			"initializing the server-side TLS engine", "auto_clnt")
	case "smtp", "lmtp":
		return beginsWith(s, "connect to ", "SSL_connect error to ", "certificate verification failed for ", "host ",
			"server certificate verification failed for ", "initializing the client-side TLS engine", "Host offered STARTTLS", "discarding EHLO keywords: ")
	case "postscreen", "dnsblog":
		return beginsWith(s, "CONNECT from ", "PASS ", "DISCONNECT ", "HANGUP ", "PREGREET ", "DNSBL rank ", "NOQUEUE: ",
			"cache ", "ALLOWLIST", "WHITELIST", "ALLOWLISTED ", "WHITELISTED ", "DENYLISTED ", "BLACKLISTED ", "BARE NEWLINE ", "NON-SMTP COMMAND ",
			"COMMAND ", "entering STRESS mode", "leaving STRESS mode", "NO", "addr ", "whitelist", "close database ")
	case "tlsproxy":
		return beginsWith(s, "CONNECT ", "DISCONNECT ", "TLS handshake failed", "SSL_")
	case "anvil", "scache", "verify", "tlsmgr", "proxymap", "trivial-rewrite", "flush", "showq", "spawn", "policy", "postlogd", "dnsbl":
		return true
	case "postfix-script", "postfix-tls-script", "master", "postmulti", "postmap", "postalias", "postconf", "postlog", "set-permissions", "post-install", "postqueue", "postkick", "postlock", "postdrop", "sendmail", "postcat":
		return true
	case "postsuper":
		return beginsWith(s, "Deleted: ", "Requeued: ", "Placed on hold: ", "Released from hold: ", "Force-expired: ", "Renamed ")
	case "qmgr", "nqmgr", "oqmgr", "cleanup", "bounce", "trace", "defer", "local", "virtual", "pipe", "pickup", "error", "retry", "discard":
		return beginsWith(s, "initializing ", "connection ")
	}
	return false
}

// postfixChatter says whether the text behind a queue id is understood and changes nothing: what a delivery
// agent says before it gives up on one server and tries the next.
func postfixChatter(s string) bool {
	return beginsWith(s, "host ", "enabling PIX workarounds", "lost connection ", "conversation with ", "warning: ",
		"Cannot start TLS", "TLS is required", "breaking line ", "Server certificate not ", "certificate verification failed", "skipped, still being delivered", "uid=", "sender notification failed ",
		"not sending trace/success", "no trace file", "replace: ", "SASL authentication failed", "passing <CR><LF>", "defer service", "disabling TLS")
}
