package tail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
)

const (
	headSize  = 512 // bytes by which a generation is known again
	tailSize  = 64  // bytes before the position, which must be the same
	chunkSize = 128 << 10
)

// print is what a generation looks like: hashes of its first bytes and of those before a position.
type print struct {
	HeadLen int    `json:"hl"`
	Head    string `json:"h"`
	TailLen int    `json:"tl"`
	Tail    string `json:"t"`
}

// generation is one file of a stream.
type generation struct {
	name    string
	file    *os.File
	stream  io.ReadCloser // of a compressed file
	at      int64         // position of stream
	dev     uint64
	ino     uint64
	began   int64 // ns, its mtime when it was first opened: what came after it is not older
	offset  int64 // behind the last line that was given out
	skip    bool  // inside a line over MaxLine
	head    []byte
	tail    []byte
	fixed   bool // nothing more will be written: a copy or an archive
	drained bool // the last read came to the end
	lines   int  // of the last read
}

func openGeneration(name string) (*generation, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	g := &generation{name: name, file: f}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory, not a log file", name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	g.dev, g.ino = identity(info)
	g.began = info.ModTime().UnixNano()
	if g.stream, err = decompress(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	g.fixed = g.stream != nil
	return g, nil
}

func identity(info os.FileInfo) (dev, ino uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev), s.Ino
	}
	return 0, 0
}

func (g *generation) close() {
	if g.stream != nil {
		_ = g.stream.Close() // it was only read
	}
	if g.file != nil {
		_ = g.file.Close()
	}
}

// changed is the time of the last write, in ns.
func (g *generation) changed() int64 {
	info, err := g.file.Stat()
	if err != nil {
		return later
	}
	return info.ModTime().UnixNano()
}

// readAt reads up to len(b) bytes from a position; less means the end.
func (g *generation) readAt(b []byte, pos int64) (int, error) {
	if g.stream == nil {
		n, err := g.file.ReadAt(b, pos)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return n, err
	}
	if pos < g.at {
		if err := g.rewind(); err != nil {
			return 0, err
		}
	}
	if pos > g.at {
		n, err := io.CopyN(io.Discard, g.stream, pos-g.at)
		g.at += n
		if err != nil && err != io.EOF {
			return 0, err
		}
	}
	n := 0
	for n < len(b) {
		k, err := g.stream.Read(b[n:]) // not io.ReadFull: it says of a damaged archive what it says of a short one
		n += k
		g.at += int64(k)
		if err == io.EOF {
			break
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (g *generation) rewind() error {
	_ = g.stream.Close()
	if _, err := g.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s, err := decompress(g.file)
	if err != nil {
		return err
	}
	g.stream, g.at = s, 0
	return nil
}

// same says whether the file still holds what was read of it.
func (g *generation) same() (bool, error) {
	if g.fixed {
		return true, nil
	}
	var b [headSize]byte
	n, err := g.readAt(b[:len(g.head)], 0)
	if err != nil || n != len(g.head) || !bytes.Equal(b[:n], g.head) {
		return false, err
	}
	n, err = g.readAt(b[:len(g.tail)], g.offset-int64(len(g.tail)))
	return n == len(g.tail) && bytes.Equal(b[:n], g.tail), err
}

// read gives out the complete lines of the next chunk. With final the last line needs no end.
func (g *generation) read(buf []byte, b *Batch, final bool) error {
	n, err := g.readAt(buf, g.offset)
	if err != nil {
		return fmt.Errorf("read %s at %d: %w", g.name, g.offset, err)
	}
	// Cut off and grown again since it was looked at, the file gives bytes of another generation.
	if same, err := g.same(); err != nil || !same {
		g.drained = false
		return err
	}
	g.drained = n < len(buf)
	start := 0
	if g.skip {
		end := bytes.IndexByte(buf[:n], '\n')
		if end < 0 {
			g.took(buf[:n])
			b.Bytes += int64(n)
			return nil
		}
		g.skip, start = false, end+1
	}
	chunk := string(buf[start:n])
	had := len(b.Lines)
	b.Lines = slices.Grow(b.Lines, g.lines+g.lines/8)
	lines, used := splitLines(b.Lines, chunk, g.offset+int64(start), final && g.drained)
	if used == 0 && len(chunk) > MaxLine { // no line end in sight: give out its beginning, skip the rest
		lines = append(lines, Line{Pos: g.offset + int64(start), Text: chunk[:MaxLine]})
		used, g.skip = int64(len(chunk)), true
	}
	b.Lines, g.lines = lines, len(lines)-had
	for _, l := range lines[had:] {
		if len(l.Text) == MaxLine {
			b.Events = append(b.Events, Cut)
		}
	}
	g.took(buf[:start+int(used)])
	b.Bytes += int64(start) + used
	return nil
}

// took moves the position over bytes that were given out.
func (g *generation) took(b []byte) {
	if len(b) == 0 {
		return
	}
	if room := headSize - len(g.head); room > 0 && int64(len(g.head)) == g.offset {
		g.head = append(g.head, b[:min(room, len(b))]...)
	}
	g.tail = append(g.tail, b[max(0, len(b)-tailSize):]...)
	g.tail = append([]byte(nil), g.tail[max(0, len(g.tail)-tailSize):]...)
	g.offset += int64(len(b))
}

// startsWith says whether the file begins with bytes, of which there must be some.
func (g *generation) startsWith(head []byte) bool {
	b := make([]byte, len(head))
	n, err := g.readAt(b, 0)
	return len(head) > 0 && err == nil && n == len(head) && bytes.Equal(b, head)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}

func (g *generation) print() print {
	return print{len(g.head), sum(g.head), len(g.tail), sum(g.tail)}
}

// adopt takes a position in the file, if it holds the bytes that the print speaks of.
func (g *generation) adopt(p print, offset int64) (bool, error) {
	head := make([]byte, p.HeadLen)
	if n, err := g.readAt(head, 0); err != nil || n != p.HeadLen || sum(head) != p.Head {
		return false, err
	}
	tail := make([]byte, p.TailLen)
	if n, err := g.readAt(tail, offset-int64(p.TailLen)); err != nil || n != p.TailLen || sum(tail) != p.Tail {
		return false, err
	}
	g.head, g.tail, g.offset = head, tail, offset
	return true, nil
}
