package maillog

import "strings"

// Queue is the Service of a line "removed" that the queue manager or postsuper may have written.
const Queue = "queue"

// serviceOf tells the service of Postfix by what it says, for a log that names only "postfix".
func serviceOf(text string) string {
	_, s, ok := queueIDPrefix(text)
	if !ok {
		if strings.Contains(text, " TLS connection ") && strings.Contains(text, " to ") {
			return "smtp"
		}
		return "smtpd"
	}
	switch s {
	case "removed":
		return Queue
	case "requeued", "placed on hold", "released from hold", "expired":
		return "postsuper"
	}
	for _, k := range [][2]string{{"to=<", "smtp"}, {"from=<", "qmgr"}, {"uid=", "pickup"}, {"message-id=", "cleanup"}, {"resent-message-id=", "cleanup"},
		{"sender ", "bounce"}, {"postmaster ", "bounce"}} {
		if strings.HasPrefix(s, k[0]) {
			return k[1]
		}
	}
	return "smtpd"
}
