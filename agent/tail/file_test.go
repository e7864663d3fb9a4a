package tail

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is a log file under every treatment that log files get.
type world struct {
	t       *testing.T
	dir     string
	path    string
	written []string // complete lines
	partial string   // of a line that is still being written
	serial  int
	turn    int
	writer  *os.File // of a process that keeps its file open over a rename
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	return &world{t: t, dir: dir, path: filepath.Join(dir, "mail.log")}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open() {
	if w.writer != nil {
		w.must(w.writer.Close())
	}
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	w.must(err)
	w.writer = f
	w.touched()
}

// tick gives a file that was just written a time of its own, as the seconds between rotations do.
func (w *world) tick(name string) {
	w.turn++
	at := time.Unix(1_700_000_000+int64(w.turn), 0)
	w.must(os.Chtimes(name, at, at))
}

// touched is tick for the file that the writer has open, whatever it is called.
func (w *world) touched() {
	w.tick(fmt.Sprintf("/proc/self/fd/%d", w.writer.Fd()))
}

func (w *world) write(n int) {
	if w.writer == nil {
		w.open()
	}
	defer w.touched()
	for range n {
		w.serial++
		line := w.partial + fmt.Sprintf("line %d %s", w.serial, strings.Repeat("x", w.serial%90))
		_, err := w.writer.WriteString(line[len(w.partial):] + "\n")
		w.must(err)
		w.written = append(w.written, line)
		w.partial = ""
	}
}

func (w *world) begin() {
	if w.writer == nil {
		w.open()
	}
	w.serial++
	part := fmt.Sprintf("part %d ", w.serial)
	_, err := w.writer.WriteString(part)
	w.must(err)
	w.partial += part
	w.touched()
}

// shift makes room for mail.log.1, as logrotate does.
func (w *world) shift() {
	names, err := filepath.Glob(w.path + ".*")
	w.must(err)
	slices.SortFunc(names, func(a, b string) int { return w.number(b) - w.number(a) })
	for _, name := range names {
		n := w.number(name)
		ext := ""
		if strings.HasSuffix(name, ".gz") {
			ext = ".gz"
		}
		w.must(os.Rename(name, fmt.Sprintf("%s.%d%s", w.path, n+1, ext)))
	}
}

func (w *world) number(name string) (n int) {
	_, err := fmt.Sscanf(strings.TrimPrefix(name, w.path+"."), "%d", &n)
	w.must(err)
	return n
}

// rename rotates by rename and create; with late the writer goes on writing to the old file until its next write ends.
func (w *world) rename(late bool) {
	if _, err := os.Stat(w.path); err != nil {
		return
	}
	w.shift()
	w.must(os.Rename(w.path, w.path+".1"))
	if late && w.partial == "" {
		w.write(2)
	}
	if w.partial != "" { // a writer that is told to reopen finishes its line before
		w.write(1)
	}
	w.open()
}

func (w *world) copyTruncate() {
	if w.partial != "" {
		w.write(1)
	}
	b, err := os.ReadFile(w.path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	w.must(err)
	w.shift()
	w.must(os.WriteFile(w.path+".1", b, 0o644))
	w.tick(w.path + ".1")
	w.must(os.Truncate(w.path, 0))
	w.tick(w.path)
}

// compress packs the newest rotated file, as logrotate does without delaycompress, and keeps its time.
func (w *world) compress(n int) {
	name := fmt.Sprintf("%s.%d", w.path, n)
	b, err := os.ReadFile(name)
	if err != nil {
		return
	}
	info, err := os.Stat(name)
	w.must(err)
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	_, err = zw.Write(b)
	w.must(errors.Join(err, zw.Close()))
	w.must(os.WriteFile(name+".gz", z.Bytes(), 0o644))
	w.must(os.Chtimes(name+".gz", info.ModTime(), info.ModTime()))
	w.must(os.Remove(name))
}

// drain reads all that is there.
func drain(t *testing.T, f *File, lines []string) ([]string, []byte, []EventKind) {
	t.Helper()
	var events []EventKind
	var position []byte
	for {
		b, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range b.Lines {
			lines = append(lines, l.Text)
		}
		events = append(events, b.Events...)
		position = b.Position
		if b.AtEnd {
			return lines, position, events
		}
	}
}

func follow(t *testing.T, path string, position []byte) *File {
	t.Helper()
	f, events, err := Follow(path, position)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(events, Lost) {
		t.Fatal("a generation is lost")
	}
	t.Cleanup(f.Close)
	return f
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
}

// Each treatment, with the reader running and with the reader down.
func TestRotations(t *testing.T) {
	for name, do := range map[string]func(*world){
		"append":                 func(w *world) { w.write(3) },
		"rename":                 func(w *world) { w.rename(false); w.write(3) },
		"rename, late writer":    func(w *world) { w.rename(true); w.write(3) },
		"copy and truncate":      func(w *world) { w.write(2); w.copyTruncate(); w.write(1) },
		"truncated and regrown":  func(w *world) { w.write(2); w.copyTruncate(); w.write(200) },
		"twice":                  func(w *world) { w.rename(false); w.write(4); w.rename(false); w.write(3) },
		"six times":              func(w *world) { times(6, func() { w.write(2); w.rename(false); w.write(2) }) },
		"compressed":             func(w *world) { w.write(3); w.rename(false); w.compress(1); w.write(3) },
		"copied and compressed":  func(w *world) { w.write(3); w.copyTruncate(); w.compress(1); w.write(3) },
		"twice, both compressed": func(w *world) { times(2, func() { w.write(3); w.rename(false); w.compress(1) }); w.write(1) },
		"half a line":            func(w *world) { w.begin(); w.begin(); w.write(1) },
		"half a line, renamed":   func(w *world) { w.begin(); w.rename(false); w.write(1) },
	} {
		for _, down := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, down %v", name, down), func(t *testing.T) {
				w := newWorld(t)
				w.write(5)
				f := follow(t, w.path, nil)
				lines, position, _ := drain(t, f, nil)
				if down {
					f.Close()
				}
				do(w)
				if down {
					f = follow(t, w.path, position)
				}
				lines, _, _ = drain(t, f, lines)
				compare(t, lines, w.written)
			})
		}
	}
}

func times(n int, do func()) {
	for range n {
		do()
	}
}

// Random lives of a log, with a reader that stops in the middle and starts again: each line once, in order.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			w := newWorld(t)
			if r.IntN(2) == 0 {
				w.write(r.IntN(5))
			}
			f := follow(t, w.path, nil)
			var lines []string
			var position []byte
			took := false
			for range 40 {
				switch r.IntN(9) {
				case 0, 1:
					w.write(r.IntN(20))
				case 2:
					w.begin()
				case 3:
					w.rename(r.IntN(2) == 0)
				case 4:
					w.copyTruncate()
				case 5:
					w.compress(1 + r.IntN(2))
				case 6, 7:
					b, err := f.Read()
					w.must(err)
					for _, l := range b.Lines {
						lines = append(lines, l.Text)
					}
					position, took = b.Position, true
				case 8:
					if took { // killed: what was read since the position does not count
						f.Close()
						f = follow(t, w.path, position)
					}
				}
			}
			if w.partial != "" {
				w.write(1)
			}
			lines, _, _ = drain(t, f, lines)
			compare(t, lines, w.written)
		})
	}
}

func TestLostIsSaid(t *testing.T) {
	w := newWorld(t)
	w.write(5)
	f := follow(t, w.path, nil)
	_, position, _ := drain(t, f, nil)
	f.Close()
	w.write(3)
	w.rename(false)
	w.must(os.Remove(w.path + ".1"))
	w.write(2)
	f, events, err := Follow(w.path, position)
	w.must(err)
	defer f.Close()
	if !slices.Contains(events, Lost) {
		t.Error("three lines were deleted unread, and nothing is said")
	}
	lines, _, _ := drain(t, f, nil)
	compare(t, lines, w.written[8:])
}

func TestLongLine(t *testing.T) {
	for _, size := range []int{MaxLine, MaxLine + 1, chunkSize - 1, chunkSize, 10 << 20} {
		w := newWorld(t)
		w.must(os.WriteFile(w.path, []byte("before\n"+strings.Repeat("y", size)+"\nafter\n"), 0o644))
		lines, _, events := drain(t, follow(t, w.path, nil), nil)
		if len(lines) != 3 || lines[0] != "before" || lines[2] != "after" || len(lines[1]) != MaxLine {
			t.Errorf("%d bytes: %d lines, the second of %d bytes", size, len(lines), len(lines[min(1, len(lines)-1)]))
		}
		if !slices.Contains(events, Cut) {
			t.Errorf("%d bytes: not said", size)
		}
	}
}

func TestBadSources(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := Follow(dir, nil); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("a directory: %v", err)
	}
	f := follow(t, filepath.Join(dir, "later.log"), nil)
	lines, position, _ := drain(t, f, nil)
	if len(lines) != 0 {
		t.Error("lines of a file that is not there")
	}
	if err := os.WriteFile(filepath.Join(dir, "later.log"), []byte("a\n\x00\xff\nlast"), 0o644); err != nil {
		t.Fatal(err)
	}
	lines, _, _ = drain(t, follow(t, filepath.Join(dir, "later.log"), position), nil)
	compare(t, lines, []string{"a", "\x00\xff"}) // "last" may go on
	if err := os.Remove(filepath.Join(dir, "later.log")); err != nil {
		t.Fatal(err)
	}
	if _, _, events := drain(t, f, nil); len(events) != 0 {
		t.Errorf("a file that never was there: %v", events)
	}
	if _, _, err := Follow(filepath.Join(dir, "later.log"), []byte("{")); err == nil {
		t.Error("a damaged position was taken")
	}
}

func TestVanished(t *testing.T) {
	w := newWorld(t)
	w.write(2)
	f := follow(t, w.path, nil)
	lines, _, _ := drain(t, f, nil)
	w.must(os.Rename(w.path, filepath.Join(w.dir, "elsewhere")))
	w.write(1) // the writer does not know
	lines, _, events := drain(t, f, lines)
	if !slices.Contains(events, Vanished) {
		t.Error("not said")
	}
	w.open()
	w.write(1)
	lines, _, _ = drain(t, f, lines)
	compare(t, lines, w.written)
}

func TestArchives(t *testing.T) {
	want := make([]string, 20000)
	for i := range want {
		want[i] = fmt.Sprint("line ", i)
	}
	plain := filepath.Join(t.TempDir(), "old.log")
	if err := os.WriteFile(plain, []byte(strings.Join(want, "\n")), 0o644); err != nil { // no line end at the end
		t.Fatal(err)
	}
	for _, program := range []string{"", "gzip", "bzip2", "xz", "zstd"} {
		t.Run(program, func(t *testing.T) {
			name := plain
			if program != "" {
				name = filepath.Join(t.TempDir(), "packed")
				out, err := exec.Command("sh", "-c", program+" -c < "+plain+" > "+name).CombinedOutput()
				if err != nil {
					t.Fatalf("%v %s", err, out)
				}
			}
			f, err := Once(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			b, err := f.Read() // stopped after one read, and resumed
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			var lines []string
			for _, l := range b.Lines {
				lines = append(lines, l.Text)
			}
			if f, err = Once(name, b.Position); err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			lines, position, _ := drain(t, f, lines)
			compare(t, lines, want)
			again, err := Once(name, position)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if lines, _, _ = drain(t, again, nil); len(lines) != 0 {
				t.Errorf("%d lines of an archive that was read before", len(lines))
			}
		})
	}
}

func TestDamagedArchive(t *testing.T) {
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	if _, err := zw.Write([]byte(strings.Repeat("a line\n", 100000))); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "cut.gz")
	if err := os.WriteFile(name, z.Bytes()[:z.Len()/2], 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Once(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		b, err := f.Read()
		if err != nil {
			return
		}
		if b.AtEnd {
			t.Fatal("half an archive was taken for a whole one")
		}
	}
}

func TestStream(t *testing.T) {
	text := "one\ntwo\n" + strings.Repeat("z", 300_000) + "\nthree"
	s := Stream("stdin", strings.NewReader(text))
	var lines []string
	for {
		b, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range b.Lines {
			lines = append(lines, l.Text[:min(5, len(l.Text))])
		}
		if b.AtEnd {
			break
		}
	}
	compare(t, lines, []string{"one", "two", "zzzzz", "three"})
}
