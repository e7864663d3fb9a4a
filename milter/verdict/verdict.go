// Package verdict is the record of what the milter judged and its log lines, the only thing that the
// agent knows of the milter. It imports nothing of the project.
//
// # Version 1
//
// A judged message makes one verdict line and one rcpt line for each recipient (RFC 5321 forward-path):
//
//	4bXyQ12: verdict v=1 id=… action=hold level=sensitive kinds=dk-cpr,health persons=3 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<…> dept=… rcpts=2 size=18231 ms=3.1 rules=dk-cpr:4,da-health:7 parts=dk-cpr@subject,da-health@2_docx unopened=0 quoted=no hidden=no why=… risk=
//	4bXyQ12: rcpt v=1 id=… n=1/2 to=<…> class=external identity=domain hop=smtp:[mx.example] transport=opportunistic objection=no new=no wanted=hold action=hold
//
// objector= is there only after objection=yes. parts says where each rule matched. hidden=yes is a sender who is exempt from being shown: from then names a domain
// alone, dept is empty, and a reader counts the message and shows its sender nowhere, whatever the MTA's own lines say.
// risk names the assessment of risk that let the message pass by opportunistic TLS. new=yes: the sender has not
// written to this recipient before.
//
// The test message of selftest is no mail, and has no verdict. Its answer is a line of its own (R16); wanted is what enforcing
// does, action what the mode in force did:
//
//	SELFTEST: selftest v=1 id=… level=sensitive wanted=hold action=pass
//
// What judges from now on is said at the start, at each reload and with each self-test, so that a report can tell what was in
// force at a time long past; policy and rules are fingerprints:
//
//	SETTINGS: settings v=1 mode=enforce policy=5f0c3a91d2e4 rules=0b77e91fa2c6 table=secure-channel:pass,*ours:hold:observe,otherwise:pass
//
// table holds the policy's lines in their order, as PolicyLine writes them. Each of them follows in full, with the conditions by which it
// decides, so that a report can print the standard used:
//
//	SETTINGS: policyline v=1 policy=5f0c3a91d2e4 n=16/25 line=sensitive:hold?direction=outbound&level=sensitive
//
// A line without conditions ends in "?". Of senders' and recipients' patterns only the domain is told.
//
// The word before the colon is the MTA's queue id, "NOQUEUE" where there is none. Then key=value pairs
// separated by single spaces, valid UTF-8. A value with a space, a quote, a backslash, a control
// character or an invalid byte is quoted as a Go string; <…> holds an address. A value of over 256 bytes is
// cut to 200 bytes, "~" and 8 hex digits of its SHA-256. A list that does not fit ends in "+N" for the
// N entries left out. Before why= stand auto=yes, where the message calls itself automatic (RFC 3834), and notify=yes, where the policy
// only notifies the sender. No line reaches 900 bytes,
// so that every syslog carries it whole. Readers ignore keys that they don't know.
package verdict

import (
	"crypto/rand"
	"encoding/hex"
)

// Version is the version of the line format that Lines writes.
const Version = 1

// Actions, from the mildest to the strictest; see Stricter.
const (
	Pass   = "pass"
	Tag    = "tag"
	Route  = "route"
	Hold   = "hold"
	Reject = "reject"
)

// Levels of a message. Unseen: its content is encrypted and cannot be judged. Unknown: it was not judged.
const (
	LevelNone         = "none"
	LevelConfidential = "confidential"
	LevelSensitive    = "sensitive"
	LevelUnseen       = "unseen"
	LevelUnknown      = "unknown"
)

// Directions of a message or recipient.
const (
	Inbound  = "inbound"
	Internal = "internal"
	Outbound = "outbound"
)

// Record is what was judged of one message.
type Record struct {
	QueueID    string
	ID         string // 128 random bits in hex, see NewID
	Action     string
	Level      string
	Kinds      []string // sorted
	Persons    int      // distinct identified persons
	Protection Protection
	Direction  string // outbound if any recipient is
	Lang       string // ISO 639-1 or ""
	From       string // envelope sender, masked (Masker); "" is the null reverse-path
	Department string
	Size       int64   // bytes
	Millis     float64 // time the milter took from the end of the message
	Rules      []RuleCount
	Unopened   int
	Quoted     bool   // all that was found stands in text of an earlier mail
	Hidden     bool   // the sender is shown nowhere, and counted all the same
	Risk       string // the assessment of risk that a decision rests on, or ""
	Auto       bool   // it calls itself automatic (RFC 3834): nothing automatic answers it
	Notify     bool   // the policy only notifies: the agent writes to the sender
	Why        string // the policy line that decided, or the error that kept the message from being judged
	Recipients []Recipient
}

// Protection is what protects the content of a message.
type Protection struct {
	Content   string // none, smime, pgp-mime, pgp-inline, zip, pdf, office
	Algorithm string
	Strong    bool
	Signed    bool
	Channel   string // name of the secure channel whose mark the message bears, or ""
}

// RuleCount is how often a rule matched, and where.
type RuleCount struct {
	Rule  string
	Count int
	Parts []string // "subject", "1 text/plain", "2.1 docx": no content
}

// Recipient is what was judged for one recipient.
type Recipient struct {
	To        string // masked (Masker)
	Class     string // internal, external, authority, free-mail, …
	Identity  string // how sure it is who reads it: none, domain, certificate, login-channel (R15)
	Hop       string // next hop as the MTA names it, "smtp:[mx.example]", or ""
	Transport string // enforced, opportunistic, plaintext, to-relay, local, unknown
	Objector  string // with Objection: who, by a name that tells nothing (Masker.Objector), "" where that is not known
	Objection bool   // the recipient or a person named objected to open mail (R9)
	New       bool   // the sender has not written to this recipient before (R13)
	Wanted    string // what enforcing would have done
	Action    string
}

// NewID returns 128 random bits in hex.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, crypto/rand
	return hex.EncodeToString(b[:])
}

// rank orders actions by strictness.
func rank(action string) int {
	switch action {
	case Tag:
		return 1
	case Route:
		return 2
	case Hold:
		return 3
	case Reject:
		return 4
	}
	return 0
}

// Stricter returns the stricter of two actions: reject > hold > route > tag > pass.
func Stricter(a, b string) string {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// Stops says whether an action keeps a message from leaving in the open.
func Stops(action string) bool { return rank(action) >= rank(Route) }
