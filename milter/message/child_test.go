package message

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func childFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(t.TempDir() + "/in")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestChildLimits asks a child what it may use.
func TestChildLimits(t *testing.T) {
	rd := NewReader(Options{})
	var out []byte
	err := rd.child("/bin/sh", []string{"-c", "ulimit -t; ulimit -v; ulimit -f; ulimit -c; cat /proc/net/dev; env"}, childFile(t), func(r io.Reader) { out, _ = io.ReadAll(r) })
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	if got := strings.Join(lines[:4], " "); got != "10 786432 0 0" {
		t.Errorf("limits %q", got)
	}
	devices := 0
	for _, l := range lines[4:] {
		if name, _, ok := strings.Cut(strings.TrimSpace(l), ":"); ok && !strings.Contains(name, "=") && !strings.Contains(name, "|") {
			devices++
			if name != "lo" && !rd.sameNet.Load() {
				t.Errorf("the child sees the network device %s", name)
			}
		}
	}
	if devices == 0 {
		t.Error("no network devices read")
	}
	if home := os.Getenv("HOME"); strings.Contains(string(out), "HOME="+home+"\n") {
		t.Error("the child has the environment of the daemon")
	}
}

// TestChildEnds stops a child that writes without end, one that writes a file and one that needs too much memory.
func TestChildEnds(t *testing.T) {
	rd := NewReader(Options{})
	n := 0
	err := rd.child("/bin/sh", []string{"-c", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"}, childFile(t), func(r io.Reader) {
		n, _ = io.ReadFull(r, make([]byte, 100_000))
	})
	if n != 100_000 || err == nil {
		t.Errorf("%d bytes read, %v", n, err)
	}
	dir := t.TempDir()
	err = rd.child("/bin/sh", []string{"-c", "echo x > " + dir + "/leak; exec true"}, childFile(t), func(r io.Reader) { io.Copy(io.Discard, r) })
	if st, serr := os.Stat(dir + "/leak"); serr == nil && st.Size() > 0 {
		t.Errorf("the child wrote a file: %v", err)
	}
	err = rd.child("/bin/sh", []string{"-c", "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x$x$x; done"}, childFile(t), func(r io.Reader) { io.Copy(io.Discard, r) })
	if err == nil {
		t.Error("a child that needs all memory ended well")
	}
	if err := rd.child("/nonexistent/pdftotext", nil, childFile(t), func(r io.Reader) { io.Copy(io.Discard, r) }); err == nil || errors.Is(err, errLimit) {
		t.Errorf("a missing program: %v", err)
	}
}

// TestNoPdftotext says what is missing and judges the rest.
func TestNoPdftotext(t *testing.T) {
	data, err := os.ReadFile("testdata/71-pdf.eml")
	if err != nil {
		t.Fatal(err)
	}
	r := readBytes(t, NewReader(Options{Pdftotext: "-"}), data)
	if len(r.mail.Unopened) != 1 || r.mail.Unopened[0] != (Unopened{"2 pdf", "no pdftotext"}) {
		t.Errorf("unopened %v", r.mail.Unopened)
	}
	data, err = os.ReadFile("testdata/75-pdf-user-aes-256.eml")
	if err != nil {
		t.Fatal(err)
	}
	if r = readBytes(t, NewReader(Options{Pdftotext: "-"}), data); r.mail.Protection.Content != "pdf" {
		t.Errorf("without the child an encrypted PDF is %q", r.mail.Protection.Content)
	}
}
