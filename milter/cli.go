package milter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of the program.
const (
	exitOK      = 0
	exitStopped = 1 // check: a message would be held, refused or routed; others: the answer is no
	exitError   = 2 // could not run
)

// terminal is the world a command runs in.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// errNo is a command's "no" that has been said already.
var errNo = errors.New("no")

type cli struct {
	Serve  serveCmd  `cmd:"" help:"Judge mail for an MTA until told to stop. SIGHUP reloads the configuration."`
	Check  checkCmd  `cmd:"" help:"Judge mail from files: .eml, mbox, Maildir, folders, - for standard input. Exit 1 if one would be stopped."`
	Config configCmd `cmd:"" help:"Check the configuration, or print the defaults."`
}

type configFlag struct {
	Config string `default:"${config}" placeholder:"FILE" help:"Configuration file (${config})."`
}

// Main runs the command line and returns the exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("postvagt-milter"), kong.Writers(out, errOut), kong.Vars{"config": DefaultConfigFile},
		kong.Description("Keeps confidential and sensitive personal data from leaving by open e-mail."),
		kong.UsageOnError(), kong.Exit(func(n int) { code = n; panic(errNo) }))
	if err != nil {
		fmt.Fprintln(errOut, "postvagt-milter:", err)
		return exitError
	}
	ctx, err := parse(parser, args)
	switch {
	case code >= 0: // --help
		return code
	case err != nil:
		fmt.Fprintf(errOut, "postvagt-milter: %v (see postvagt-milter --help)\n", err)
		return exitError
	}
	err = ctx.Run(&terminal{in, out, errOut})
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitStopped
	}
	for _, e := range unjoin(err) {
		fmt.Fprintln(errOut, "postvagt-milter:", e)
	}
	return exitError
}

// parse keeps kong's --help from ending the process.
func parse(k *kong.Kong, args []string) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil && r != any(errNo) {
			panic(r)
		}
	}()
	return k.Parse(args)
}

type serveCmd struct {
	configFlag
	Verbose bool `short:"v" help:"Also log sessions."`
}

func (c *serveCmd) Run(t *terminal) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(logger) // what the milter library says, too
	cfg, err := LoadConfig(c.Config)
	if err != nil {
		return err
	}
	s, err := NewServer(cfg, Options{Logger: logger})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
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
	err = s.Serve(ctx)
	logger.Info("stopped")
	return err
}

// reload takes a changed configuration; a bad one keeps the old.
func reload(s *Server, path string, logger *slog.Logger) {
	cfg, err := LoadConfig(path)
	var restart []string
	if err == nil {
		restart, err = s.Reload(cfg)
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

type checkCmd struct {
	configFlag
	JSON  bool     `help:"One JSON object for each message."`
	Jobs  int      `default:"0" help:"Messages judged at the same time (default: one for each processor)."`
	Rules string   `placeholder:"DIR" help:"Rules of your own instead of rules_dir."`
	From  string   `placeholder:"ADDRESS" help:"Envelope sender instead of the header's."`
	To    []string `placeholder:"ADDRESS" sep:"," help:"Envelope recipients instead of the header's."`
	Paths []string `arg:"" name:"path" help:"Files and folders, or -."`
}

func (c *checkCmd) Run(t *terminal) error {
	cfg, err := LoadConfig(c.Config)
	if err != nil {
		return err
	}
	if c.Rules != "" {
		cfg.Milter.RulesDir = c.Rules
	}
	f, err := NewFilter(cfg)
	if err != nil {
		return err
	}
	if c.Jobs <= 0 {
		c.Jobs = runtime.NumCPU()
	}
	check := &Check{Filter: f, JSON: c.JSON, Jobs: c.Jobs, From: c.From, To: c.To, Out: t.out, Stdin: t.in}
	stopped, err := check.Run(context.Background(), c.Paths)
	if err == nil && stopped {
		return errNo
	}
	return err
}

type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Say what is wrong with a configuration, with file and line."`
	Default configDefaultCmd `cmd:"" help:"Print all settings with their defaults and what they mean."`
}

type configCheckCmd struct{ configFlag }

func (c *configCheckCmd) Run(t *terminal) error {
	cfg, err := LoadConfig(c.Config)
	if err != nil {
		return err
	}
	if _, err := NewFilter(cfg); err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(t.out, "warning:", w)
	}
	fmt.Fprintf(t.out, "%s: good (mode %s, on_failure %s, domains %s)\n", c.Config, cfg.Policy.Mode, cfg.Milter.OnFailure, strings.Join(cfg.Organisation.Domains, ", "))
	return nil
}

type configDefaultCmd struct{}

func (configDefaultCmd) Run(t *terminal) error { return WriteDefaultConfig(t.out) }
