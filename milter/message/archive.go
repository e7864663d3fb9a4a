package message

import (
	"archive/tar"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// openTar opens the entries of a tar archive one after the other.
func openTar(o *opener, d doc, data *io.SectionReader) error {
	r := tar.NewReader(data)
	for n := 1; ; n++ {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damaged
		}
		c := d.child(n, h.Name)
		if h.Typeflag != tar.TypeReg {
			if h.Typeflag != tar.TypeXGlobalHeader {
				o.say("filename "+c.path, strings.TrimSpace(h.Name+" "+h.Linkname), d.quoted)
			}
			continue
		}
		if !o.budget.takePart() {
			return errLimit
		}
		o.entry(c, &meter{&o.budget, r})
	}
}

// openCompressed opens one compressed stream; its content takes the place of the document.
func openCompressed(k kind) extractor {
	return func(o *opener, d doc, data *io.SectionReader) error {
		br := bufio.NewReaderSize(data, 32<<10)
		var r io.Reader
		name := ""
		switch k {
		case kindGzip:
			z, err := gzip.NewReader(br)
			if err != nil {
				return damaged
			}
			r, name = z, decodeCharset([]byte(z.Name), "")
		case kindBzip2:
			r = bzip2.NewReader(br)
		case kindXZ:
			z, err := xz.ReaderConfig{DictCap: sevenDict}.NewReader(br)
			if err != nil {
				return damaged
			}
			r = z
		case kindZstd:
			z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(sevenDict), zstd.WithDecoderMaxWindow(sevenDict))
			if err != nil {
				return damaged
			}
			defer z.Close()
			r = z
		}
		if !o.budget.takePart() {
			return errLimit
		}
		tail := &failing{r: &meter{&o.budget, &capped{r, data.Size()*zipRatio*4 + zipFree}}}
		o.entry(d.child(1, name), tail)
		if tail.err != nil && !errors.Is(tail.err, errLimit) {
			return damaged
		}
		return tail.err
	}
}

// failing remembers the error that ended a stream.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// isTar recognises a tar archive by its first header.
func isTar(head []byte) bool {
	return len(head) >= 512 && string(head[257:262]) == "ustar"
}

// rarMagic begins a rar archive of any version.
const rarMagic = "Rar!\x1a\x07"

// openRar recognises rar and its encryption; it is not unpacked. Of version 5 the header says whether it
// is encrypted as a whole, of version 4 the flags of the first headers.
func openRar(o *opener, d doc, data *io.SectionReader) error {
	var h [4096]byte
	n, _ := data.ReadAt(h[:], 0)
	alg, locked := rarLock(h[:n])
	if !locked {
		return reason("rar is not unpacked")
	}
	o.locked(d, "zip", alg)
	return encrypted
}

// rarLock walks the first headers.
func rarLock(p []byte) (alg string, locked bool) {
	if len(p) < 20 {
		return "", false
	}
	if p[6] == 1 {
		return "AES-256-CBC", rar5Locked(p[8:])
	}
	return "AES-128-CBC", rar4Locked(p[7:])
}

// rar4Locked reads headers of version 4: CRC, type, flags, size.
func rar4Locked(p []byte) bool {
	for len(p) >= 11 {
		typ, flags, size := p[2], int(p[3])|int(p[4])<<8, int(p[5])|int(p[6])<<8
		if typ == 0x73 && flags&0x80 != 0 || typ == 0x74 && flags&4 != 0 {
			return true
		}
		add := 0
		if flags&0x8000 != 0 {
			add = int(p[7]) | int(p[8])<<8 | int(p[9])<<16 | int(p[10])<<24
		}
		if size < 7 || add < 0 || size+add >= len(p) {
			return false
		}
		p = p[size+add:]
	}
	return false
}

// rar5Locked reads headers of version 5: CRC, size, type, flags, extra records; record 1 is encryption.
func rar5Locked(p []byte) bool {
	for len(p) > 8 {
		r := &sevenBytes{p: p[4:]}
		size := r.vint()
		body := &sevenBytes{p: r.take(size)}
		typ, flags := body.vint(), body.vint()
		if typ == 4 {
			return true
		}
		extra, data := int64(0), int64(0)
		if flags&1 != 0 {
			extra = body.vint()
		}
		if flags&2 != 0 {
			data = body.vint()
		}
		if typ == 2 && extra > 0 && extra <= int64(len(body.p)) {
			x := &sevenBytes{p: body.p[int64(len(body.p))-extra:]}
			for len(x.p) > 0 && !x.bad {
				n := x.vint()
				if one := (&sevenBytes{p: x.take(n)}); one.vint() == 1 && !one.bad {
					return true
				}
			}
		}
		r.take(data)
		if r.bad || body.bad {
			return false
		}
		p = r.p
	}
	return false
}

// vint reads a number of seven bits a byte, low ones first.
func (r *sevenBytes) vint() int64 {
	var v int64
	for i := 0; i < 8; i++ {
		b := r.byte()
		v |= int64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return v
		}
	}
	r.fail()
	return 0
}
