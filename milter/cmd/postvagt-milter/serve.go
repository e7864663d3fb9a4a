package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"postvagt/milter"
	"postvagt/milter/program"
	"postvagt/milter/scan"
)

type serveCmd struct {
	configFlag
	Verbose bool `short:"v" help:"Also log sessions."`
}

func (c *serveCmd) Run(t *program.Terminal) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(logger) // what the milter library says, too
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return program.Misconfigured(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	sockets, err := program.Inherited()
	if err != nil {
		return err
	}
	s, err := milter.NewServer(cfg, milter.Options{Logger: logger, Parts: parts(cfg), Sockets: sockets})
	if err != nil {
		return err
	}
	closeDoor, err := openDoor(cfg, s, sockets[milter.SocketScan])
	if err != nil {
		return err
	}
	defer closeDoor()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for {
			select {
			case <-hup:
				reload(s, c.Config, logger)
			case <-ctx.Done():
				return
			}
		}
	}()
	for _, w := range cfg.Warnings() {
		logger.Warn(w)
	}
	logger.Info("ready", "listen", cfg.Milter.Listen, "mode", cfg.Policy.Mode, "protocol", 2, "no_reply", cfg.Milter.NoReply && s.Addr().Network() == "unix",
		"on_failure", cfg.Milter.OnFailure, "verdict_log", cfg.Milter.VerdictLog, "metrics", cfg.Milter.MetricsListen, "pid", os.Getpid())
	context.AfterFunc(ctx, program.NotifyStopping)
	go program.Watch(ctx, s.Alive, func(err error) { logger.Error("not well", "error", err) })
	program.NotifyReady()
	err = s.Serve(ctx)
	logger.Info("stopped")
	return err
}

// openDoor serves rspamd's plugin, where the configuration asks for it.
func openDoor(cfg *milter.Config, s *milter.Server, given net.Listener) (closeDoor func(), err error) {
	if cfg.Milter.ScanListen == "" {
		return func() {}, nil
	}
	rights := cfg.Milter
	rights.SocketGroup = rights.ScanGroup
	l, err := milter.Listen("milter.scan_listen", cfg.Milter.ScanListen, &rights, given)
	if err != nil {
		return nil, err
	}
	door := scan.Server(s)
	go door.Serve(l)
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if door.Shutdown(ctx) != nil { // an answer that is under way may arrive
			door.Close()
		}
	}, nil
}

// reload takes a changed configuration; a bad one keeps the old.
func reload(s *milter.Server, path string, logger *slog.Logger) {
	cfg, err := milter.LoadConfig(path)
	var restart []string
	if err == nil {
		restart, err = s.Reload(cfg, parts(cfg))
	}
	if err != nil {
		logger.Error("reload failed, the old configuration stays", "error", err)
		return
	}
	logger.Info("reloaded", "mode", cfg.Policy.Mode)
	for _, key := range restart {
		logger.Warn("changed, and takes effect after a restart", "key", key)
	}
}
