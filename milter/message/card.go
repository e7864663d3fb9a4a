package message

import (
	"bytes"
	"io"
	"strings"
)

// cardValue bounds one property of a calendar or card.
const cardValue = 16 << 20

// openCard reads calendars (RFC 5545) and cards (RFC 6350, and vCard 2.1): folded lines joined, escapes
// resolved, attachments inside opened.
func openCard(k kind) extractor {
	return func(o *opener, d doc, data *io.SectionReader) error {
		br := newBuf(utf8Reader(newBuf(data), d.about.params.get("charset")))
		t := o.textLines(d, k)
		c := &cardReader{o: o, d: d, t: t}
		var err error
		for err == nil && o.budget.text > 0 {
			var line []byte
			line, err = br.ReadSlice('\n')
			c.take(line)
		}
		c.property()
		t.close()
		for i, e := range c.inside {
			o.stream(d.child(i+1, ""), &base64Reader{r: bytes.NewReader(e)})
		}
		return nil
	}
}

type cardReader struct {
	o      *opener
	d      doc
	t      *textLines
	value  []byte // the property so far
	cut    bool   // the last stretch ended within a line
	inside [][]byte
}

// take takes a stretch of a line, with its line end if it has one.
func (c *cardReader) take(p []byte) {
	n := eol(p)
	text := p[:len(p)-n]
	folded := len(text) > 0 && (text[0] == ' ' || text[0] == '\t')
	soft := bytes.HasSuffix(c.value, []byte("=")) && bytes.Contains(c.value[:min(len(c.value), 200)], []byte("QUOTED-PRINTABLE"))
	switch {
	case c.cut:
	case soft:
		c.value = c.value[:len(c.value)-1]
	case folded:
		text = text[1:]
	default:
		c.property()
	}
	if len(c.value) < cardValue {
		c.value = append(c.value, text...)
	}
	c.cut = n == 0
}

// property hands a complete property over.
func (c *cardReader) property() {
	v := c.value
	c.value = c.value[:0]
	if len(v) == 0 {
		return
	}
	head, rest, _ := bytes.Cut(v, []byte(":"))
	name := strings.ToUpper(string(head[:min(len(head), 300)]))
	switch {
	case strings.Contains(name, "ENCODING=B") || strings.Contains(name, ";BASE64"):
		if len(c.inside) < 100 {
			c.inside = append(c.inside, append([]byte(nil), rest...))
		}
		return
	case strings.Contains(name, "QUOTED-PRINTABLE"):
		v = append(append(append([]byte(nil), head...), ':'), decodeCharset(appendQP(nil, rest, false), charsetParam(name))...)
	}
	if bytes.IndexByte(v, '\\') >= 0 {
		v = unescapeCard(v)
	}
	for _, line := range bytes.Split(v, newline) {
		c.t.line(line, false)
	}
}

func charsetParam(name string) string {
	_, v, _ := strings.Cut(name, "CHARSET=")
	v, _, _ = strings.Cut(v, ";")
	return v
}

func unescapeCard(p []byte) []byte {
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); i++ {
		if p[i] == '\\' && i+1 < len(p) {
			i++
			if p[i] == 'n' || p[i] == 'N' {
				out = append(out, '\n')
				continue
			}
		}
		out = append(out, p[i])
	}
	return out
}

// openXML reads any other XML: its texts and the values of its attributes.
func openXML(o *opener, d doc, data *io.SectionReader) error {
	l := o.layout(d, kindXML)
	err := scanXML(o, data, &anyXML{l: l})
	l.close()
	return err
}

type anyXML struct{ l *layout }

// inlineXML are elements that do not end a word in the formats that have text runs.
var inlineXML = map[string]bool{"t": true, "r": true, "span": true, "b": true, "i": true, "a": true, "u": true, "em": true, "strong": true, "tspan": true, "rPr": true}

func (h *anyXML) start(name []byte, a xmlAttrs) {
	if !inlineXML[string(name)] {
		h.l.space('\n')
	}
	for rest := []byte(a); ; {
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return
		}
		key := bytes.TrimSpace(rest[:eq])
		v := bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(v) == 0 || v[0] != '"' && v[0] != '\'' {
			return
		}
		end := bytes.IndexByte(v[1:], v[0])
		if end < 0 {
			return
		}
		if val := v[1 : 1+end]; !isBlank(val) && !bytes.HasPrefix(key, []byte("xmlns")) {
			h.l.space(' ')
			h.l.put(appendUnescaped(nil, val))
			h.l.space(' ')
		}
		rest = v[end+2:]
	}
}

func (h *anyXML) end(name []byte) {
	if !inlineXML[string(name)] {
		h.l.space('\n')
	}
}

func (h *anyXML) chars(p []byte) {
	if isBlank(p) {
		h.l.space(' ')
		return
	}
	h.l.put(p)
}

// unescapeJSON resolves the escapes in one line of JSON.
func unescapeJSON(p []byte) []byte {
	if bytes.IndexByte(p, '\\') < 0 {
		return p
	}
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); i++ {
		if p[i] != '\\' || i+1 >= len(p) {
			out = append(out, p[i])
			continue
		}
		i++
		switch p[i] {
		case 'n', 'r', 't', 'b', 'f':
			out = append(out, ' ')
		case 'u':
			r, ok := hexRune(p[i+1:])
			if !ok {
				out = append(out, 'u')
				continue
			}
			i += 4
			out = append(out, string(r)...)
		default:
			out = append(out, p[i])
		}
	}
	return out
}

func hexRune(p []byte) (rune, bool) {
	if len(p) < 4 {
		return 0, false
	}
	a, ok1 := hexByte(p[0], p[1])
	b, ok2 := hexByte(p[2], p[3])
	return rune(a)<<8 | rune(b), ok1 && ok2
}

// openMbox opens each message of a mailbox file.
func openMbox(o *opener, d doc, data *io.SectionReader) error {
	d.quoted = true
	ln := newLines(data)
	defer ln.close()
	start, k, blank := int64(-1), 0, true
	flush := func(end int64) error {
		if start < 0 {
			return nil
		}
		if !o.budget.takePart() {
			return errLimit
		}
		k++
		return o.message(io.NewSectionReader(data, start, end-start), d.child(k, ""))
	}
	for {
		off := ln.off
		line, first, err := ln.next()
		if err != nil && len(line) == 0 {
			break
		}
		if first && blank && bytes.HasPrefix(line, []byte("From ")) {
			if err := flush(off); err != nil {
				return err
			}
			start = off
		}
		blank = len(bytes.TrimSpace(line)) == 0
	}
	return flush(ln.off)
}
