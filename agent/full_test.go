package agent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// heard is what a child says, read while it talks.
type heard struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.Write(b)
}

func (h *heard) has(s string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Contains(h.all.String(), s)
}

func awaits(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited for %s", what)
}

// A full disk stops the reading, and is said; when there is room again, nothing is lost and nothing counted twice.
func TestFullDisk(t *testing.T) {
	g := newGrowing(t)
	quiet := newChild(t, t.TempDir(), g.dir)
	quiet.start()
	quiet.following(2)
	disk := t.TempDir()
	small := newChild(t, disk, g.dir)
	config, err := os.ReadFile(small.config)
	g.must(err)
	var said heard
	cmd := exec.Command("unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=3m none "$1" && cat >"$1/agent.toml" && exec "$2"`, "sh", disk, os.Args[0])
	cmd.Env = append(os.Environ(), childConfig+"="+small.config)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(config), &said
	g.must(cmd.Start())
	small.cmd = cmd
	awaits(t, "the agent on the small disk", func() bool { return said.has("kind=verdicts") })
	mail, verdicts := linesOf(t, "mail.log"), linesOf(t, "verdict.log")
	told := 0
	for ; told < 400 && !said.has("does not take data"); told++ {
		for i, text := range mail {
			_, err := fmt.Fprintln(g.mail, another(text, told))
			g.must(err)
			if i < len(verdicts) {
				_, err := fmt.Fprintln(g.ours, another(verdicts[i], told))
				g.must(err)
			}
		}
		if told%20 == 19 {
			time.Sleep(200 * time.Millisecond) // a commit
		}
	}
	awaits(t, "the full disk", func() bool { return said.has("does not take data") })
	pid := strconv.Itoa(cmd.Process.Pid)
	if out, err := exec.Command("nsenter", "-t", pid, "-m", "mount", "-o", "remount,size=200m", disk).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v %s", err, out)
	}
	awaits(t, "room again", func() bool { return said.has("takes data again") })
	want := waitRows(t, quiet, told*20)
	var diff string
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if diff = cmp.Diff(want, rows(t, copyOut(t, cmd, cmd.Process.Pid, disk))); diff == "" {
			return
		}
	}
	t.Errorf("(-left alone +full):\n%.3000s", diff)
}

// copyOut copies the database off a disk that only the child sees, while the child stands still.
func copyOut(t *testing.T, cmd *exec.Cmd, namespace int, disk string) string {
	t.Helper()
	to := t.TempDir()
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("nsenter", "-t", strconv.Itoa(namespace), "-m", "sh", "-c", `cp "$1"/agent.db* "$2"`, "sh", disk, to).CombinedOutput()
	if err := errors.Join(err, cmd.Process.Signal(syscall.SIGCONT)); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return filepath.Join(to, "agent.db")
}
