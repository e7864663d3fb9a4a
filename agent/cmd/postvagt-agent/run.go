package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"postvagt/agent"
	"postvagt/milter/program"
)

type runCmd struct {
	configFlag
	Verbose bool `short:"v" help:"Also log what is of use only when something is wrong."`
}

func (c *runCmd) Run(t *program.Terminal) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: level}))
	cfg, err := c.load()
	if err != nil {
		return program.Misconfigured(err)
	}
	for _, w := range cfg.Warnings() {
		logger.Warn(w)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	reloads := make(chan struct{})
	go hangups(ctx, reloads)
	a := &agent.Agent{Config: cfg, Log: logger, Reload: c.load, Reloads: reloads,
		Ready: func(address string) {
			logger.Info("ready", "pages", "http://"+address+"/", "pid", os.Getpid())
			program.NotifyReady()
		}}
	context.AfterFunc(ctx, program.NotifyStopping)
	go program.Watch(ctx, a.Alive, func(err error) { logger.Error("not well", "error", err) })
	err = a.Run(ctx)
	logger.Info("stopped")
	return err
}

// hangups turns SIGHUP into reloads.
func hangups(ctx context.Context, reloads chan<- struct{}) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		select {
		case <-ctx.Done():
			return
		case reloads <- struct{}{}:
		}
	}
}
