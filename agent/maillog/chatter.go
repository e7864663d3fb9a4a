package maillog

import "strings"

// known says whether a line that is about no message is understood.
func known(s, service string) Kind {
	for _, p := range prefixes(service) {
		if strings.HasPrefix(s, p) {
			return Ignored
		}
	}
	for _, p := range []string{"warning: ", "fatal: ", "error: ", "panic: ", "using backwards-compatible default setting",
		"statistics: ", "reload -- ", "connect to ", "To disable backwards compatibility", "table ", "SSL_accept",
		"SSL_connect", "setting up TLS connection", "Untrusted ", "certificate verification failed"} {
		if strings.HasPrefix(s, p) {
			return Ignored
		}
	}
	return Unknown
}

// prefixes are the lines of a service that are about sessions, not messages.
func prefixes(service string) []string {
	switch service {
	case "smtpd":
		return []string{"connect from ", "disconnect from ", "lost connection after ", "timeout after ",
			"too many errors after ", "improper command pipelining after ", "SSL_accept error from ",
			"milter-", "initializing the server-side TLS engine", "auto_clnt"}
	case "smtp", "lmtp":
		return []string{"connect to ", "SSL_connect error to ", "certificate verification failed for ", "host ",
			"server certificate verification failed for ", "initializing the client-side TLS engine", "Host offered STARTTLS"}
	case "postscreen", "dnsblog":
		return []string{"CONNECT from ", "PASS ", "DISCONNECT ", "HANGUP ", "PREGREET ", "DNSBL rank ", "NOQUEUE: ",
			"cache ", "ALLOWLIST", "WHITELIST", "ALLOWLISTED ", "WHITELISTED ", "DENYLISTED ", "BLACKLISTED ", "BARE NEWLINE ", "NON-SMTP COMMAND ",
			"COMMAND ", "entering STRESS mode", "leaving STRESS mode", "NO", "addr ", "whitelist", "close database "}
	case "tlsproxy":
		return []string{"CONNECT ", "DISCONNECT ", "TLS handshake failed", "SSL_"}
	case "anvil", "scache", "verify", "tlsmgr", "proxymap", "trivial-rewrite", "flush", "showq", "spawn", "policy", "postlogd", "dnsbl":
		return []string{""}
	case "postfix-script", "postfix-tls-script", "master", "postmulti", "postmap", "postalias", "postconf", "postlog", "set-permissions", "post-install", "postqueue", "postkick", "postlock", "postdrop", "sendmail", "postcat":
		return []string{""}
	case "postsuper":
		return []string{"Deleted: ", "Requeued: ", "Placed on hold: ", "Released from hold: ", "Force-expired: ", "Renamed "}
	case "qmgr", "nqmgr", "oqmgr", "cleanup", "bounce", "trace", "defer", "local", "virtual", "pipe", "pickup", "error", "retry", "discard":
		return []string{"initializing ", "connection "}
	}
	return nil
}

// postfixChatter says whether the text behind a queue id is understood and changes nothing: what a delivery
// agent says before it gives up on one server and tries the next.
func postfixChatter(s string) bool {
	for _, p := range []string{"host ", "enabling PIX workarounds", "lost connection ", "conversation with ", "warning: ",
		"Cannot start TLS", "TLS is required", "breaking line ", "Server certificate not ", "certificate verification failed", "skipped, still being delivered", "uid=", "sender notification failed ",
		"not sending trace/success", "no trace file", "replace: ", "passing <CR><LF>", "defer service", "disabling TLS"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
