package held

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server speaks the protocol on a unix socket.
type Server struct {
	Desk   *Desk
	Rights map[uint32]Rights // by user id; root may all
	Logger *slog.Logger

	sessions sync.WaitGroup
}

const (
	lineMost    = 64 << 10
	idleMost    = 10 * time.Minute // of a client that says nothing
	clientsMost = 32
	dueEvery    = 30 * time.Second
)

// Serve answers clients and sees to what is due, until ctx ends. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	s.sessions.Go(func() { s.attend(ctx) })
	defer s.sessions.Wait()
	defer cancel()
	places := make(chan struct{}, clientsMost)
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("held: %w", err)
		}
		s.sessions.Go(func() {
			defer func() { <-places }()
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })()
			s.talk(ctx, conn)
		})
	}
}

// attend looks at what is due, now and then.
func (s *Server) attend(ctx context.Context) {
	tick := time.NewTicker(min(dueEvery, max(s.Desk.Rules.EscalateAfter/8, time.Second)))
	defer tick.Stop()
	for {
		escalated, returned, err := s.Desk.Due(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.Logger.Error("what is due could not be done", "error", err)
		case escalated+returned > 0:
			s.Logger.Warn("nobody decided on held mail in time", "escalated", escalated, "returned", returned)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// peer asks the kernel who is on the other side.
func (s *Server) peer(conn net.Conn) (Peer, error) {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return Peer{}, errors.New("not a unix socket")
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *syscall.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil || credErr != nil {
		return Peer{}, errors.Join(err, credErr)
	}
	p := Peer{UID: cred.Uid, Rights: s.Rights[cred.Uid]}
	if p.UID == 0 {
		p.Rights = Rights{Decide: true, Read: true, Delete: true}
	}
	return p, nil
}

// talk answers one client until it goes, says nothing for long, or writes a line that is too long.
func (s *Server) talk(ctx context.Context, conn net.Conn) {
	p, err := s.peer(conn)
	if err != nil {
		s.Logger.Error("a client's user is not known", "error", err)
		return
	}
	out := bufio.NewWriter(conn)
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 4096), lineMost)
	_, known := s.Rights[p.UID]
	for ctx.Err() == nil && conn.SetReadDeadline(time.Now().Add(idleMost)) == nil && in.Scan() {
		if !known && p.UID != 0 {
			s.Logger.Warn("a user who has no rights asked about held mail", "uid", p.UID)
			err = answer(out, refuse(CodeNotAllowed, "user %d has no rights here (held.deciders, held.readers)", p.UID))
		} else {
			err = s.Desk.Answer(ctx, p, in.Bytes(), out)
		}
		if conn.SetWriteDeadline(time.Now().Add(time.Minute)) != nil || errors.Join(err, out.Flush()) != nil {
			return
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		answer(out, refuse(CodeRequest, "a line has more than %d bytes", lineMost))
		out.Flush()
	}
}

// Answer answers one line of a client. The error is one of writing.
func (d *Desk) Answer(ctx context.Context, p Peer, line []byte, out *bufio.Writer) error {
	var q Request
	ops := []string{OpList, OpShow, OpReturn, OpRoute, OpRelease, OpDelete}
	switch err := json.Unmarshal(line, &q); {
	case err != nil:
		return answer(out, refuse(CodeRequest, "not a JSON object of this protocol"))
	case q.V != Version:
		return answer(out, refuse(CodeRequest, "version %d is not spoken here: v is %d", q.V, Version))
	case !slices.Contains(ops, q.Op):
		return answer(out, refuse(CodeRequest, "op %q is not one of %s", q.Op, strings.Join(ops, ", ")))
	case q.Op == OpList:
		return d.answerList(ctx, p, q.Actor, out)
	}
	o, err := d.Decide(ctx, p, &q)
	if err != nil {
		return answer(out, err)
	}
	return write(out, Reply{OK: ptr(true), State: o.State, Decision: o.Decision, Content: o.Content, Cut: o.Cut})
}

func (d *Desk) answerList(ctx context.Context, p Peer, actor Actor, out *bufio.Writer) error {
	entries, err := d.List(ctx, p, actor)
	if err != nil {
		return answer(out, err)
	}
	for i := range entries {
		if err := write(out, Reply{Message: &entries[i]}); err != nil {
			return err
		}
	}
	return write(out, Reply{OK: ptr(true), Count: ptr(len(entries))})
}

// answer says why something was not done.
func answer(out *bufio.Writer, err error) error {
	r := &Refusal{Code: CodeMTA, Text: err.Error()}
	errors.As(err, &r)
	return write(out, Reply{OK: ptr(false), Code: r.Code, Error: r.Text, Words: r.Words})
}

func write(out *bufio.Writer, r Reply) error {
	r.V = Version
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

func ptr[T any](v T) *T { return &v }

// Listen opens the socket for a group, in place of one that a dead helper left; or takes the one that systemd hands over
// (LISTEN_FDS). -1 leaves the group as it is.
func Listen(path string, gid int) (net.Listener, error) {
	if os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) && os.Getenv("LISTEN_FDS") != "" {
		l, err := net.FileListener(os.NewFile(3, "held.sock"))
		if err != nil {
			return nil, fmt.Errorf("held: the socket that systemd hands over: %w", err)
		}
		return l, nil
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("held: %s: another helper listens there", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("held: %w", err)
		}
	}
	mask := syscall.Umask(0o177)
	l, err := net.Listen("unix", path)
	syscall.Umask(mask)
	if err != nil {
		return nil, fmt.Errorf("held: %w", err)
	}
	if gid >= 0 {
		err = errors.Join(os.Chown(path, -1, gid), os.Chmod(path, 0o660))
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("held: %w", err)
	}
	return l, nil
}
