package maillog

import (
	"time"

	"postvagt/milter/verdict"
)

// Kind says what a line tells.
type Kind uint8

// Kinds of lines.
const (
	Unknown      Kind = iota // a line of a mail program that is not understood
	Foreign                  // a line of another program
	Ignored                  // understood, and says nothing about a message
	NoQueue                  // a session or command was refused before there was a message
	Born                     // a queue id was given: Client, User, OrigQueueID; or From and OrigQueueID (pickup)
	MessageID                // MessageID
	Queued                   // in the active queue: From, Size, NRcpt; of Sendmail also Client and MessageID
	Delivery                 // one try to deliver: To…, Relay, Status, DSN
	TLS                      // this process has a TLS connection as a client: Peer, Trust, Version, Cipher
	Hold                     // put on hold: by a milter, a table or postsuper
	Release                  // released from hold
	Reject                   // refused after it had a queue id: DSN, To
	Discard                  // thrown away by a milter or a table
	Expire                   // gave up on what is not delivered: Status expired or force-expired; "" of postsuper, which makes it so
	Requeue                  // will come again under another queue id (whose Born has OrigQueueID)
	Remove                   // gone from the queue; see ByHand
	Notification             // Other is a delivery report about it
	Verdict                  // Verdict is set
	SelfTest                 // Verdict.SelfTest is set: what the milter answered to its test message
	Settings                 // Verdict.Settings is set: what judges from now on
	PolicyLine               // Verdict.Policy is set: a line of the policy in force, in full
	Forged                   // a verdict line from a place where the milter does not write
	Gap                      // the log system dropped Lines lines
	Unreached                // the MTA did not reach a milter: Relay is its address (Postfix) or its name (Sendmail)
	kinds
)

// String names a kind as metrics do.
func (k Kind) String() string {
	names := [kinds]string{"unknown", "foreign", "ignored", "noqueue", "born", "message-id", "queued", "delivery",
		"tls", "hold", "release", "reject", "discard", "expire", "requeue", "remove", "notification", "verdict",
		"selftest", "settings", "policyline", "forged", "gap", "unreached"}
	if k < kinds {
		return names[k]
	}
	return "unknown"
}

// Status values of a Delivery or Expire.
const (
	Sent         = "sent"
	Deferred     = "deferred"
	Bounced      = "bounced"
	Expired      = "expired"
	ForceExpired = "force-expired"
	Undelivered  = "undeliverable" // an address probe, no mail
	Deliverable  = "deliverable"   // an address probe, no mail
)

// Record is what one line says. Strings are parts of the line: clone what outlives it. Those of Verdict
// are of a copy.
type Record struct {
	Kind     Kind
	Time     time.Time // UTC
	Host     string
	Program  string // as logged: postfix/submission/smtpd
	Instance string // of the MTA: first part of Program
	Service  string // of Postfix: last part of Program; of Sendmail "sendmail"
	PID      int

	QueueID     string
	Other       string // queue id that this one became or caused: queued as, forwarded as, delivery report
	OrigQueueID string
	From        string // envelope sender; HasFrom tells the null sender from none
	HasFrom     bool
	MessageID   string // without <>
	Client      string // name[address]
	User        string // authenticated
	Size        int64  // bytes
	NRcpt       int

	To      string // without <>
	More    []string
	OrigTo  string
	Relay   string // host[address]:port, none, or the name of a local service
	ConnUse int
	Delays  string
	TLS     string // tls= of Postfix 3.11
	DSN     string
	Status  string

	Peer    string // host[address]:port of a TLS connection
	Trust   string // Verified, Trusted, Untrusted, Anonymous
	Version string // TLSv1.3
	Cipher  string
	Reused  bool

	Verdict verdict.Line

	Lines int64         // of a Gap
	Span  time.Duration // of a Gap: how long lines were lost before it was said, 0 where that is not known
	Unit  string        // of a Gap: whose lines, as systemd names it; "" where that is not known
}

// ByHand says whether a Remove was somebody's decision: by postsuper, or by "postvagt-milter held delete".
func (r *Record) ByHand() bool { return r.Service == "postsuper" || r.Service == serviceHeld }
