package milter

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// sockets are the two ends of a connection of each sort that an MTA may use.
func sockets(t *testing.T) map[string][2]net.Conn {
	t.Helper()
	pairs := map[string][2]net.Conn{}
	for network, addr := range map[string]string{"unix": filepath.Join(t.TempDir(), "s"), "tcp": "127.0.0.1:0"} {
		l, err := net.Listen(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		there, err := net.Dial(network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		here, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { here.Close(); there.Close() })
		pairs[network] = [2]net.Conn{here, there}
	}
	here, there := net.Pipe() // no socket
	pairs["pipe"] = [2]net.Conn{here, there}
	return pairs
}

func TestQuickReaderReads(t *testing.T) {
	text := strings.Repeat("Kære Anna. ", 50_000)
	for name, pair := range sockets(t) {
		go func() {
			io.Copy(pair[1], iotest.OneByteReader(strings.NewReader(text[:1000])))
			io.WriteString(pair[1], text[1000:])
			pair[1].Close()
		}()
		got, err := io.ReadAll(quick(pair[0]))
		if string(got) != text || err != nil {
			t.Errorf("%s: %d bytes of %d, error %v", name, len(got), len(text), err)
		}
	}
}

// A deadline ends a read that waits, and so does closing, as the daemon's stop does.
func TestQuickReaderEnds(t *testing.T) {
	for name, pair := range sockets(t) {
		r := quick(pair[0])
		pair[0].SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if _, err := r.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v past the deadline", name, err)
		}
		pair[0].SetReadDeadline(time.Time{})
		ended := make(chan error)
		go func() {
			_, err := r.Read(make([]byte, 10))
			ended <- err
		}()
		pair[0].Close()
		if err := <-ended; err == nil {
			t.Errorf("%s: a read of what is closed is no error", name)
		}
	}
}
