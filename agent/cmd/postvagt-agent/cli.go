package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"postvagt/agent"
)

// Exit codes of the program.
const (
	exitOK    = 0
	exitNo    = 1 // the answer is no: doctor found something missing
	exitError = 2 // could not run
)

// terminal is the world a command runs in.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// errNo is a command's "no" that has been said already.
var errNo = errors.New("no")

type cli struct {
	Run     runCmd     `cmd:"" help:"Follow the mail log and serve the pages until told to stop. SIGHUP reloads the configuration."`
	Import  importCmd  `cmd:"" help:"Read old logs: plain, .gz, .bz2, .xz, .zst, - for standard input. Resumes where it was stopped."`
	Count   countCmd   `cmd:"" help:"Count transmissions by fields."`
	Report  reportCmd  `cmd:"" help:"Write the Ombudsman's report for a period to standard output."`
	Backup  backupCmd  `cmd:"" help:"Write the database as of now to a new file, while the agent runs."`
	Restore restoreCmd `cmd:"" help:"Put a backup in the place of the database. The agent must be stopped."`
	Doctor  doctorCmd  `cmd:"" help:"Say what runs, what is seen, what is missing, and the one next step. Exit 1 if something is missing."`
	Config  configCmd  `cmd:"" help:"Check the configuration, or print the defaults."`
}

type configFlag struct {
	Config string `default:"${config}" placeholder:"FILE" help:"Configuration file (${config})."`
}

// load reads the configuration.
func (f configFlag) load() (*agent.Config, error) { return agent.LoadConfig(f.Config) }

// run runs the command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("postvagt-agent"), kong.Writers(out, errOut), kong.Vars{"config": agent.DefaultConfigFile},
		kong.Description("Finds out what really became of every mail, and shows it."),
		kong.UsageOnError(), kong.Exit(func(n int) { code = n; panic(errNo) }))
	if err != nil {
		fmt.Fprintln(errOut, "postvagt-agent:", err)
		return exitError
	}
	ctx, err := parse(parser, args)
	switch {
	case code >= 0: // --help
		return code
	case err != nil:
		fmt.Fprintf(errOut, "postvagt-agent: %v (see postvagt-agent --help)\n", err)
		return exitError
	}
	err = ctx.Run(&terminal{in, out, errOut})
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitNo
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(errOut, "postvagt-agent:", strings.TrimSuffix(line, "\n"))
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
