package milter

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/milter/verdict"
)

func aRecord(i int) *verdict.Record {
	return &verdict.Record{QueueID: fmt.Sprintf("4bXyQ1%05d", i), ID: verdict.NewID(), Action: verdict.Pass, Level: verdict.LevelNone, Direction: verdict.Outbound,
		Recipients: []verdict.Recipient{{To: "a@b.example", Wanted: verdict.Pass, Action: verdict.Pass}}}
}

func openTestLog(t *testing.T) (*verdictLog, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sub", "verdict.log")
	now := func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 123456000, time.FixedZone("", 3600)) }
	l, err := openVerdictLog(logTarget{path: path}, now, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	return l, path
}

func countLines(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

func TestVerdictLogLine(t *testing.T) {
	l, path := openTestLog(t)
	l.Write(aRecord(1))
	b, err := os.ReadFile(path) // before Close: the line is there when Write returns
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	host, _ := os.Hostname()
	want := fmt.Sprintf("2026-11-23T09:00:00.123456+00:00 %s postvagt-milter[%d]: 4bXyQ100001: verdict v=1 id=", host, os.Getpid())
	if !strings.HasPrefix(string(b), want) {
		t.Errorf("begins %.100q, want %q", b, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o027 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// Renamed or truncated under many writers, no line is lost and none is written twice or in pieces.
func TestVerdictLogRotates(t *testing.T) {
	l, path := openTestLog(t)
	const writers, each = 8, 100
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				l.Write(aRecord(w*each + i))
				if w == 0 && i%25 == 10 {
					if err := os.Rename(path, fmt.Sprintf("%s.%d", path, i)); err != nil {
						t.Error(err)
					}
					l.Write(aRecord(99999)) // opens the new file, so that the next rename finds one
				}
			}
		})
	}
	wg.Wait()
	l.Close()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	seen := map[string]int{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			_, text, _ := strings.Cut(line, "]: ")
			v, err := verdict.Parse(strings.TrimSuffix(text, "\n"))
			if err != nil {
				t.Fatalf("a torn line: %v", err)
			}
			if v.Message != nil {
				seen[v.QueueID]++
			}
		}
	}
	for i := range writers * each {
		if n := seen[aRecord(i).QueueID]; n != 1 {
			t.Errorf("message %d was written %d times", i, n)
		}
	}
	if l.lost.Load() != 0 {
		t.Errorf("%d lines counted as lost", l.lost.Load())
	}
}

// A log that cannot be written holds nobody up, and what waits is written when it can be again.
func TestVerdictLogWaitsForTheDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "verdict.log")
	failures := make(chan error, 10)
	l, err := openVerdictLog(logTarget{path: path}, time.Now, func(err error) { failures <- err })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // stands in the way, for root too
		t.Fatal(err)
	}
	start := time.Now()
	l.Write(aRecord(1))
	l.Write(aRecord(2))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("two messages waited %v", took)
	}
	if err := <-failures; err == nil {
		t.Error("nobody was told")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for countLines(t, path) != 4 {
		select {
		case <-deadline:
			t.Fatalf("%d lines after the disk came back, want 4", countLines(t, path))
		case <-time.After(10 * time.Millisecond):
		}
	}
	l.Close()
	if l.lost.Load() != 0 {
		t.Errorf("%d lines counted as lost", l.lost.Load())
	}
}

func TestVerdictLogCountsWhatIsLost(t *testing.T) {
	l, path := openTestLog(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	l.Write(aRecord(1))
	l.Close()
	if l.lost.Load() != 2 {
		t.Errorf("%d lines lost, want 2", l.lost.Load())
	}
}

func TestMailLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l := openMailLog(path, func() time.Time { return time.Date(2026, 11, 3, 9, 8, 7, 0, time.UTC) })
	r := aRecord(1)
	l.Write(r.Short())
	buf := make([]byte, 1000)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("<22>Nov  3 09:08:07 postvagt-milter[%d]: 4bXyQ100001: id=%s action=pass", os.Getpid(), r.ID); string(buf[:n]) != want {
		t.Errorf("%q, want %q", buf[:n], want)
	}
	l.Close()
	none := openMailLog(filepath.Join(t.TempDir(), "none"), time.Now)
	none.Write("x")
	none.Close() // without a syslog it neither blocks nor counts
	if none.lost.Load() != 0 {
		t.Error("lines are counted as lost on a machine without syslog")
	}
}

// A log that may not grow keeps one older file, and loses no line on the way.
func TestVerdictLogKeepsTwo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held.log")
	l, err := openVerdictLog(logTarget{path: path, most: 1000}, time.Now, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for i := 0; ; i++ {
		if _, err := os.Stat(path + ".1"); err == nil {
			break
		}
		if i == 100 {
			t.Fatal("the file grows on")
		}
		l.Write(aRecord(i))
		lines += 2
	}
	l.Write(aRecord(100))
	l.Close()
	if n := countLines(t, path) + countLines(t, path+".1"); n != lines+2 {
		t.Errorf("%d lines, want %d", n, lines+2)
	}
}

// By syslog the file is a spool: what was answered is there after a crash, and sent until the log has taken it.
func TestVerdictLogBySyslog(t *testing.T) {
	dir := t.TempDir()
	spool, socket := filepath.Join(dir, "spool"), filepath.Join(dir, "log")
	open := func() *verdictLog {
		t.Helper()
		l, err := openVerdictLog(logTarget{path: spool, syslog: openSyslog(socket, time.Now), macKey: []byte("key")}, time.Now, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	first, second := aRecord(1), aRecord(2)
	l := open() // no syslog yet
	l.Write(first)
	l.Close()
	if n := countLines(t, spool); n != 2 {
		t.Fatalf("%d lines in the spool, want 2", n)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l = open()
	l.Write(second)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 2000)
	for _, want := range append(first.SignedLines([]byte("key")), second.SignedLines([]byte("key"))...) {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if _, got, _ := strings.Cut(string(buf[:n]), "]: "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	l.Close()
	if n := countLines(t, spool); n != 0 {
		t.Errorf("%d lines are left in the spool", n)
	}
}
