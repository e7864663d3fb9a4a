package message

import (
	"bytes"
	"io"
)

// Packet types of OpenPGP (RFC 9580 section 5).
const (
	pgpPKESK      = 1
	pgpSignature  = 2
	pgpSKESK      = 3
	pgpOnePass    = 4
	pgpSecretKey  = 5
	pgpPublicKey  = 6
	pgpCompressed = 8
	pgpSED        = 9
	pgpMarker     = 10
	pgpLiteral    = 11
	pgpUserID     = 13
	pgpSEIPD      = 18
	pgpAEAD       = 20
	pgpPadding    = 21
)

// pgpPackets bounds how many packets of one block are looked at.
const pgpPackets = 200

// pgpPacket is one packet; its body may come in partial lengths.
type pgpPacket struct {
	tag  byte
	body io.Reader
}

// pgpReader reads packets one after the other.
type pgpReader struct {
	r    *pgpInput
	last io.Reader
}

// pgpInput reads bytes from any reader.
type pgpInput struct {
	r   io.Reader
	one [1]byte
}

func (in *pgpInput) byte() (byte, error) {
	_, err := io.ReadFull(in.r, in.one[:])
	return in.one[0], err
}

// next reads a packet header, old or new form.
func (p *pgpReader) next() (pgpPacket, error) {
	if p.last != nil {
		if _, err := io.Copy(io.Discard, p.last); err != nil {
			return pgpPacket{}, err
		}
		p.last = nil
	}
	h, err := p.r.byte()
	if err != nil {
		return pgpPacket{}, err
	}
	if h&0x80 == 0 {
		return pgpPacket{}, damaged
	}
	pk := pgpPacket{tag: h & 0x3f}
	if h&0x40 != 0 {
		pk.body = &pgpBody{in: p.r}
		err = pk.body.(*pgpBody).length()
	} else {
		pk.tag = h & 0x3f >> 2
		pk.body, err = p.oldBody(h & 3)
	}
	p.last = pk.body
	return pk, err
}

func (p *pgpReader) oldBody(form byte) (io.Reader, error) {
	if form == 3 {
		return p.r.r, nil // to the end of the input
	}
	n, err := p.r.number(1 << form)
	return io.LimitReader(p.r.r, n), err
}

func (in *pgpInput) number(size int) (n int64, err error) {
	for ; size > 0; size-- {
		b, err := in.byte()
		if err != nil {
			return 0, err
		}
		n = n<<8 | int64(b)
	}
	return n, nil
}

// pgpBody is the body of a packet in the new form.
type pgpBody struct {
	in      *pgpInput
	left    int64
	partial bool
}

func (b *pgpBody) length() error {
	l, err := b.in.byte()
	if err != nil {
		return err
	}
	b.partial = false
	switch {
	case l < 192:
		b.left = int64(l)
	case l < 224:
		x, err := b.in.byte()
		if err != nil {
			return err
		}
		b.left = int64(l-192)<<8 + int64(x) + 192
	case l == 255:
		b.left, err = b.in.number(4)
	default:
		b.partial = true
		b.left = 1 << (l & 0x1f)
	}
	return err
}

func (b *pgpBody) Read(p []byte) (int, error) {
	for b.left == 0 {
		if !b.partial {
			return 0, io.EOF
		}
		if err := b.length(); err != nil {
			return 0, err
		}
	}
	n, err := b.in.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// isPGP says whether bytes begin with a packet that messages begin with.
func isPGP(head []byte) bool {
	if len(head) < 8 || head[0]&0x80 == 0 {
		return false
	}
	in := &pgpReader{r: &pgpInput{r: bytes.NewReader(head)}}
	pk, err := in.next()
	if err != nil {
		return false
	}
	var b [12]byte
	n, _ := io.ReadFull(pk.body, b[:])
	if n < 2 {
		return false
	}
	switch pk.tag {
	case pgpPKESK:
		return b[0] == 3 && n > 9 && pgpKeyAlgorithm(b[9]) || b[0] == 6
	case pgpSKESK:
		return b[0] >= 4 && b[0] <= 6 && pgpCipher(b[1]) != ""
	case pgpSignature:
		return b[0] >= 3 && b[0] <= 6
	case pgpOnePass:
		return b[0] == 3 || b[0] == 6
	case pgpCompressed:
		return b[0] >= 1 && b[0] <= 3
	case pgpLiteral:
		return bytes.IndexByte([]byte("btulm1"), b[0]) >= 0
	case pgpPublicKey, pgpSecretKey:
		return b[0] >= 2 && b[0] <= 6
	case pgpSEIPD:
		return b[0] == 1 || b[0] == 2 && pgpCipher(b[1]) != ""
	case pgpMarker:
		return string(b[:3]) == "PGP"
	}
	return false
}

func pgpKeyAlgorithm(a byte) bool { return a >= 1 && a <= 3 || a >= 16 && a <= 27 }

// pgpCipher names a symmetric algorithm (RFC 9580 section 9.3).
func pgpCipher(a byte) string {
	switch a {
	case 1:
		return "IDEA"
	case 2:
		return "3DES"
	case 3:
		return "CAST5"
	case 4:
		return "Blowfish"
	case 7:
		return "AES-128"
	case 8:
		return "AES-192"
	case 9:
		return "AES-256"
	case 10:
		return "Twofish"
	case 11, 12, 13:
		return []string{"Camellia-128", "Camellia-192", "Camellia-256"}[a-11]
	}
	return ""
}
