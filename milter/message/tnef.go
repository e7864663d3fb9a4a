package message

import (
	"bytes"
	"encoding/binary"
	"io"
)

// TNEF attributes (MS-OXTNEF 2.1.3.3).
const (
	tnefMagic        = "\x78\x9f\x3e\x22"
	tnefSubject      = 0x8004
	tnefBody         = 0x800c
	tnefFrom         = 0x8000
	tnefOwner        = 0x0000
	tnefMessageProps = 0x9003
	tnefRecipients   = 0x9004
	tnefRendData     = 0x9002
	tnefAttachProps  = 0x9005
	tnefCodepage     = 0x9007
	tnefAttachTitle  = 0x8010
	tnefAttachData   = 0x800f
)

// tnefProps bounds the bytes of one property block that are held.
const tnefProps = 32 << 20

// openTNEF opens winmail.dat: subject, body in all its forms, attachments.
func openTNEF(o *opener, d doc, data *io.SectionReader) error {
	t := &tnef{o: o, d: d, data: data, msg: mapiProps{o: o, d: d}}
	err := t.read()
	t.attachment()
	t.msg.bodies()
	return err
}

type tnef struct {
	o    *opener
	d    doc
	data *io.SectionReader
	msg  mapiProps
	att  *mapiProps
	n    int
}

func (t *tnef) read() error {
	off := int64(6) // magic and key
	var h [9]byte
	for off < t.data.Size() {
		if !t.o.budget.takeStep() {
			return errLimit
		}
		if n, _ := t.data.ReadAt(h[:], off); n < 9 {
			return damaged
		}
		id := binary.LittleEndian.Uint32(h[1:])
		size := int64(binary.LittleEndian.Uint32(h[5:]))
		off += 9
		if h[0] != 1 && h[0] != 2 {
			return damaged
		}
		if left := t.data.Size() - off; size > left { // cut off: what is there is read
			t.attribute(uint16(id), io.NewSectionReader(t.data, off, left))
			return damaged
		}
		t.attribute(uint16(id), io.NewSectionReader(t.data, off, size))
		off += size + 2 // a checksum follows
	}
	return nil
}

func (t *tnef) attribute(id uint16, v *io.SectionReader) {
	held := func(n int64) []byte {
		p := make([]byte, min(v.Size(), n))
		k, _ := v.ReadAt(p, 0)
		return p[:k]
	}
	whole := func() io.Reader { return io.NewSectionReader(v, 0, v.Size()) }
	switch id {
	case tnefCodepage:
		if p := held(4); len(p) == 4 {
			t.msg.codepage = int(binary.LittleEndian.Uint32(p))
		}
	case tnefSubject:
		t.msg.text(mapiSubject, decodeCharset(held(64<<10), t.msg.charset()))
	case tnefFrom:
		t.msg.text(0x0c1a, decodeCharset(held(64<<10), t.msg.charset()))
	case tnefBody:
		keep(&t.msg.body, whole)
	case tnefMessageProps:
		t.props(&t.msg, held(tnefProps))
	case tnefRendData:
		t.attachment()
		t.present()
	case tnefAttachTitle:
		if a := t.present(); len(a.names) < 8 {
			a.names = append(a.names, decodeCharset(bytes.TrimRight(held(4096), "\x00"), t.msg.charset()))
		}
	case tnefAttachData:
		keep(&t.present().data, whole)
	case tnefAttachProps:
		t.props(t.present(), held(tnefProps))
	case tnefRecipients:
		t.recipients(held(tnefProps))
	}
}

// present is the attachment being gathered. One that nobody announced is one too.
func (t *tnef) present() *mapiProps {
	if t.att == nil {
		t.n++
		t.att = &mapiProps{o: t.o, d: t.d.child(t.n, ""), codepage: t.msg.codepage}
	}
	return t.att
}

// attachment opens the attachment gathered so far.
func (t *tnef) attachment() {
	a := t.att
	t.att = nil
	if a == nil || len(a.data) == 0 || a.d.depth > t.o.budget.depth {
		return
	}
	if !t.o.budget.takePart() {
		t.o.unopened(a.d.path, "limit")
		return
	}
	a.attached()
}

// recipients reads the rows of the recipient table: names and addresses.
func (t *tnef) recipients(p []byte) {
	if len(p) < 4 {
		return
	}
	rows := binary.LittleEndian.Uint32(p)
	p = p[4:]
	for ; rows > 0 && len(p) > 0; rows-- {
		if p = t.props(&t.msg, p); p == nil {
			return
		}
	}
}

// props reads a block of properties (MS-OXTNEF 2.1.3.4) and gives what follows it, nil when it is broken.
func (t *tnef) props(m *mapiProps, p []byte) []byte {
	le := binary.LittleEndian
	if len(p) < 4 {
		return nil
	}
	count := le.Uint32(p)
	p = p[4:]
	for ; count > 0 && len(p) >= 4; count-- {
		if !t.o.budget.takeStep() {
			return nil
		}
		typ, id := le.Uint16(p), le.Uint16(p[2:])
		p = p[4:]
		if id >= 0x8000 {
			if p = skipNamed(p); p == nil {
				return nil
			}
		}
		if p = t.values(m, typ, id, p); p == nil {
			return nil
		}
	}
	return p
}

// skipNamed passes over the name of a named property.
func skipNamed(p []byte) []byte {
	if len(p) < 24 {
		return nil
	}
	kind, n := binary.LittleEndian.Uint32(p[16:]), int64(binary.LittleEndian.Uint32(p[20:]))
	p = p[24:]
	if kind == 0 {
		return p
	}
	if n = (n + 3) &^ 3; n > int64(len(p)) {
		return nil
	}
	return p[n:]
}

// values reads the values of one property.
func (t *tnef) values(m *mapiProps, typ, id uint16, p []byte) []byte {
	le := binary.LittleEndian
	count := uint32(1)
	base := typ &^ mapiMany
	long := base == mapiString8 || base == mapiUnicode || base == mapiBinary || base == mapiObject
	if typ&mapiMany != 0 || long {
		if len(p) < 4 {
			return nil
		}
		count = le.Uint32(p)
		p = p[4:]
	}
	for ; count > 0; count-- {
		n := int64(fixedSize(base))
		if long {
			if len(p) < 4 {
				return nil
			}
			n = int64(le.Uint32(p))
			p = p[4:]
		}
		if n == 0 && !long || n > int64(len(p)) || !t.o.budget.takeStep() {
			return nil
		}
		t.value(m, base, id, p[:n])
		n = (n + 3) &^ 3
		p = p[min(n, int64(len(p))):]
	}
	return p
}

func fixedSize(typ uint16) int {
	switch typ {
	case 0x0001, mapiInt16, mapiInt32, 0x0004, 0x000a, mapiBool:
		return 4
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040:
		return 8
	case 0x0048:
		return 16
	}
	return 0
}

func (t *tnef) value(m *mapiProps, typ, id uint16, v []byte) {
	whole := func() io.Reader { return bytes.NewReader(v) }
	switch {
	case typ == mapiInt32 && (id == mapiCodepage || id == mapiMessageCP) && m.codepage == 0:
		m.codepage = int(binary.LittleEndian.Uint32(v))
	case id == mapiBody && typ == mapiString8:
		keep(&m.body, whole)
	case id == mapiBody && typ == mapiUnicode:
		s := utf16Text(v)
		keep(&m.body, func() io.Reader { return bytes.NewReader([]byte(s)) })
	case id == mapiHTML:
		keep(&m.html, whole)
	case id == mapiRTF:
		keep(&m.rtf, whole)
	case id == mapiAttachData && typ == mapiObject && len(v) > 16:
		keep(&m.data, func() io.Reader { return bytes.NewReader(v[16:]) }) // a message within: TNEF again, after the interface's name
	case id == mapiAttachData && typ == mapiBinary:
		keep(&m.data, whole)
	case typ == mapiString8:
		m.text(id, decodeCharset(bytes.TrimRight(v, "\x00"), m.charset()))
	case typ == mapiUnicode:
		m.text(id, utf16Text(v))
	}
}
