package message

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// decodeWords decodes the encoded words (RFC 2047) of a header value, also those that bend the rules:
// blanks inside, no end, no white space between two, a character split over two words, raw 8-bit.
func decodeWords(raw []byte) string {
	if !bytes.Contains(raw, []byte("=?")) {
		return decodeCharset(raw, "")
	}
	var out strings.Builder
	var pending []byte // decoded bytes of adjacent words in one charset
	charset := ""
	flush := func() {
		if len(pending) > 0 {
			out.WriteString(decodeCharset(pending, charset))
			pending = pending[:0]
		}
	}
	for len(raw) > 0 {
		at := bytes.Index(raw, []byte("=?"))
		if at < 0 {
			break
		}
		w, ok := parseWord(raw[at:])
		if !ok {
			flush()
			out.WriteString(decodeCharset(raw[:at+2], ""))
			raw = raw[at+2:]
			continue
		}
		if gap := raw[:at]; len(pending) == 0 || len(bytes.TrimSpace(gap)) > 0 {
			flush()
			out.WriteString(decodeCharset(gap, ""))
		}
		if !strings.EqualFold(charset, w.charset) {
			flush()
			charset = w.charset
		}
		pending = append(pending, w.data...)
		raw = raw[at+w.size:]
	}
	flush()
	out.WriteString(decodeCharset(raw, ""))
	return out.String()
}

type word struct {
	charset string
	data    []byte
	size    int
}

// parseWord reads the encoded word at the start of p.
func parseWord(p []byte) (word, bool) {
	rest := p[2:]
	q := bytes.IndexByte(rest[:min(len(rest), 64)], '?')
	if q <= 0 || len(rest) < q+3 || rest[q+2] != '?' {
		return word{}, false
	}
	charset, _, _ := strings.Cut(string(rest[:q]), "*") // RFC 2231 section 5: a language may follow
	enc, text := rest[q+1]|0x20, rest[q+3:]
	if enc != 'b' && enc != 'q' {
		return word{}, false
	}
	size := 2 + q + 3
	end := bytes.Index(text, []byte("?="))
	if end < 0 {
		end = len(text)
		size += end
	} else {
		size += end + 2
	}
	text = text[:end]
	if enc == 'b' {
		data, _ := io.ReadAll(&base64Reader{r: bytes.NewReader(text)})
		return word{charset, data, size}, true
	}
	text = bytes.ReplaceAll(text, []byte("_"), []byte(" "))
	return word{charset, appendQP(nil, text, false), size}, true
}

// decode2231 decodes a parameter value in the form charset'language'percent-encoded.
func decode2231(v string) string {
	charset, rest := "", v
	if a := strings.IndexByte(v, '\''); a >= 0 {
		if b := strings.IndexByte(v[a+1:], '\''); b >= 0 {
			charset, rest = v[:a], v[a+b+2:]
		}
	}
	return decodeCharset(percentDecode(rest), charset)
}

func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if h, ok := hexByte(s[i+1], s[i+2]); ok {
				out = append(out, h)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// newBuf is a reader of the size that peeking needs.
func newBuf(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 16<<10) }
