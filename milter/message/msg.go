package message

import (
	"bytes"
	"encoding/binary"
	"io"
	"sort"
	"strconv"
	"strings"
)

// msgHeld bounds a text property of an Outlook message that is held.
const msgHeld = 1 << 20

// openMSG opens an Outlook message (MS-OXMSG): subject, people, body in all its forms, attachments,
// messages within.
func openMSG(o *opener, d doc, c *cfb) error {
	m := &msgFile{o: o, c: c, by: map[string][]*cfbEntry{}}
	for i := range c.entries {
		e := &c.entries[i]
		if e.path != "" && e.stream {
			folder := strings.TrimSuffix(e.path, e.name)
			m.by[folder] = append(m.by[folder], e)
		}
	}
	for folder := range m.by {
		m.folders = append(m.folders, folder)
	}
	sort.Strings(m.folders)
	return m.message(d, "")
}

type msgFile struct {
	o       *opener
	c       *cfb
	by      map[string][]*cfbEntry // streams by their storage, which ends in "/"
	folders []string
}

// message opens the message in a storage.
func (m *msgFile) message(d doc, folder string) error {
	if d.depth > m.o.budget.depth {
		return errLimit
	}
	props := &mapiProps{o: m.o, d: d}
	m.read(props, folder)
	for _, f := range m.inside(folder, "__recip_version1.0_") {
		m.read(&mapiProps{o: m.o, d: d, codepage: props.codepage}, f)
	}
	props.bodies()
	for i, f := range m.inside(folder, "__attach_version1.0_") {
		if !m.o.budget.takePart() {
			return errLimit
		}
		if err := m.attachment(d.child(i+1, ""), f, props.codepage); err != nil {
			return err
		}
	}
	return nil
}

// inside lists the storages directly in folder whose names begin so.
func (m *msgFile) inside(folder, prefix string) (out []string) {
	from := sort.SearchStrings(m.folders, folder+prefix)
	for _, f := range m.folders[from:] {
		rest, ok := strings.CutPrefix(f, folder+prefix)
		if !ok {
			break
		}
		if strings.IndexByte(rest, '/') == len(rest)-1 {
			out = append(out, f)
		}
	}
	return out
}

func (m *msgFile) attachment(d doc, folder string, codepage int) error {
	a := &mapiProps{o: m.o, d: d, codepage: codepage}
	m.read(a, folder)
	inner := folder + "__substg1.0_3701000D/"
	if len(m.by[inner]) > 0 {
		for _, n := range a.names {
			m.o.say("filename "+d.path, n, d.quoted)
		}
		d.quoted = true
		return m.message(d, inner)
	}
	a.attached()
	return nil
}

// read reads the properties of one storage: each is a stream that its number and type name.
func (m *msgFile) read(p *mapiProps, folder string) {
	for _, e := range m.by[folder] { // the code page first: strings depend on it
		if e.name == "__properties_version1.0" {
			p.codepage = m.fixed(e, p.codepage)
		}
	}
	for _, e := range m.by[folder] {
		hex, ok := strings.CutPrefix(e.name, "__substg1.0_")
		if !ok || len(hex) < 8 {
			continue
		}
		n, err := strconv.ParseUint(hex[:8], 16, 32)
		if err != nil {
			continue
		}
		m.property(p, uint16(n>>16), uint16(n)&^mapiMany, e)
	}
}

func (m *msgFile) property(p *mapiProps, id, typ uint16, e *cfbEntry) {
	whole := func() io.Reader { return m.c.open(e) }
	held := func() []byte {
		b := make([]byte, min(e.size, msgHeld))
		n, _ := m.c.open(e).ReadAt(b, 0)
		return b[:n]
	}
	switch {
	case id == mapiBody && typ == mapiString8:
		keep(&p.body, whole)
	case id == mapiBody && typ == mapiUnicode:
		keep(&p.body, func() io.Reader { return io.MultiReader(strings.NewReader("\xff\xfe"), m.c.open(e)) })
	case id == mapiHTML && typ == mapiBinary:
		keep(&p.html, whole)
	case id == mapiHTML && typ == mapiUnicode:
		keep(&p.html, func() io.Reader { return io.MultiReader(strings.NewReader("\xff\xfe"), m.c.open(e)) })
	case id == mapiRTF:
		keep(&p.rtf, whole)
	case id == mapiAttachData && typ == mapiBinary:
		keep(&p.data, whole)
	case typ == mapiString8:
		p.text(id, decodeCharset(bytes.TrimRight(held(), "\x00"), p.charset()))
	case typ == mapiUnicode:
		p.text(id, utf16Text(held()))
	}
}

// fixed looks for the code page among the properties of fixed length.
func (m *msgFile) fixed(e *cfbEntry, codepage int) int {
	b := make([]byte, min(e.size, 64<<10))
	n, _ := m.c.open(e).ReadAt(b, 0)
	le := binary.LittleEndian
	for at := n % 16; at+16 <= n; at += 16 { // the header before them is 8 or 24 or 32 bytes long
		if tag := le.Uint32(b[at:]); tag == mapiCodepage<<16|mapiInt32 || tag == mapiMessageCP<<16|mapiInt32 && codepage == 0 {
			codepage = int(le.Uint32(b[at+8:]))
		}
	}
	return codepage
}
