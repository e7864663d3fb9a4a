package message

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// sevenMagic begins a 7z archive.
const sevenMagic = "7z\xbc\xaf\x27\x1c"

// Bounds of a 7z archive: what its header may hold, and what its dictionary may need.
const (
	sevenHeader = 16 << 20
	sevenFiles  = 20_000
	sevenCycles = 22 // power of two of the rounds that derive a key
)

// Coders of 7z.
const (
	sevenCopy    = "\x00"
	sevenLZMA    = "\x03\x01\x01"
	sevenLZMA2   = "\x21"
	sevenDeflate = "\x04\x01\x08"
	sevenBzip2   = "\x04\x02\x02"
	sevenZstd    = "\x04\xf7\x11\x01"
	sevenAES     = "\x06\xf1\x07\x01"
	sevenBCJ     = "\x03\x03\x01\x03"
	sevenDelta   = "\x03"
)

type sevenCoder struct {
	id      string
	props   []byte
	in, out int
}

// sevenFolder is a chain of coders and what it unpacks to.
type sevenFolder struct {
	coders []sevenCoder
	binds  [][2]int // input index, output index
	packed []int    // input indexes fed by pack streams
	sizes  []int64  // of each output
	crc    uint32
	hasCRC bool

	packPos  int64
	packSize int64
	subs     []sevenSub
}

// sevenSub is one file inside a folder.
type sevenSub struct {
	size   int64
	crc    uint32
	hasCRC bool
}

func (f *sevenFolder) encrypted() bool {
	for _, c := range f.coders {
		if c.id == sevenAES {
			return true
		}
	}
	return false
}

// sevenFile is an archive being opened.
type sevenFile struct {
	o       *opener
	d       doc
	data    *io.SectionReader
	folders []*sevenFolder
	names   []string
	empty   []bool
	key     sevenKey // the one derived last
}

// open7z opens a 7z archive.
func open7z(o *opener, d doc, data *io.SectionReader) error {
	z := &sevenFile{o: o, d: d, data: data}
	head, err := z.head()
	if err != nil {
		return err
	}
	return z.header(head, "", false)
}

// head reads the bytes of the header that stands at the end.
func (z *sevenFile) head() ([]byte, error) {
	var h [32]byte
	if n, _ := z.data.ReadAt(h[:], 0); n < 32 {
		return nil, damaged
	}
	le := binary.LittleEndian
	off, size := int64(le.Uint64(h[12:])), int64(le.Uint64(h[20:]))
	if off < 0 || size <= 0 || size > sevenHeader || off > z.data.Size()-32 || size > z.data.Size()-32-off {
		return nil, damaged
	}
	p := make([]byte, size)
	n, _ := z.data.ReadAt(p, 32+off)
	return p[:n], nil
}

// header reads a header, packed or not. With a password an encrypted one is read too.
func (z *sevenFile) header(p []byte, password string, told bool) error {
	for round := 0; round < 4; round++ {
		r := &byteReader{p: p}
		switch r.byte() {
		case 0x01:
			if err := z.archive(r); err != nil {
				return err
			}
			return z.open(password, told)
		case 0x17:
			folders := r.streams()
			if r.bad || len(folders) == 0 {
				return damaged
			}
			f := folders[0]
			if f.encrypted() && !told {
				return z.lockHeader(p, f)
			}
			out, err := z.unpack(f, password)
			if err != nil {
				return err
			}
			if p, err = io.ReadAll(io.LimitReader(z.o.guard(out, z.data.Size()), min(f.size(), sevenHeader))); err != nil {
				return err
			}
			if f.hasCRC && crc32.ChecksumIEEE(p) != f.crc {
				return damaged
			}
		default:
			return damaged
		}
	}
	return damaged
}

// lockHeader records an archive that hides even its names.
func (z *sevenFile) lockHeader(p []byte, f *sevenFolder) error {
	z.o.locked(z.d, "zip", "AES-256-CBC")
	z.o.tryLater(attempt{d: z.d, kind: kind7z, cost: f.cost(),
		fits: func(pw string) bool { return z.fits(f, pw) || !f.hasCRC && z.reveals(f, pw) },
		open: func(pw string) error { return z.header(p, pw, true) },
	})
	return encrypted
}

// open opens the files, folder by folder.
func (z *sevenFile) open(password string, told bool) error {
	w := z.o.text("filename "+z.d.path+" 7z", z.d.quoted, z.d.hidden)
	for _, n := range z.names {
		w.writeString(n + "\n")
	}
	w.close()
	var locked, plain int
	var first *sevenFolder
	file := 0
	var failed error
	for _, f := range z.folders {
		if f.encrypted() && !told {
			if locked++; first == nil || f.packSize < first.packSize {
				first = f // the smallest is the quickest to try
			}
			file = z.skip(file, len(f.subs))
			continue
		}
		plain++
		var err error
		if file, err = z.folder(f, file, password); err != nil && failed == nil {
			failed = err
		}
	}
	if locked == 0 {
		return failed
	}
	z.o.locked(z.d, "zip", "AES-256-CBC")
	z.o.locks[len(z.o.locks)-1].Partial = plain > 0
	z.o.tryLater(attempt{d: z.d, kind: kind7z, cost: first.cost(),
		fits: func(pw string) bool { return z.fits(first, pw) },
		open: func(pw string) error { return z.openLocked(pw) },
	})
	return encrypted
}

func (z *sevenFile) openLocked(password string) error {
	file := 0
	var failed error
	for _, f := range z.folders {
		if !f.encrypted() {
			file = z.skip(file, len(f.subs))
			continue
		}
		var err error
		if file, err = z.folder(f, file, password); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// skip passes over n files that have content.
func (z *sevenFile) skip(file, n int) int {
	for ; n > 0 || file < len(z.empty) && z.empty[file]; file++ {
		if file >= len(z.empty) || !z.empty[file] {
			n--
		}
		if file > sevenFiles {
			break
		}
	}
	return file
}

// folder opens the files of one folder, which are packed one after the other.
func (z *sevenFile) folder(f *sevenFolder, file int, password string) (int, error) {
	r, err := z.unpack(f, password)
	if err != nil {
		return z.skip(file, len(f.subs)), err
	}
	r = z.o.guard(r, z.data.Size())
	var failed error
	for i, s := range f.subs {
		file = z.skip(file, 0)
		if !z.o.budget.takePart() {
			return file, errLimit
		}
		name := ""
		if file < len(z.names) {
			name = z.names[file]
		}
		sum := crc32.NewIEEE()
		one := io.TeeReader(io.LimitReader(r, s.size), sum)
		z.o.stream(z.d.child(file+1, name), one)
		if _, err := io.Copy(io.Discard, one); err != nil {
			return z.skip(file, len(f.subs)-i), err
		}
		if s.hasCRC && sum.Sum32() != s.crc {
			failed = damaged // of what was read, some is not what was packed
		}
		file++
	}
	return file, failed
}

// unpack gives the bytes of a folder whose coders form a plain chain. They are to be metered.
func (z *sevenFile) unpack(f *sevenFolder, password string) (io.Reader, error) {
	if len(f.packed) != 1 || len(f.coders) == 0 || len(f.coders) > 8 {
		return nil, reason("unknown compression")
	}
	off := 32 + f.packPos
	if f.packPos < 0 || f.packSize < 0 || off > z.data.Size() || f.packSize > z.data.Size()-off {
		return nil, damaged
	}
	var r io.Reader = io.NewSectionReader(z.data, off, f.packSize)
	at := f.packed[0]
	for range f.coders {
		if at < 0 || at >= len(f.coders) {
			return nil, damaged
		}
		var err error
		if r, err = z.decode(f.coders[at], r, f.sizes[at], password); err != nil {
			return nil, err
		}
		at = f.follow(at)
		if at < 0 {
			break
		}
	}
	return r, nil
}

// follow is the coder that takes the output of coder i, -1 when that is the end.
func (f *sevenFolder) follow(i int) int {
	for _, b := range f.binds {
		if b[1] == i {
			return b[0]
		}
	}
	return -1
}
