package message

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// readText reads a document that is text: it finds the charset, joins flowed lines, sets quoted text
// apart and opens what stands inline in it.
func (o *opener) readText(d doc, k kind, br *bufio.Reader) error {
	charset := d.about.params.get("charset")
	if k == kindHTML && charset == "" {
		head, _ := br.Peek(sniffSize)
		charset = metaCharset(head)
	}
	r := utf8Reader(br, charset)
	if l, ok := r.(*lenientReader); ok {
		defer l.close()
	}
	if k == kindHTML {
		return o.readHTML(d, r)
	}
	if d.about.typ == "application/pgp-encrypted" { // "Version: 1" is no content (RFC 3156)
		if head, _ := br.Peek(64); countLetters(head) == countLetters([]byte("Version: 1")) && o.body == 0 {
			defer func() { o.body = 0 }()
		}
	}
	if k == kindJSON {
		return o.lines(d, k, r, unescapeJSON)
	}
	return o.lines(d, kindPlain, r, nil)
}

// lines reads UTF-8 text line by line; fix, if set, changes each line.
func (o *opener) lines(d doc, k kind, r io.Reader, fix func([]byte) []byte) error {
	t := o.textLines(d, k)
	flow := &flowed{t: t, fix: fix, on: strings.EqualFold(d.about.params.get("format"), "flowed"), delSp: strings.EqualFold(d.about.params.get("delsp"), "yes")}
	ln := newLines(r)
	defer ln.close()
	var carry []byte
	var failed error
	for o.budget.text > 0 {
		stretch, _, err := ln.next()
		if err != nil && len(stretch) == 0 {
			if err != io.EOF {
				failed = err
			}
			break
		}
		n := eol(stretch)
		carry = append(carry, stretch[:len(stretch)-n]...)
		if n == 0 && err == nil {
			use := completeRunes(carry)
			flow.fragment(carry[:use])
			carry = append(carry[:0], carry[use:]...)
			continue
		}
		flow.lines(carry)
		carry = carry[:0]
	}
	if len(carry) > 0 {
		flow.lines(carry)
	}
	flow.close()
	t.close()
	return failed
}

// flowed undoes format=flowed (RFC 3676) and hands lines on.
type flowed struct {
	t         *textLines
	fix       func([]byte) []byte
	on, delSp bool
	joined    []byte
	depth     int
	long      bool // the present line came in fragments
}

// flowMax bounds a joined paragraph.
const flowMax = 32 << 10

func (f *flowed) fragment(p []byte) {
	f.flush()
	f.long = true
	f.t.fragment(p)
}

// lines takes one line, which may hold bare carriage returns.
func (f *flowed) lines(p []byte) {
	for {
		line, rest, more := bytes.Cut(p, []byte("\r"))
		f.line(line)
		if !more {
			return
		}
		p = rest
	}
}

func (f *flowed) line(p []byte) {
	if f.long {
		f.long = false
		f.t.fragment(p)
		f.t.fragment([]byte("\n"))
		return
	}
	if f.fix != nil {
		p = f.fix(p)
	}
	if !f.on {
		f.t.line(p, false)
		return
	}
	depth := 0
	for depth < len(p) && p[depth] == '>' {
		depth++
	}
	body := p[depth:]
	if len(body) > 0 && body[0] == ' ' {
		body = body[1:]
	}
	if len(f.joined) > 0 && depth == f.depth {
		f.joined = append(f.joined, body...)
	} else {
		f.flush()
		f.depth = depth
		f.joined = append(append(f.joined, p[:depth]...), body...)
	}
	soft := len(body) > 0 && body[len(body)-1] == ' ' && !bytes.Equal(body, []byte("-- ")) && len(f.joined) < flowMax
	if soft {
		if f.delSp {
			f.joined = f.joined[:len(f.joined)-1]
		}
		return
	}
	line := f.joined
	f.joined = f.joined[:0]
	f.t.line(line, false)
}

func (f *flowed) flush() {
	if len(f.joined) > 0 {
		f.t.line(f.joined, false)
		f.joined = f.joined[:0]
	}
}

func (f *flowed) close() { f.flush() }

// textLines takes a text line by line: armoured and uuencoded blocks go to their extractors, what is
// left to the quoter and to the sink.
type textLines struct {
	o      *opener
	d      doc
	q      quoter
	block  *block
	tail   bool     // within the rest of a block that was too large to be held
	blocks []*block // complete ones, opened after the text
	held   int
}

// blocksMax bounds the blocks of one text that are opened.
const blocksMax = 200

func (o *opener) textLines(d doc, k kind) *textLines {
	w := o.text(d.label(string(k)), d.quoted, d.hidden)
	w.content = true
	return &textLines{o: o, d: d, q: quoter{w: w, base: d.quoted}}
}

func (t *textLines) line(p []byte, quoted bool) {
	if t.block != nil && t.block.bare && !isBareLine(p) {
		t.finish() // what ends bare base64 is no part of it
	}
	if t.block != nil {
		if t.block.add(p) {
			t.finish()
		}
		return
	}
	if t.tail {
		t.tail = !bytes.HasPrefix(p, []byte("-----END "))
		if letters, others := base64Share(p); !t.tail || others == 0 && letters >= 40 {
			return
		}
	}
	if b := beginBlock(p); b != nil && t.held < 8<<20 && len(t.blocks) < blocksMax {
		t.block = b
		return
	}
	t.q.line(p, quoted)
}

func (t *textLines) fragment(p []byte) {
	if t.block != nil {
		t.finish()
	}
	t.q.fragment(p)
}

// finish judges the block that just ended: what is none is text.
func (t *textLines) finish() {
	b := t.block
	t.block = nil
	opened := b.judge(t.d)
	for _, l := range b.texts(opened) {
		t.q.line(l, false)
	}
	if opened {
		t.tail = !b.uu && b.size > blockMax
		t.held += len(b.data)
		t.blocks = append(t.blocks, b)
	}
}

func (t *textLines) close() {
	if t.block != nil {
		t.finish()
	}
	t.q.close()
	for i, b := range t.blocks {
		d := t.d.child(i+1, b.name)
		d.attached = t.d.attached
		d.pgpMIME = t.d.pgpMIME
		t.o.entry(d, bytes.NewReader(b.data))
	}
}

// metaCharset finds the charset that an HTML document declares in its head.
func metaCharset(head []byte) string {
	low := bytes.ToLower(head)
	at := bytes.Index(low, []byte("charset="))
	if at < 0 {
		return ""
	}
	v := bytes.TrimLeft(low[at+8:], " \"'")
	if end := bytes.IndexAny(v, " \"'>;/\r\n"); end >= 0 {
		v = v[:end]
	}
	return string(v)
}
