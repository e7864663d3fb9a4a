package milter

import (
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	gomilter "github.com/emersion/go-milter"
)

// stuckMTA hears of no end: the first lookup returns when it is let go, the others at once.
type stuckMTA struct {
	once sync.Once
	let  chan struct{}
}

func (s *stuckMTA) Route(_ context.Context, _ string, rcpts []string) ([]Rcpt, error) {
	return []Rcpt{{Addr: rcpts[0], Mailer: "smtp", Host: "mx.example"}}, nil
}

func (s *stuckMTA) Promise(context.Context, Rcpt) (Promise, error) {
	s.once.Do(func() { <-s.let })
	return Promise{Level: "may"}, nil
}

// A message that is judged for too long gets what on_failure says, once; the connection goes on, also after the judging has
// come to its end.
func TestConnectionOutlivesAStuckMessage(t *testing.T) {
	for name, protocol := range map[string]uint32{"replies": 0, "no replies": offerProtocol} {
		t.Run(name, func(t *testing.T) {
			mta := &stuckMTA{let: make(chan struct{})}
			parts := testParts
			parts.Transports = mta
			s := startServerWith(t, testConfig(t, "timeout = \"2s\"\non_failure = \"tempfail\"\n[policy]\nmode = \"enforce\"\n"), parts)
			m := s.dial()
			_, p := m.negotiate(offerActions, protocol)
			replies := p&uint32(gomilter.OptNoBodyReply) == 0
			m.connect(replies)
			send := func(text, want string) {
				t.Helper()
				m.message(text, replies)
				if got := m.answers(); got != want {
					t.Fatalf("answers %q, want %q", got, want)
				}
			}
			send(secretMail, "t")
			send(plainMail, "c")
			close(mta.let)
			for range 20 {
				send(secretMail, "qc")
				send(plainMail, "c")
			}
			m.silent()
			lines := s.verdicts()
			if n := strings.Count(lines, "not-judged-timeout"); n == 0 {
				t.Error("no line tells that a message was not judged")
			}
			if n := strings.Count(lines, ": verdict "); n != 42 {
				t.Errorf("%d verdicts of 42 messages", n)
			}
		})
	}
}

// A disk that hangs holds no mail up, and the lines are written when it goes on.
func TestConnectionOutlivesAHangingDisk(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"enforce\"\n")
	m := s.dial()
	m.negotiate(offerActions, offerProtocol)
	m.connect(false)
	path := s.cfg.Milter.VerdictLog
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil { // opening it for writing waits for a reader
		t.Fatal(err)
	}
	for range 3 {
		m.message(secretMail, false)
		if got := m.answers(); got != "qc" {
			t.Fatalf("answers %q", got)
		}
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	m.message(plainMail, false)
	if got := m.answers(); got != "c" {
		t.Fatalf("answers %q", got)
	}
	m.silent()
	held := make([]byte, 64<<10)
	for got := ""; strings.Count(got, ": verdict ") < 1; {
		n, err := pipe.Read(held)
		if err != nil {
			t.Fatal(err)
		}
		got += string(held[:n])
	}
}
