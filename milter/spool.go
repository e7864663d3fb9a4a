package milter

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// spool holds one message, in memory up to a limit and past it in a file that has no name any more, so
// that nothing is left behind however the program ends.
type spool struct {
	dir      string
	over     int64 // bytes kept in memory
	max      int64 // bytes kept at all
	mem      []byte
	file     *os.File
	kept     int64
	seen     int64 // bytes of the message, kept or not
	writeErr error
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
		s.mem = append(s.mem, p...)
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
	if _, err := f.Write(s.mem); err != nil {
		f.Close()
		s.writeErr = fmt.Errorf("spill to %s: %w", s.dir, err)
		return
	}
	s.file, s.mem = f, nil
}

// reader gives access to what was kept.
func (s *spool) reader() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(s.mem)
}

// Close frees the disk.
func (s *spool) Close() error {
	s.mem = nil
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}
