package message

import (
	"bufio"
	"bytes"
	"io"
)

// lineMax is the longest stretch handed over at once; a longer line comes in several.
const lineMax = 32 << 10

// lines reads line after line and knows where each one stands.
type lines struct {
	r     *bufio.Reader
	delim byte
	off   int64 // of the next byte
	cont  bool  // the next stretch goes on with a line
}

// newLines reads r, of which about size bytes are expected; 0 means not known.
func newLines(r io.Reader, size int64) *lines {
	l := &lines{r: bufio.NewReaderSize(r, bufSize(size, lineMax)), delim: '\n'}
	if head, _ := l.r.Peek(4096); bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.delim = '\r' // line ends of an old Macintosh
	}
	return l
}

// next gives the next stretch with its line end, valid until the next call of next or peek; start
// says whether it begins a line.
func (l *lines) next() (line []byte, start bool, err error) {
	line, err = l.r.ReadSlice(l.delim)
	start = !l.cont
	l.cont = err == bufio.ErrBufferFull
	if l.cont {
		err = nil
	}
	l.off += int64(len(line))
	if len(line) > 0 && err == io.EOF {
		err = nil
	}
	return line, start, err
}

// peek gives the beginning of the next line without its line end.
func (l *lines) peek() []byte {
	p, _ := l.r.Peek(256)
	if i := bytes.IndexAny(p, "\r\n"); i >= 0 {
		p = p[:i]
	}
	return p
}

// eol is the length of the line end of line.
func eol(line []byte) int {
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r') && len(line)-n < 2 {
		n--
	}
	return len(line) - n
}

// bufSize is a buffer's size for what is expected: no larger than needed, and large enough to peek.
func bufSize(expected int64, most int) int {
	if expected <= 0 {
		return most
	}
	return int(min(max(expected+expected/4, sniffSize), int64(most)))
}
