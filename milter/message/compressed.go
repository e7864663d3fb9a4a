package message

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// windowMax bounds the memory that a decompressor may hold for one stream; xz and zstd let the file
// ask for gigabytes. The largest that common programs write by themselves is 64 MiB.
const windowMax = 64 << 20

// openCompressed opens one compressed stream; what is inside is a document of its own.
func openCompressed(k kind) extractor {
	return func(o *opener, d doc, data *io.SectionReader) error {
		if !o.budget.takePart() {
			return errLimit
		}
		r, name, err := decompressor(o, k, data)
		if err != nil {
			return err
		}
		if c, ok := r.(io.Closer); ok {
			defer c.Close()
		}
		names := innerNames(d, name)
		c := d.child(1, "")
		if name != "" {
			o.say("filename "+c.path, name, d.quoted)
		}
		c.about.names = names
		o.stream(c, o.guard(r, data.Size()))
		return nil
	}
}

// decompressor gives the bytes inside and the name that gzip remembers.
func decompressor(o *opener, k kind, data *io.SectionReader) (r io.Reader, name string, err error) {
	switch k {
	case kindGzip:
		br := newBuf(data)
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, "", damaged
		}
		z.Multistream(false)
		return &gzipStreams{z, br}, z.Name + "\n" + z.Comment, nil
	case kindBzip2:
		return bzip2.NewReader(newBuf(o.dear(data))), "", nil
	case kindXZ:
		return newXZ(o.dear(data), data.Size()), "", nil
	}
	z, err := zstd.NewReader(newBuf(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(windowMax))
	if err != nil {
		return nil, "", damaged
	}
	return z.IOReadCloser(), "", nil
}

// gzipStreams reads one stream after the other as gunzip does: what stands behind them is no error.
type gzipStreams struct {
	z  *gzip.Reader
	br *bufio.Reader
}

func (g *gzipStreams) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err == io.EOF && g.z.Reset(g.br) == nil {
		g.z.Multistream(false)
		err = nil
	}
	return n, err
}

// innerNames says what the decompressed file is called: as the stream says, or as the outer file without
// its ending.
func innerNames(d doc, told string) []string {
	if told = strings.TrimSpace(told); told != "" {
		return strings.SplitN(told, "\n", 2)[:1]
	}
	for _, n := range d.about.names {
		if i := strings.LastIndexByte(n, '.'); i > 0 {
			return []string{n[:i]}
		}
	}
	return nil
}

// guard meters what decompression gives: by the budget of the message, by the ratio of a bomb. A
// panic of a library over bytes that it did not expect is damage and no more.
func (o *opener) guard(r io.Reader, packed int64) io.Reader {
	return &guarded{b: &o.budget, r: &meter{&o.budget, &capped{r, packed*zipRatio + zipFree}}}
}

// dearTimes is how much more a packed byte of LZMA or bzip2 costs to unpack than a byte of what others
// unpack to.
const dearTimes = 3

// dear meters the packed bytes of a slow compression, so that nests of it end in time.
func (o *opener) dear(r io.Reader) io.Reader { return &dearReader{&o.budget, r} }

type dearReader struct {
	b *budget
	r io.Reader
}

func (d *dearReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if cost := n * dearTimes; d.b.takeExpanded(cost) < cost {
		return 0, errLimit
	}
	return n, err
}

type guarded struct {
	b   *budget // nil where nothing is metered
	r   io.Reader
	err error
}

func (g *guarded) Read(p []byte) (n int, err error) {
	if g.err != nil {
		return 0, g.err
	}
	defer func() {
		if recover() != nil {
			n, err = 0, damaged
		}
		spent := err != nil && err != io.EOF && g.b != nil && g.b.expanded <= 0
		if spent || errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			err = errLimit
		}
		g.err = err
	}()
	return g.r.Read(p)
}

// readFull reads up to len(p) bytes at off and gives those that are there.
func readFull(r io.ReaderAt, p []byte, off int64) []byte {
	n, _ := r.ReadAt(p, off)
	return p[:n]
}

// byteCounter counts what is taken from a buffered reader, for formats that align to four bytes.
type byteCounter struct {
	br *bufio.Reader
	n  int64
}

func (c *byteCounter) Read(p []byte) (int, error) {
	n, err := c.br.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *byteCounter) ReadByte() (byte, error) {
	b, err := c.br.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}
