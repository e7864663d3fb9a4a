package message

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Record types of a binary presentation (MS-PPT 2.13.24).
const (
	pptTextChars = 0x0fa0
	pptTextBytes = 0x0fa8
	pptCString   = 0x0fba
	pptTagData   = 0x138b // no container by its mark, but it holds records: comments
	pptCrypt     = 0x2f14
)

// openPPT reads a binary presentation: the text atoms in their order.
func openPPT(o *opener, d doc, c *cfb, e *cfbEntry, folder string) error {
	if user := c.find(folder + "Current User"); user != nil {
		var h [16]byte
		if n, _ := c.open(user).ReadAt(h[:], 0); n == 16 && binary.LittleEndian.Uint32(h[12:]) == 0xf3d1c4df {
			o.locked(d, "office", pptCipher(c.open(e)))
			return encrypted
		}
	}
	if pictures := c.find(folder + "Pictures"); pictures != nil && pictures.size > 0 {
		o.unopened(d.label(string(kindPpt)), string(isImage))
	}
	return readPPT(o, d, c.open(e))
}

// readPPT walks the records of a presentation.
func readPPT(o *opener, d doc, s *io.SectionReader) error {
	l := o.layout(d, kindPpt)
	defer l.close()
	le := binary.LittleEndian
	var h [8]byte
	for off := int64(0); off+8 <= s.Size(); {
		if !o.budget.takeStep() {
			return errLimit
		}
		if n, _ := s.ReadAt(h[:], off); n < 8 {
			break
		}
		typ, size := le.Uint16(h[2:]), int64(le.Uint32(h[4:]))
		off += 8
		if h[0]&15 == 15 || typ == pptTagData {
			continue // a container: go inside
		}
		if typ == pptTextChars || typ == pptTextBytes || typ == pptCString {
			p := make([]byte, min(size, 1<<20, s.Size()-off))
			n, _ := s.ReadAt(p, off)
			l.space('\n')
			if p = p[:n]; typ == pptTextBytes {
				l.put([]byte(decodeCharset(p, "iso-8859-1")))
			} else {
				l.put([]byte(utf16Text(p)))
			}
		}
		off += size
	}
	return nil
}

// pptCipher names the encryption of a presentation: its header is the one record that is not encrypted.
func pptCipher(s *io.SectionReader) string {
	mark := []byte{0x0f, 0x00, pptCrypt & 0xff, pptCrypt >> 8}
	buf := make([]byte, 64<<10)
	for off := int64(0); off < s.Size(); off += int64(len(buf)) - 64 {
		p := readFull(s, buf, off)
		if at := bytes.Index(p, mark); at >= 0 && at+8 < len(p) {
			return parseRC4(p[at+8:]).name
		}
	}
	return "RC4"
}
