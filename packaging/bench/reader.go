package main

import (
	"context"
	"errors"
	"net"
	"net/textproto"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	gomilter "github.com/emersion/go-milter"

	"postvagt/packaging/e2e/kit"
)

// readerRole is the argument by which this program becomes the milter that only reads and accepts: a process of
// its own, so that its CPU time can be told apart.
const readerRole = "reader"

// onlyReads takes every part of a message and accepts it, without replies where none are asked for: a nil Response is none.
type onlyReads struct{ bytes int }

func (*onlyReads) Connect(string, string, uint16, net.IP, *gomilter.Modifier) (gomilter.Response, error) {
	return nil, nil
}

func (*onlyReads) Helo(string, *gomilter.Modifier) (gomilter.Response, error)     { return nil, nil }
func (*onlyReads) MailFrom(string, *gomilter.Modifier) (gomilter.Response, error) { return nil, nil }
func (*onlyReads) RcptTo(string, *gomilter.Modifier) (gomilter.Response, error)   { return nil, nil }

func (r *onlyReads) Header(name, value string, _ *gomilter.Modifier) (gomilter.Response, error) {
	r.bytes += len(name) + len(value)
	return nil, nil
}

func (*onlyReads) Headers(textproto.MIMEHeader, *gomilter.Modifier) (gomilter.Response, error) {
	return nil, nil
}

func (r *onlyReads) BodyChunk(chunk []byte, _ *gomilter.Modifier) (gomilter.Response, error) {
	r.bytes += len(chunk)
	return nil, nil
}

func (*onlyReads) Body(m *gomilter.Modifier) (gomilter.Response, error) {
	clear(m.Headers)
	return gomilter.RespContinue, nil
}

func (*onlyReads) Abort(*gomilter.Modifier) error { return nil }

// serveReader is the reader's main.
func serveReader(socket string) error {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		return err
	}
	server := gomilter.Server{NewMilter: func() gomilter.Milter { return &onlyReads{} },
		Protocol: gomilter.OptNoConnReply | gomilter.OptNoHeloReply | gomilter.OptNoMailReply | gomilter.OptNoRcptReply | gomilter.OptNoHeaderReply |
			gomilter.OptNoEOHReply | gomilter.OptNoBodyReply | gomilter.OptNoUnknown | gomilter.OptNoData}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

func startReader(ctx context.Context, dir, socket string) (*kit.Program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := kit.StartProgram(filepath.Join(dir, "reader.log"), self, readerRole, socket)
	if err != nil {
		return nil, err
	}
	if err := p.Ready(ctx, "the reader's socket", 30*time.Second, func() (bool, error) {
		return kit.WaitListening(ctx, "unix", socket, time.Second) == nil, nil
	}); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}
