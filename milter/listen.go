package milter

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"postvagt/milter/program"
)

// Names of the sockets that systemd may open for the daemon (FileDescriptorName).
const (
	SocketMilter = "milter" // milter.listen
	SocketScan   = "scan"   // milter.scan_listen
)

// Listen opens a socket, for the MTA or another client, as the setting key says it; m says who may reach it. A
// socket file that nobody serves is taken over. A socket that systemd has opened already is used as it is.
func Listen(key, where string, m *Milter, given net.Listener) (net.Listener, error) {
	l, err := listen(where, m, given)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return l, nil
}

func listen(where string, m *Milter, given net.Listener) (net.Listener, error) {
	network, addr, err := ParseListen(where)
	if err != nil {
		return nil, err
	}
	if given != nil {
		if has := given.Addr(); has.Network() != network || has.String() != addr {
			return nil, program.Misconfigured(fmt.Errorf("%s is configured, and the socket unit of systemd listens at %s: make them say the same (systemctl edit), or disable the socket unit", where, has))
		}
		return given, nil
	}
	if network != "unix" {
		l, err := net.Listen(network, addr)
		if err != nil {
			return nil, fmt.Errorf("cannot listen on %s: %w", addr, opReason(err))
		}
		return l, nil
	}
	if err := removeStale(addr); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(addr), 0o755); err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	l, err := net.Listen("unix", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, opReason(err))
	}
	if err := share(addr, m); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return fmt.Errorf("socket %s is in use: is postvagt-milter running already?", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("socket %s: %w", path, opReason(err))
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("old socket: %w", err)
	}
	return nil
}

// share lets the MTA reach the socket.
func share(path string, m *Milter) error {
	mode, err := parseMode(m.SocketMode)
	if err != nil {
		return fmt.Errorf("socket_mode: %w", err)
	}
	if m.SocketGroup != "" {
		g, err := user.LookupGroup(m.SocketGroup)
		if err != nil {
			return fmt.Errorf("socket_group: %w: name the group of your MTA, or \"\"", err)
		}
		gid, err := strconv.Atoi(g.Gid)
		if err != nil {
			return fmt.Errorf("socket_group: group id %q", g.Gid)
		}
		if err := os.Chown(path, -1, gid); err != nil {
			return fmt.Errorf("socket_group: %w: run as root or as a member of that group", err)
		}
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("socket_mode: %w", err)
	}
	return nil
}

// opReason is a network error without the words that the caller has said already.
func opReason(err error) error {
	var oe *net.OpError
	if errors.As(err, &oe) {
		return oe.Err
	}
	return err
}
