package milter

import (
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// mailLog writes the short line to the mail log. A slow or missing syslog never holds up mail.
type mailLog struct {
	path string
	tag  string
	now  func() time.Time
	c    chan string
	lost atomic.Int64
	once sync.Once
	done chan struct{}
}

func openMailLog(path string, now func() time.Time) *mailLog {
	l := &mailLog{path: path, tag: fmt.Sprintf("postvagt-milter[%d]: ", os.Getpid()), now: now,
		c: make(chan string, logQueue), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *mailLog) Write(line string) {
	select {
	case l.c <- line:
	default:
		l.lost.Add(1)
	}
}

func (l *mailLog) Close() {
	l.once.Do(func() { close(l.c) })
	<-l.done
}

func (l *mailLog) run() {
	defer close(l.done)
	var conn net.Conn
	for line := range l.c {
		for try := range 2 {
			if conn == nil {
				if conn, _ = net.Dial("unixgram", l.path); conn == nil {
					break // no syslog on this machine
				}
			}
			conn.SetWriteDeadline(time.Now().Add(logPatience))
			_, err := fmt.Fprintf(conn, "<%d>%s %s%s", syslogMailOK, l.now().Format(time.Stamp), l.tag, line)
			if err == nil {
				break
			}
			conn.Close()
			conn = nil
			if try == 1 {
				l.lost.Add(1)
			}
		}
	}
	if conn != nil {
		conn.Close()
	}
}
