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
	syslog *syslog
	c      chan string
	lost   atomic.Int64
	once   sync.Once
	done   chan struct{}
}

func openMailLog(path string, now func() time.Time) *mailLog {
	l := &mailLog{syslog: openSyslog(path, now), c: make(chan string, logQueue), done: make(chan struct{})}
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
	defer l.syslog.close()
	for line := range l.c {
		if !l.syslog.send(line) && l.syslog.there() {
			l.lost.Add(1)
		}
	}
}

// syslog sends lines to the local log socket, as facility mail (RFC 3164).
type syslog struct {
	path string
	tag  string
	now  func() time.Time
	conn net.Conn
}

func openSyslog(path string, now func() time.Time) *syslog {
	return &syslog{path: path, tag: fmt.Sprintf("postvagt-milter[%d]: ", os.Getpid()), now: now}
}

// send says whether the log took the line; a log that was restarted is dialled once again.
func (s *syslog) send(line string) bool {
	for range 2 {
		if s.conn == nil {
			if s.conn, _ = net.Dial("unixgram", s.path); s.conn == nil {
				return false // no syslog on this machine
			}
		}
		s.conn.SetWriteDeadline(time.Now().Add(logPatience))
		if _, err := fmt.Fprintf(s.conn, "<%d>%s %s%s", syslogMailOK, s.now().Format(time.Stamp), s.tag, line); err == nil {
			return true
		}
		s.close()
	}
	return false
}

// there says whether the machine has a log socket at all.
func (s *syslog) there() bool {
	_, err := os.Stat(s.path)
	return err == nil
}

func (s *syslog) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
