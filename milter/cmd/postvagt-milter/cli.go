package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"postvagt/milter"
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
	Serve    serveCmd    `cmd:"" help:"Judge mail for an MTA until told to stop. SIGHUP reloads the configuration."`
	Check    checkCmd    `cmd:"" help:"Judge mail from files: .eml, mbox, Maildir, folders, - for standard input. Exit 1 if one would be stopped."`
	Held     heldCmd     `cmd:"" help:"The MTA's hold queue."`
	Rules    rulesCmd    `cmd:"" help:"List, test and explain rules."`
	Config   configCmd   `cmd:"" help:"Check the configuration, or print the defaults."`
	Setup    setupCmd    `cmd:"" help:"Put the milter into an MTA, or take it out."`
	Selftest selftestCmd `cmd:"" help:"Ask whether a message that must not leave in the open would still be stopped. Exit 1 if not."`
}

type configFlag struct {
	Config string `default:"${config}" placeholder:"FILE" help:"Configuration file (${config})."`
}

// run runs the command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("postvagt-milter"), kong.Writers(out, errOut), kong.Vars{"config": milter.DefaultConfigFile},
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
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(errOut, "postvagt-milter:", strings.TrimSuffix(line, "\n"))
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
