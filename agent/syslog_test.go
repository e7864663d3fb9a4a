package agent

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"postvagt/agent/store"
)

// rsyslogd is a real rsyslogd with a socket and a folder of its own.
type rsyslogd struct {
	t   *testing.T
	dir string
	to  net.Conn
}

func startRsyslogd(t *testing.T, limit string) *rsyslogd {
	t.Helper()
	path := "/usr/sbin/rsyslogd"
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("needs rsyslog: packaging/install-deps.sh test: %v", err)
	}
	dir, err := os.MkdirTemp("/tmp", "rsyslog") // a path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := strings.ReplaceAll(`global(workDirectory="DIR" processInternalMessages="on")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="DIR/log" CreatePath="on" `+limit+`)
action(type="omfile" file="DIR/old.log" template="RSYSLOG_TraditionalFileFormat")
action(type="omfile" file="DIR/iso.log" template="RSYSLOG_FileFormat")
action(type="omfile" file="DIR/new.log" template="RSYSLOG_SyslogProtocol23Format")
`, "DIR", dir)
	write(t, filepath.Join(dir, "rsyslog.conf"), config)
	cmd := exec.Command(path, "-n", "-f", filepath.Join(dir, "rsyslog.conf"), "-i", filepath.Join(dir, "pid"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()                          // so it was told
	})
	r := &rsyslogd{t: t, dir: dir}
	awaits(t, "rsyslogd", func() bool {
		r.to, err = net.Dial("unixgram", filepath.Join(dir, "log"))
		return err == nil
	})
	return r
}

// say logs as syslog(3) does.
func (r *rsyslogd) say(tag, text string) {
	r.t.Helper()
	if _, err := fmt.Fprintf(r.to, "<22>%s %s: %s", time.Now().Format(time.Stamp), tag, text); err != nil {
		r.t.Fatal(err)
	}
}

// tell logs the lines of a mail log, and waits for the last one.
func (r *rsyslogd) tell(lines []string) {
	for _, l := range lines {
		tag, text, _ := strings.Cut(l[len("Nov 23 03:08:40 edge "):], ": ")
		r.say(tag, text)
	}
	r.say("postfix/master[1]", "the end")
	for _, name := range []string{"old.log", "iso.log", "new.log"} {
		awaits(r.t, name, func() bool {
			b, err := os.ReadFile(filepath.Join(r.dir, name))
			return err == nil && strings.Contains(string(b), "the end")
		})
	}
}

// fatesOf imports a log without verdicts and returns what became of each recipient.
func fatesOf(t *testing.T, path string) (map[string]int, []store.Gap) {
	t.Helper()
	c := importConfig(t)
	sum, err := (&Import{Config: c}).Run(t.Context(), []string{path})
	if err != nil || sum.Unknown > 0 {
		t.Fatalf("%s: %d lines not understood, error %v", path, sum.Unknown, err)
	}
	fates := map[string]int{}
	for _, d := range rows(t, c.Store.Path) {
		fates[strings.Join([]string{d.QueueID, d.ToDomain, d.Outcome, d.Transport, d.TLSVersion, d.DSN, fmt.Sprint(d.Held, d.Released)}, " ")]++
	}
	db, err := store.OpenRead(t.Context(), c.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	gaps, err := db.Gaps(t.Context(), everything())
	if err != nil {
		t.Fatal(err)
	}
	return fates, gaps
}

// A real rsyslogd writes the same mail log in each of its formats; what became of the mail is the same in all of them.
func TestRsyslogFormats(t *testing.T) {
	want, _ := fatesOf(t, fatesMail)
	r := startRsyslogd(t, "")
	r.tell(linesOf(t, "mail.log"))
	for _, name := range []string{"old.log", "iso.log", "new.log"} {
		got, gaps := fatesOf(t, filepath.Join(r.dir, name))
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-written by Postfix +by rsyslog):\n%s", name, diff)
		}
		if len(gaps) != 0 {
			t.Errorf("%s: %v, but nothing was lost", name, gaps)
		}
	}
}

// What a real rsyslogd drops marks the time as incomplete, with the number of lines that it says.
func TestRsyslogDrops(t *testing.T) {
	r := startRsyslogd(t, `RateLimit.Interval="1" RateLimit.Burst="20"`)
	for i := range 60 {
		r.say("postfix/qmgr[77]", fmt.Sprintf("4AAAAAAA%02d: removed", i))
	}
	lost := func(name string) bool {
		r.say("postfix/qmgr[77]", "4AAAAAAAAA: removed")
		b, err := os.ReadFile(filepath.Join(r.dir, name))
		return err == nil && strings.Contains(string(b), "messages lost")
	}
	for _, name := range []string{"old.log", "iso.log", "new.log"} {
		awaits(t, "the loss in "+name, func() bool { return lost(name) })
		_, gaps := fatesOf(t, filepath.Join(r.dir, name))
		lines := map[bool]int{}
		for _, g := range gaps {
			lines[g.Lines >= 40]++
			if g.To.Sub(g.From) < time.Minute {
				t.Errorf("%s: a gap of %s", name, g.To.Sub(g.From))
			}
		}
		if lines[true] != 1 {
			t.Errorf("%s: gaps %v, want one of 40 lines or more", name, gaps)
		}
	}
}
