package message

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// node is one part of a message, found by its place; its bytes stay where they are.
type node struct {
	path       string
	about      partHeader
	head       *header // of a message, nil for a mere part
	start, end int64   // body
	parent     *node
	extra      bool // what stands before, between or after the parts
	raw        bool // beyond the limits: read as text, not opened
	quoted     bool // part of an earlier message
	container  bool // a multipart or message: its body is other nodes
}

// partHeader is what a part's header says of it.
type partHeader struct {
	typ       string // media type, lower case, as declared; "" when missing
	params    value
	encodings []string // every Content-Transfer-Encoding, lower case
	attached  bool
	names     []string // file names, each different one
	texts     [][]byte // other readable values: description, broken lines, unknown fields
}

// frame is an open multipart or message around the present line.
type frame struct {
	boundary string
	declared bool // boundary came with the header
	matched  bool
	closed   bool
	node     *node
	count    int
}

// walker finds the parts of one message in one pass over its lines.
type walker struct {
	o      *opener
	ln     *lines
	stack  []frame
	nodes  []*node
	cur    *node // whose header or body the present line belongs to
	inHead bool
	block  []byte // header lines so far
	deep   int    // frames still allowed
	rest   bool   // parts used up: everything else is one text
	eol    int    // length of the line end before the present line
	copy   []byte // the present header line
}

// walk finds the parts of the message in sec. The root's path is prefix, its children prefix.1 and so on.
func (o *opener) walk(sec *io.SectionReader, prefix string, depth int, quoted bool) ([]*node, error) {
	w := &walker{o: o, ln: newLines(sec), deep: o.budget.depth - depth}
	defer w.ln.close()
	w.open(&node{path: prefix, quoted: quoted, head: &header{}})
	for {
		off := w.ln.off
		line, start, err := w.ln.next()
		if len(line) > 0 {
			w.line(line, off, start)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	for w.inHead { // a nested message opens a further header
		w.endHead(w.ln.off)
	}
	w.shut(w.ln.off)
	return w.nodes, nil
}

// open begins a node with its header.
func (w *walker) open(n *node) {
	w.cur, w.inHead, w.block = n, true, w.block[:0]
}

// shut ends the present node at off.
func (w *walker) shut(off int64) {
	n := w.cur
	w.cur = nil
	if n == nil {
		return
	}
	n.end = max(off, n.start)
	if n.extra && n.end-n.start < 3 {
		return
	}
	if !w.o.budget.takePart() && !w.rest {
		w.rest = true
		n.raw = true
		w.o.unopened(n.where(), "limit")
	}
	w.nodes = append(w.nodes, n)
}

func (w *walker) line(line []byte, off int64, start bool) {
	before := w.eol
	w.eol = eol(line)
	if !w.inHead {
		if start && isDash(line) {
			w.boundary(line, off, before)
		}
		return
	}
	if !start {
		w.keep(line)
		return
	}
	line = append(w.copy[:0], line...) // a peek moves the buffer
	w.copy = line
	if isDash(line) && w.boundary(line, off, before) {
		return
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		w.endHead(w.ln.off)
		return
	}
	if w.isHead(text) {
		w.keep(line)
		return
	}
	w.endHead(off) // the blank line is missing
	if isDash(line) {
		w.boundary(line, off, before)
	}
}

func isDash(line []byte) bool { return len(line) > 1 && line[0] == '-' && line[1] == '-' }

// isHead says whether a line met within a header belongs to it.
func (w *walker) isHead(text []byte) bool {
	switch {
	case text[0] == ' ' || text[0] == '\t':
		if len(bytes.TrimSpace(text)) > 0 {
			return len(w.block) > 0
		}
		next := w.ln.peek()
		_, _, ok := splitField(next)
		return ok || len(next) > 0 && (next[0] == ' ' || next[0] == '\t')
	case bytes.HasPrefix(text, []byte("From ")) || bytes.HasPrefix(text, []byte(">From ")):
		return len(w.block) == 0
	}
	if _, _, ok := splitField(text); ok {
		return true
	}
	return knownField(w.ln.peek()) // one broken line between good ones
}

func (w *walker) keep(line []byte) {
	if w.o.budget.header < int64(len(line)) {
		w.o.unopened(w.cur.where(), "limit")
		return
	}
	w.o.budget.header -= int64(len(line))
	w.block = append(w.block, line...)
}

// boundary acts on a line that begins with two dashes; it says whether that line is a boundary.
func (w *walker) boundary(line []byte, off int64, before int) bool {
	if w.rest {
		return false
	}
	text := bytes.TrimRight(line[2:], " \t\r\n")
	at, closing := w.match(text)
	if at < 0 {
		if w.inHead || !w.adopt(text, off, before) {
			return false
		}
		at = len(w.stack) - 1
	}
	after := w.ln.off
	if w.inHead {
		w.endHead(off)
	}
	w.shut(off - int64(before))
	w.stack = w.stack[:at+1]
	f := &w.stack[at]
	if closing {
		f.closed = true
		w.cur = &node{path: join(f.node.path, 0), start: after, extra: true, parent: f.node, quoted: f.node.quoted}
		return true
	}
	f.matched, f.closed = true, false
	f.count++
	w.open(&node{path: join(f.node.path, f.count), parent: f.node, quoted: f.node.quoted})
	return true
}

// match finds the frame whose boundary the text is: the innermost open one, else the innermost closed one.
func (w *walker) match(text []byte) (at int, closing bool) {
	at = -1
	for i := len(w.stack) - 1; i >= 0; i-- {
		f := &w.stack[i]
		if !f.declared && !f.matched || f.boundary == noBoundary {
			continue
		}
		rest, ok := bytes.CutPrefix(text, []byte(f.boundary))
		if !ok || len(rest) > 0 && string(rest) != "--" {
			continue
		}
		if !f.closed {
			return i, len(rest) > 0
		}
		if at < 0 {
			at, closing = i, len(rest) > 0
		}
	}
	return at, closing
}

// noBoundary marks the frame of a nested message. No line can be equal to it.
const noBoundary = "\n"

// adopt takes a line as a boundary that the header does not name rightly, or not at all.
func (w *walker) adopt(text []byte, off int64, before int) bool {
	if w.cur == nil || len(text) == 0 || len(text) > 200 || bytes.ContainsAny(text, " \t") || bytes.HasSuffix(text, []byte("--")) {
		return false
	}
	token := string(text)
	next := w.ln.peek()
	field := len(next) > 8 && bytes.EqualFold(next[:8], []byte("content-")) && bytes.IndexByte(next, ':') > 0
	if top := len(w.stack) - 1; top >= 0 && w.cur.extra && !w.stack[top].matched {
		f := &w.stack[top]
		if !field && (f.declared || len(next) > 0) {
			return false
		}
		f.boundary = token
		return true
	}
	if !field || w.cur.raw || !w.cur.about.isPlain() || len(w.stack) >= w.deep {
		return false
	}
	inner := &node{path: w.cur.where(), quoted: w.cur.quoted}
	w.stack = append(w.stack, frame{boundary: token, node: inner})
	return true
}

// endHead reads the header gathered so far; the body begins at off.
func (w *walker) endHead(off int64) {
	n := w.cur
	h := parseHeader(w.block)
	n.about = describe(h)
	n.start = off
	w.inHead = false
	if n.head != nil {
		n.head = h
	}
	if n.parent != nil && n.parent.about.typ == "multipart/digest" && n.about.typ == "" {
		n.about.typ = "message/rfc822"
	}
	multi := strings.HasPrefix(n.about.typ, "multipart/")
	if !multi && !w.isMessage(n) {
		n.raw = n.raw || w.rest
		return
	}
	if len(w.stack) >= w.deep || w.rest {
		w.o.unopened(n.where(), "limit")
		n.raw = true
		return
	}
	n.container = true
	w.shut(off)
	if !multi {
		w.stack = append(w.stack, frame{boundary: noBoundary, matched: true, node: n})
		w.open(&node{path: n.path, head: &header{}, quoted: true, parent: n})
		return
	}
	f := frame{node: n}
	f.boundary, f.declared = n.about.boundary()
	w.stack = append(w.stack, f)
	w.cur = &node{path: join(n.path, 0), start: off, extra: true, parent: n, quoted: n.quoted}
	w.cur.about.encodings = n.about.encodings
}

// where is the number of the body: that of a message which is no multipart is its first part.
func (n *node) where() string {
	if n.head != nil && !n.container {
		return join(n.path, 1)
	}
	return n.path
}

// isMessage says whether the body is a message that stands there as it is, not encoded.
func (w *walker) isMessage(n *node) bool {
	switch n.about.typ {
	case "message/rfc822", "message/global", "message/news", "message/external-body":
	case "message/partial":
		if num := n.about.params.get("number"); num != "" && num != "1" {
			return false
		}
	default:
		return false
	}
	return n.about.identity() || knownField(w.ln.peek())
}

func join(path string, k int) string {
	if path == "" {
		return strconv.Itoa(k)
	}
	return path + "." + strconv.Itoa(k)
}
