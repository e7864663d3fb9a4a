package message

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"
)

// xmlHandler is told what an XML document holds, in its order. Names come without prefix; a
// self-closing element is told as a start and an end.
type xmlHandler interface {
	start(name []byte, attrs xmlAttrs)
	end(name []byte)
	chars(text []byte)
}

// xmlAttrs are the attributes of an element as they stand.
type xmlAttrs []byte

// xmlTag bounds one tag; what is longer is passed over.
const xmlTag = 64 << 10

// scanXML reads the text of an XML document, without namespaces, validation or entities of its own
// (so that no entity can grow). It is an order of magnitude faster than encoding/xml.
func scanXML(o *opener, r io.Reader, h xmlHandler) error {
	s := &xmlScan{r: r, h: h, b: &o.budget, buf: make([]byte, xmlTag)}
	s.more()
	if head := s.window(); len(head) > 3 && (head[0] == 0xff || head[0] == 0xfe || head[0] == 0 || head[1] == 0) {
		all := io.MultiReader(bytes.NewReader(append([]byte(nil), head...)), r)
		s = &xmlScan{r: utf8Reader(bufio.NewReader(all), "utf-16"), h: h, b: &o.budget, buf: s.buf}
	}
	for s.err == nil && s.b.text > 0 {
		s.step()
	}
	if s.err == nil {
		return errLimit
	}
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

// xmlScan looks at a window of the document.
type xmlScan struct {
	r        io.Reader
	h        xmlHandler
	b        *budget
	buf      []byte
	pos, end int
	eof      error // of r, told when the window is used up
	err      error
	text     []byte
}

func (s *xmlScan) window() []byte { return s.buf[s.pos:s.end] }

// more widens the window; it says false when it is as wide as it can be.
func (s *xmlScan) more() bool {
	if s.pos > 0 {
		s.end = copy(s.buf, s.window())
		s.pos = 0
	}
	for s.eof == nil && s.end < len(s.buf) {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.eof = err
		if n > 0 {
			return true
		}
	}
	return false
}

// step takes the text up to the next tag, or that tag.
func (s *xmlScan) step() {
	win := s.window()
	lt := bytes.IndexByte(win, '<')
	if lt < 0 {
		if len(win) < len(s.buf)/2 && s.more() {
			return
		}
		s.rest(win)
		return
	}
	if lt > 0 {
		s.chars(win[:lt])
		s.pos += lt
	}
	s.tag(win[lt+1:])
}

// rest takes a window without any tag.
func (s *xmlScan) rest(win []byte) {
	if s.eof != nil {
		s.chars(win)
		s.pos = s.end
		s.err = s.eof
		return
	}
	k := completeRunes(win)
	if amp := bytes.LastIndexByte(win[max(0, k-12):k], '&'); amp >= 0 && k > 12 {
		k = k - 12 + amp // an entity that may go on
	}
	s.chars(win[:k])
	s.pos += k
	s.more()
}

func (s *xmlScan) chars(text []byte) {
	if bytes.IndexByte(text, '&') >= 0 {
		s.text = appendUnescaped(s.text[:0], text)
		text = s.text
	}
	if len(text) > 0 && !utf8.Valid(text) {
		text = appendLenient(nil, text)
	}
	if len(text) > 0 {
		s.h.chars(text)
	}
}

// tag takes a tag; p begins after its opening bracket, which still stands in the window.
func (s *xmlScan) tag(p []byte) {
	if len(p) < 9 && s.more() {
		return
	}
	if len(p) > 0 && p[0] == '!' {
		s.declaration(p)
		return
	}
	gt := tagEnd(p)
	if gt < 0 {
		if s.more() {
			return
		}
		s.pos++ // a bracket that opens no tag, or one that is too long to be read
		if s.eof == nil {
			s.until(">", nil)
		}
		return
	}
	s.pos += gt + 2
	s.element(p[:gt])
}

var quoteByte = []byte(`"`)

// tagEnd finds the bracket that ends a tag: one within a quoted value does not. It is -1 when there is none.
func tagEnd(p []byte) int {
	gt, quotes := -1, 0
	for {
		next := bytes.IndexByte(p[gt+1:], '>')
		if next < 0 {
			return -1
		}
		quotes += bytes.Count(p[gt+1:gt+1+next], quoteByte)
		gt += 1 + next
		if quotes&1 == 0 {
			return gt
		}
	}
}

func (s *xmlScan) element(tag []byte) {
	if len(tag) == 0 || tag[0] == '?' {
		return
	}
	if tag[0] == '/' {
		s.h.end(localName(tag[1:]))
		return
	}
	closed := tag[len(tag)-1] == '/'
	if closed {
		tag = tag[:len(tag)-1]
	}
	name := tag
	var attrs xmlAttrs
	for i, b := range tag {
		if b <= ' ' {
			name, attrs = tag[:i], xmlAttrs(tag[i:])
			break
		}
	}
	name = localName(name)
	s.h.start(name, attrs)
	if closed {
		s.h.end(name)
	}
}

// declaration takes comments, CDATA and document types.
func (s *xmlScan) declaration(p []byte) {
	switch {
	case bytes.HasPrefix(p, []byte("!--")):
		s.pos += 4
		s.until("-->", nil)
	case bytes.HasPrefix(p, []byte("![CDATA[")):
		s.pos += 9
		s.until("]]>", s.h.chars)
	case bytes.HasPrefix(p, []byte("!DOCTYPE")):
		s.pos += 9
		s.doctype()
	default:
		s.pos += 2
		s.until(">", nil)
	}
}

// until passes on what stands before the end mark.
func (s *xmlScan) until(mark string, pass func([]byte)) {
	for {
		win := s.window()
		if i := bytes.Index(win, []byte(mark)); i >= 0 {
			if pass != nil && i > 0 {
				pass(appendLenient(nil, win[:i]))
			}
			s.pos += i + len(mark)
			return
		}
		if s.eof != nil {
			if pass != nil {
				pass(appendLenient(nil, win))
			}
			s.pos, s.err = s.end, s.eof
			return
		}
		if k := completeRunes(win[:max(0, len(win)-len(mark))]); k > 0 {
			if pass != nil {
				pass(appendLenient(nil, win[:k]))
			}
			s.pos += k
		}
		s.more()
	}
}

// doctype passes over a document type with its inner declarations.
func (s *xmlScan) doctype() {
	depth := 0
	for {
		for i, b := range s.window() {
			switch b {
			case '[':
				depth++
			case ']':
				depth--
			case '>':
				if depth <= 0 {
					s.pos += i + 1
					return
				}
			}
		}
		s.pos = s.end
		if s.eof != nil {
			s.err = s.eof
			return
		}
		s.more()
	}
}
