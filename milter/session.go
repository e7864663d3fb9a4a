package milter

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"time"

	gomilter "github.com/emersion/go-milter"

	"postvagt/milter/verdict"
)

// ownHeader begins the names of the header fields that only we may set.
const ownHeader = "X-Postvagt-"

// session is one connection from an MTA: it collects what a message is made of, several messages one
// after the other. The library calls it from one goroutine.
type session struct {
	server *Server
	wire   *wire
	conn   *conn
	macros macros // of the connection; kept from message to message
	client netip.Addr
	msg    *incoming
}

// incoming is the message that is being received.
type incoming struct {
	filter  *Filter // a reload does not change the rules within a message
	macros  macros
	t       Transaction
	spool   *spool
	subject []string       // of the message, as they came
	test    string         // what it says to be the test message by
	own     map[string]int // lower-case name of X-Postvagt- fields that came in -> how many
	ended   bool           // the header section is complete
}

// macros are those of the MTA that tell something of a message, as they came last.
type macros struct{ id, user string }

func (known *macros) hear(m *gomilter.Modifier) {
	if v, ok := m.Macros["i"]; ok {
		known.id = v
	}
	if v, ok := m.Macros["{auth_authen}"]; ok {
		known.user = v
	}
}

// answer is a reply after which the session goes on: the library would make a new Milter after a final
// reply, and lose what it knows of the connection.
type answer struct{ final gomilter.Response }

func (a answer) Response() *gomilter.Message { return a.final.Response() }

func (answer) Continue() bool { return true }

func (s *session) begin() *incoming {
	s.end()
	f := s.server.filter.Load()
	m := &f.cfg.Milter
	s.msg = &incoming{filter: f, spool: &spool{dir: m.SpillDir, over: m.SpillOver, max: m.MaxBytes}}
	return s.msg
}

// end forgets the message.
func (s *session) end() {
	if s.msg != nil && s.msg.spool != nil {
		s.msg.spool.Close()
	}
	s.msg = nil
}

// current is the message, also for an MTA that sends a header before MAIL.
func (s *session) current() *incoming {
	if s.msg == nil {
		return s.begin()
	}
	return s.msg
}

// Connect learns of the client.
func (s *session) Connect(host, family string, port uint16, addr net.IP, m *gomilter.Modifier) (gomilter.Response, error) {
	s.macros.hear(m)
	s.client, _ = netip.AddrFromSlice(addr)
	s.client = s.client.Unmap()
	return s.wire.goOn(gomilter.CodeConn)
}

// Helo comes from an MTA that cannot leave it out.
func (s *session) Helo(_ string, m *gomilter.Modifier) (gomilter.Response, error) {
	s.macros.hear(m)
	return s.wire.goOn(gomilter.CodeHelo)
}

// MailFrom begins a message.
func (s *session) MailFrom(from string, m *gomilter.Modifier) (gomilter.Response, error) {
	in := s.begin()
	in.macros.hear(m)
	in.t.Sender = from
	return s.wire.goOn(gomilter.CodeMail)
}

// RcptTo adds a recipient with the MTA's routing of it.
func (s *session) RcptTo(to string, m *gomilter.Modifier) (gomilter.Response, error) {
	in := s.current()
	in.macros.hear(m)
	in.t.Rcpts = append(in.t.Rcpts, Rcpt{Addr: to, Mailer: m.Macros["{rcpt_mailer}"], Host: m.Macros["{rcpt_host}"]})
	return s.wire.goOn(gomilter.CodeRcpt)
}

// Header writes a field as it came; the MTA hands folded lines over with bare line feeds.
func (s *session) Header(name, value string, m *gomilter.Modifier) (gomilter.Response, error) {
	in := s.current()
	if !s.wire.chosen {
		in.macros.hear(m)
	}
	for _, part := range [...]string{name, ": ", crlf(value), "\r\n"} {
		in.spool.WriteString(part)
	}
	if len(name) > len(ownHeader) && strings.EqualFold(name[:len(ownHeader)], ownHeader) {
		if in.own == nil {
			in.own = map[string]int{}
		}
		in.own[strings.ToLower(name)]++
	}
	if strings.EqualFold(name, TestHeader) {
		in.test = strings.TrimSpace(value)
	}
	if strings.EqualFold(name, "Subject") {
		in.subject = append(in.subject, value)
	}
	return s.wire.goOn(gomilter.CodeHeader)
}

func crlf(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// Headers ends the header section, for an MTA that cannot leave it out.
func (s *session) Headers(_ textproto.MIMEHeader, m *gomilter.Modifier) (gomilter.Response, error) {
	in := s.current()
	in.macros.hear(m)
	in.endHeader()
	return s.wire.goOn(gomilter.CodeEOH)
}

func (in *incoming) endHeader() {
	if !in.ended {
		in.spool.WriteString("\r\n")
		in.ended = true
	}
}

// BodyChunk adds to the body.
func (s *session) BodyChunk(chunk []byte, _ *gomilter.Modifier) (gomilter.Response, error) {
	in := s.current()
	in.endHeader()
	in.spool.Write(chunk)
	return s.wire.goOn(gomilter.CodeBody)
}

// Body is the end of the message: it is judged, changed where the verdict says so, and logged before the
// MTA has its answer.
func (s *session) Body(m *gomilter.Modifier) (gomilter.Response, error) {
	in := s.current()
	in.macros.hear(m)
	in.endHeader()
	s.complete(in)
	t, ctx := s.beginTurn(in, m)
	defer t.end()
	defer s.end()
	j := s.judge(ctx, in)
	return t.answer(&j)
}

// complete fills in what the end of a message tells of it.
func (s *session) complete(in *incoming) {
	t, sp := &in.t, in.spool
	t.QueueID = cmp.Or(in.macros.id, s.macros.id)
	t.User = cmp.Or(in.macros.user, s.macros.user)
	t.Authenticated = t.User != ""
	t.Client = s.client
	t.Trusted = in.filter.trusts(s.client)
	t.Message, t.Bytes, t.Size = sp.reader(), sp.kept, sp.seen
}

func (s *session) judge(ctx context.Context, in *incoming) Judgement {
	if err := in.spool.writeErr; err != nil {
		s.server.logger.Error("a message could not be kept for judging", "error", err)
		return in.filter.notJudged(&in.t, "spool")
	}
	return in.filter.judgeSafely(ctx, &in.t)
}

// trusts says whether a client sends for the organisation without logging in. A local submission has no address.
func (f *Filter) trusts(a netip.Addr) bool {
	if !a.IsValid() {
		return true
	}
	for _, n := range f.trusted {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Abort forgets the message and keeps the connection.
func (s *session) Abort(*gomilter.Modifier) error {
	s.end()
	return nil
}

// apply makes the verdict come true; nothing else changes a message.
func apply(in *incoming, j *Judgement, m *gomilter.Modifier) (gomilter.Response, error) {
	cfg := in.filter.cfg
	if j.NotWhy != "" && cfg.Milter.OnFailure == FailTempfail {
		return answer{gomilter.RespTempFail}, nil
	}
	if j.Action == verdict.Reject {
		return answer{gomilter.NewResponseStr(byte(gomilter.ActReplyCode), "550 5.7.1 "+cfg.Policy.RejectText)}, nil
	}
	if cfg.touches() {
		if err := removeOwn(in.own, m); err != nil {
			return nil, err
		}
		if subject, changed := cfg.subjectOf(j, in.subject); changed {
			if err := m.ChangeHeader(1, "Subject", subject); err != nil {
				return nil, err
			}
		}
	}
	for _, h := range fieldsOf(j, cfg) {
		if err := m.AddHeader(h[0], h[1]); err != nil {
			return nil, err
		}
	}
	if j.Action == verdict.Hold {
		if err := m.Quarantine("postvagt " + j.ID); err != nil {
			return nil, err
		}
	}
	return gomilter.RespContinue, nil
}

// removeOwn takes out forged fields, from the last to the first: an index counts those that are still there.
func removeOwn(own map[string]int, m *gomilter.Modifier) error {
	for name, n := range own {
		for i := n; i > 0; i-- {
			if err := m.ChangeHeader(i, textproto.CanonicalMIMEHeaderKey(name), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// touches says whether the configuration ever changes a message.
func (c *Config) touches() bool {
	observing := func(mode string) bool { return mode == "observe" || mode == "notify" }
	if !observing(c.Policy.Mode) {
		return true
	}
	for _, l := range c.Policy.Line {
		if l.Mode != "" && !observing(l.Mode) {
			return true
		}
	}
	return false
}

var _ gomilter.Milter = (*session)(nil)

// millis is how long a message took, as verdict lines give it.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
