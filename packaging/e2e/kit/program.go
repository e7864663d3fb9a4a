package kit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Build builds the two programs into dir.
func Build(ctx context.Context, dir string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator),
		"./milter/cmd/postvagt-milter", "./agent/cmd/postvagt-agent")
	cmd.Dir = root
	return run(cmd)
}

// Program is a program that runs in the background.
type Program struct {
	Log  string // path of what it prints
	cmd  *exec.Cmd
	done chan error
}

// StartProgram starts path with args; what it prints goes to the file log. It gets a process group of its
// own: a Ctrl-C at the terminal reaches us alone, and we stop it in good order.
func StartProgram(log, path string, args ...string) (*Program, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Program{Log: log, cmd: cmd, done: make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	return p, nil
}

// Pid is its process id.
func (p *Program) Pid() int { return p.cmd.Process.Pid }

// Signal sends a signal.
func (p *Program) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Exited says whether it has ended, and how.
func (p *Program) Exited() (bool, error) {
	select {
	case err := <-p.done:
		p.done <- err
		return true, err
	default:
		return false, nil
	}
}

// Ready waits until done says yes, and gives up at once when the program ends before.
func (p *Program) Ready(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	var ended error
	err := Wait(ctx, what, limit, func() (bool, error) {
		if over, how := p.Exited(); over {
			ended = fmt.Errorf("%s ended before %s: %v\n%s", filepath.Base(p.cmd.Path), what, how, p.said())
			return true, nil
		}
		return done()
	})
	return errors.Join(err, ended)
}

// Stop asks the program to end (SIGTERM) and kills it when it has not after 20 s. It returns how it ended.
func (p *Program) Stop() error {
	if over, err := p.Exited(); over {
		return err
	}
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	select {
	case err := <-p.done:
		p.done <- err
		return err
	case <-timeout.C:
		return errors.Join(fmt.Errorf("%s did not end on SIGTERM", filepath.Base(p.cmd.Path)), p.cmd.Process.Kill())
	}
}

// said is the end of what the program printed.
func (p *Program) said() string {
	b, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}
