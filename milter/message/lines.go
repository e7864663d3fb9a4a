package message

import (
	"bufio"
	"bytes"
	"io"
	"sync"
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

// newLines reads r. Close it.
func newLines(r io.Reader) *lines {
	l := &lines{r: lineReaders.get(r), delim: '\n'}
	if head, _ := l.r.Peek(4096); bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.delim = '\r' // line ends of an old Macintosh
	}
	return l
}

// close gives the buffer back.
func (l *lines) close() { lineReaders.put(l.r) }

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

// readers are buffers of one size that are used again.
type readers struct{ pool sync.Pool }

var (
	lineReaders = newReaders(lineMax)
	partReaders = newReaders(16 << 10)
)

func newReaders(size int) *readers {
	return &readers{sync.Pool{New: func() any { return bufio.NewReaderSize(nil, size) }}}
}

func (p *readers) get(r io.Reader) *bufio.Reader {
	br := p.pool.Get().(*bufio.Reader)
	br.Reset(r)
	return br
}

// put takes a buffer back that nobody reads any more.
func (p *readers) put(br *bufio.Reader) {
	br.Reset(nil)
	p.pool.Put(br)
}
