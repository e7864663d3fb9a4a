package tail

import (
	"errors"
	"io"
)

// StreamReader reads a stream that cannot be read again, such as standard input.
type StreamReader struct {
	name string
	in   io.Reader
	buf  []byte
	have int
	pos  int64
	skip bool
	end  bool
}

// Stream reads lines from in. It has no position to resume at.
func Stream(name string, in io.Reader) *StreamReader {
	return &StreamReader{name: name, in: in, buf: make([]byte, chunkSize)}
}

// Read returns the next lines; it waits for the stream.
func (s *StreamReader) Read() (Batch, error) {
	b := Batch{Source: s.name}
	for !s.end && len(b.Lines) == 0 {
		n, err := s.in.Read(s.buf[s.have:])
		s.have += n
		if errors.Is(err, io.EOF) {
			s.end = true
		} else if err != nil {
			return b, err
		}
		lines, used := splitLines(nil, string(s.buf[:s.have]), s.pos, s.end)
		if used == 0 && s.have == len(s.buf) { // no line end in sight
			lines, used = []Line{{Pos: s.pos, Text: string(s.buf[:MaxLine])}}, int64(s.have)
			if s.skip {
				lines = nil
			}
			s.skip = true
			b.Events = append(b.Events, Cut)
		} else if s.skip && len(lines) > 0 {
			lines, s.skip = lines[1:], false
		}
		b.Lines, b.Bytes = lines, b.Bytes+used
		s.have = copy(s.buf, s.buf[used:s.have])
		s.pos += used
	}
	b.AtEnd = s.end && len(b.Lines) == 0
	return b, nil
}

// Lag is not known.
func (s *StreamReader) Lag() int64 { return 0 }

// Close does nothing: the stream is the caller's.
func (s *StreamReader) Close() {}
