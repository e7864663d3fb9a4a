package message

import (
	"io"

	"github.com/ulikunitz/xz/lzma"
)

const xzMagic = "\xfd7zXZ\x00"

// xzReader reads an xz file (the .xz file format, 1.2): streams of blocks of LZMA2. The container is
// walked here, so that a file cannot ask for a dictionary of gigabytes.
type xzReader struct {
	in    *byteCounter
	check int       // bytes of the check behind each block
	block io.Reader // the present one
	from  int64     // where it began
	begun bool
	most  int64 // bytes of a dictionary
}

// newXZ reads an xz file of which size bytes are packed: what it may unpack to needs no larger dictionary.
func newXZ(r io.Reader, size int64) io.Reader {
	return &xzReader{in: &byteCounter{br: newBuf(r)}, most: min(windowMax, size*zipRatio+zipFree)}
}

func (x *xzReader) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
		}
		n, err := x.block.Read(p)
		if err == io.EOF {
			x.block = nil
			err = x.endBlock()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next goes to the next block, over the ends of streams.
func (x *xzReader) next() error {
	for {
		if !x.begun {
			if err := x.stream(); err != nil {
				return err
			}
		}
		size, err := x.in.ReadByte()
		if err != nil {
			return damaged
		}
		if size == 0 {
			if err := x.index(); err != nil {
				return err
			}
			continue
		}
		return x.header((int(size) + 1) * 4)
	}
}

// stream reads the header of a stream, which zeros may stand before.
func (x *xzReader) stream() error {
	first := x.in.n == 0
	var h [12]byte
	for {
		if _, err := io.ReadFull(x.in, h[:4]); err != nil {
			if first {
				return damaged
			}
			return io.EOF
		}
		if h[0] != 0 {
			break
		}
	}
	if _, err := io.ReadFull(x.in, h[4:]); err != nil || string(h[:6]) != xzMagic {
		if first {
			return damaged
		}
		return io.EOF // something else behind the file
	}
	x.check = []int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[h[7]&15]
	x.begun = true
	return nil
}

// header reads the header of a block; its size byte has been read.
func (x *xzReader) header(size int) error {
	h := make([]byte, size-1)
	if _, err := io.ReadFull(x.in, h); err != nil {
		return damaged
	}
	flags, rest := h[0], h[1:len(h)-4]
	for _, bit := range []byte{0x40, 0x80} {
		if flags&bit != 0 {
			_, rest = xzNumber(rest)
		}
	}
	if flags&3 != 0 || len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 {
		return reason("unknown compression") // filters of programs, not of documents
	}
	var err error
	x.from = x.in.n
	x.block, err = newLZMA2(x.in, rest[2], x.most)
	return err
}

// newLZMA2 begins LZMA2 with a dictionary as its property byte asks, of at most most bytes.
func newLZMA2(r io.Reader, prop byte, most int64) (io.Reader, error) {
	if prop > 40 {
		return nil, damaged
	}
	size := int64(2|prop&1) << (prop/2 + 11)
	if size > most {
		if most >= windowMax {
			return nil, errLimit
		}
		size = most
	}
	z, err := lzma.Reader2Config{DictCap: int(max(size, lzma.MinDictCap))}.NewReader2(r)
	if err != nil {
		return nil, damaged
	}
	return z, nil
}

// endBlock passes over the padding and the check of a block.
func (x *xzReader) endBlock() error {
	return x.skip((4-(x.in.n-x.from)&3)&3 + int64(x.check))
}

func (x *xzReader) skip(n int64) error {
	if _, err := io.CopyN(io.Discard, x.in, n); err != nil {
		return damaged
	}
	return nil
}

// index passes over the index and the footer of a stream.
func (x *xzReader) index() error {
	start := x.in.n - 1
	count, err := x.number()
	for ; err == nil && count > 0; count-- {
		if _, err = x.number(); err == nil {
			_, err = x.number()
		}
	}
	if err != nil {
		return damaged
	}
	x.begun = false
	return x.skip((4-(x.in.n-start)&3)&3 + 4 + 12)
}

func (x *xzReader) number() (uint64, error) {
	var v uint64
	for i := 0; i < 9; i++ {
		b, err := x.in.ReadByte()
		if err != nil {
			return 0, err
		}
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, damaged
}

// xzNumber is number on bytes.
func xzNumber(p []byte) (v uint64, rest []byte) {
	for i := 0; i < len(p) && i < 9; i++ {
		v |= uint64(p[i]&0x7f) << (7 * i)
		if p[i] < 0x80 {
			return v, p[i+1:]
		}
	}
	return v, nil
}
