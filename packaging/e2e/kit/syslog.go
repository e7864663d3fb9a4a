package kit

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
)

// syslogReader is a log daemon of one socket and one file: it writes what programs send to /dev/log, with the name of
// the host where syslog(3) leaves it out (RFC 3164).
type syslogReader struct {
	conn *net.UnixConn
	file *os.File
	done chan error
}

// stampLength is that of "Jan  2 15:04:05 ".
const stampLength = 16

func readSyslog(socket, file, host string) (*syslogReader, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	conn.SetReadBuffer(8 << 20)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		err = os.Chmod(socket, 0o666)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	r := &syslogReader{conn: conn, file: f, done: make(chan error, 1)}
	go func() { r.done <- r.copy(host) }()
	return r, nil
}

func (r *syslogReader) copy(host string) error {
	priority := regexp.MustCompile(`^<\d+>`)
	b := make([]byte, 64<<10)
	for {
		n, err := r.conn.Read(b)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		line := priority.ReplaceAll(b[:n], nil)
		if len(line) < stampLength {
			continue
		}
		for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == 0) {
			line = line[:len(line)-1]
		}
		if _, err := fmt.Fprintf(r.file, "%s%s %s\n", line[:stampLength], host, line[stampLength:]); err != nil {
			return err
		}
	}
}

// Close stops reading.
func (r *syslogReader) Close() error {
	err := r.conn.Close()
	return errors.Join(err, <-r.done, r.file.Close())
}
