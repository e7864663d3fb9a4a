package detect

// Level says how well a text must be protected. The zero value is None.
type Level uint8

// Levels, in rising order. Confidential data must at least be encrypted; sensitive data (GDPR
// Art. 9 and 10, and what national law adds) strongly.
const (
	None Level = iota
	Confidential
	Sensitive
)

// String gives the name used in verdict lines and documents.
func (l Level) String() string {
	switch l {
	case Confidential:
		return "confidential"
	case Sensitive:
		return "sensitive"
	}
	return "none"
}

// Text is one readable piece of a message, UTF-8. A long part may come in several pieces.
type Text struct {
	Part   string // where it stands, without content: "subject", "from", "2 text/html", "3.1 docx", "filename 3"
	Data   []byte // valid only during the call
	More   bool   // the next Text continues this part
	Quoted bool   // text of an earlier mail, not written by this sender
	Hidden bool   // a reader would not see it (CSS display:none, hidden sheet), a stranger on the wire would
}

// Context is what is known of a message besides its texts.
type Context struct {
	// Sender is the envelope or header sender's address and display name, lower-cased by nobody:
	// a substance-abuse centre as sender makes the mere client relationship sensitive (R12).
	Sender, SenderName string
	// Recipients are the display names of the recipients, cues for whom the text is about.
	Recipients []string
	// OwnDomains are the organisation's domains.
	OwnDomains []string
	// Person, if set, is told of each national number in canonical form (digits and letters only),
	// so that a register of objections can be asked (R9). The slice is valid only during the call.
	Person func(kind string, canonical []byte)
}

// Finding sums up what one rule found in one part.
type Finding struct {
	Rule   string // rule id
	Kind   string // health, dk-cpr, …
	Level  Level
	Tier   int // confidence reached, 0–100 (65, 75, 85 as Purview has them)
	Count  int // matches
	Part   string
	Quoted bool // all matches stand in quoted text
}

// Result is what a message's texts amount to.
type Result struct {
	Level    Level
	Kinds    []string // sorted, distinct; only kinds that raise the level
	Persons  int      // distinct persons identified; the keys to tell them apart live no longer than the Scanner
	Lang     string   // da, sv, nb, nn, fi, en or "" (ISO 639-1), the language that most of the text is in
	Asks     bool     // the mail asks its reader to send such data by mail (R17)
	Findings []Finding
}
