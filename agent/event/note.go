package event

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Note is what is to be known beside transmissions to read their figures: something that was done or entered, or that many
// transmissions tell together. Its time is that which it is shown at: of a month, noon of the month's first day.
type Note struct {
	Key        string // tells it apart in its store, the same whenever it is made
	Time       time.Time
	Kind       string // one of the kinds below
	What       string // measure: its kind. open-sender, open-recipient: new or known
	Name       string // measure: its title. open-sender, open-recipient: as in the transmissions. lost-lines, unknown-lines: the source or program
	Channel    string // reported
	Source     string // reported: where the number comes from
	Department string // "" for the whole house, or none
	Count      int64
}

// Kinds of notes.
const (
	NoteMeasure       = "measure"          // a measure that was taken; counts 1
	NoteReported      = "reported"         // mails of a month that somebody entered: reported, not measured
	NoteMailboxes     = "secure-mailboxes" // secure mailboxes in stock at the end of a month, of the current one today
	NoteOpenSender    = "open-sender"      // who sent openly in a month; counts the copies
	NoteOpenRecipient = "open-recipient"   // who was sent openly in a month; counts the copies
	NoteLostLines     = "lost-lines"       // a span in which the log system dropped lines; counts the lines
	NoteUnknownLines  = "unknown-lines"    // lines of a program that were not understood, of a day
	NoteLag           = "lag"              // how far reading lay behind the log at most, of a day; counts seconds
)

// Values of Note.What of senders and recipients.
const (
	NoteNew   = "new"   // not seen so in a month before, as far as transmissions are kept
	NoteKnown = "known" // seen so in a month before
)

// NoteKey is the key of a note from what tells it apart, none of which has a zero byte.
func NoteKey(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// NoteField describes one field of Note.
type NoteField struct {
	Name   string // ECS or postvagt.* name, in Elasticsearch and in questions
	Column string // in SQLite
	Type   Type
	At     func(*Note) any // points to the field of Note
}

// NoteFields lists every field in the order of the columns.
var NoteFields = []NoteField{
	{"event.id", "key", Keyword, func(n *Note) any { return &n.Key }},
	{"@timestamp", "time", Date, func(n *Note) any { return &n.Time }},
	{"postvagt.note", "kind", Keyword, func(n *Note) any { return &n.Kind }},
	{"postvagt.what", "what", Keyword, func(n *Note) any { return &n.What }},
	{"postvagt.name", "name", Keyword, func(n *Note) any { return &n.Name }},
	{"postvagt.channel", "channel", Keyword, func(n *Note) any { return &n.Channel }},
	{"postvagt.source", "source", Keyword, func(n *Note) any { return &n.Source }},
	{"postvagt.department", "department", Keyword, func(n *Note) any { return &n.Department }},
	{"postvagt.count", "count", Long, func(n *Note) any { return &n.Count }},
}

// NoteFieldByName finds a field by its name.
func NoteFieldByName(name string) (NoteField, bool) {
	for _, f := range NoteFields {
		if f.Name == name {
			return f, true
		}
	}
	return NoteField{}, false
}

// NoteRow is a stored note on its way to Elasticsearch.
type NoteRow struct {
	Note     Note
	Revision int64
	Gone     bool // it is to be deleted there
}

// NoteReceipt says what became of a shipped note.
type NoteReceipt struct {
	Key      string
	Revision int64
	Refused  string // "" where it arrived; else why Elasticsearch does not take it
}
