package message

import (
	"errors"
	"io"
	"strings"
)

// opener opens one message: it carries the budget, the sink and what became known so far.
type opener struct {
	rd     *Reader
	opt    *Options
	budget budget
	begin  func(*Mail)
	sink   func(Text)
	mail   *Mail
	locks  []Lock

	pdftotext string
	attempts  []attempt // locked documents that wait for passwords
	said      []byte    // beginning of the visible text, in which passwords are looked for
	pooled    *[]byte   // where said comes from, nil before the first text
	trying    bool      // the mail itself has been read
	spools    []*spool  // of locked documents, closed at the end
	parts     int       // allowed at the start
	body      int       // letters and digits of readable content, apart from headers and file names
	err       error
}

// doc is one thing to open: a part's content, an entry of an archive.
type doc struct {
	path     string // "3.1"
	about    partHeader
	depth    int
	quoted   bool
	hidden   bool
	pgpMIME  bool // stands in a multipart/encrypted
	attached bool
}

// label is the name under which the texts of the document are handed over.
func (d doc) label(kind string) string { return d.path + " " + kind }

// child is a document inside d.
func (d doc) child(k int, name string) doc {
	c := doc{path: join(d.path, k), depth: d.depth + 1, quoted: d.quoted, hidden: d.hidden, attached: true}
	if name != "" {
		c.about.names = []string{name}
	}
	return c
}

// extractor opens one kind of document. It hands texts over through o and returns a reason when
// something could not be opened, what was readable before it notwithstanding.
type extractor func(o *opener, d doc, data *io.SectionReader) error

// reason says in Unopened why a part could not be judged.
type reason string

func (r reason) Error() string { return string(r) }

const (
	damaged   reason = "damaged"
	encrypted reason = "encrypted"
	unknown   reason = "unknown type"
	isImage   reason = "image"
	isMedia   reason = "audio or video"
	internal  reason = "internal error"
)

// sourceReader remembers the error of reading the message itself.
type sourceReader struct {
	o *opener
	r io.ReaderAt
}

func (s sourceReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.r.ReadAt(p, off)
	if err != nil && err != io.EOF && s.o.err == nil {
		s.o.err = err
	}
	return n, err
}

// broken remembers an error of this machine (no room for temporary files): the message was not judged,
// and Read says so.
func (o *opener) broken(err error) {
	if o.err == nil {
		o.err = err
	}
}

// unopened records that a part could not be judged, once for each part and reason.
func (o *opener) unopened(part, why string) {
	for _, u := range o.mail.Unopened {
		if u.Part == part && u.Reason == why {
			return
		}
	}
	if len(o.mail.Unopened) < 1000 {
		o.mail.Unopened = append(o.mail.Unopened, Unopened{part, why})
	}
}

// message opens the message in sec: its header texts, then its parts in their order.
func (o *opener) message(sec *io.SectionReader, d doc) error {
	nodes, err := o.walk(sec, d.path, d.depth, d.quoted)
	if err != nil {
		return err
	}
	if o.mail.header == nil && len(nodes) > 0 {
		o.mail.read(nodes[0].head)
		o.begin(o.mail)
	}
	for _, n := range nodes {
		o.node(sec, n, d)
	}
	return nil
}

func (o *opener) node(sec *io.SectionReader, n *node, parent doc) {
	if n.head != nil {
		o.announce(n)
	}
	for _, t := range n.about.texts {
		o.say(strings.TrimSpace(n.path+" header"), decodeWords(t), n.quoted)
	}
	for _, name := range n.about.names {
		o.say("filename "+n.where(), name, n.quoted)
	}
	if n.container || n.end <= n.start {
		return
	}
	d := doc{path: n.where(), about: n.about, depth: parent.depth + 1, quoted: n.quoted, hidden: parent.hidden, attached: n.about.attached}
	for p := n.parent; p != nil; p = p.parent {
		d.depth++
		d.pgpMIME = d.pgpMIME || p.about.typ == "multipart/encrypted"
	}
	body := io.NewSectionReader(sec, n.start, n.end-n.start)
	if n.raw {
		o.stream(doc{path: d.path, depth: d.depth, quoted: d.quoted}, body)
		return
	}
	for _, r := range readings(body, n.about.encodings) {
		o.stream(d, r)
	}
}

// stream opens content that comes once: texts as they come, anything else from a spool.
func (o *opener) stream(d doc, r io.Reader) {
	defer func() {
		if recover() != nil { // a fault over one document must not hide the others
			o.unopened(d.path, string(internal))
		}
	}()
	br := partReaders.get(r)
	defer partReaders.put(br)
	head, _ := br.Peek(sniffSize)
	k := sniff(head, d)
	if k == kindPlain || k == kindHTML || k == kindJSON {
		if err := o.readText(d, k, br); err != nil {
			o.failed(d, k, err)
		}
		return
	}
	s, err := o.fill(br)
	if err != nil {
		o.failed(d, k, err)
	}
	waiting := len(o.attempts)
	o.open(d, k, s.section())
	if len(o.attempts) > waiting {
		o.spools = append(o.spools, s)
		return
	}
	s.close()
}

// open opens a document of a known kind.
func (o *opener) open(d doc, k kind, data *io.SectionReader) {
	if d.depth > o.budget.depth {
		o.unopened(d.path, "limit")
		return
	}
	if err := extractorOf(k)(o, d, data); err != nil {
		o.failed(d, k, err)
	}
}

// entry opens one decoded entry of an archive or container; its name is a text too.
func (o *opener) entry(d doc, r io.Reader) {
	for _, name := range d.about.names {
		o.say("filename "+d.path, name, d.quoted)
	}
	o.stream(d, r)
}

func (o *opener) failed(d doc, k kind, err error) {
	var why reason
	switch {
	case errors.Is(err, errLimit):
		why = "limit"
	case errors.As(err, &why):
	default:
		why = damaged
	}
	o.unopened(strings.TrimSpace(d.path+" "+string(k)), string(why))
}
