package message

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
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

// pdfScan calls found for each place of the word, last place first remembered by the caller.
func pdfScan(data *io.SectionReader, word string, found func(off int64)) {
	buf := make([]byte, pdfWindow+len(word))
	for off := int64(0); off < data.Size(); off += pdfWindow {
		n, _ := data.ReadAt(buf, off)
		p := buf[:n]
		for at := 0; ; {
			i := bytes.Index(p[at:], []byte(word))
			if i < 0 || at+i >= pdfWindow {
				break
			}
			found(off + int64(at+i))
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

var pdfPad = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// opens says whether the user password opens the file; the empty one does when only an owner password is set.
func (l *pdfLock) opens(password string) bool {
	if !l.standard || len(l.u) < 32 {
		return false
	}
	if l.r >= 5 {
		if len(l.u) < 48 {
			return false
		}
		pw := []byte(password)[:min(len(password), 127)]
		if l.r == 5 {
			h := sha256.Sum256(append(append([]byte(nil), pw...), l.u[32:40]...))
			return bytes.Equal(h[:], l.u[:32])
		}
		return bytes.Equal(pdfHash(pw, l.u[32:40]), l.u[:32])
	}
	return l.opensRC4(password)
}

// opensRC4 is algorithms 4 to 6 of the standard security handler, revisions 2 to 4.
func (l *pdfLock) opensRC4(password string) bool {
	pw := append([]byte(password)[:min(len(password), 32)], pdfPad...)[:32]
	h := md5.New()
	h.Write(pw)
	h.Write(l.o[:min(len(l.o), 32)])
	var p [4]byte
	binary.LittleEndian.PutUint32(p[:], uint32(l.p))
	h.Write(p[:])
	h.Write(l.id)
	if l.r >= 4 && l.plainMeta {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	n := 5
	if l.r >= 3 {
		n = min(max(l.length/8, 5), 16)
		if l.v == 4 {
			n = 16
		}
		for i := 0; i < 50; i++ {
			s := md5.Sum(key[:n])
			key = s[:]
		}
	}
	key = key[:n]
	if l.r == 2 {
		out := append([]byte(nil), pdfPad...)
		rc4Over(key, out)
		return bytes.Equal(out, l.u[:32])
	}
	s := md5.Sum(append(append([]byte(nil), pdfPad...), l.id...))
	out := s[:]
	for i := 0; i < 20; i++ {
		k := make([]byte, n)
		for j := range k {
			k[j] = key[j] ^ byte(i)
		}
		rc4Over(k, out)
	}
	return bytes.Equal(out, l.u[:16])
}

func rc4Over(key, p []byte) {
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(p, p)
	}
}

// pdfHash is algorithm 2.B of ISO 32000-2.
func pdfHash(pw, salt []byte) []byte {
	first := sha256.Sum256(append(append([]byte(nil), pw...), salt...))
	k := first[:]
	for i := 0; ; i++ {
		one := append(append([]byte(nil), pw...), k...)
		k1 := bytes.Repeat(one, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
		sum := 0
		for _, b := range k1[:16] {
			sum += int(b)
		}
		switch sum % 3 {
		case 0:
			s := sha256.Sum256(k1)
			k = s[:]
		case 1:
			s := sha512.Sum384(k1)
			k = s[:]
		default:
			s := sha512.Sum512(k1)
			k = s[:]
		}
		if i >= 63 && int(k1[len(k1)-1]) <= i-31 {
			return k[:32]
		}
	}
}
