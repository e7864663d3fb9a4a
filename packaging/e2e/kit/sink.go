package kit

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Sink is a mail server outside that remembers what it took, from whom, and how the connection was protected. What it
// answers stands in the local part of the recipient:
//
//	gone…   550 5.1.1 at RCPT               wait…   451 4.2.2 at the first try, then taken
//	never…  451 4.2.2 at every try          full…   554 5.6.0 at the end of the message
//	drop…   the first connection is cut at the end of the message, without an answer
//
// Any other recipient is taken. A message is answered as its first recipient that is not plain asks for.
type Sink struct {
	SinkConfig
	listener net.Listener
	mu       sync.Mutex
	taken    []Taken
	tries    map[string]int
	conns    int
	stopped  sync.WaitGroup
	open     map[net.Conn]bool
}

// SinkConfig says how a sink is. The zero value listens at a free port of 127.0.0.1, speaks SMTP and knows no TLS.
type SinkConfig struct {
	Network, Host string // "tcp" or "unix", and the address or path
	Port          string // "" for a free one
	Cert          *Cert  // nil: no TLS
	// TLS says what the n-th connection is offered: the newest version of TLS, 0 for no STARTTLS; nil offers TLS 1.3.
	TLS  func(n int) uint16
	LMTP bool // RFC 2033
	Busy bool // 421 to each command after STARTTLS
}

// Taken is one recipient of a message that a sink took.
type Taken struct {
	To             string
	MessageID      string // without <>
	At             time.Time
	Server         string // its address
	Version        string // TLSv1.2 or TLSv1.3, "" in plain text
	Cipher         string // as TLS 1.3 names it
	Connection, Nr int    // which connection, and which message on it, from 1 on
	Transaction    int    // which transaction on it, with those of which no message came
}

// StartSink starts a sink.
func StartSink(cfg SinkConfig) (*Sink, error) {
	if cfg.Network == "" {
		cfg.Network = "tcp"
	}
	address := cfg.Host
	if cfg.Network == "tcp" {
		if cfg.Host == "" {
			cfg.Host = "127.0.0.1"
		}
		if cfg.Port == "" {
			cfg.Port = "0"
		}
		address = net.JoinHostPort(cfg.Host, cfg.Port)
	}
	l, err := net.Listen(cfg.Network, address)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	s := &Sink{SinkConfig: cfg, listener: l, tries: map[string]int{}, open: map[net.Conn]bool{}}
	s.stopped.Add(1)
	go s.accept()
	return s, nil
}

// Addr is host:port, or the path.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Hop is its address as a next hop of Postfix.
func (s *Sink) Hop() string {
	if s.Network == "unix" {
		return "unix:" + s.Addr()
	}
	host, port, _ := net.SplitHostPort(s.Addr())
	if strings.Contains(host, ":") {
		host = "ipv6:" + host
	}
	return "[" + host + "]:" + port
}

// Taken is all that was taken so far.
func (s *Sink) Taken() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Taken(nil), s.taken...)
}

// Stop ends it and cuts its connections.
func (s *Sink) Stop() error {
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.stopped.Wait()
	return err
}

func (s *Sink) accept() {
	defer s.stopped.Done()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns++
		n := s.conns
		s.open[c] = true
		s.mu.Unlock()
		s.stopped.Add(1)
		go func() {
			defer s.stopped.Done()
			(&sinkSession{sink: s, conn: c, in: bufio.NewReader(c), n: n}).serve() // its end is the client's
			c.Close()
			s.mu.Lock()
			delete(s.open, c)
			s.mu.Unlock()
		}()
	}
}

// sinkSession is one connection.
type sinkSession struct {
	sink    *Sink
	conn    net.Conn
	in      *bufio.Reader
	n, nr   int
	mails   int
	secured *tls.ConnectionState
	to      []string
}

var errCut = errors.New("the sink cuts the connection")

func (c *sinkSession) serve() error {
	if err := c.say("220 sink.example ready"); err != nil {
		return err
	}
	for {
		if err := c.conn.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
			return err
		}
		line, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		if err := c.command(strings.TrimRight(line, "\r\n")); err != nil {
			return err
		}
	}
}

func (c *sinkSession) say(format string, args ...any) error {
	_, err := fmt.Fprintf(c.conn, format+"\r\n", args...)
	return err
}

func (c *sinkSession) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	if c.sink.Busy && c.secured != nil {
		return errors.Join(c.say("421 4.3.2 too busy"), errCut)
	}
	switch strings.ToUpper(verb) {
	case "EHLO", "LHLO":
		ext := "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n"
		if c.version() != 0 && c.secured == nil {
			ext += "250-STARTTLS\r\n"
		}
		return c.say("%s250 SIZE 0", ext)
	case "STARTTLS":
		return c.startTLS()
	case "MAIL":
		c.to = nil
		c.mails++
		return c.say("250 2.1.0 Ok")
	case "RCPT":
		return c.recipient(rest)
	case "DATA":
		if len(c.to) == 0 {
			return c.say("554 5.5.1 no valid recipients")
		}
		return errors.Join(c.say("354 go on"), c.message())
	case "RSET":
		c.to = nil
		return c.say("250 2.0.0 Ok")
	case "QUIT":
		return errors.Join(c.say("221 2.0.0 bye"), errCut)
	}
	return c.say("250 2.0.0 Ok")
}

// version is what this connection is offered, 0 for no STARTTLS.
func (c *sinkSession) version() uint16 {
	switch {
	case c.sink.Cert == nil:
		return 0
	case c.sink.TLS == nil:
		return tls.VersionTLS13
	}
	return c.sink.TLS(c.n)
}

func (c *sinkSession) startTLS() error {
	cert, err := tls.X509KeyPair(c.sink.Cert.Chain, c.sink.Cert.Key)
	if err != nil {
		return errors.Join(err, c.say("454 4.7.0 no certificate"))
	}
	if err := c.say("220 2.0.0 go on"); err != nil {
		return err
	}
	t := tls.Server(c.conn, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: c.version()})
	if err := t.Handshake(); err != nil {
		return err
	}
	state := t.ConnectionState()
	c.conn, c.in, c.secured = t, bufio.NewReader(t), &state
	return nil
}

func (c *sinkSession) recipient(rest string) error {
	_, rest, _ = strings.Cut(rest, "<")
	to, _, _ := strings.Cut(rest, ">")
	c.sink.mu.Lock()
	first := c.sink.tries[to] == 0
	c.sink.tries[to]++
	c.sink.mu.Unlock()
	switch {
	case strings.HasPrefix(to, "gone"):
		return c.say("550 5.1.1 no such mailbox")
	case strings.HasPrefix(to, "never"), strings.HasPrefix(to, "wait") && first:
		return c.say("451 4.2.2 mailbox busy")
	}
	c.to = append(c.to, to)
	return c.say("250 2.1.5 Ok")
}

// message reads a message and answers: once, or in LMTP for each recipient.
func (c *sinkSession) message() error {
	id, err := c.read()
	if err != nil {
		return err
	}
	c.nr++
	answers := 1
	if c.sink.LMTP {
		answers = len(c.to)
	}
	for _, to := range c.to {
		switch {
		case strings.HasPrefix(to, "full"):
			return c.say("554 5.6.0 the message is not wanted")
		case strings.HasPrefix(to, "drop") && c.sink.once("cut "+to):
			return errCut
		}
	}
	c.take(id)
	for range answers {
		if err := c.say("250 2.0.0 Ok: queued as %X", 0xA0000000+c.n*1000+c.nr); err != nil {
			return err
		}
	}
	return nil
}

// read reads a message to its end and returns its message-id.
func (c *sinkSession) read() (id string, err error) {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "." {
			return id, nil
		}
		if name, value, ok := strings.Cut(line, ": "); ok && id == "" && strings.EqualFold(name, "Message-ID") {
			id = strings.Trim(value, "<>")
		}
	}
}

func (s *Sink) once(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[key]++
	return s.tries[key] == 1
}

func (c *sinkSession) take(id string) {
	t := Taken{MessageID: id, At: time.Now(), Server: c.sink.Addr(), Connection: c.n, Nr: c.nr, Transaction: c.mails}
	if c.secured != nil {
		t.Version = map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[c.secured.Version]
		t.Cipher = tls.CipherSuiteName(c.secured.CipherSuite)
	}
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	for _, to := range c.to {
		t.To = to
		c.sink.taken = append(c.sink.taken, t)
	}
}
