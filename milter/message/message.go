// Package message opens a mail: its readable texts, what really protects them, and what could not be
// opened. The postcard rule: what a stranger on the wire could read is read.
//
// Read walks a message once, in linear time and bounded memory, and hands each text to a Sink as it
// is found. It never fails on malformed mail; what it cannot open it reports in Mail.Unopened.
//
// The way of a message: walk finds the parts by their places (walk.go). A part's bytes are read in one or
// two ways when its transfer encoding is in doubt (readings.go), its kind is told by content (sniff.go).
// Text goes through its charset, the quoter and the pieces of textWriter straight to the Sink (plain.go,
// html.go, quote.go, text.go). Anything else is spooled and given to the extractor of its kind, which hands
// over texts, or documents inside through opener.entry and opener.stream. All draw on one budget.
//
// What is encrypted is recorded by opener.locked, and only when the bytes prove it. Locked documents wait
// until the mail is read (passwords.go): a lock sent with its key is no lock.
//
// To add a format: a kind and its magic in sniff.go, a file with its extractor, a golden mail in testdata,
// a fuzz target.
package message

import (
	"fmt"
	"io"
	"net/textproto"
	"os/exec"
	"runtime"
	"slices"
	"sync/atomic"
)

// Text is one readable piece, UTF-8, valid only during the call that hands it over.
type Text struct {
	Part   string // where it stands, without content: "subject", "from", "2 text/html", "3.1 docx", "filename 3"
	Data   []byte
	More   bool // the next Text continues this part; pieces are cut at a white space where there is one
	Quoted bool // text of an earlier mail
	Hidden bool // a mail program would not show it
}

// Sink receives the texts of a message in the order in which they are found.
type Sink func(Text)

// Limits bound the work done for one message. The zero value of a field means its default.
type Limits struct {
	Depth     int   // nesting of parts and archives, default 20
	Parts     int   // parts and archive entries in all, default 1000
	TextBytes int64 // decoded text handed over in all, default 64 MiB
	Expanded  int64 // bytes that decompression may produce in all, default 200 MiB
}

// Protection is what encrypts or signs the content, as proven by its bytes and not by its label.
type Protection struct {
	Content   string // none, smime, pgp-mime, pgp-inline, zip, pdf, office (also 7z and rar: "zip")
	Algorithm string // AES-256-GCM, AES-128-CBC, 3DES, RC2-40, ZipCrypto, RC4-40 …; "" when not to be seen
	Strong    bool   // by the list in Options, else by Algorithms
	Signed    bool   // a signature is recorded and never taken for encryption (R3)
	Whole     bool   // nothing of the content is readable beside the encrypted part (a covering text with no data is still readable)
	Opened    string // why it is no lock though encrypted: "password in the same mail"; then Strong is false
}

// Lock is one place of a message where content is encrypted.
type Lock struct {
	Part      string // number of the part: "2", "3.1"
	Content   string // as in Protection
	Algorithm string
	Strong    bool
	Partial   bool   // other entries of the same archive are readable: it protects nothing
	Opened    string // "" as long as nothing opened it, else "password in the same mail"
}

// Unopened is a part that could not be judged.
type Unopened struct {
	Part   string
	Reason string // image, encrypted, limit, damaged, no pdftotext, unknown type, …
}

// Unread says whether a part that may hold text could not be judged: one that is no picture, sound or film, and not encrypted.
func (m *Mail) Unread() bool {
	return slices.ContainsFunc(m.Unopened, func(u Unopened) bool {
		return u.Reason != string(isImage) && u.Reason != string(isMedia) && u.Reason != string(encrypted)
	})
}

// UnderPassword says whether a file is locked by a password that the mail itself does not tell.
func (m *Mail) UnderPassword() bool {
	return slices.ContainsFunc(m.Locks, func(l Lock) bool {
		return l.Opened == "" && l.Algorithm != rightsManaged && (l.Content == "zip" || l.Content == "pdf" || l.Content == "office")
	})
}

// Address is a mailbox of a header field, RFC 5322 section 3.4.
type Address struct{ Name, Addr string }

// Mail is what is known of a message after reading it.
type Mail struct {
	From, Sender, ReplyTo, To, Cc, Bcc []Address
	MessageID, InReplyTo               string
	References                         []string
	Bulk                               bool       // List-Id, List-Unsubscribe or Precedence: bulk|list (RFC 2919, 2369)
	AutoSubmitted                      bool       // RFC 3834
	Protection                         Protection // of the whole, by the weakest of Locks
	Locks                              []Lock
	TellsPassword                      bool // the text seems to tell a password: after a locked file, the key by the same channel
	Unopened                           []Unopened
	Parts                              int

	header map[string][]string // canonical name -> decoded values
}

// Options says how to read.
type Options struct {
	Limits    Limits
	Strong    map[string]bool // algorithm -> strong; nil means the shipped list, Algorithms
	Pdftotext string          // path of the child; "" means look it up, "-" means none
	Passwords []string        // defaults tried on locked files, besides those found in the same mail; VelvetSweatshop need not be named
}

// Reader reads messages; it is safe for concurrent use.
type Reader struct {
	opt       Options
	pdftotext string // "" when there is none
	strong    map[string]bool
	children  chan struct{} // as many children at once as it has room
	sameNet   atomic.Bool   // this system does not let a child have a network of its own
}

// NewReader makes a Reader. Pdftotext says whether it found its child.
func NewReader(opt Options) *Reader {
	rd := &Reader{opt: opt, pdftotext: opt.Pdftotext, strong: opt.Strong, children: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
	if rd.strong == nil {
		rd.strong = strongNames()
	}
	switch opt.Pdftotext {
	case "-":
		rd.pdftotext = ""
	case "":
		rd.pdftotext, _ = exec.LookPath("pdftotext")
	default:
		rd.pdftotext, _ = exec.LookPath(opt.Pdftotext)
	}
	return rd
}

// Pdftotext is the path of the child that reads PDF, "" when there is none: then every PDF is
// unopened, which a daemon says once at its start.
func (rd *Reader) Pdftotext() string { return rd.pdftotext }

// Header returns the decoded values of a header field in the order in which they stand.
func (m *Mail) Header(name string) []string { return m.header[textproto.CanonicalMIMEHeaderKey(name)] }

// opener begins the reading of one message.
func (rd *Reader) opener(sink Sink) *opener {
	o := &opener{rd: rd, opt: &rd.opt, pdftotext: rd.pdftotext, budget: newBudget(rd.opt.Limits), begin: func(*Mail) {}, sink: sink, mail: &Mail{}}
	o.parts = o.budget.parts
	return o
}

// finish tries the passwords and sums up.
func (o *opener) finish() {
	o.tryPasswords()
	for _, s := range o.spools {
		s.close()
	}
	o.mail.Parts = o.parts - o.budget.parts
	o.decide()
}

// Read reads one message of size bytes from r. The error is one of reading r, never of the message.
func (rd *Reader) Read(r io.ReaderAt, size int64, sink Sink) (*Mail, error) {
	return rd.ReadFrom(r, size, func(*Mail) {}, sink)
}

// ReadFrom is Read for who must know the header before the texts: begin is called once, before the first of them, with what
// the header says; the rest of the Mail is not known yet. It is not called where r cannot be read.
func (rd *Reader) ReadFrom(r io.ReaderAt, size int64, begin func(*Mail), sink Sink) (*Mail, error) {
	o := rd.opener(sink)
	o.begin = begin
	err := o.message(io.NewSectionReader(sourceReader{o, r}, 0, size), doc{})
	if o.err != nil {
		err = o.err
	}
	o.finish()
	if err != nil {
		return nil, fmt.Errorf("read the message: %w", err)
	}
	return o.mail, nil
}
