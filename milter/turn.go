package milter

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"time"

	gomilter "github.com/emersion/go-milter"
)

// turn is a message between its end and its answer. The goroutine of the connection judges it itself, since handing it to
// another and back costs as much as reading it. A watch sees to the time allowed: it answers in the goroutine's place, and
// the connection goes on in a new one, while the old one ends whenever it can.
type turn struct {
	s     *session
	in    *incoming
	m     *gomilter.Modifier
	start time.Time
	stop  context.CancelFunc // of judging
	watch *time.Timer
	state atomic.Int32
	resp  gomilter.Response // known from answering on
}

// States of a turn, in order. Who moves it to the next one does what is due there.
const (
	judging   = iota
	judged    // the answer is made
	answering // its lines are being written
	over
	late // the watch has it
)

// beginTurn sets the watch.
func (s *session) beginTurn(in *incoming, m *gomilter.Modifier) (*turn, context.Context) {
	ctx, stop := context.WithCancel(s.server.ctx)
	t := &turn{s: s, in: in, m: m, start: s.server.now(), stop: stop}
	t.watch = time.AfterFunc(time.Duration(in.filter.cfg.Milter.Timeout), t.takeOver)
	return t, ctx
}

// end leaves the turn, whatever became of it.
func (t *turn) end() {
	t.watch.Stop()
	t.stop()
}

// answer makes the verdict come true and writes it down. It is nil, which is no answer, where the watch gives one.
func (t *turn) answer(j *Judgement) (gomilter.Response, error) {
	if !t.state.CompareAndSwap(judging, judged) {
		return t.leave()
	}
	test, err := t.make(j)
	if err != nil {
		return nil, err
	}
	t.state.Store(answering)
	t.watch.Reset(logPatience)
	t.s.server.log(t.in.t.QueueID, test, j, (*verdictLog).WriteNow)
	if !t.state.CompareAndSwap(answering, over) {
		return t.leave()
	}
	return t.resp, nil
}

// leave ends this goroutine's part in the connection.
func (t *turn) leave() (gomilter.Response, error) {
	t.s.conn.left.Store(true)
	return nil, nil
}

// make changes the message where the verdict says so.
func (t *turn) make(j *Judgement) (test bool, err error) {
	j.Millis = millis(t.s.server.now().Sub(t.start))
	test = t.in.filter.holdTest(j, t.in.test)
	t.resp, err = apply(t.in, j, t.m)
	clear(t.m.Headers) // the library would gather the fields of all messages of a connection
	return test, err
}

// takeOver answers when time is up: what is not judged by then is not judged, and what cannot be written waits.
func (t *turn) takeOver() {
	s := t.s
	switch {
	case t.state.CompareAndSwap(judging, late):
		t.stop()
		j := t.in.filter.notJudged(&t.in.t, "timeout")
		test, err := t.make(&j)
		if err != nil {
			s.wire.Close()
			return
		}
		s.server.log(t.in.t.QueueID, test, &j, (*verdictLog).Write)
	case !t.state.CompareAndSwap(answering, late):
		return
	}
	s.conn.left.Store(true)
	r := t.resp.Response()
	packet := binary.BigEndian.AppendUint32(nil, uint32(len(r.Data)+1))
	if _, err := s.wire.Write(append(append(packet, r.Code), r.Data...)); err != nil {
		s.wire.Close()
		return
	}
	s.server.converse(s.wire, &session{server: s.server, wire: s.wire, macros: s.macros, client: s.client})
}

// conn is a wire as one goroutine of the library has it: once another one has it, reading ends and closing does nothing.
type conn struct {
	*wire
	left atomic.Bool
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if c.left.Load() {
		return 0, io.EOF
	}
	return c.wire.Read(p)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.left.Load() {
		return nil
	}
	return c.wire.Close()
}

// converse lets the library read a connection from here on, for a session.
func (s *Server) converse(w *wire, to *session) {
	to.conn = &conn{wire: w}
	srv := &gomilter.Server{Actions: w.actions, Protocol: w.protocol, SymList: macroList(), NewMilter: func() gomilter.Milter { return to }}
	srv.Serve(&oneConn{conn: to.conn}) // returns at once; the session runs until it closes the connection
}

var _ net.Conn = (*conn)(nil)
