// Package event is the stored document: one transmission, a message to one recipient. It imports nothing
// of the project. Names are those of the Elastic Common Schema 8 where it has them; the rest stands
// under postvagt. Fields is the one list from which the columns of SQLite and the mapping of
// Elasticsearch are made.
package event

import "time"

// SchemaVersion is raised when a field changes its meaning or type.
const SchemaVersion = 1

// Document is one transmission. Levels, actions and directions are those of package verdict.
type Document struct {
	Key       string    // row key, hex SHA-256 of (host, instance, queue id, birth, original recipient)
	Time      time.Time // birth: the time of the line that created the queue id
	Month     string    // "2026.11", assigned with the key, never changes
	Host      string
	Instance  string // syslog name of the MTA instance, "postfix"
	QueueID   string
	MessageID string // masked
	VerdictID string // the milter's id, "" without a verdict

	Direction string // inbound, internal, outbound, unknown
	From      string // pseudonym or masked address
	To        string // pseudonym or masked address
	ToDomain  string
	Client    string // name[address] of the SMTP client, "" for local submission
	User      string // authenticated sender, pseudonym
	Size      int64  // bytes
	Lang      string

	Level      string // none, confidential, sensitive, unseen, unknown
	Kinds      []string
	Persons    int
	Action     string // what the milter did to this recipient's message: pass, tag, route, hold, reject, "" without a verdict
	Wanted     string // what enforcing would have done for this recipient
	Why        string
	Protection string // content protection: none, smime, …, "" without a verdict
	Algorithm  string
	Strong     bool
	Signed     bool
	Unopened   int
	CheckUS    int64  // how long the check took, in microseconds, 0 without a verdict
	Check      string // the same as one of Times, "" without a verdict

	Channel      string // name of the secure channel whose mark the message bears
	ChannelState string // "", marked, proven
	Class        string // class of the recipient
	Promise      string // the transport that the milter expected: enforced, opportunistic, plaintext, to-relay, local, unknown
	Transport    string // what the log proves: verified, encrypted, to-relay, plaintext, local, unknown, "" before delivery
	TLSVersion   string
	TLSCipher    string
	Relay        string // relay[address]:port that took the mail

	Outcome        string // held, released, returned, deleted, delivered, deferred, bounced, rejected, expired, unknown, queued
	OutcomeTime    time.Time
	DSN            string // enhanced status code, RFC 3463
	Final          bool   // the outcome will not change any more
	Held           bool   // it was held at some time, whatever came after
	Released       bool   // it was released from hold
	DelayMS        int64  // from birth to delivery in milliseconds, 0 where it was not delivered or was held
	Delay          string // the same as one of Times, "" where it was not delivered or was held
	Left           bool   // outbound and delivered: this copy left the house
	Protected      string // yes, no, first-hop, unknown
	AfterObjection bool
	Objector       string // with AfterObjection: whose, by a name that tells nothing

	Department    string
	SecureMailbox string // the secure mailbox that sent or received it, "" for none

	// Of the message as a whole, equal on all its rows; figures of messages count rows with First.
	First            bool   // on the message's first recipient
	Recipients       int    // of the message
	MessageLeft      bool   // at least one copy left
	MessageProtected string // yes only if every copy that left was; else the worst
	MessageDirection string // outbound if any recipient is
	DoneRight        string // yes: every copy protected without intervention; no; unknown
	MessageOutcome   string // held before rejected before … before delivered: see package track

	Finding  string   // "", no-verdict, no-mta-lines, outside-class, not-judged
	Evidence []string // "source:position:hash" of the lines behind it
	Revision int64
	Schema   int
}

// times are the ends of the spans that Times names.
var times = []struct {
	name  string
	below time.Duration
}{
	{"under-10ms", 10 * time.Millisecond}, {"under-100ms", 100 * time.Millisecond}, {"under-1s", time.Second}, {"under-10s", 10 * time.Second},
	{"under-1m", time.Minute}, {"under-10m", 10 * time.Minute}, {"under-1h", time.Hour}, {"under-1d", 24 * time.Hour},
}

// longest is the span of what takes a day or longer.
const longest = "1d-or-more"

// Times are the names of the spans by which delays are counted, the shortest first.
func Times() (all []string) {
	for _, t := range times {
		all = append(all, t.name)
	}
	return append(all, longest)
}

// TimeOf names the span that a duration lies in; one below zero, of clocks that differ, counts as none.
func TimeOf(d time.Duration) string {
	for _, t := range times {
		if d < t.below {
			return t.name
		}
	}
	return longest
}

// Type is the type of a field, named as Elasticsearch names it.
type Type string

// Field types.
const (
	Keyword Type = "keyword"
	Long    Type = "long"
	Boolean Type = "boolean"
	Date    Type = "date"
)

// Field describes one field of Document.
type Field struct {
	Name   string // ECS or postvagt.* name, in Elasticsearch and in questions
	Column string // in SQLite
	Type   Type
	Array  bool                // several keywords
	At     func(*Document) any // points to the field of Document
	Get    func(*Document) any
	Set    func(*Document, any) // the value has the type that Get returns
}
