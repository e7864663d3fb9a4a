package message

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// pieceSize is the size of the pieces in which a text is handed over.
const pieceSize = 64 << 10

// textWriter hands the text of one part to the sink in pieces. What no reader sees inside a word
// (soft hyphen, zero width space) is dropped, so that a number stays one number.
type textWriter struct {
	o      *opener
	part   string
	quoted bool
	hidden bool
	buf    []byte
	pooled *[]byte // where buf comes from, nil before the first text
	marks  bool    // buf holds combining marks and must be normalised to NFC
	told   bool    // a piece with More was handed over

	content bool // the part is content, not a header or a file name
}

// text opens a writer for the part.
func (o *opener) text(part string, quoted, hidden bool) *textWriter {
	return &textWriter{o: o, part: part, quoted: quoted, hidden: hidden}
}

// say hands over one short text.
func (o *opener) say(part string, s string, quoted bool) {
	if s == "" {
		return
	}
	w := o.text(part, quoted, false)
	w.writeString(s)
	w.close()
}

func (w *textWriter) writeString(s string) { w.write([]byte(s)) }

// write appends UTF-8 text; a rune is never split between two calls. What is no UTF-8 is read as Windows-1252.
func (w *textWriter) write(p []byte) {
	if !utf8.Valid(p) {
		p = appendLenient(nil, p)
	}
	for len(p) > 0 {
		if len(w.buf) >= pieceSize {
			w.cut()
		}
		n := min(len(p), pieceSize-len(w.buf))
		for n < len(p) && n > 0 && !utf8.RuneStart(p[n]) {
			n--
		}
		if n == 0 {
			if len(w.buf) > pieceSize-utf8.UTFMax {
				w.cut()
				continue
			}
			n = len(p)
		}
		w.clean(p[:n])
		p = p[n:]
	}
}

// endLine writes a line end.
func (w *textWriter) endLine() {
	if n := len(w.buf); n > 0 && n < pieceSize {
		w.buf = append(w.buf, '\n')
		return
	}
	w.write(newline)
}

// setQuoted tells whether what follows is text of an earlier mail.
func (w *textWriter) setQuoted(q bool) {
	if q == w.quoted {
		return
	}
	if len(w.buf) > 0 {
		w.hand(w.buf, true)
		w.buf = w.buf[:0]
	}
	w.quoted = q
}

// clean appends p without control bytes and invisible characters.
func (w *textWriter) clean(p []byte) {
	if w.pooled == nil {
		w.pooled = textBuffers.Get().(*[]byte)
		w.buf = (*w.pooled)[:0]
	}
	from := 0
	for i := 0; i < len(p); i++ {
		b := p[i]
		if !odd[b] {
			continue
		}
		skip, with := invisible(p[i:])
		if skip == 0 {
			w.marks = w.marks || b == 0xcc || b == 0xcd
			continue
		}
		w.buf = append(w.buf, p[from:i]...)
		if with != 0 {
			w.buf = append(w.buf, with)
		}
		i += skip - 1
		from = i + 1
	}
	w.buf = append(w.buf, p[from:]...)
}

// odd says which bytes may begin what is dropped, or a mark.
var odd = func() (is [256]bool) {
	for b := range 0x20 {
		is[b] = b != '\n' && b != '\t'
	}
	for _, b := range [...]byte{0x7f, 0xc2, 0xe2, 0xef, 0xcc, 0xcd} {
		is[b] = true
	}
	return is
}()

// invisible says how many bytes at the start of p no reader sees, and what stands for them.
func invisible(p []byte) (skip int, with byte) {
	switch b := p[0]; {
	case b == 0 || b == 0x7f:
		return 1, 0
	case b == '\r' || b == '\v' || b == '\f':
		return 1, '\n'
	case b < 0x20:
		return 1, ' '
	case b == 0xc2 && len(p) > 1 && p[1] == 0xad: // U+00AD
		return 2, 0
	case b == 0xe2 && len(p) > 2 && p[1] == 0x80 && (p[2] >= 0x8b && p[2] <= 0x8f || p[2] >= 0xaa && p[2] <= 0xae):
		return 3, 0 // U+200B to U+200F, U+202A to U+202E
	case b == 0xe2 && len(p) > 2 && p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf: // U+2060 to U+206F
		return 3, 0
	case b == 0xe2 && len(p) > 2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9): // U+2028, U+2029
		return 3, '\n'
	case b == 0xef && len(p) > 2 && p[1] == 0xbb && p[2] == 0xbf: // U+FEFF
		return 3, 0
	}
	return 0, 0
}

// cut hands over the text up to the last white space.
func (w *textWriter) cut() {
	at := bytes.LastIndexAny(w.buf, "\n \t") + 1
	if at < pieceSize/2 {
		at = len(w.buf)
		for at > 0 && !utf8.FullRune(w.buf[lastRune(w.buf[:at]):at]) {
			at--
		}
	}
	w.hand(w.buf[:at], true)
	w.buf = append(w.buf[:0], w.buf[at:]...)
}

func lastRune(p []byte) int {
	i := len(p) - 1
	for i > 0 && len(p)-i < utf8.UTFMax && !utf8.RuneStart(p[i]) {
		i--
	}
	return max(i, 0)
}

// close hands over the last piece.
func (w *textWriter) close() {
	if len(w.buf) > 0 || w.told {
		w.hand(w.buf, false)
	}
	if w.pooled != nil {
		*w.pooled = w.buf
		textBuffers.Put(w.pooled)
	}
	w.buf, w.pooled, w.told = nil, nil, false
}

// textBuffers are used again by one text after the other: each writes over what was there.
var textBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (w *textWriter) hand(p []byte, more bool) {
	o := w.o
	if int64(len(p)) > o.budget.text {
		p = p[:o.budget.text]
		for len(p) > 0 && !utf8.Valid(p[lastRune(p):]) {
			p = p[:len(p)-1]
		}
		more = false
		o.unopened(w.part, "limit")
	}
	o.budget.text -= int64(len(p))
	if w.marks && !norm.NFC.IsNormal(p) {
		p = norm.NFC.Bytes(p)
	}
	if !w.told && !more && isBlank(p) {
		return
	}
	w.told = more
	if w.content && o.body < bodyEnough {
		o.body += countLetters(p[:min(len(p), 4096)])
	}
	o.sink(Text{Part: w.part, Data: p, More: more, Quoted: w.quoted, Hidden: w.hidden})
	if !w.hidden && !o.trying {
		o.keepText(p)
	}
}

// bodyEnough is more than any count of letters that matters.
const bodyEnough = 64

// countLetters counts what is not white space or a sign, up to bodyEnough.
func countLetters(p []byte) int {
	n := 0
	for _, b := range p {
		if b >= 0x80 || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' {
			if n++; n == bodyEnough {
				break
			}
		}
	}
	return n
}
