package tail

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// journald is a real systemd-journald with a /run of its own.
type journald struct {
	t    *testing.T
	dir  string
	conn net.Conn
}

func startJournald(t *testing.T) *journald {
	t.Helper()
	dir := t.TempDir()
	const script = `set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
mount --bind "$1" /run/log/journal
[ -s /etc/machine-id ] || { echo 0123456789abcdef0123456789abcdef >"$1/id"; mount --bind "$1/id" /etc/machine-id; }
echo $$ >"$1/pid"
exec /lib/systemd/systemd-journald`
	cmd := exec.Command("unshare", "--mount", "sh", "-c", script, "sh", dir)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // nothing else ends it
		_ = cmd.Wait()         // killed is what it was to be
	})
	j := &journald{t: t, dir: dir}
	waitFor(t, "journald", func() bool {
		pid, err := os.ReadFile(filepath.Join(dir, "pid"))
		if err != nil {
			return false
		}
		j.conn, err = net.Dial("unixgram", "/proc/"+strings.TrimSpace(string(pid))+"/root/run/systemd/journal/dev-log")
		return err == nil
	})
	t.Cleanup(func() { j.conn.Close() })
	return j
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited for %s", what)
}

func (j *journald) log(program, text string) {
	j.t.Helper()
	if _, err := fmt.Fprintf(j.conn, "<22>%s[77]: %s", program, text); err != nil {
		j.t.Fatal(err)
	}
}

// take reads n entries, and looks that no more come at once.
func take(t *testing.T, j *Journal, n int) (lines []Line, position []byte) {
	t.Helper()
	waitFor(t, fmt.Sprint(n, " entries"), func() bool {
		b, err := j.Read()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, b.Lines...)
		if b.Position != nil {
			position = b.Position
		}
		return len(lines) >= n && b.AtEnd
	})
	if len(lines) != n {
		t.Fatalf("%d entries, want %d", len(lines), n)
	}
	return lines, position
}

// Entries of a real journal: each once, in order, and after a restart those that came meanwhile.
func TestJournal(t *testing.T) {
	d := startJournald(t)
	woken := make(chan struct{}, 100)
	open := func(position []byte) *Journal {
		j, err := FollowJournal([]string{"--directory=" + d.dir}, []string{"SYSLOG_FACILITY=2"}, position, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { j.Close() })
		return j
	}
	for i := range 5 {
		d.log("postfix/qmgr", fmt.Sprint("line ", i))
	}
	waitFor(t, "the journal's file", func() bool {
		names, err := filepath.Glob(filepath.Join(d.dir, "*", "*.journal"))
		return err == nil && len(names) > 0
	})
	j := open(nil)
	lines, _ := take(t, j, 5)
	for i, l := range lines {
		if l.Text != fmt.Sprint("line ", i) || l.Entry == nil || l.Entry.Program != "postfix/qmgr" || l.Entry.PID != 77 || l.Entry.UID != os.Getuid() || l.Entry.Time.IsZero() || l.Entry.Host == "" || l.Pos == 0 {
			t.Errorf("entry %d: %q %+v", i, l.Text, l.Entry)
		}
	}
	select {
	case <-woken:
	default:
		t.Error("nobody was woken")
	}
	d.log("postfix/smtp", "while it runs")
	lines, position := take(t, j, 1)
	if lines[0].Text != "while it runs" {
		t.Errorf("%q", lines[0].Text)
	}
	j.Close()
	d.log("postfix/smtp", "a line\nthat forges a second one")
	d.log("postfix/smtp", "bytes \xff that are no text")
	lines, _ = take(t, open(position), 2)
	if lines[0].Text != "a line that forges a second one" || lines[1].Text != "bytes \ufffd that are no text" {
		t.Errorf("%q, %q", lines[0].Text, lines[1].Text)
	}
}
