package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// manager plays systemd's part towards a daemon: it owns the socket and hears what the daemon says of itself.
type manager struct {
	t      *testing.T
	socket *os.File
	notify string

	mu   sync.Mutex
	said []string
}

func newManager(t *testing.T, dir, socket string) *manager {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := l.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{t: t, socket: f, notify: filepath.Join(dir, "notify")}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); f.Close(); l.Close() })
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.said = append(m.said, string(b[:n]))
			m.mu.Unlock()
		}
	}()
	return m
}

// heard says how often the daemon has said a thing.
func (m *manager) heard(what string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.said {
		if s == what {
			n++
		}
	}
	return n
}

// start starts a program as systemd does (sd_listen_fds(3)): LISTEN_PID must be its own.
func (m *manager) start(log string, args ...string) *exec.Cmd {
	m.t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`}, args...)...)
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	cmd.Stderr, cmd.ExtraFiles = out, []*os.File{m.socket}
	cmd.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=milter", "NOTIFY_SOCKET="+m.notify, "WATCHDOG_USEC=300000")
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return cmd
}

// await waits until the daemon has said a thing n times.
func (m *manager) await(what string, n int) {
	m.t.Helper()
	if err := kit.Wait(m.t.Context(), what, time.Minute, func() (bool, error) { return m.heard(what) >= n, nil }); err != nil {
		m.t.Fatal(err)
	}
}

// While systemd holds the socket the milter can be replaced under load: every message waits for the next one, and none is
// taken unjudged, though on_failure is accept. The daemon says when it serves, when it stops, and that it is well.
func TestMilterIsReplacedUnderLoad(t *testing.T) {
	h := newMilterHouse(t, nil)
	m := newManager(t, h.dir, h.socket())
	h.configure("unix:"+h.socket(), "on_failure = \"accept\"\n[policy]\nmode = \"enforce\"\n")
	start := func() *exec.Cmd {
		return m.start(filepath.Join(h.dir, "milter.err"), h.bin, "serve", "--config", h.config)
	}
	end := func(cmd *exec.Cmd) {
		t.Helper()
		if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
	}
	running := start()
	m.await("READY=1", 1)
	m.await("WATCHDOG=1", 2)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sent atomic.Int64
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for ctx.Err() == nil {
				for _, text := range []string{secretMail, plainMail} {
					if r, err := kit.Send(t.Context(), h.Addr(viaSocket), outbound, []byte(text)); err != nil || r.Code != 250 {
						t.Errorf("reply %d, error %v", r.Code, err)
						return
					}
				}
				sent.Add(1)
			}
		})
	}
	const replaced = 5
	for i := range replaced {
		before := sent.Load()
		if err := kit.Wait(t.Context(), "mail under way", time.Minute, func() (bool, error) { return sent.Load() >= before+10, nil }); err != nil {
			t.Fatal(err)
		}
		end(running)
		running = start()
		m.await("READY=1", i+2)
	}
	stop()
	senders.Wait()
	end(running)
	m.await("STOPPING=1", replaced+1)
	h.compareHeld(int(sent.Load()))
}

// What is wrong with a configuration ends the daemon with a code that keeps systemd from trying again.
func TestMisconfiguredDaemonsSaySo(t *testing.T) {
	h := newMilterHouse(t, nil)
	agent := filepath.Join(h.dir, "postvagt-agent")
	if err := kit.Build(t.Context(), h.dir); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(h.dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("[organisation]\ndomain = \"kommune.example\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{h.bin, "serve"}, {agent, "run"}} {
		out, err := exec.CommandContext(t.Context(), args[0], append(args[1:], "--config", bad)...).CombinedOutput()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 78 || !strings.Contains(string(out), "bad.toml:2: organisation.domain") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	m := newManager(t, h.dir, filepath.Join(h.dir, "other.sock"))
	h.configure("unix:"+h.socket(), "")
	cmd := m.start(filepath.Join(h.dir, "milter.err"), h.bin, "serve", "--config", h.config)
	err := cmd.Wait()
	said, readErr := os.ReadFile(filepath.Join(h.dir, "milter.err"))
	want := fmt.Sprintf("milter.listen: unix:%s is configured, and the socket unit of systemd listens at %s", h.socket(), filepath.Join(h.dir, "other.sock"))
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 78 || !strings.Contains(string(said), want) || readErr != nil {
		t.Errorf("%v %v\n%s\nwant %s", err, readErr, said, want)
	}
}

// What a unit may do, as systemd counts it.
func TestUnitsAreHardened(t *testing.T) {
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	for unit, most := range map[string]float64{"postvagt-milter.service": 1.5, "postvagt-agent.service": 1.5, "postvagt-held.service": 2.0, "postvagt-milter-selftest.service": 1.5} {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", filepath.Join(root, "packaging/systemd", unit)).CombinedOutput()
		_, after, found := strings.Cut(string(out), "Overall exposure level for "+unit+": ")
		exposure, parseErr := strconv.ParseFloat(strings.Fields(after + " -")[0], 64)
		if err != nil || !found || parseErr != nil || exposure > most {
			t.Errorf("%s: exposure %v, want at most %v (%v)", unit, exposure, most, err)
		}
	}
}
