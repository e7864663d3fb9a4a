package message

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// Types of properties (MS-OLEPS 2.2).
const (
	oleInt16   = 0x02
	oleString  = 0x1e
	oleUnicode = 0x1f
	oleVariant = 0x0c
	oleMany    = 0x1000
)

// propertySet reads the strings of one section of a property set (MS-OLEPS 2.20): title, author,
// comments, or what the organisation itself added, with the names it gave.
type propertySet struct {
	o       *opener
	w       *textWriter
	charset string
	wide    bool // code page 1200: even 8-bit strings are UTF-16
}

// properties reads both sections of a property set; they are seen only by who asks for them.
func (o *opener) properties(d doc, s *io.SectionReader) {
	p := readFull(s, make([]byte, min(s.Size(), 1<<20)), 0)
	w := o.text(d.label("properties"), d.quoted, true)
	defer w.close()
	for i := 0; i < 2 && 28+20*i+20 <= len(p); i++ {
		if i > 0 && p[24] < 2 {
			return
		}
		if at := int64(binary.LittleEndian.Uint32(p[44+20*i:])); at+8 <= int64(len(p)) {
			(&propertySet{o: o, w: w, charset: "windows-1252"}).section(p[at:])
		}
	}
}

// section reads the table of properties: number and place of each.
func (s *propertySet) section(p []byte) {
	le := binary.LittleEndian
	count := min(int64(le.Uint32(p[4:])), 1000, (int64(len(p))-8)/8)
	for i := int64(0); i < count; i++ {
		id, at := le.Uint32(p[8+8*i:]), int64(le.Uint32(p[12+8*i:]))
		if at+8 > int64(len(p)) || !s.o.budget.takeStep() {
			continue
		}
		if v := p[at:]; id == 0 {
			s.dictionary(v)
		} else if typ := le.Uint16(v); id == 1 && typ == oleInt16 {
			s.charset = codepageName(int(le.Uint16(v[4:])))
			s.wide = s.charset == "utf-16le"
		} else {
			s.value(uint32(typ), v[4:])
		}
	}
}

// value reads one value, or those of a vector.
func (s *propertySet) value(typ uint32, p []byte) []byte {
	le := binary.LittleEndian
	if typ&oleMany == 0 {
		return s.single(typ, p)
	}
	if len(p) < 4 {
		return nil
	}
	count := min(le.Uint32(p), 1000)
	p = p[4:]
	for ; count > 0 && len(p) >= 4; count-- {
		one := typ &^ oleMany
		if one == oleVariant {
			one = le.Uint32(p)
			p = p[4:]
		}
		p = s.single(one, p)
	}
	return p
}

// single reads a value that is no vector and gives what follows it, nil when that is not known.
func (s *propertySet) single(typ uint32, p []byte) []byte {
	if typ == 0x03 && len(p) >= 4 { // a count between the headings of a document
		return p[4:]
	}
	if typ != oleString && typ != oleUnicode || len(p) < 4 {
		return nil
	}
	size := int64(binary.LittleEndian.Uint32(p))
	if p = p[4:]; typ == oleUnicode {
		size *= 2
	}
	if size > int64(len(p)) {
		return nil
	}
	s.text(p[:size], typ == oleUnicode || s.wide)
	if typ == oleUnicode {
		size = (size + 3) &^ 3
	}
	return p[min(size, int64(len(p))):]
}

func (s *propertySet) text(p []byte, wide bool) {
	t := ""
	if wide {
		t = utf16Text(p)
	} else {
		t = decodeCharset(bytes.TrimRight(p, "\x00"), s.charset)
	}
	if t = strings.TrimRight(t, "\x00"); t != "" {
		s.w.writeString(t + "\n")
	}
}

// dictionary reads the names of the organisation's own properties.
func (s *propertySet) dictionary(p []byte) {
	le := binary.LittleEndian
	count := min(le.Uint32(p), 1000)
	for p = p[4:]; count > 0 && len(p) >= 8; count-- {
		size := int64(le.Uint32(p[4:]))
		pad := int64(0)
		if s.wide {
			size *= 2
			pad = -size & 3
		}
		if p = p[8:]; size > int64(len(p)) {
			return
		}
		s.text(p[:size], s.wide)
		p = p[min(size+pad, int64(len(p))):]
	}
}
