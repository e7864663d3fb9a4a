// Package postfix asks a Postfix instance how it is set up, puts the milter into it and takes it out again.
//
// It reads and changes main.cf by postconf alone. Apply remembers what stood there before, and Undo gives back
// only what nobody else has changed since. Transports tells what Postfix promises about TLS for a next hop,
// as its own smtp client would look it up, and the next hop of a recipient, as its trivial-rewrite would choose it.
package postfix

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Postfix is an instance.
type Postfix struct {
	ConfigDir  string // folder of main.cf
	CommandDir string // folder of postconf and postfix
}

// params reads parameters, and whether main.cf sets them.
func (p *Postfix) params(ctx context.Context, names ...string) (map[string]Change, error) {
	all, err := p.postconf(ctx, names...)
	if err != nil {
		return nil, err
	}
	set, err := p.postconf(ctx, append([]string{"-n"}, names...)...)
	if err != nil {
		return nil, err
	}
	out := map[string]Change{}
	for line := range strings.Lines(all) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " =")
		out[name] = Change{Name: name, Old: strings.TrimSpace(value)}
	}
	for line := range strings.Lines(set) {
		name, _, _ := strings.Cut(line, " =")
		c := out[name]
		c.Set = true
		out[name] = c
	}
	return out, nil
}

// splitList splits a list of milters or maps as Postfix does: by commas and white space outside of braces.
func splitList(list string) []string {
	var out []string
	depth, start := 0, -1
	for i, c := range list + " " {
		sep := depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\n')
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		switch {
		case sep && start >= 0:
			out = append(out, list[start:i])
			start = -1
		case !sep && start < 0:
			start = i
		}
	}
	return out
}

func (p *Postfix) postconf(ctx context.Context, args ...string) (string, error) {
	return p.command(ctx, "postconf", args...)
}

// waitForPipes is how long a command that has ended is waited for while a child of it holds its output open.
const waitForPipes = 500 * time.Millisecond

func (p *Postfix) command(ctx context.Context, name string, args ...string) (string, error) {
	return p.commandWith(ctx, "", name, args...)
}

// commandWith runs a command that reads in.
func (p *Postfix) commandWith(ctx context.Context, in, name string, args ...string) (string, error) {
	path := filepath.Join(p.CommandDir, name)
	if _, err := exec.LookPath(path); err != nil {
		return "", fmt.Errorf("%s: not found: is Postfix installed? (postfix.command_dir)", path)
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"-c", p.ConfigDir}, args...)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errOut, waitForPipes
	if in != "" {
		cmd.Stdin = strings.NewReader(in)
	}
	if err := cmd.Run(); err != nil {
		return "", &commandError{name, strings.TrimSpace(errOut.String()), err}
	}
	return out.String(), nil
}

// commandError is a command of Postfix that ended with an error, and what it said.
type commandError struct {
	name, said string
	err        error
}

func (e *commandError) Error() string { return fmt.Sprintf("%s: %v: %s", e.name, e.err, e.said) }

func (e *commandError) Unwrap() error { return e.err }
