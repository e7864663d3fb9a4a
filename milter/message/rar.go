package message

import (
	"encoding/binary"
	"io"
	"strings"
)

// rarMagic begins a rar archive of any version.
const rarMagic = "Rar!\x1a\x07"

// rarHeaderMax bounds one header; programs write some hundred bytes.
const rarHeaderMax = 1 << 20

// Headers of version 4 and their flags; of version 5.
const (
	rar4Main, rar4File, rar4End   = 0x73, 0x74, 0x7b
	rar4Locked, rar4LockedHeaders = 0x04, 0x80
	rar4Big, rar4Wide             = 0x100, 0x200
	rar4Long                      = 0x8000
	rar5File, rar5Lock, rar5End   = 2, 4, 5
)

// notUnpacked says that an entry is compressed, which only the program of rar's owner may undo.
const notUnpacked reason = "rar is not unpacked"

// rarEntry is one file of an archive.
type rarEntry struct {
	name   string
	locked string // algorithm; "" when it is not encrypted
	stored bool   // as it is, not compressed
	off    int64  // of its bytes
	size   int64  // packed
}

// openRar opens a rar archive as far as it is open: names, files that are only stored, what is encrypted.
func openRar(o *opener, d doc, data *io.SectionReader) error {
	r := &rarFile{o: o, d: d, data: data}
	w := o.text("filename "+d.path+" rar", d.quoted, d.hidden)
	r.names = w
	version5 := string(readFull(data, make([]byte, 8), 0)) == rarMagic+"\x01\x00"
	var err error
	if version5 {
		err = r.walk(8, r.header5)
	} else {
		err = r.walk(7, r.header4)
	}
	w.close()
	return r.open(err)
}

type rarFile struct {
	o       *opener
	d       doc
	data    *io.SectionReader
	names   *textWriter
	entries []rarEntry
	all     string // algorithm that hides even the headers
}

// walk goes over the headers; each says where the next one stands, 0 for the last.
func (r *rarFile) walk(off int64, header func(int64) int64) error {
	for off < r.data.Size() {
		if !r.o.budget.takeStep() {
			return errLimit
		}
		next := header(off)
		if next == 0 {
			return nil
		}
		if next <= off {
			return damaged
		}
		off = next
	}
	return damaged // it has no end
}

func (r *rarFile) add(e rarEntry) {
	e.size = max(min(e.size, r.data.Size()-e.off), 0)
	r.names.writeString(e.name + "\n")
	if len(r.entries) < zipHeld {
		r.entries = append(r.entries, e)
	}
}

// open opens what is stored and sums up what is not open.
func (r *rarFile) open(failed error) error {
	alg, plain := r.all, 0
	for i, e := range r.entries {
		switch {
		case e.locked != "":
			if alg == "" || !r.o.rd.strong[e.locked] {
				alg = e.locked
			}
			continue
		case !e.stored:
			if failed == nil {
				failed = notUnpacked
			}
		case !r.o.budget.takePart():
			return errLimit
		default:
			r.o.stream(r.d.child(i+1, e.name), io.NewSectionReader(r.data, e.off, e.size))
		}
		plain++
	}
	if alg == "" {
		return failed
	}
	r.o.locked(r.d, "zip", alg)
	r.o.locks[len(r.o.locks)-1].Partial = plain > 0
	if failed == notUnpacked {
		r.o.unopened(r.d.label(string(kindRar)), string(notUnpacked))
	}
	return encrypted
}

// header4 reads one header of version 4: checksum, type, flags, size, then the fields of its type.
func (r *rarFile) header4(off int64) int64 {
	le := binary.LittleEndian
	h := readFull(r.data, make([]byte, 11), off)
	if len(h) < 7 {
		return 0
	}
	typ, flags, size := h[2], le.Uint16(h[3:]), int64(le.Uint16(h[5:]))
	if size < 7 || typ == rar4End {
		return 0
	}
	if typ == rar4Main && flags&rar4LockedHeaders != 0 {
		r.all = "AES-128-CBC"
		return 0
	}
	next := off + size
	if flags&rar4Long != 0 && len(h) == 11 {
		next += int64(le.Uint32(h[7:]))
	}
	if typ != rar4File {
		return next
	}
	p := readFull(r.data, make([]byte, size), off)
	if len(p) < 32 {
		return 0
	}
	e := rarEntry{stored: p[25] == 0x30, off: off + size, size: int64(le.Uint32(p[7:]))}
	at := 32
	if flags&rar4Big != 0 && len(p) >= 40 {
		high := int64(le.Uint32(p[32:])) & 0x3fffffff << 32
		e.size, next, at = e.size+high, next+high, 40
	}
	e.name = rar4Name(p[at:min(len(p), at+int(le.Uint16(p[26:])))], flags&rar4Wide != 0)
	if flags&rar4Locked != 0 {
		if e.locked = "AES-128-CBC"; p[24] < 29 {
			e.locked = "RAR-2.0" // own ciphers of the nineties
		}
	}
	r.add(e)
	return next
}

// rar4Name is a name of version 4: in a code page, behind a zero byte the same in a packed UTF-16 that
// holds no more letters than the first form where they are Latin.
func rar4Name(p []byte, wide bool) string {
	plain, packed, both := strings.Cut(string(p), "\x00")
	if !wide || !both {
		return zipName([]byte(plain), 0)
	}
	return unpackRar4(plain, []byte(packed))
}

// unpackRar4 unpacks the UTF-16 name: two bits for each letter say how it is written.
func unpackRar4(plain string, p []byte) string {
	in := &byteReader{p: p}
	high := uint16(in.byte()) << 8
	var out []uint16
	var flags byte
	for bits := 0; len(in.p) > 0 && len(out) < 4096; bits -= 2 {
		if bits == 0 {
			flags, bits = in.byte(), 8
		}
		kind := flags >> 6
		flags <<= 2
		b := in.byte()
		switch kind {
		case 0:
			out = append(out, uint16(b))
		case 1:
			out = append(out, high|uint16(b))
		case 2:
			out = append(out, uint16(b)|uint16(in.byte())<<8)
		default:
			add, top := byte(0), uint16(0)
			if b&0x80 != 0 {
				add, top = in.byte(), high
			}
			for n := int(b&0x7f) + 2; n > 0 && len(out) < len(plain); n-- {
				out = append(out, uint16(plain[len(out)]+add)|top)
			}
		}
	}
	return utf16String(out)
}

// header5 reads one header of version 5: checksum, size, type, flags, then the fields of its type.
func (r *rarFile) header5(off int64) int64 {
	head := &byteReader{p: readFull(r.data, make([]byte, 12), off)}
	head.take(4)
	before := len(head.p)
	size := head.vint()
	start := off + 4 + int64(before-len(head.p))
	if head.bad || size <= 0 || size > rarHeaderMax {
		return 0
	}
	body := &byteReader{p: readFull(r.data, make([]byte, size), start)}
	typ, flags := body.vint(), body.vint()
	var extra, data int64
	if flags&1 != 0 {
		extra = body.vint()
	}
	if flags&2 != 0 {
		data = body.vint()
	}
	switch {
	case body.bad || typ == rar5End:
		return 0
	case typ == rar5Lock:
		r.all = "AES-256-CBC"
		return 0
	case typ == rar5File:
		e := rarEntry{off: start + size, size: data}
		if extra <= int64(len(body.p)) && rar5Encrypted(body.p[int64(len(body.p))-extra:]) {
			e.locked = "AES-256-CBC"
		}
		e.name, e.stored = rar5Name(body)
		r.add(e)
	}
	return start + size + data
}

// rar5Name reads the fields of a file up to its name.
func rar5Name(b *byteReader) (name string, stored bool) {
	flags := b.vint()
	b.vint() // size when unpacked
	b.vint() // attributes
	if flags&2 != 0 {
		b.take(4) // time
	}
	if flags&4 != 0 {
		b.take(4) // checksum
	}
	method := b.vint() >> 7 & 7
	b.vint() // system
	return decodeCharset(b.take(b.vint()), "utf-8"), method == 0
}

// rar5Encrypted looks for the record of encryption among the extra ones.
func rar5Encrypted(p []byte) bool {
	x := &byteReader{p: p}
	for len(x.p) > 0 {
		one := &byteReader{p: x.take(x.vint())}
		if one.vint() == 1 && !one.bad {
			return true
		}
	}
	return false
}
