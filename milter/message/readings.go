package message

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// readings gives the ways in which a body must be read: the one its header names if the bytes bear it
// out, else what they look like; two where it cannot be known which one a mail program takes.
func readings(body *io.SectionReader, encodings []string) []io.Reader {
	pooled := heads.Get().(*[sniffSize]byte)
	defer heads.Put(pooled)
	n, _ := body.ReadAt(pooled[:min(sniffSize, body.Size())], 0)
	head := pooled[:n]
	var b64, qp bool
	for _, e := range encodings {
		b64 = b64 || strings.Contains(e, "base64")
		qp = qp || strings.Contains(e, "quoted")
	}
	again := func() *io.SectionReader { return io.NewSectionReader(body, 0, body.Size()) }
	letters, others := 0, 0
	if b64 {
		letters, others = base64Share(head)
	}
	switch {
	case b64 && others == 0 && letters > 0:
		if k := decodedKind(head); k == kindUnknown && body.Size() < 512 || (k == kindUnknown || k == kindPlain) && letters >= 40 && !mixedLetters(head) {
			return []io.Reader{&base64Reader{r: again()}, again()}
		}
		return []io.Reader{&base64Reader{r: again()}}
	case b64 && letters > 3 && others*2 <= letters && decodedKind(head) != kindUnknown:
		return []io.Reader{&base64Reader{r: again()}, again()}
	case longBase64(head):
		return []io.Reader{&base64Reader{r: again()}}
	case qp:
		return []io.Reader{&qpReader{r: newBuf(again())}}
	case looksQP(head) && !bytes.Contains(head, []byte("QUOTED-PRINTABLE")): // a vCard has its own
		return []io.Reader{again(), &qpReader{r: newBuf(again())}}
	}
	return []io.Reader{again()}
}

// heads are buffers for the beginning of a body.
var heads = sync.Pool{New: func() any { return new([sniffSize]byte) }}

// base64Share counts the letters of the base64 alphabet and what is neither letter nor line end.
func base64Share(p []byte) (letters, others int) {
	for len(p) > 0 {
		var line []byte
		line, p, _ = bytes.Cut(p, newline)
		for _, b := range bytes.TrimSpace(line) {
			if isBase64Byte(b) {
				letters++
			} else {
				others++
			}
		}
	}
	return letters, others
}

// longBase64 recognises base64 that nobody declared: nothing but long lines of its letters, which
// decode to something known.
func longBase64(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n"), newline)
	if len(first) < 40 || !isBase64Line(first) {
		return false // as any text
	}
	letters, others := base64Share(head)
	return others == 0 && letters >= 40 && surelyBase64(head)
}

// isBase64Line says whether a line holds nothing but letters of the base64 alphabet.
func isBase64Line(line []byte) bool {
	_, others := base64Share(line)
	return others == 0
}

// surelyBase64 says whether letters that nobody declared to be base64 are: they are mixed, and decode to a
// known kind or to plain text.
func surelyBase64(head []byte) bool {
	if !mixedLetters(head) {
		return false
	}
	raw, k := decodeHead(head), decodedKind(head)
	return k != kindUnknown && (k != kindPlain || looksPlain(raw) || wideCharset(raw) != "")
}

// mixedLetters says whether capitals, small letters and digits are mixed as base64 has them. A file of
// digits is none.
func mixedLetters(head []byte) bool {
	var upper, lower, other int
	for _, b := range head {
		switch {
		case b >= 'A' && b <= 'Z':
			upper++
		case b >= 'a' && b <= 'z':
			lower++
		case b >= '0' && b <= '9', b == '+', b == '/':
			other++
		}
	}
	n := upper + lower + other
	return upper*10 >= n && lower*10 >= n && other > 0
}

// decodedKind is the kind of what base64 decodes to.
func decodedKind(head []byte) kind {
	return sniff(decodeHead(head), doc{about: partHeader{typ: "application/octet-stream"}})
}

func decodeHead(head []byte) []byte {
	raw, _ := io.ReadAll(&base64Reader{r: bytes.NewReader(head)})
	return raw
}

// looksQP recognises quoted-printable that nobody declared: escaped letters of Latin-1 or UTF-8.
func looksQP(head []byte) bool {
	for n := 0; n < 2; {
		i := bytes.IndexByte(head, '=')
		if i < 0 || i+2 >= len(head) {
			return false
		}
		if head[i+1] >= 'A' && head[i+1] <= 'F' {
			if _, ok := hexByte(head[i+1], head[i+2]); ok {
				n++
			}
		}
		head = head[i+1:]
	}
	return true
}
