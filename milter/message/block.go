package message

import (
	"bytes"
	"strings"
)

// block is something encoded that stands between the lines of a text: OpenPGP or PEM armour, uuencode.
type block struct {
	uu     bool
	bare   bool   // base64 without any frame, as old mail servers return a message
	begin  string // "PGP MESSAGE", …
	lines  [][]byte
	size   int
	name   string
	data   []byte
	letter []bool // line is of the encoded body
}

// blockLine is what a line takes beside its letters.
const blockLine = 48

// blockMax bounds what is held of one block.
const blockMax = 4 << 20

// armours are the blocks whose content is judged or dropped as noise.
var armours = []string{"PGP MESSAGE", "PGP SIGNATURE", "PGP PUBLIC KEY BLOCK", "PKCS7", "CMS"}

// bareLine is the least length of a line that may begin bare base64.
const bareLine = 60

// isBareLine says whether a line can belong to bare base64.
func isBareLine(p []byte) bool {
	p = bytes.TrimRight(p, " \t\r")
	for _, c := range p {
		if !isBase64Byte(c) {
			return false
		}
	}
	return len(p) > 0 && len(p) <= 1000
}

// beginBlock recognises the first line of a block.
func beginBlock(p []byte) *block {
	if len(p) >= bareLine && isBareLine(p) {
		b := &block{bare: true}
		b.add(p)
		return b
	}
	if len(p) < 11 || len(p) > 120 || p[0] != '-' && p[0] != 'b' {
		return nil
	}
	s := strings.TrimRight(string(p), " \t")
	if rest, ok := strings.CutPrefix(s, "-----BEGIN "); ok {
		what := strings.TrimRight(rest, "-")
		for _, a := range armours {
			if what == a || strings.HasPrefix(what, "PGP MESSAGE, PART") && a == "PGP MESSAGE" {
				return &block{begin: a, lines: [][]byte{[]byte(s)}, letter: []bool{false}}
			}
		}
	}
	if rest, ok := strings.CutPrefix(s, "begin "); ok && len(rest) > 4 && strings.Trim(rest[:3], "01234567") == "" {
		name := strings.TrimSpace(strings.TrimLeft(rest, "01234567"))
		return &block{uu: true, name: name, lines: [][]byte{[]byte(s)}, letter: []bool{false}}
	}
	return nil
}

// add takes one more line and says whether the block is over.
func (b *block) add(p []byte) bool {
	p = append([]byte(nil), p...)
	b.lines = append(b.lines, p)
	b.size += len(p) + blockLine
	if b.bare {
		b.letter = append(b.letter, true)
		b.data = append(append(b.data, p...), '\n')
		return len(p) < len(b.lines[0]) || b.size > blockMax
	}
	if b.uu {
		var ok bool
		b.data, ok = appendUU(b.data, p)
		b.letter = append(b.letter, ok)
		return string(p) == "end" || !ok && len(bytes.TrimSpace(p)) > 0 || b.size > blockMax
	}
	end := bytes.HasPrefix(p, []byte("-----END ")) || len(p) > 1000
	body := bytes.TrimRight(p, " \t")
	letters := len(body) > 0 && !end
	for _, c := range body {
		letters = letters && isBase64Byte(c)
	}
	b.letter = append(b.letter, letters)
	if letters && body[0] != '=' {
		b.data = append(append(b.data, body...), '\n')
	}
	return end || b.size > blockMax
}

// judge says whether the block holds what it claims to, and decodes it.
func (b *block) judge(d doc) bool {
	if b.uu {
		return len(b.data) > 0
	}
	if b.bare {
		if len(b.lines) < 2 || !surelyBase64(b.data[:min(len(b.data), sniffSize)]) {
			return false
		}
		b.data = decodeHead(b.data)
		return true
	}
	b.data = decodeHead(b.data)
	if b.begin == "PKCS7" || b.begin == "CMS" {
		return isCMS(b.data)
	}
	return isPGP(b.data)
}

// texts are the lines of the block that a reader can read.
func (b *block) texts(opened bool) [][]byte {
	if !opened {
		return b.lines
	}
	var out [][]byte
	full := 0
	for i, l := range b.lines {
		if b.letter[i] {
			full = max(full, len(l))
		}
	}
	for i, l := range b.lines {
		switch {
		case !b.letter[i]:
			if !b.uu && !bytes.HasPrefix(l, []byte("-----")) || b.uu && i > 0 && string(l) != "end" {
				out = append(out, l)
			}
		case !b.uu && !b.bare && len(l) < full && l[0] != '=' && i+1 < len(b.lines) && b.letter[i+1] && b.lines[i+1][0] != '=':
			out = append(out, l) // a short line in the middle is no line of armour
		}
	}
	return out
}
