// Package kit starts real servers privately, for stories, the demo and the benchmarks: Postfix
// instances, the two programs, certificates, and an SMTP client to feed them. Everything lies in one
// folder, listens on loopback, and is gone after Stop. It imports nothing of the project: it meets the
// programs where an admin meets them.
package kit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Root is the folder of the module.
func Root() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if dir, err := os.Getwd(); err == nil {
		for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				return dir, nil
			}
		}
	}
	if ok {
		return filepath.Join(filepath.Dir(file), "..", "..", ".."), nil
	}
	return "", errors.New("no go.mod in this folder or above: run it inside the source tree")
}

// TempDir makes a folder that the user postfix can search, unlike those of os.MkdirTemp and testing.
func TempDir() (string, error) {
	dir, err := os.MkdirTemp("", "postvagt-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// FreePort finds a TCP port that nobody listens on at host, an address of 127.0.0.0/8.
func FreePort(host string) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Wait asks done again and again until it says yes. The error names what was waited for.
func Wait(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	return WaitEvery(ctx, 20*time.Millisecond, what, limit, done)
}

// WaitEvery is Wait for what is dear to ask: it asks no more often than the interval says.
func WaitEvery(ctx context.Context, interval time.Duration, what string, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var last error
	for {
		ok, err := done()
		if ok {
			return nil
		}
		last = err
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited %s for %s: %w", limit, what, ctx.Err()), last)
		case <-tick.C:
		}
	}
}

// WaitListening waits until somebody answers at a network address ("tcp", "unix").
func WaitListening(ctx context.Context, network, addr string, limit time.Duration) error {
	return Wait(ctx, network+" "+addr, limit, func() (bool, error) {
		c, err := net.DialTimeout(network, addr, time.Second)
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
}
