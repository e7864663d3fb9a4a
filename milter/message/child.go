package message

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Limits of a child: what it may use before it is ended.
const (
	childWall   = 20 * time.Second
	childLimits = "ulimit -c 0; ulimit -t 10; ulimit -v 786432; ulimit -f 0; exec \"$0\" \"$@\""
)

// child runs a program on the file, which it finds as descriptor 3, with bounded time, memory and no
// file of its own, and where the system allows it without network. Its output goes to read.
func (rd *Reader) child(path string, args []string, file *os.File, read func(io.Reader)) error {
	rd.children <- struct{}{}
	defer func() { <-rd.children }()
	ctx, cancel := context.WithTimeout(context.Background(), childWall)
	defer cancel()
	cmd, out, err := rd.startChild(ctx, path, args, file)
	if err != nil {
		return err
	}
	read(out)
	out.Close() // a child that still writes ends here
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return errLimit
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		return errLimit // ended by a signal: the limits
	}
	return err
}

// startChild starts the program in a network of its own; where that is not allowed, once and for all without.
func (rd *Reader) startChild(ctx context.Context, path string, args []string, file *os.File) (*exec.Cmd, io.ReadCloser, error) {
	for {
		apart := !rd.sameNet.Load()
		cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", childLimits, path}, args...)...)
		cmd.ExtraFiles = []*os.File{file}
		cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent"}
		cmd.WaitDelay = time.Second
		cmd.SysProcAttr = &syscall.SysProcAttr{}
		if apart {
			cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, nil, fmt.Errorf("start %s: %w", path, err)
		}
		err = cmd.Start()
		if err == nil {
			return cmd, out, nil
		}
		if !apart {
			return nil, nil, fmt.Errorf("start %s: %w", path, err)
		}
		rd.sameNet.Store(true)
	}
}
