package milter

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// spool holds one message, in memory up to a limit and past it in a file that has no name any more, so
// that nothing is left behind however the program ends.
type spool struct {
	dir      string
	over     int64   // bytes kept in memory
	max      int64   // bytes kept at all
	mem      *[]byte // one of spoolBuffers; nil while nothing is in memory
	file     *os.File
	kept     int64
	seen     int64 // bytes of the message, kept or not
	writeErr error
}

// spoolBuffers are empty ones of messages before: a message grows in the memory of another.
var spoolBuffers = sync.Pool{New: func() any { return new([]byte) }}

// spoolPooled is the largest that is used again.
const spoolPooled = 256 << 10

// WriteString is Write for a string.
func (s *spool) WriteString(p string) {
	if n := int64(len(p)); s.file == nil && s.writeErr == nil && s.kept+n <= min(s.over, s.max) {
		*s.memory() = append(*s.memory(), p...)
		s.seen, s.kept = s.seen+n, s.kept+n
		return
	}
	s.Write([]byte(p))
}

func (s *spool) memory() *[]byte {
	if s.mem == nil {
		s.mem = spoolBuffers.Get().(*[]byte)
	}
	return s.mem
}

// Write keeps p. It never fails: the first error is kept for the one who judges.
func (s *spool) Write(p []byte) (int, error) {
	n := len(p)
	s.seen += int64(n)
	p = p[:min(int64(n), max(0, s.max-s.kept))]
	if s.writeErr != nil || len(p) == 0 {
		return n, nil
	}
	if s.file == nil && s.kept+int64(len(p)) > s.over {
		s.spill()
	}
	switch {
	case s.writeErr != nil:
		return n, nil
	case s.file == nil:
		*s.memory() = append(*s.memory(), p...)
	default:
		if _, err := s.file.Write(p); err != nil {
			s.writeErr = fmt.Errorf("spill to %s: %w", s.dir, err)
			return n, nil
		}
	}
	s.kept += int64(len(p))
	return n, nil
}

func (s *spool) spill() {
	f, err := os.CreateTemp(s.dir, "postvagt-*")
	if err != nil {
		s.writeErr = fmt.Errorf("spill: %w", err)
		return
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		s.writeErr = fmt.Errorf("spill: %w", err)
		return
	}
	if _, err := f.Write(*s.memory()); err != nil {
		f.Close()
		s.writeErr = fmt.Errorf("spill to %s: %w", s.dir, err)
		return
	}
	s.file = f
	s.forget()
}

// reader gives access to what was kept.
func (s *spool) reader() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(*s.memory())
}

// forget empties the memory and leaves it to another message.
func (s *spool) forget() {
	if s.mem != nil && cap(*s.mem) <= spoolPooled {
		*s.mem = (*s.mem)[:0]
		spoolBuffers.Put(s.mem)
	}
	s.mem = nil
}

// Close frees the memory and the disk. Nobody may read any more.
func (s *spool) Close() error {
	s.forget()
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}
