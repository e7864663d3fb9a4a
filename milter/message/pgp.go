package message

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/zlib"
	"io"
)

// openPGP judges OpenPGP data by its packets: encrypted data is a lock, anything else is read.
func openPGP(o *opener, d doc, data *io.SectionReader) error {
	g := &pgpOpener{o: o, d: d}
	return g.packets(&pgpReader{r: &pgpInput{r: newBuf(data)}}, 0)
}

type pgpOpener struct {
	o      *opener
	d      doc
	cipher string // of the session key, where it shows
	key    bool   // a key block, not a message
	count  int
}

// packets reads a sequence of packets.
func (g *pgpOpener) packets(in *pgpReader, depth int) error {
	for {
		if g.count++; g.count > pgpPackets || depth > 4 {
			return errLimit
		}
		pk, err := in.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damaged
		}
		if err := g.packet(pk, depth); err != nil {
			return err
		}
	}
}

func (g *pgpOpener) packet(pk pgpPacket, depth int) error {
	var b [2]byte
	switch pk.tag {
	case pgpSKESK:
		if n, _ := io.ReadFull(pk.body, b[:]); n == 2 {
			g.cipher = pgpCipher(b[1])
		}
	case pgpPublicKey, pgpSecretKey:
		g.key = true
	case pgpSignature, pgpOnePass:
		g.o.mail.Protection.Signed = g.o.mail.Protection.Signed || !g.key // a key signs itself
	case pgpUserID:
		name := make([]byte, 1024)
		n, _ := io.ReadFull(pk.body, name)
		g.o.say(g.d.path+" pgp key", decodeCharset(name[:n], ""), g.d.quoted)
	case pgpSEIPD, pgpAEAD:
		n, _ := io.ReadFull(pk.body, b[:])
		if n == 2 && (b[0] == 2 || pk.tag == pgpAEAD) {
			g.cipher = pgpCipher(b[1])
		}
		first := make([]byte, 256)
		m, _ := io.ReadFull(pk.body, first)
		if m < 16 {
			return damaged
		}
		if looksPlain(first[:m]) { // the form of encryption around readable text
			g.o.stream(g.d.child(1, ""), io.MultiReader(bytes.NewReader(first[:m]), pk.body))
			return nil
		}
		g.o.locked(g.d, g.content(), g.cipher)
		return encrypted
	case pgpSED:
		if g.cipher == "" {
			g.cipher = "OpenPGP without integrity" // tag 9: obsolete, and weak by the list
		}
		g.o.locked(g.d, g.content(), g.cipher)
		return encrypted
	case pgpCompressed:
		return g.compressed(pk.body, depth)
	case pgpLiteral:
		return g.literal(pk.body)
	}
	return nil
}

func (g *pgpOpener) content() string {
	if g.d.pgpMIME || g.d.attached {
		return "pgp-mime"
	}
	return "pgp-inline"
}

func (g *pgpOpener) compressed(r io.Reader, depth int) error {
	var alg [1]byte
	if _, err := io.ReadFull(r, alg[:]); err != nil {
		return damaged
	}
	switch alg[0] {
	case 0:
	case 1:
		r = flate.NewReader(r)
	case 2:
		z, err := zlib.NewReader(r)
		if err != nil {
			return damaged
		}
		r = z
	case 3:
		r = bzip2.NewReader(r)
	default:
		return damaged
	}
	return g.packets(&pgpReader{r: &pgpInput{r: newBuf(&meter{&g.o.budget, r})}}, depth+1)
}

// literal opens the readable content.
func (g *pgpOpener) literal(r io.Reader) error {
	var h [2]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return damaged
	}
	name := make([]byte, int(h[1])+4) // file name, then a date
	if _, err := io.ReadFull(r, name); err != nil {
		return damaged
	}
	d := g.d.child(1, string(name[:h[1]]))
	d.attached = g.d.attached
	if d.depth > g.o.budget.depth {
		return errLimit
	}
	if g.d.pgpMIME {
		s, err := g.o.fill(r)
		defer s.close()
		if err != nil {
			return err
		}
		return g.o.message(s.section(), d)
	}
	g.o.entry(d, r)
	return nil
}

// meter counts what a decompressor gives against the budget.
type meter struct {
	b *budget
	r io.Reader
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if k := m.b.takeExpanded(n); k < n {
		return k, errLimit
	}
	return n, err
}
