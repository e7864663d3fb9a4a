package message

import (
	"bytes"
	"io"
	"strconv"
)

// pdfLock is the encryption dictionary of a PDF (ISO 32000-2 section 7.6).
type pdfLock struct {
	standard  bool // by password, not by certificate
	v, r      int
	length    int // of the key, bits
	method    string
	p         int32
	o, u      []byte
	id        []byte
	plainMeta bool
}

// pdfWindow is how much of the file is looked at at once.
const pdfWindow = 64 << 10

// pdfScan calls found for each place of the word.
func pdfScan(data *io.SectionReader, word string, found func(off int64)) {
	pdfScanFrom(data, 0, word, func(off int64) bool { found(off); return true })
}

// pdfScanFrom calls found for each place of the word behind start, until it says no.
func pdfScanFrom(data *io.SectionReader, start int64, word string, found func(off int64) bool) {
	buf := make([]byte, pdfWindow+len(word))
	for off := start; off < data.Size(); off += pdfWindow {
		n, _ := data.ReadAt(buf, off)
		p := buf[:n]
		for at := 0; ; {
			i := bytes.Index(p[at:], []byte(word))
			if i < 0 || at+i >= pdfWindow {
				break
			}
			if !found(off + int64(at+i)) {
				return
			}
			at += i + len(word)
		}
	}
}

// findPDFLock finds the encryption dictionary, nil if the file has none.
func findPDFLock(data *io.SectionReader) *pdfLock {
	at := int64(-1)
	pdfScan(data, "/Encrypt", func(off int64) {
		if w := pdfAt(data, off+8, 1); len(w) == 1 && !isLetter(w[0]) { // not /EncryptMetadata
			at = off
		}
	})
	if at < 0 {
		return nil
	}
	dict := bytes.TrimLeft(pdfAt(data, at+8, 4096), " \t\r\n")
	if !bytes.HasPrefix(dict, []byte("<<")) {
		dict = pdfObject(data, dict)
	}
	if dict == nil || !bytes.Contains(dict, []byte("/Filter")) {
		return nil
	}
	l := &pdfLock{length: 40, standard: bytes.Contains(dict, []byte("/Standard"))}
	l.v, l.r = pdfInt(dict, "/V"), pdfInt(dict, "/R")
	if n := pdfInt(dict, "/Length"); n > 0 {
		l.length = n
	}
	if l.length < 40 {
		l.length *= 8 // some writers count bytes
	}
	l.p = int32(pdfInt(dict, "/P"))
	l.o, l.u = pdfString(dict, "/O"), pdfString(dict, "/U")
	l.plainMeta = bytes.Contains(dict, []byte("/EncryptMetadata false"))
	for _, m := range []string{"/AESV3", "/AESV2", "/V2"} {
		if bytes.Contains(dict, []byte("/CFM"+m)) || bytes.Contains(dict, []byte("/CFM "+m)) {
			l.method = m[1:]
			break
		}
	}
	pdfScan(data, "/ID", func(off int64) {
		w := bytes.TrimLeft(pdfAt(data, off+3, 400), " \t\r\n")
		if bytes.HasPrefix(w, []byte("[")) {
			l.id = pdfToken(bytes.TrimLeft(w[1:], " \t\r\n"))
		}
	})
	return l
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func pdfAt(data *io.SectionReader, off int64, n int) []byte {
	p := make([]byte, n)
	k, _ := data.ReadAt(p, off)
	return p[:k]
}

// pdfObject follows a reference "12 0 R" to its last definition.
func pdfObject(data *io.SectionReader, ref []byte) []byte {
	f := bytes.Fields(ref[:min(len(ref), 64)])
	if len(f) < 3 || !bytes.HasPrefix(f[2], []byte("R")) {
		return nil
	}
	word := string(f[0]) + " " + string(f[1]) + " obj"
	at := int64(-1)
	pdfScan(data, word, func(off int64) {
		if before := pdfAt(data, max(off-1, 0), 1); off == 0 || len(before) == 1 && (before[0] < '0' || before[0] > '9') {
			at = off
		}
	})
	if at < 0 {
		return nil
	}
	return pdfAt(data, at+int64(len(word)), 4096)
}

// pdfKey finds a key of a dictionary that is not the beginning of a longer key.
func pdfKey(dict []byte, key string) []byte {
	for {
		i := bytes.Index(dict, []byte(key))
		if i < 0 {
			return nil
		}
		dict = dict[i+len(key):]
		if len(dict) > 0 && !isLetter(dict[0]) && (dict[0] < '0' || dict[0] > '9') {
			return bytes.TrimLeft(dict, " \t\r\n")
		}
		if len(dict) > 0 && key != "/V" && key != "/R" && dict[0] >= '0' && dict[0] <= '9' {
			return dict
		}
	}
}

func pdfInt(dict []byte, key string) int {
	v := pdfKey(dict, key)
	end := 0
	for end < len(v) && (v[end] >= '0' && v[end] <= '9' || v[end] == '-' && end == 0) {
		end++
	}
	n, _ := strconv.Atoi(string(v[:end]))
	return n
}

func pdfString(dict []byte, key string) []byte {
	for rest := dict; ; {
		v := pdfKey(rest, key)
		if v == nil {
			return nil
		}
		if v[0] == '(' || v[0] == '<' && len(v) > 1 && v[1] != '<' {
			return pdfToken(v)
		}
		rest = v
	}
}

// pdfToken reads a literal or hexadecimal string.
func pdfToken(v []byte) []byte {
	if len(v) == 0 {
		return nil
	}
	var out []byte
	if v[0] == '<' {
		var half []byte
		for _, b := range v[1:] {
			if b == '>' {
				break
			}
			if _, ok := hexDigit(b); ok {
				if half = append(half, b); len(half) == 2 {
					x, _ := hexByte(half[0], half[1])
					out, half = append(out, x), half[:0]
				}
			}
		}
		return out
	}
	depth := 0
	for i := 0; i < len(v); i++ {
		switch b := v[i]; b {
		case '(':
			if depth++; depth > 1 {
				out = append(out, b)
			}
		case ')':
			if depth--; depth == 0 {
				return out
			}
			out = append(out, b)
		case '\\':
			var n int
			if out, n = pdfEscape(out, v[i+1:]); n == 0 {
				return out
			}
			i += n
		default:
			out = append(out, b)
		}
	}
	return out
}

// pdfEscape resolves what follows a backslash and says how long it was.
func pdfEscape(out, p []byte) ([]byte, int) {
	if len(p) == 0 {
		return out, 0
	}
	switch b := p[0]; b {
	case 'n':
		return append(out, '\n'), 1
	case 'r':
		return append(out, '\r'), 1
	case 't':
		return append(out, '\t'), 1
	case 'b':
		return append(out, '\b'), 1
	case 'f':
		return append(out, '\f'), 1
	case '\r', '\n':
		return out, 1
	default:
		if b < '0' || b > '7' {
			return append(out, b), 1
		}
		x, k := 0, 0
		for k < 3 && k < len(p) && p[k] >= '0' && p[k] <= '7' {
			x = x<<3 | int(p[k]-'0')
			k++
		}
		return append(out, byte(x)), k
	}
}

// algorithm names the cipher.
func (l *pdfLock) algorithm() string {
	switch {
	case l.method == "AESV3" || l.v == 5:
		return "AES-256"
	case l.method == "AESV2":
		return "AES-128"
	case l.v == 1:
		return "RC4-40"
	case l.v == 4:
		return "RC4-128"
	case l.v == 2 || l.v == 3:
		return "RC4-" + strconv.Itoa(l.length)
	}
	return ""
}
