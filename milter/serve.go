package milter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	gomilter "github.com/emersion/go-milter"

	"postvagt/milter/program"
	"postvagt/milter/verdict"
)

// Server is the daemon.
type Server struct {
	filter        atomic.Pointer[Filter]
	logger        *slog.Logger
	now           func() time.Time
	metrics       *metrics
	said          atomic.Pointer[string]
	settings      atomic.Pointer[verdict.Settings] // in force
	lines         *verdictLog
	held          *verdictLog // of held messages alone, where lines go to syslog; nil where they stay in a file
	short         *mailLog    // nil when the mail log gets nothing
	threads       *Threads
	acquaintances *Acquaintances
	ctx           context.Context

	listener net.Listener
	web      net.Listener
	taken    atomic.Uint64 // connections
	mu       sync.Mutex
	open     map[*wire]bool
	stopping bool
	sessions sync.WaitGroup
}

// Options are what a Server needs besides its configuration.
type Options struct {
	Parts
	Logger  *slog.Logger
	Syslog  string                  // path of the syslog socket, "" means /dev/log
	Sockets map[string]net.Listener // that systemd has opened, by the names above Listen
}

// NewServer loads rules, opens the logs and listens; its errors are for the admin, one line each.
func NewServer(cfg *Config, opt Options) (*Server, error) {
	mask, err := cfg.Masker()
	if err != nil {
		return nil, err
	}
	if opt.Threads, err = OpenThreads(cfg.Milter.StateDir, mask.Key, opt.now()); err != nil {
		return nil, cfg.fault("milter.state_dir", "%v", err)
	}
	if opt.Acquaintances, err = OpenAcquaintances(cfg.Milter.StateDir, mask.Key, opt.now()); err != nil {
		return nil, cfg.fault("milter.state_dir", "%v", err)
	}
	f, err := NewFilter(cfg, opt.Parts)
	if err != nil {
		return nil, program.Misconfigured(err)
	}
	s := &Server{threads: opt.Threads, acquaintances: opt.Acquaintances, logger: opt.Logger, now: opt.now(), open: map[*wire]bool{}}
	s.filter.Store(f)
	if s.listener, err = Listen("milter.listen", cfg.Milter.Listen, &cfg.Milter, opt.Sockets[SocketMilter]); err != nil {
		return nil, err
	}
	settings, err := settingsOf(cfg, opt.Rules)
	if err == nil {
		err = s.openLogs(cfg, opt.Syslog)
	}
	if err != nil {
		s.listener.Close()
		return nil, err
	}
	s.inForce(settings)
	if cfg.Milter.MetricsListen != "" {
		if s.web, err = net.Listen("tcp", cfg.Milter.MetricsListen); err != nil {
			s.listener.Close()
			s.closeLogs()
			return nil, cfg.fault("milter.metrics_listen", "cannot listen on %s: %v", cfg.Milter.MetricsListen, opReason(err))
		}
	}
	return s, nil
}

func (p Parts) now() func() time.Time {
	if p.Now != nil {
		return p.Now
	}
	return time.Now
}

func (s *Server) openLogs(cfg *Config, socket string) error {
	if socket == "" {
		socket = syslogPath
	}
	to := logTarget{path: cfg.Milter.VerdictLog}
	if cfg.Milter.VerdictLog == VerdictSyslog {
		key, err := os.ReadFile(cfg.Milter.MACKey)
		if err != nil {
			return cfg.fault("milter.mac_key", "cannot be read: %s", program.Reason(err))
		}
		to = logTarget{path: filepath.Join(cfg.Milter.StateDir, "verdict.spool"), syslog: openSyslog(socket, s.now), macKey: key}
	}
	var err error
	s.lines, err = openVerdictLog(to, s.now, func(err error) {
		s.logger.Error("verdict lines wait: they cannot be written", "error", err)
	})
	if err != nil {
		return cfg.fault("milter.verdict_log", "%v", err)
	}
	if to.syslog != nil {
		if s.held, err = openVerdictLog(logTarget{path: cfg.HeldVerdicts(), most: heldLogMost}, s.now, func(err error) {
			s.logger.Error("verdicts on held messages wait: they cannot be written", "error", err)
		}); err != nil {
			return cfg.fault("milter.state_dir", "%v", err)
		}
	}
	if cfg.Milter.MailLog && to.syslog == nil {
		s.short = openMailLog(socket, s.now)
	}
	s.metrics = newMetrics(func() float64 { return float64(s.lines.lost.Load()) }, func() float64 {
		if s.short == nil {
			return 0
		}
		return float64(s.short.lost.Load())
	})
	return nil
}

func (s *Server) closeLogs() {
	s.lines.Close()
	if s.held != nil {
		s.held.Close()
	}
	if s.short != nil {
		s.short.Close()
	}
}

// Addr is where the MTA finds us.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// MetricsAddr is where Prometheus finds us, nil when it does not.
func (s *Server) MetricsAddr() net.Addr {
	if s.web == nil {
		return nil
	}
	return s.web.Addr()
}

// Serve answers MTAs until ctx ends, then lets open sessions finish for as long as the configuration says.
func (s *Server) Serve(ctx context.Context) error {
	s.ctx = context.WithoutCancel(ctx)
	defer s.threads.Close()
	defer s.closeLogs()
	if s.web != nil {
		web := &http.Server{Handler: s.metrics.handler(), ReadHeaderTimeout: 10 * time.Second}
		go web.Serve(s.web)
		defer web.Close()
	}
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()
	for {
		c, err := s.listener.Accept()
		switch {
		case err == nil:
			s.start(c)
		case ctx.Err() != nil:
			s.drain()
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept: %w", err)
		default: // out of descriptors: those that are open go on
			s.logger.Error("accept", "error", err)
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// Alive says whether connections are taken: it makes one, asks nothing by it, and waits until the daemon has it.
func (s *Server) Alive(ctx context.Context) error {
	before := s.taken.Load()
	addr := s.listener.Addr()
	c, err := new(net.Dialer).DialContext(ctx, addr.Network(), addr.String())
	if err != nil {
		return fmt.Errorf("nobody answers at the own socket: %w", opReason(err))
	}
	defer c.Close()
	patience := time.NewTimer(aliveWait)
	defer patience.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for s.taken.Load() == before {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return errors.New("no connection is taken any more")
		case <-look.C:
		}
	}
	return nil
}

// aliveWait is how long Alive waits; WatchdogSec of the unit is three times as long.
const aliveWait = 10 * time.Second

func (s *Server) start(c net.Conn) {
	s.taken.Add(1)
	var w *wire
	w = newWire(c, func() {
		s.mu.Lock()
		delete(s.open, w)
		s.mu.Unlock()
		s.metrics.sessions.Dec()
		s.sessions.Done()
	})
	s.mu.Lock()
	s.open[w] = true
	s.mu.Unlock()
	s.metrics.sessions.Inc()
	s.sessions.Add(1)
	go s.serveConn(w)
}

// serveConn negotiates and hands the connection to the library, which makes one session for it.
func (s *Server) serveConn(w *wire) {
	o, err := w.peekOffer()
	if errors.Is(err, errProbe) {
		w.Close()
		return
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	noReply := s.filter.Load().cfg.Milter.NoReply && s.listener.Addr().Network() == "unix"
	actions, protocol, err := w.agree(o, noReply)
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.actions, w.protocol = actions, protocol
	s.logger.Debug("session", "offered", o.version, "no_reply", noReply)
	s.converse(w, &session{server: s, wire: w})
}

func (s *Server) refuse(w *wire, err error) {
	s.metrics.refused.Inc()
	s.logger.Error("connection refused", "error", err)
	w.Close()
}

// macroList asks for what we use, whatever main.cf says.
func macroList() map[gomilter.Stage][]string {
	return map[gomilter.Stage][]string{
		gomilter.StageConnect:  {"j", "{daemon_name}"},
		gomilter.StageMailFrom: {"i", "{auth_authen}", "{auth_type}", "{client_addr}", "{mail_addr}"},
		gomilter.StageRcptTo:   {"{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"},
		gomilter.StageEOM:      {"i"},
	}
}

// drain waits for sessions; after stop_timeout it ends those that are still open.
func (s *Server) drain() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		s.sessions.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return
	case <-time.After(time.Duration(s.filter.Load().cfg.Milter.StopTimeout)):
	}
	s.mu.Lock()
	open := make([]*wire, 0, len(s.open))
	for w := range s.open {
		open = append(open, w)
	}
	s.mu.Unlock()
	for _, w := range open {
		w.Conn.Close() // the session sees it and ends itself, after the message that it judges
	}
	<-finished
}

// Reload takes a new configuration for messages that begin from now on; an error changes nothing. What only a
// restart can change is named.
func (s *Server) Reload(cfg *Config, parts Parts) (needRestart []string, err error) {
	parts.Threads, parts.Acquaintances = s.threads, s.acquaintances
	f, err := NewFilter(cfg, parts)
	if err != nil {
		s.metrics.reloads.WithLabelValues("failed").Inc()
		return nil, err
	}
	settings, err := settingsOf(cfg, parts.Rules)
	if err != nil {
		s.metrics.reloads.WithLabelValues("failed").Inc()
		return nil, err
	}
	old := &s.filter.Load().cfg.Milter
	for key, changed := range map[string]bool{
		"milter.listen": old.Listen != cfg.Milter.Listen, "milter.metrics_listen": old.MetricsListen != cfg.Milter.MetricsListen,
		"milter.verdict_log": old.VerdictLog != cfg.Milter.VerdictLog, "milter.mail_log": old.MailLog != cfg.Milter.MailLog, "milter.scan_listen": old.ScanListen != cfg.Milter.ScanListen, "milter.state_dir": old.StateDir != cfg.Milter.StateDir,
	} {
		if changed {
			needRestart = append(needRestart, key)
		}
	}
	s.filter.Store(f)
	s.inForce(settings)
	s.metrics.reloads.WithLabelValues("ok").Inc()
	return needRestart, nil
}

// inForce says in the verdict log what judges from now on.
func (s *Server) inForce(settings verdict.Settings) {
	s.settings.Store(&settings)
	s.lines.Write(settings)
}

// log writes down what was judged. The test message is no mail, so it is in no figure; that it would be stopped is said in a
// line of its own. An MTA makes its queue ids itself, so nobody outside can bear that of the test; test says that the message
// proved to be the admin's own. write is Write or WriteNow.
func (s *Server) log(queueID string, test bool, j *Judgement, write func(*verdictLog, lined)) {
	if test || queueID == verdict.SelfTestID {
		s.metrics.selftests.Inc()
		write(s.lines, *s.settings.Load()) // once a day, for logs that begin later than the daemon
		write(s.lines, verdict.SelfTestOf(&j.Record))
		return
	}
	s.metrics.count(j)
	if j.Lookups != nil && s.unsaid(j.Lookups) {
		s.logger.Warn("a lookup failed", "error", j.Lookups)
	}
	if s.held != nil && j.Action == verdict.Hold {
		write(s.held, &j.Record)
	}
	write(s.lines, &j.Record)
	if s.short != nil {
		s.short.Write(j.Short())
	}
}

// unsaid keeps an error that stays from filling the log.
func (s *Server) unsaid(err error) bool {
	text := err.Error()
	old := s.said.Swap(&text)
	return old == nil || *old != text
}
