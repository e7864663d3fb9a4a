package message

import (
	"bytes"
	"encoding/binary"
	"io"
)

// zipEntry is one entry of a zip archive, from its central directory or, when that is missing, from
// its local header.
type zipEntry struct {
	name    string
	comment string
	flags   uint16
	method  uint16
	crc     uint32
	packed  int64 // compressed size
	size    int64 // size when decompressed, as declared
	header  int64 // offset of the local header
	modTime uint16
	aes     byte   // strength of WinZip AES: 1, 2, 3; 0 when not AES
	inner   uint16 // method under the AES layer
	aesVer  uint16
}

func (e *zipEntry) encrypted() bool { return e.flags&1 != 0 }
func (e *zipEntry) dir() bool       { return len(e.name) > 0 && e.name[len(e.name)-1] == '/' }

const (
	zipLocal   = "PK\x03\x04"
	zipCentral = "PK\x01\x02"
	zipEnd     = "PK\x05\x06"
	zip64End   = "PK\x06\x06"
	zip64Loc   = "PK\x06\x07"
)

// zipEntries lists a zip archive. A damaged one is listed as far as it goes; ok is then false.
func (o *opener) zipEntries(data *io.SectionReader, each func(zipEntry) bool) (ok bool) {
	start, size, count, base := zipDirectory(data)
	if start < 0 {
		o.zipLocals(data, each)
		return false
	}
	r := newBuf(io.NewSectionReader(data, start, size))
	for ; count > 0; count-- {
		if !o.budget.takeStep() {
			return true
		}
		e, err := readCentral(r)
		if err != nil {
			return false
		}
		e.header += base
		if !each(e) {
			return true
		}
	}
	return true
}

// zipDirectory finds the central directory; base is what stands before the archive.
func zipDirectory(data *io.SectionReader) (start, size, count, base int64) {
	n := min(data.Size(), 66<<10)
	tail := make([]byte, n)
	k, _ := data.ReadAt(tail, data.Size()-n)
	tail = tail[:k]
	at := bytes.LastIndex(tail, []byte(zipEnd))
	if at < 0 || len(tail)-at < 22 {
		return -1, 0, 0, 0
	}
	le := binary.LittleEndian
	end := tail[at:]
	count, size, start = int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	endAt := data.Size() - n + int64(at)
	if at >= 20 && string(tail[at-20:at-16]) == zip64Loc {
		var h [56]byte
		off := int64(le.Uint64(tail[at-12:]))
		if m, _ := data.ReadAt(h[:], off); m == 56 && string(h[:4]) == zip64End {
			count, size, start = int64(le.Uint64(h[32:])), int64(le.Uint64(h[40:])), int64(le.Uint64(h[48:]))
			endAt = off
		}
	}
	base = endAt - size - start
	if size < 0 || start < 0 || base < 0 || start+base > data.Size() {
		return -1, 0, 0, 0
	}
	return start + base, size, max(count, 0), base
}

func readCentral(r io.Reader) (zipEntry, error) {
	var h [46]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return zipEntry{}, err
	}
	if string(h[:4]) != zipCentral {
		return zipEntry{}, damaged
	}
	le := binary.LittleEndian
	e := zipEntry{
		flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]), modTime: le.Uint16(h[12:]), crc: le.Uint32(h[16:]),
		packed: int64(le.Uint32(h[20:])), size: int64(le.Uint32(h[24:])), header: int64(le.Uint32(h[42:])),
	}
	n, x, c := int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))
	rest := make([]byte, n+x+c)
	if _, err := io.ReadFull(r, rest); err != nil {
		return zipEntry{}, err
	}
	e.named(rest[:n])
	e.comment = zipName(rest[n+x:], e.flags)
	e.extra(rest[n : n+x])
	return e, nil
}

func (e *zipEntry) named(raw []byte) { e.name = zipName(raw, e.flags) }

// zipName decodes a name: UTF-8 if it is valid, else the code page of Nordic DOS and Windows.
func zipName(raw []byte, flags uint16) string {
	if flags&0x800 != 0 || validUTF8Head(raw) {
		return decodeCharset(raw, "utf-8")
	}
	return decodeCharset(raw, "cp850")
}

// extra reads the extra fields: 64-bit sizes and WinZip AES.
func (e *zipEntry) extra(x []byte) {
	le := binary.LittleEndian
	for len(x) >= 4 {
		id, n := le.Uint16(x), int(le.Uint16(x[2:]))
		if len(x) < 4+n {
			return
		}
		f := x[4 : 4+n]
		x = x[4+n:]
		switch {
		case id == 0x9901 && n >= 7:
			e.aesVer, e.aes, e.inner = le.Uint16(f), f[4], le.Uint16(f[5:])
		case id == 1:
			for _, p := range []*int64{&e.size, &e.packed, &e.header} {
				if *p == 0xffffffff && len(f) >= 8 {
					*p = int64(le.Uint64(f) &^ (1 << 63))
					f = f[8:]
				}
			}
		}
	}
}

// zipLocals lists the entries of an archive without a directory by their local headers.
func (o *opener) zipLocals(data *io.SectionReader, each func(zipEntry) bool) {
	le := binary.LittleEndian
	for off := int64(0); o.budget.takeStep(); {
		var h [30]byte
		if n, _ := data.ReadAt(h[:], off); n < 30 || string(h[:4]) != zipLocal {
			return
		}
		e := zipEntry{flags: le.Uint16(h[6:]), method: le.Uint16(h[8:]), modTime: le.Uint16(h[10:]), crc: le.Uint32(h[14:]),
			packed: int64(le.Uint32(h[18:])), size: int64(le.Uint32(h[22:])), header: off}
		n, x := int(le.Uint16(h[26:])), int(le.Uint16(h[28:]))
		rest := make([]byte, n+x)
		if m, _ := data.ReadAt(rest, off+30); m < len(rest) {
			return
		}
		e.named(rest[:n])
		e.extra(rest[n:])
		body := off + 30 + int64(len(rest))
		unknownSize := e.flags&8 != 0 && e.packed == 0
		if unknownSize || body+e.packed > data.Size() {
			e.packed = data.Size() - body
		}
		if !each(e) {
			return
		}
		off = body + e.packed
	}
}

// zipRaw gives the compressed bytes of an entry.
func zipRaw(data *io.SectionReader, e zipEntry) (*io.SectionReader, error) {
	var h [30]byte
	if n, _ := data.ReadAt(h[:], e.header); n < 30 || string(h[:4]) != zipLocal {
		return nil, damaged
	}
	le := binary.LittleEndian
	body := e.header + 30 + int64(le.Uint16(h[26:])) + int64(le.Uint16(h[28:]))
	if body > data.Size() {
		return nil, damaged
	}
	return io.NewSectionReader(data, body, min(e.packed, data.Size()-body)), nil
}
