package message

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
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
	br := bufio.NewReaderSize(r, xmlTag)
	if head, _ := br.Peek(4); len(head) == 4 && (head[0] == 0xff || head[0] == 0xfe || head[0] == 0 || head[1] == 0) {
		br = bufio.NewReaderSize(utf8Reader(br, "utf-16"), xmlTag)
	}
	s := &xmlScan{br: br, h: h, b: &o.budget}
	for {
		if err := s.step(); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

type xmlScan struct {
	br    *bufio.Reader
	h     xmlHandler
	b     *budget
	text  []byte
	carry []byte
}

// step takes the text up to the next tag, and that tag.
func (s *xmlScan) step() error {
	text, err := s.br.ReadSlice('<')
	if n := len(text); n > 0 {
		if text[n-1] == '<' {
			text = text[:n-1]
		}
		if len(s.carry) > 0 {
			text = append(s.carry, text...)
			s.carry = nil
		}
		if err == bufio.ErrBufferFull {
			s.chars(s.cut(text))
			return nil
		}
		s.chars(text)
	}
	if err != nil {
		return err
	}
	if s.b.text <= 0 {
		return errLimit
	}
	return s.tag()
}

// cut leaves an entity or a rune that the buffer cuts to the next round.
func (s *xmlScan) cut(text []byte) []byte {
	k := completeRunes(text)
	if amp := bytes.LastIndexByte(text[max(0, k-12):k], '&'); amp >= 0 {
		k = max(0, k-12) + amp
	}
	s.carry = append([]byte(nil), text[k:]...)
	return text[:k]
}

func (s *xmlScan) chars(text []byte) {
	if len(text) == 0 {
		return
	}
	if bytes.IndexByte(text, '&') >= 0 {
		s.text = appendUnescaped(s.text[:0], text)
		text = s.text
	}
	if !utf8.Valid(text) {
		text = appendLenient(nil, text)
	}
	s.h.chars(text)
}

// tag reads a tag after its opening bracket.
func (s *xmlScan) tag() error {
	head, _ := s.br.Peek(8)
	switch {
	case bytes.HasPrefix(head, []byte("!--")):
		return s.until("-->", nil)
	case bytes.HasPrefix(head, []byte("![CDATA[")):
		s.br.Discard(8)
		return s.until("]]>", s.h.chars)
	case bytes.HasPrefix(head, []byte("!DOCTYPE")):
		return s.doctype()
	}
	tag, err := s.br.ReadSlice('>')
	if err == bufio.ErrBufferFull {
		return s.until(">", nil)
	}
	if err != nil {
		return err
	}
	if bytes.Count(tag, []byte(`"`))&1 == 1 { // a bracket within a value
		full := append([]byte(nil), tag...)
		for bytes.Count(full, []byte(`"`))&1 == 1 && len(full) < xmlTag {
			more, err := s.br.ReadSlice('>')
			full = append(full, more...)
			if err != nil {
				return err
			}
		}
		tag = full
	}
	tag = tag[:len(tag)-1]
	if len(tag) == 0 || tag[0] == '?' || tag[0] == '!' {
		return nil
	}
	if tag[0] == '/' {
		s.h.end(localName(tag[1:]))
		return nil
	}
	closed := tag[len(tag)-1] == '/'
	if closed {
		tag = tag[:len(tag)-1]
	}
	name := tag
	var attrs xmlAttrs
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		name, attrs = tag[:i], xmlAttrs(tag[i:])
	}
	name = localName(name)
	s.h.start(name, attrs)
	if closed {
		s.h.end(name)
	}
	return nil
}

// until passes on what stands before the end mark.
func (s *xmlScan) until(mark string, pass func([]byte)) error {
	last := mark[len(mark)-1]
	var tail []byte
	for {
		p, err := s.br.ReadSlice(last)
		if pass != nil {
			all := append(tail, p...)
			if bytes.HasSuffix(all, []byte(mark)) {
				pass(all[:len(all)-len(mark)])
				return nil
			}
			keep := max(0, len(all)-len(mark))
			if keep > 0 {
				pass(all[:keep])
			}
			tail = append([]byte(nil), all[keep:]...)
		} else {
			tail = append(tail[max(0, len(tail)-len(mark)):], p[max(0, len(p)-len(mark)):]...)
			if bytes.HasSuffix(tail, []byte(mark)) {
				return nil
			}
		}
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
	}
}

// doctype passes over a document type with its inner declarations.
func (s *xmlScan) doctype() error {
	depth := 0
	for {
		b, err := s.br.ReadByte()
		if err != nil {
			return err
		}
		switch b {
		case '[':
			depth++
		case ']':
			depth--
		case '>':
			if depth <= 0 {
				return nil
			}
		}
	}
}

func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return bytes.TrimRight(name, " \t\r\n")
}

// get gives the value of an attribute, without regard to its prefix.
func (a xmlAttrs) get(name string) string {
	rest := []byte(a)
	for {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return ""
		}
		before := byte(' ')
		if i > 0 {
			before = rest[i-1]
		}
		rest = rest[i+len(name):]
		if before > ' ' && before != ':' {
			continue
		}
		v := bytes.TrimLeft(rest, " \t\r\n")
		if len(v) < 2 || v[0] != '=' {
			continue
		}
		v = bytes.TrimLeft(v[1:], " \t\r\n")
		if len(v) == 0 || v[0] != '"' && v[0] != '\'' {
			continue
		}
		end := bytes.IndexByte(v[1:], v[0])
		if end < 0 {
			return ""
		}
		return string(appendUnescaped(nil, v[1:1+end]))
	}
}

// appendUnescaped resolves character references and the five entities of XML.
func appendUnescaped(dst, p []byte) []byte {
	for {
		amp := bytes.IndexByte(p, '&')
		if amp < 0 {
			return append(dst, p...)
		}
		dst = append(dst, p[:amp]...)
		p = p[amp:]
		semi := bytes.IndexByte(p[:min(len(p), 12)], ';')
		if semi < 0 {
			dst = append(dst, '&')
			p = p[1:]
			continue
		}
		if r := entity(string(p[1:semi])); r != 0 {
			dst = utf8.AppendRune(dst, r)
		} else {
			dst = append(dst, p[:semi+1]...)
		}
		p = p[semi+1:]
	}
}

func entity(name string) rune {
	switch name {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	case "nbsp":
		return 0xa0
	}
	if len(name) < 2 || name[0] != '#' {
		return 0
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return utf8.RuneError
	}
	return rune(n)
}
