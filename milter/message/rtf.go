package message

import (
	"bufio"
	"io"
	"strconv"
	"unicode/utf16"
)

// rtfDepth bounds the groups whose state is kept; deeper ones share the last.
const rtfDepth = 200

// openRTF reads Rich Text Format: the text that a reader sees, hidden and deleted text and document
// properties aside.
func openRTF(o *opener, d doc, data *io.SectionReader) error {
	r := &rtfReader{o: o, label: d.label(string(kindRTF)), br: newBuf(data), l: o.layout(d, kindRTF), hid: o.aside(d, kindRTF), codepage: "windows-1252"}
	r.groups = append(r.groups, rtfState{uc: 1})
	err := r.read()
	r.flush()
	r.flushHidden()
	r.l.close()
	r.hid.close()
	if err == io.EOF {
		if !r.seen {
			return damaged
		}
		return nil
	}
	return err
}

type rtfState struct {
	skip   bool // a destination that is no text
	hidden bool
	uc     int // bytes that stand for a \u character
}

type rtfReader struct {
	o        *opener
	br       *bufio.Reader
	label    string
	l        *layout
	hid      *aside
	groups   []rtfState
	over     int
	codepage string
	raw      []byte // bytes in the code page that wait for decoding
	wide     []uint16
	aside    []byte
	pending  int // characters that stand for the last \u, still to be passed over
	star     bool
	seen     bool
}

func (r *rtfReader) top() *rtfState { return &r.groups[len(r.groups)-1] }

func (r *rtfReader) read() error {
	for {
		b, err := r.br.ReadByte()
		if err != nil {
			return err
		}
		if r.o.budget.text <= 0 {
			return errLimit
		}
		switch b {
		case '{':
			r.push()
		case '}':
			r.flush()
			r.pop()
		case '\\':
			if err := r.control(); err != nil {
				return err
			}
		case '\r', '\n', 0:
		default:
			r.char(b)
		}
	}
}

func (r *rtfReader) push() {
	r.flush()
	if len(r.groups) >= rtfDepth {
		r.over++
		return
	}
	r.groups = append(r.groups, *r.top())
}

func (r *rtfReader) pop() {
	r.star, r.pending = false, 0
	if r.over > 0 {
		r.over--
		return
	}
	if len(r.groups) > 1 {
		r.groups = r.groups[:len(r.groups)-1]
	}
}

// char takes one byte of text in the code page.
func (r *rtfReader) char(b byte) {
	if r.pending > 0 {
		r.pending--
		return
	}
	if r.top().skip {
		return
	}
	if len(r.wide) > 0 {
		r.flush()
	}
	r.raw = append(r.raw, b)
	if len(r.raw) >= 4096 && b < 0x80 {
		r.flush()
	}
}

// flush writes what waits.
func (r *rtfReader) flush() {
	if len(r.wide) > 0 {
		r.text([]byte(string(utf16.Decode(r.wide))))
		r.wide = r.wide[:0]
	}
	if len(r.raw) > 0 {
		if isASCII(r.raw) {
			r.text(r.raw)
		} else {
			r.text([]byte(decodeRTF(r.raw, r.codepage)))
		}
		r.raw = r.raw[:0]
	}
}

// decodeRTF decodes bytes of the document's code page.
func decodeRTF(p []byte, codepage string) string {
	if enc := lookupCharset(codepage); enc != nil {
		if out, err := enc.NewDecoder().Bytes(p); err == nil {
			return string(out)
		}
	}
	return decodeCharset(p, "")
}

func (r *rtfReader) text(p []byte) {
	if r.top().hidden {
		if len(r.aside) < 1<<20 {
			r.aside = append(r.aside, p...)
		}
		return
	}
	if len(r.aside) > 0 && !isBlank(p) {
		r.flushHidden() // what stands on both sides of it does not join
	}
	r.l.put(p)
}

func (r *rtfReader) flushHidden() {
	r.hid.add(r.aside)
	r.aside = r.aside[:0]
}

// control takes a control word or symbol after its backslash.
func (r *rtfReader) control() error {
	b, err := r.br.ReadByte()
	if err != nil {
		return err
	}
	if !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') {
		return r.symbol(b)
	}
	word := []byte{b}
	for {
		b, err = r.br.ReadByte()
		if err != nil || !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') || len(word) >= 32 {
			break
		}
		word = append(word, b)
	}
	num, has := 0, false
	if err == nil && (b == '-' || b >= '0' && b <= '9') {
		digits := []byte{b}
		for {
			b, err = r.br.ReadByte()
			if err != nil || b < '0' || b > '9' || len(digits) > 10 {
				break
			}
			digits = append(digits, b)
		}
		num, _ = strconv.Atoi(string(digits))
		has = true
	}
	if err == nil && b != ' ' {
		r.br.UnreadByte()
	}
	r.word(string(word), num, has)
	return nil
}

func (r *rtfReader) symbol(b byte) error {
	switch b {
	case '\'':
		var h [2]byte
		if _, err := io.ReadFull(r.br, h[:]); err != nil {
			return err
		}
		if x, ok := hexByte(h[0], h[1]); ok {
			r.char(x)
		}
	case '*':
		r.star = true
	case '~':
		r.unicode(0xa0)
	case '_':
		r.unicode('-')
	case '-': // an optional hyphen
	case '\\', '{', '}':
		r.char(b)
	case '\r', '\n':
		r.line()
	}
	return nil
}

func (r *rtfReader) line() {
	r.flush()
	if st := r.top(); !st.skip {
		if st.hidden {
			r.flushHidden()
		}
		r.l.space('\n')
	}
}

// rtfSkip names the destinations without text for a reader.
var rtfSkip = map[string]bool{"fonttbl": true, "colortbl": true, "stylesheet": true, "pict": true, "objdata": true, "themedata": true,
	"colorschememapping": true, "datastore": true, "latentstyles": true, "rsidtbl": true, "generator": true, "listtable": true,
	"listoverridetable": true, "xmlnstbl": true, "mmathPr": true, "fchars": true, "lchars": true, "filetbl": true, "revtbl": true,
	"panose": true, "falt": true, "blipuid": true, "nonshppict": true, "levelnumbers": true, "leveltext": true, "sn": true, "wgrffmtfilter": true, "objclass": true, "pnseclvl": true}

// word acts on a control word.
func (r *rtfReader) word(w string, num int, has bool) {
	star := r.star
	r.star = false
	if r.codepageWord(w, num) || r.layoutWord(w) || r.stateWord(w, num, has) {
		return
	}
	if c, ok := rtfChars[w]; ok {
		r.unicode(c)
		return
	}
	switch {
	case w == "u":
		r.unicodeWord(num)
	case w == "bin":
		io.CopyN(io.Discard, r.br, int64(max(num, 0)))
	case w == "objdata":
		r.o.unopened(r.label, "embedded object")
		r.top().skip = true
	case rtfSkip[w], star && !rtfText[w]:
		r.top().skip = true
	}
}

// rtfChars are the words that stand for a character.
var rtfChars = map[string]uint16{"endash": 0x2013, "emdash": 0x2014, "bullet": 0x2022, "lquote": 0x2018, "rquote": 0x2019,
	"ldblquote": 0x201c, "rdblquote": 0x201d, "emspace": 0x2003, "enspace": 0x2002, "zwj": 0x200d, "zwnj": 0x200c}

// codepageWord takes the words that say how 8-bit text is written.
func (r *rtfReader) codepageWord(w string, num int) bool {
	switch w {
	case "rtf":
		r.seen = true
	case "ansicpg":
		r.codepage = codepageName(num)
	case "mac":
		r.codepage = "macintosh"
	case "uc":
		r.top().uc = max(num, 0)
	default:
		return false
	}
	return true
}

// layoutWord takes the words that are white space.
func (r *rtfReader) layoutWord(w string) bool {
	switch w {
	case "par", "line", "sect", "page", "softline":
		r.line()
	case "row", "nestrow":
		r.line()
		r.l.newRow()
	case "cell", "nestcell", "tab":
		r.flush()
		if !r.top().skip {
			r.l.space('\t')
		}
	default:
		return false
	}
	return true
}

// stateWord takes the words that hide text or show it again.
func (r *rtfReader) stateWord(w string, num int, has bool) bool {
	on := !has || num != 0
	switch w {
	case "v", "deleted":
		r.flush()
		r.top().hidden = on
	case "plain":
		r.flush()
		r.top().hidden = false
	case "info", "fldinst", "datafield", "bkmkstart", "bkmkend", "userprops", "docvar":
		r.top().hidden = true
	case "title", "subject", "author", "manager", "company", "keywords", "comment", "doccomm", "operator":
		r.flushHidden()
	case "sv", "propname", "staticval": // values of shapes and properties, each for itself
		r.flush()
		r.flushHidden()
		r.top().hidden = true
	case "htmlrtf": // what only a reader of RTF shall see, beside HTML
		r.flush()
		r.top().skip = on
	default:
		return false
	}
	return true
}

// rtfText names the starred destinations that hold text.
var rtfText = map[string]bool{"shptxt": true, "shpinst": true, "annotation": true, "atnauthor": true, "footnote": true, "shppict": false, "htmltag": false, "mhtmltag": false}

func (r *rtfReader) unicode(u uint16) {
	if r.top().skip {
		return
	}
	if len(r.raw) > 0 {
		r.flush()
	}
	r.wide = append(r.wide, u)
}

func (r *rtfReader) unicodeWord(num int) {
	r.unicode(uint16(num))
	r.pending = r.top().uc
}
