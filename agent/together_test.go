package agent

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the child does instead of following: it imports these files, the last one of them as the milter's.
const childImport = "POSTVAGT_TEST_IMPORT"

// How far the child's clock is wrong.
const childClock = "POSTVAGT_TEST_CLOCK"

// trouble is a victim on a small disk of its own that fills up, whose clock is wrong otherwise after each start.
type trouble struct {
	*child
	r      *rand.Rand
	disk   string
	holder *exec.Cmd // of the mount namespace
	full   bool
	kills  int
	fills  int
}

func newTrouble(t *testing.T, logs string, r *rand.Rand) *trouble {
	t.Helper()
	v := &trouble{child: newChild(t, t.TempDir(), logs), r: r, disk: t.TempDir()}
	text, err := os.ReadFile(v.config)
	if err != nil {
		t.Fatal(err)
	}
	moved := strings.ReplaceAll(string(text), filepath.Join(filepath.Dir(v.config), "agent.db"), filepath.Join(v.disk, "agent.db"))
	if err := os.WriteFile(v.config, []byte(moved), 0o644); err != nil {
		t.Fatal(err)
	}
	v.holder = exec.Command("unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=256m none "$1" && echo ready && exec sleep 100000`, "sh", v.disk)
	out, err := v.holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.kill()
		_ = v.holder.Process.Kill() // it only sleeps
		_ = v.holder.Wait()         // killed is what it was to be
	})
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	return v
}

// begin starts the agent inside, with env besides.
func (v *trouble) begin(env ...string) {
	v.t.Helper()
	v.cmd = exec.Command("nsenter", "-t", strconv.Itoa(v.holder.Process.Pid), "-m", os.Args[0])
	wrong := time.Duration(v.r.IntN(6*365)-3*365) * 24 * time.Hour
	v.cmd.Env = append(append(os.Environ(), childConfig+"="+v.config, childClock+"="+wrong.String()), env...)
	if testing.Verbose() {
		v.cmd.Stderr = os.Stderr
	}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
}

// inside is a file on the disk of the victim.
func (v *trouble) inside(name string) string {
	return fmt.Sprintf("/proc/%d/root%s", v.holder.Process.Pid, filepath.Join(v.disk, name))
}

// fill leaves no room on the disk, or gives it back.
func (v *trouble) fill(full bool) {
	v.t.Helper()
	v.full = full
	if !full {
		if err := os.RemoveAll(v.inside("ballast")); err != nil {
			v.t.Fatal(err)
		}
		return
	}
	v.fills++
	f, err := os.Create(v.inside("ballast"))
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		v.t.Fatal(err)
	}
	if err == nil {
		for size := 1 << 20; size >= 4096; size /= 16 {
			for b := make([]byte, size); err == nil; {
				_, err = f.Write(b)
			}
			if !errors.Is(err, syscall.ENOSPC) {
				v.t.Fatal(err)
			}
			err = nil
		}
		if err := f.Close(); err != nil {
			v.t.Fatal(err)
		}
	}
}

// importAll imports files until the import says that it is done, however often it is killed.
func (v *trouble) importAll(files []string, kills int) {
	v.t.Helper()
	for {
		v.fill(v.kills < kills && v.r.IntN(3) == 0)
		v.begin(childImport + "=" + strings.Join(files, "\n"))
		cmd, done := v.cmd, make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		life := time.Hour
		if v.kills < kills {
			life = time.Duration(20+v.r.IntN(400)) * time.Millisecond
		}
		select {
		case err := <-done:
			v.cmd = nil
			if err == nil {
				return
			}
			if !v.full {
				v.t.Fatalf("import: %v", err)
			}
		case <-time.After(life):
			_ = cmd.Process.Kill() // it may just have ended
			<-done
			v.cmd = nil
			v.kills++
		}
	}
}

// archives writes old logs as an archive holds them: compressed, another year.
func archives(t *testing.T, tellings int) []string {
	t.Helper()
	dir := t.TempDir()
	mail, verdicts := linesOf(t, "mail.log"), linesOf(t, "verdict.log")
	write := func(name string, lines []string) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		for n := range tellings {
			for _, text := range lines {
				fmt.Fprintln(z, strings.ReplaceAll(another(text, 3000+n), "2026-11-2", "2025-11-2"))
			}
		}
		if err := errors.Join(z.Close(), f.Close(), os.Chtimes(path, time.Now(), time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return []string{write("mail.log.gz", mail), write("verdict.log.gz", verdicts)}
}

// An agent that is killed again and again while it imports and while it follows logs that grow and are rotated, on a disk
// that fills up, with a clock that is wrong in another way after each start and a log whose clock is put back, ends
// with the rows of one that is left alone. POSTVAGT_KILLS says how often it is killed.
func TestKilledTogether(t *testing.T) {
	kills, err := strconv.Atoi(os.Getenv("POSTVAGT_KILLS"))
	if err != nil {
		kills = 16
	}
	r := rand.New(rand.NewPCG(2, uint64(kills)))
	g := newGrowing(t)
	quiet, victim := newChild(t, t.TempDir(), g.dir), newTrouble(t, g.dir, r)
	const archived = 40
	files := archives(t, archived)
	quiet.env = []string{childImport + "=" + strings.Join(files, "\n")}
	quiet.start()
	if err := quiet.cmd.Wait(); err != nil {
		t.Fatalf("import: %v", err)
	}
	quiet.env, quiet.cmd = nil, nil
	victim.importAll(files, kills/3)
	// Stamps without a year get it from the line before; of the first one the last change of the file says it, since
	// the clock cannot be trusted.
	_, err = fmt.Fprintln(g.mail, another(linesOf(t, "mail.log")[0], 2999))
	g.must(err)
	quiet.start()
	quiet.following(4)
	victim.fill(false)
	victim.begin()
	victim.settled(t)
	told := victim.live(g, kills)
	victim.fill(false)
	want := waitRows(t, quiet, (archived+told)*20)
	t.Logf("%d kills, %d rotations, %d times full, %d rows", victim.kills, g.turn, victim.fills, len(want))
	var diff string
	for end := time.Now().Add(120 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		victim.alive()
		if diff = cmp.Diff(want, rows(t, copyOut(t, victim.cmd, victim.holder.Process.Pid, victim.disk))); diff == "" {
			return
		}
	}
	t.Errorf("(-left alone +troubled):\n%.4000s", diff)
}

// settled waits until the victim follows its logs.
func (v *trouble) settled(t *testing.T) {
	t.Helper()
	awaits(t, "the victim to follow its logs", func() bool {
		_, err := os.Stat(v.inside("agent.db"))
		if err != nil {
			return false
		}
		all, err := positionsOf(t, copyOut(t, v.cmd, v.holder.Process.Pid, v.disk))
		return err == nil && len(all) == 4
	})
}

// alive starts the victim again where it ended by itself, as systemd does: on a full disk it cannot start.
func (v *trouble) alive() {
	if v.cmd.ProcessState == nil && syscall.Kill(v.cmd.Process.Pid, 0) == nil {
		var status syscall.WaitStatus
		if pid, _ := syscall.Wait4(v.cmd.Process.Pid, &status, syscall.WNOHANG, nil); pid == 0 {
			return
		}
	}
	v.begin()
}

// live writes and rotates logs while the victim is killed and its disk fills; it returns how many tellings.
func (v *trouble) live(g *growing, kills int) (told int) {
	mail, verdicts := linesOf(v.t, "mail.log"), linesOf(v.t, "verdict.log")
	for v.kills < kills {
		at := told
		if told%5 == 4 {
			at -= 60 // the clock is put back for a while: three minutes
		}
		for i, text := range mail {
			_, err := fmt.Fprintln(g.mail, shifted(another(text, told), at-told))
			g.must(err)
			if i < len(verdicts) {
				_, err := fmt.Fprintln(g.ours, shifted(another(verdicts[i], told), at-told))
				g.must(err)
			}
			if v.r.IntN(60) == 0 {
				time.Sleep(time.Duration(v.r.IntN(15)) * time.Millisecond) // the pace of a real log
			}
			switch v.r.IntN(150) {
			case 0, 1:
				g.rotate(v.r.IntN(3) == 0)
				time.Sleep(time.Duration(v.r.IntN(20)) * time.Millisecond)
			case 2, 3:
				v.kill()
				v.kills++
				v.begin()
			case 4:
				v.fill(!v.full)
			case 5:
				v.fill(false)
			}
		}
		told++
		v.alive()
	}
	return told
}

// shifted moves the stamp of a line by n times three seconds.
func shifted(text string, n int) string {
	if n == 0 {
		return text
	}
	by := time.Duration(n) * 3 * time.Second
	if at, err := time.Parse("Jan _2 15:04:05", text[:15]); err == nil {
		return at.Add(by).Format("Jan _2 15:04:05") + text[15:]
	}
	at, err := time.Parse(time.RFC3339Nano, text[:32])
	if err != nil {
		return text
	}
	return at.Add(by).Format("2006-01-02T15:04:05.000000-07:00") + text[32:]
}
