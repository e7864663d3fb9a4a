package milter

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	gomilter "github.com/emersion/go-milter"
)

// idleTimeout, or a minute less, ends connections whose MTA went away without a word; Postfix gives an SMTP client 300 s.
const idleTimeout = 30 * time.Minute

// wantActions are the changes we make; an MTA that does not allow them cannot be served.
const wantActions = gomilter.OptAddHeader | gomilter.OptChangeHeader | gomilter.OptQuarantine

// offer is what the MTA offers in its first packet (SMFIC_OPTNEG).
type offer struct {
	version  uint32
	actions  gomilter.OptAction
	protocol gomilter.OptProtocol
}

// wire is one connection from an MTA. It buffers, and it holds the library to the protocol: after a
// command for which no reply was agreed on, none leaves. A stale reply there is taken for the answer to a
// later command, and mail that was to be held is delivered.
type wire struct {
	net.Conn
	in       *bufio.Reader
	out      *bufio.Writer
	frame    frame
	renewed  time.Time // when the deadline for reading was set
	noReply  [256]bool // by command
	actions  gomilter.OptAction
	protocol gomilter.OptProtocol
	chosen   bool // the MTA sends the macros that we asked for, see macroList
	closed   func()
	once     sync.Once
}

// frame follows the packets of one direction: four bytes of length, a command byte, data.
type frame struct {
	head [4]byte
	n    int    // bytes of head seen
	left uint32 // bytes of the packet still to come
	code byte   // command of the newest packet
	new  bool   // the next byte is a command
}

func (f *frame) follow(p []byte) {
	for len(p) > 0 {
		switch {
		case f.left == 0:
			f.head[f.n] = p[0]
			p = p[1:]
			if f.n++; f.n == 4 {
				f.n, f.left, f.new = 0, binary.BigEndian.Uint32(f.head[:]), true
			}
		default:
			if f.new {
				f.code, f.new = p[0], false
			}
			k := min(uint32(len(p)), f.left)
			f.left -= k
			p = p[k:]
		}
	}
}

func newWire(c net.Conn, closed func()) *wire {
	return &wire{Conn: c, in: bufio.NewReaderSize(quick(c), 64<<10), out: bufio.NewWriterSize(c, 32<<10), closed: closed}
}

// errProbe is a connection that asked nothing: somebody looked whether we are here.
var errProbe = errors.New("nothing was asked")

// peekOffer looks at the MTA's offer without taking it from the library.
func (w *wire) peekOffer() (offer, error) {
	w.SetReadDeadline(time.Now().Add(time.Minute))
	b, err := w.in.Peek(17)
	if len(b) == 0 && errors.Is(err, io.EOF) {
		return offer{}, errProbe
	}
	if err != nil {
		return offer{}, fmt.Errorf("no milter protocol on this connection: %w", err)
	}
	if b[4] != byte(gomilter.CodeOptNeg) {
		return offer{}, errors.New("no milter protocol on this connection: it does not begin with a negotiation")
	}
	return offer{
		version:  binary.BigEndian.Uint32(b[5:]),
		actions:  gomilter.OptAction(binary.BigEndian.Uint32(b[9:])),
		protocol: gomilter.OptProtocol(binary.BigEndian.Uint32(b[13:])),
	}, nil
}

// noReplyFlags are the protocol flags by which a command gets no reply.
func noReplyFlags() map[byte]gomilter.OptProtocol {
	return map[byte]gomilter.OptProtocol{
		byte(gomilter.CodeConn): gomilter.OptNoConnReply, byte(gomilter.CodeHelo): gomilter.OptNoHeloReply,
		byte(gomilter.CodeMail): gomilter.OptNoMailReply, byte(gomilter.CodeRcpt): gomilter.OptNoRcptReply,
		byte(gomilter.CodeHeader): gomilter.OptNoHeaderReply, byte(gomilter.CodeEOH): gomilter.OptNoEOHReply,
		byte(gomilter.CodeBody): gomilter.OptNoBodyReply,
	}
}

// agree chooses what we ask of the MTA, never more than it offers.
func (w *wire) agree(o offer, noReply bool) (gomilter.OptAction, gomilter.OptProtocol, error) {
	if missing := wantActions &^ o.actions; missing != 0 {
		return 0, 0, fmt.Errorf("the MTA does not allow what holding and tagging need (SMFIF flags %#x missing)", uint32(missing))
	}
	protocol := (gomilter.OptNoUnknown | gomilter.OptNoData | gomilter.OptNoHelo | gomilter.OptNoEOH) & o.protocol
	if noReply {
		for code, flag := range noReplyFlags() {
			if o.protocol&flag != 0 {
				protocol |= flag
				w.noReply[code] = true
			}
		}
	}
	w.chosen = o.actions&gomilter.OptSetSymList != 0
	return wantActions | o.actions&gomilter.OptSetSymList, protocol, nil
}

func (w *wire) Read(p []byte) (int, error) {
	if w.in.Buffered() == 0 {
		if now := time.Now(); now.Sub(w.renewed) > time.Minute {
			w.renewed = now
			w.SetReadDeadline(now.Add(idleTimeout))
		}
	}
	if w.chosen && w.frame.left == 0 && w.frame.n == 0 {
		w.skipMacros()
	}
	n, err := w.in.Read(p)
	w.frame.follow(p[:n])
	return n, err
}

// skipMacros drops the macros that come with each header field and piece of the body: those of the message, which its end
// has too. What ends a read here, ends the one that follows.
func (w *wire) skipMacros() {
	for {
		if b, err := w.in.Peek(5); err != nil || b[4] != byte(gomilter.CodeMacro) {
			return
		}
		b, err := w.in.Peek(6)
		if err != nil {
			return
		}
		size := binary.BigEndian.Uint32(b)
		if size < 2 || size > skipMost {
			return
		}
		switch gomilter.Code(b[5]) {
		case gomilter.CodeHeader, gomilter.CodeEOH, gomilter.CodeBody, gomilter.CodeData:
		default:
			return
		}
		if _, err := w.in.Discard(4 + int(size)); err != nil {
			return
		}
	}
}

// skipMost is the largest packet of macros that is dropped unseen.
const skipMost = 16 << 10

// goOn is the answer by which the MTA goes on after a command: none where none was agreed on.
func (w *wire) goOn(command gomilter.Code) (gomilter.Response, error) {
	if w.noReply[command] {
		return nil, nil
	}
	return gomilter.RespContinue, nil
}

// Write takes one packet as the library writes it. Modifications wait for the reply that follows them.
func (w *wire) Write(p []byte) (int, error) {
	if len(p) == 5 && gomilter.ActionCode(p[4]) == gomilter.ActContinue && w.noReply[w.frame.code] {
		return len(p), nil
	}
	n, err := w.out.Write(p)
	if err == nil && !isModification(p) {
		err = w.out.Flush()
	}
	return n, err
}

func isModification(packet []byte) bool {
	if len(packet) < 5 {
		return false
	}
	switch gomilter.ModifyActCode(packet[4]) {
	case gomilter.ActAddHeader, gomilter.ActChangeHeader, gomilter.ActInsertHeader, gomilter.ActQuarantine:
		return int(binary.BigEndian.Uint32(packet)) == len(packet)-4
	}
	return false
}

func (w *wire) Close() error {
	err := w.Conn.Close()
	w.once.Do(w.closed)
	return err
}

// oneConn is a listener that has one connection to give: the library makes its sessions from listeners, and
// each of ours has a negotiation of its own.
type oneConn struct {
	net.Listener
	conn net.Conn
}

func (l *oneConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, io.EOF
	}
	c := l.conn
	l.conn = nil
	return c, nil
}

func (l *oneConn) Close() error { return nil }
