package milter

import (
	"cmp"
	"io"
	"net"
	"syscall"
	"unsafe"
)

// quickReader reads a connection without telling the runtime of each read. What a socket that does not block is asked for is
// there at once, or not; told of it, the runtime wakes a thread to see whether the call lasts. That is a tenth of a small mail.
type quickReader struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // once, made only once
	p   []byte
	n   int
	err error
}

// quick gives a reader of c, which is c itself where it is no socket of the system.
func quick(c net.Conn) io.Reader {
	s, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return c
	}
	r := &quickReader{raw: raw}
	r.try = r.once
	return r
}

// Read implements io.Reader. The deadline and the end of the connection hold as for any other reader.
func (r *quickReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	r.p, r.n, r.err = p, 0, nil
	err := cmp.Or(r.raw.Read(r.try), r.err)
	r.p = nil
	if r.n == 0 && err == nil {
		err = io.EOF
	}
	return r.n, err
}

// once says whether anything came of a read: bytes, the end or an error, and not that there is nothing yet.
func (r *quickReader) once(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&r.p[0])), uintptr(len(r.p)))
		switch errno {
		case 0:
			r.n = int(n)
			return true
		case syscall.EAGAIN:
			return false
		case syscall.EINTR:
		default:
			r.err = errno
			return true
		}
	}
}
