package message

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// errLimit says that a budget was used up; what came before it has been read.
var errLimit = errors.New("limit")

// spoolMemory is the size up to which one decoded part is held in memory.
const spoolMemory = 256 << 10

// spool holds decoded bytes for random access: in memory while they are few, in an unlinked
// temporary file beyond.
type spool struct {
	b    *budget
	mem  []byte
	file *os.File
	size int64
}

// fill copies r into a spool. What decompresses is metered at its source, so r is bounded. After an
// error of r the spool holds what came before it.
func (o *opener) fill(r io.Reader) (*spool, error) {
	s := &spool{b: &o.budget}
	buf := make([]byte, 16<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if werr := s.write(buf[:n]); werr != nil {
				o.broken(werr)
				return s, werr
			}
		}
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

func (s *spool) write(p []byte) error {
	if s.file == nil && (s.size+int64(len(p)) > spoolMemory || int64(len(p)) > s.b.memory) {
		if err := s.toFile(); err != nil {
			return err
		}
	}
	s.size += int64(len(p))
	if s.file == nil {
		s.b.memory -= int64(len(p))
		s.mem = append(s.mem, p...)
		return nil
	}
	_, err := s.file.Write(p)
	return err
}

func (s *spool) toFile() error {
	f, err := os.CreateTemp("", "postvagt-part-*")
	if err != nil {
		return fmt.Errorf("spill a message part: %w", err)
	}
	s.file = f
	_ = os.Remove(f.Name()) // the open file stays usable and vanishes with the process
	s.b.memory += s.size
	_, err = f.Write(s.mem)
	s.mem = nil
	return err
}

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off >= s.size {
		return 0, io.EOF
	}
	n := copy(p, s.mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *spool) section() *io.SectionReader { return io.NewSectionReader(s, 0, s.size) }

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
		return
	}
	s.b.memory += int64(len(s.mem))
	s.mem = nil
}
