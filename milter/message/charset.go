package message

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// charsetPeek is how much of a text is looked at to see whether its label is true.
const charsetPeek = 4096

// utf8Reader gives the text of r in UTF-8. The label is believed unless the bytes say otherwise.
func utf8Reader(r *bufio.Reader, label string) io.Reader {
	head, _ := r.Peek(charsetPeek)
	switch name := trueCharset(head, label); name {
	case "utf-8":
		return newLenient(r)
	case "utf-7":
		return &utf7Reader{r: r}
	default:
		if enc := lookupCharset(name); enc != nil {
			return enc.NewDecoder().Reader(r)
		}
		return newLenient(r)
	}
}

// decodeCharset is utf8Reader for a short text.
func decodeCharset(p []byte, label string) string {
	if isASCII(p) && !strings.HasPrefix(strings.ToLower(label), "utf-7") && !strings.Contains(strings.ToLower(label), "2022") && label != "hz-gb-2312" {
		return string(p)
	}
	out, _ := io.ReadAll(utf8Reader(bufio.NewReaderSize(bytes.NewReader(p), charsetPeek), label))
	return string(out)
}

// trueCharset says in which charset the text really is.
func trueCharset(head []byte, label string) string {
	label = strings.ToLower(strings.Trim(label, " \t\"'"))
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return "utf-8"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}):
		return "utf-32le"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "utf-16be"
	case bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return "utf-32be"
	}
	if wide := wideCharset(head); wide != "" {
		return wide
	}
	switch label {
	case "utf-16", "utf-16le", "utf-16be", "ucs-2", "iso-10646-ucs-2", "unicode", "csunicode", "unicodefeff", "unicodefffe", "utf-32", "utf-32le", "utf-32be":
		if !bytes.ContainsRune(head, 0) && mostlyPrintable(head) {
			return "utf-8" // wide by label only
		}
		switch label {
		case "utf-16le", "utf-16be", "utf-32le", "utf-32be", "utf-32":
			return label
		}
		return "utf-16be"
	case "utf-7", "unicode-1-1-utf-7", "csunicode11utf7":
		return "utf-7"
	case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown", "default", "binary", "8bit", "7bit":
		return "utf-8"
	}
	if !isASCII(head) && validUTF8Head(head) {
		return "utf-8" // mislabelled: a run of other bytes is hardly ever valid UTF-8
	}
	return label
}

// wideCharset recognises UTF-16 and UTF-32 without a mark by where the zero bytes of Latin text stand.
func wideCharset(head []byte) string {
	n := len(head) &^ 3
	if n < 4 {
		return ""
	}
	var zero [4]int
	for i := 0; i < n; i++ {
		if head[i] == 0 {
			zero[i&3]++
		}
	}
	q := n / 4
	most := func(i int) bool { return zero[i]*10 >= q*7 }
	few := func(i int) bool { return zero[i]*10 <= q*2 }
	switch {
	case few(0) && most(1) && most(2) && most(3):
		return "utf-32le"
	case most(0) && most(1) && most(2) && few(3):
		return "utf-32be"
	case few(0) && most(1) && few(2) && most(3):
		return "utf-16le"
	case most(0) && few(1) && most(2) && few(3):
		return "utf-16be"
	}
	return ""
}

func lookupCharset(name string) encoding.Encoding {
	switch name {
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case "utf-32be", "utf-32":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "cp850", "ibm850", "850":
		return charmap.CodePage850
	case "cp865", "ibm865", "865":
		return charmap.CodePage865
	case "cp437", "ibm437", "437":
		return charmap.CodePage437
	}
	if strings.HasPrefix(name, "cp125") {
		name = "windows-" + name[2:]
	}
	if e, err := htmlindex.Get(name); err == nil {
		switch canon, _ := htmlindex.Name(e); canon {
		case "replacement", "x-user-defined": // a browser's refusal to decode
		case "utf-8":
			return nil // lenientReader does more
		default:
			return e
		}
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e
	}
	return nil
}

func isASCII(p []byte) bool {
	for _, b := range p {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// validUTF8Head is utf8.Valid for a text that may be cut within its last rune.
func validUTF8Head(p []byte) bool {
	if len(p) >= charsetPeek {
		p = p[:lastRune(p)]
	}
	return utf8.Valid(p)
}

func mostlyPrintable(p []byte) bool {
	odd := 0
	for _, b := range p {
		if b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != 0x1b {
			odd++
		}
	}
	return odd*50 <= len(p)
}

// lenientReader passes UTF-8 on and reads each byte that is none as Windows-1252.
type lenientReader struct {
	r    io.Reader
	in   [charsetPeek]byte
	used int // bytes of in that have been handed on
	have int // bytes in in
	out  []byte
	buf  []byte // what was no UTF-8
	err  error
}

// lenients are used again after close.
var lenients = sync.Pool{New: func() any { return new(lenientReader) }}

func newLenient(r io.Reader) *lenientReader {
	l := lenients.Get().(*lenientReader)
	l.r, l.used, l.have, l.out, l.err = r, 0, 0, nil, nil
	return l
}

// close leaves the buffers to another text. Nobody may read any more.
func (l *lenientReader) close() {
	l.r, l.out = nil, nil
	lenients.Put(l)
}

func (l *lenientReader) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.have = copy(l.in[:], l.in[l.used:l.have])
		n, err := l.r.Read(l.in[l.have:])
		l.have += n
		l.err = err
		l.used = l.have
		if err == nil {
			l.used = completeRunes(l.in[:l.have])
		}
		if l.out = l.in[:l.used]; !utf8.Valid(l.out) {
			l.buf = appendLenient(l.buf[:0], l.out)
			l.out = l.buf
		}
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// completeRunes is the length of p without a rune that may go on.
func completeRunes(p []byte) int {
	for i := len(p) - 1; i >= 0 && len(p)-i < utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				return i
			}
			break
		}
	}
	return len(p)
}

func appendLenient(dst, p []byte) []byte {
	if utf8.Valid(p) {
		return append(dst, p...)
	}
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			dst = utf8.AppendRune(dst, charmap.Windows1252.DecodeByte(p[0]))
		} else {
			dst = append(dst, p[:n]...)
		}
		p = p[n:]
	}
	return dst
}
