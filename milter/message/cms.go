package message

import (
	"bytes"
	"compress/zlib"
	"io"
	"strconv"
)

// Object identifiers of CMS content types (RFC 5652, 5083, 3274), the bytes after tag and length.
const (
	oidData          = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	oidSigned        = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidEnveloped     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
	oidSignedEnv     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04"
	oidDigested      = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05"
	oidEncrypted     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
	oidAuthEnveloped = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"
	oidCompressed    = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"
)

// contentCiphers are the algorithms of content encryption by object identifier.
var contentCiphers = map[string]string{
	"\x60\x86\x48\x01\x65\x03\x04\x01\x02": "AES-128-CBC", "\x60\x86\x48\x01\x65\x03\x04\x01\x16": "AES-192-CBC", "\x60\x86\x48\x01\x65\x03\x04\x01\x2a": "AES-256-CBC",
	"\x60\x86\x48\x01\x65\x03\x04\x01\x06": "AES-128-GCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x1a": "AES-192-GCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x2e": "AES-256-GCM",
	"\x60\x86\x48\x01\x65\x03\x04\x01\x07": "AES-128-CCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x1b": "AES-192-CCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x2f": "AES-256-CCM",
	"\x60\x86\x48\x01\x65\x03\x04\x01\x04": "AES-128-CFB", "\x60\x86\x48\x01\x65\x03\x04\x01\x18": "AES-192-CFB", "\x60\x86\x48\x01\x65\x03\x04\x01\x2c": "AES-256-CFB",
	"\x2a\x86\x48\x86\xf7\x0d\x03\x07":             "3DES",
	"\x2a\x86\x48\x86\xf7\x0d\x03\x02":             "RC2",
	"\x2a\x86\x48\x86\xf7\x0d\x03\x04":             "RC4",
	"\x2b\x0e\x03\x02\x07":                         "DES",
	"\x2a\x86\x48\x86\xf6\x7d\x07\x42\x0a":         "CAST5",
	"\x2b\x06\x01\x04\x01\x81\x3c\x07\x01\x01\x02": "IDEA",
	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x12": "ChaCha20-Poly1305",
	"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x02": "Camellia-128-CBC",
	"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x03": "Camellia-192-CBC",
	"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x04": "Camellia-256-CBC",
	"\x2a\x83\x1a\x8c\x9a\x44\x01\x04":             "SEED",
}

// isCMS says whether bytes begin like a CMS ContentInfo.
func isCMS(head []byte) bool {
	if len(head) < 15 || head[0] != 0x30 {
		return false
	}
	b := &ber{r: bytes.NewReader(head), steps: 10}
	e, err := b.at(0, 1<<62)
	if err != nil {
		return false
	}
	if e.body+2 > int64(len(head)) {
		return false
	}
	oid, err := b.at(e.body, 1<<62)
	if err != nil || oid.tag != 6 || oid.end > int64(len(head)) {
		return false
	}
	switch string(head[oid.body:oid.end]) {
	case oidData, oidSigned, oidEnveloped, oidSignedEnv, oidDigested, oidEncrypted, oidAuthEnveloped, oidCompressed:
		return true
	}
	return false
}

// openCMS opens S/MIME (RFC 8551): enveloped content is a lock, signed or compressed content is read.
func openCMS(o *opener, d doc, data *io.SectionReader) error {
	b := &ber{r: data, steps: 1 << 20}
	info, err := b.at(0, data.Size())
	if err != nil {
		return damaged
	}
	kids, err := b.children(info, 2)
	if err != nil || len(kids) < 2 {
		return damaged
	}
	inner, err := b.children(kids[1], 1)
	if err != nil || len(inner) == 0 {
		return damaged
	}
	c := &cms{o: o, d: d, b: b, e: inner[0]}
	switch string(b.bytes(kids[0], 32)) {
	case oidEnveloped, oidSignedEnv:
		return c.enveloped(true)
	case oidAuthEnveloped:
		return c.enveloped(true)
	case oidEncrypted:
		return c.enveloped(false)
	case oidSigned:
		return c.signed()
	case oidCompressed:
		return c.compressed()
	case oidData:
		return c.content(b.octets(c.e))
	}
	return damaged
}

// cms is one content of a ContentInfo.
type cms struct {
	o *opener
	d doc
	b *ber
	e tlv
}

// enveloped proves that content is encrypted: recipients, an algorithm, and encrypted bytes.
func (c *cms) enveloped(recipients bool) error {
	kids, err := c.b.children(c.e, 6)
	if err != nil && len(kids) < 3 {
		return damaged
	}
	seen := !recipients
	for _, k := range kids {
		switch {
		case k.class == 0 && k.tag == 17: // SET OF RecipientInfo
			inside, _ := c.b.children(k, 1)
			seen = len(inside) > 0
		case k.class == 0 && k.tag == 16 && seen: // EncryptedContentInfo
			return c.encryptedContent(k)
		}
	}
	return damaged
}

func (c *cms) encryptedContent(e tlv) error {
	kids, err := c.b.children(e, 3)
	if err != nil || len(kids) < 3 || kids[0].tag != 6 || kids[2].class != 2 || kids[2].tag != 0 {
		return damaged
	}
	alg, err := c.b.children(kids[1], 2)
	if err != nil || len(alg) == 0 || alg[0].tag != 6 {
		return damaged
	}
	first := make([]byte, 256)
	n, _ := io.ReadFull(c.b.octets(kids[2]), first)
	switch {
	case n == 0:
		return damaged
	case looksPlain(first[:n]):
		return c.content(c.b.octets(kids[2])) // the form of encryption around readable text
	}
	c.o.locked(c.d, "smime", c.algorithm(alg))
	return encrypted
}

// algorithm names the cipher, for RC2 with the length of its key.
func (c *cms) algorithm(alg []tlv) string {
	name := contentCiphers[string(c.b.bytes(alg[0], 32))]
	if name != "RC2" || len(alg) < 2 {
		return name
	}
	params, err := c.b.children(alg[1], 1)
	if err != nil || len(params) == 0 || params[0].tag != 2 {
		return "RC2-32" // RFC 3370 section 5.2: no version means 32 bits
	}
	version := 0
	for _, x := range c.b.bytes(params[0], 3) {
		version = version<<8 | int(x)
	}
	switch version {
	case 160:
		return "RC2-40"
	case 120:
		return "RC2-64"
	case 58:
		return "RC2-128"
	}
	if version >= 256 {
		return "RC2-" + strconv.Itoa(version)
	}
	return name
}

// signed reads what is signed; a detached signature has nothing to read.
func (c *cms) signed() error {
	kids, err := c.b.children(c.e, 3)
	if err != nil || len(kids) < 3 {
		return damaged
	}
	c.o.mail.Protection.Signed = true
	inside, err := c.b.children(kids[2], 2)
	if err != nil || len(inside) == 0 {
		return damaged
	}
	if len(inside) < 2 {
		return nil
	}
	content, err := c.b.children(inside[1], 1)
	if err != nil || len(content) == 0 {
		return damaged
	}
	return c.content(c.b.octets(content[0]))
}

func (c *cms) compressed() error {
	kids, err := c.b.children(c.e, 3)
	if err != nil || len(kids) < 3 {
		return damaged
	}
	inside, err := c.b.children(kids[2], 2)
	if err != nil || len(inside) < 2 {
		return damaged
	}
	content, err := c.b.children(inside[1], 1)
	if err != nil || len(content) == 0 {
		return damaged
	}
	z, err := zlib.NewReader(c.b.octets(content[0]))
	if err != nil {
		return damaged
	}
	return c.content(z)
}

// content opens the MIME entity inside.
func (c *cms) content(r io.Reader) error {
	s, err := c.o.fill(r)
	defer s.close()
	if err != nil && s.size == 0 {
		return damaged
	}
	d := c.d
	d.depth++
	if d.depth > c.o.budget.depth {
		return errLimit
	}
	if merr := c.o.message(s.section(), d); merr != nil {
		return merr
	}
	return err
}
