package program

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	ExitOK    = 0
	ExitNo    = 1 // the answer is no: a message would be stopped, something is missing
	ExitError = 2 // could not run
	// ExitConfig is how a daemon ends when its configuration keeps it from running (EX_CONFIG of sysexits.h): to start
	// it again is of no use.
	ExitConfig = 78
)

// ErrNo is what a command returns whose answer is no; it says so itself.
var ErrNo = errors.New("no")

// Misconfigured says that nothing but a change of the configuration helps against err. A nil err stays nil.
func Misconfigured(err error) error {
	if err == nil {
		return nil
	}
	return &misconfigured{err}
}

type misconfigured struct{ err error }

func (m *misconfigured) Error() string { return m.err.Error() }
func (m *misconfigured) Unwrap() error { return m.err }

// Terminal is where a command reads and writes.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
}

// Command is a program's command line: Grammar is a pointer to a struct of kong's, whose commands have a
// method Run(*Terminal) error.
type Command struct {
	Name, Description, ConfigFile string
	Grammar                       any
	Defaults                      func(io.Writer) error // writes the shipped configuration
	Everyday                      []string              // commands that anybody may run: their manual pages are in section 1
}

// Run runs a command line and returns the exit code.
func (c Command) Run(args []string, t *Terminal) int {
	code := -1
	parser, err := kong.New(c.Grammar, kong.Name(c.Name), kong.Description(c.Description), kong.Writers(t.Out, t.Err),
		kong.Vars{"config": c.ConfigFile, "version": c.Name + " " + Version()}, kong.Embed(&struct {
			Version kong.VersionFlag `help:"Say which version this is."`
		}{}), kong.UsageOnError(), kong.Exit(func(n int) { code = n; panic(ErrNo) }))
	if err != nil {
		fmt.Fprintf(t.Err, "%s: %v\n", c.Name, err)
		return ExitError
	}
	ctx, err := parse(parser, args)
	switch {
	case code >= 0: // --help, --version
		return code
	case err != nil:
		fmt.Fprintf(t.Err, "%[1]s: %[2]v (see %[1]s --help)\n", c.Name, err)
		return ExitError
	}
	switch err = ctx.Run(t, &c); {
	case err == nil:
		return ExitOK
	case errors.Is(err, ErrNo):
		return ExitNo
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(t.Err, "%s: %s\n", c.Name, strings.TrimSuffix(line, "\n"))
	}
	if m := new(misconfigured); errors.As(err, &m) {
		return ExitConfig
	}
	return ExitError
}

// parse keeps kong's --help and --version from ending the process.
func parse(k *kong.Kong, args []string) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil && r != any(ErrNo) {
			panic(r)
		}
	}()
	return k.Parse(args)
}
