package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"postvagt/packaging/e2e/kit"
)

// used is what one run took.
type used struct {
	wall, cpu time.Duration
	resident  int64 // bytes, at most
}

// contestant reads a log once.
type contestant struct {
	name string
	run  func(ctx context.Context, log string) (used, error)
}

// goal is a ratio of lines a second that issue and README name.
type goal struct {
	of, to  string
	atLeast float64
}

var goals = []goal{
	{onlyRead, hpcloud, 5},
	{onlyTrace, pflogsumm, 5},
	{onlyTrace, exporter, 4},
	{wholeImport, pflogsumm, 1},
}

const (
	onlyRead    = "agent: read"
	onlyTrace   = "agent: read, parse, trace"
	wholeImport = "agent: import"
	hpcloud     = "hpcloud/tail"
	pflogsumm   = "pflogsumm"
	exporter    = "prometheus-postfix-exporter"
)

// benchAgent reads one log with the agent and with others, in turns, so that whatever else the machine does meets all. Then it
// imports logs of several lengths, the last of which is the longest, and follows one of which nothing comes to an end.
func benchAgent(ctx context.Context, dir string, lines, rounds, longest int) error {
	log := filepath.Join(dir, "mail.log")
	t, err := grow(log, lines)
	if err != nil {
		return err
	}
	fmt.Printf("%d lines, %.0f MB, %d rounds\n", t.lines, float64(t.bytes)/1e6, rounds)
	all, err := contestants(ctx, dir, lines)
	if err != nil {
		return err
	}
	sums := map[string]used{}
	for range rounds {
		for _, c := range all {
			u, err := c.run(ctx, log)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			s := sums[c.name]
			sums[c.name] = used{s.wall + u.wall, s.cpu + u.cpu, max(s.resident, u.resident)}
		}
	}
	for _, c := range all {
		u := sums[c.name]
		fmt.Printf("%-28s %9.0f lines/s %9.0f lines a CPU-second %5d MB resident\n", c.name,
			float64(lines*rounds)/u.wall.Seconds(), float64(lines*rounds)/u.cpu.Seconds(), u.resident>>20)
	}
	for _, g := range goals {
		a, b := sums[g.of], sums[g.to]
		if a.cpu == 0 || b.cpu == 0 {
			fmt.Printf("%s is not installed\n", g.to)
			continue
		}
		fmt.Printf("%-28s %5.2f x %s by CPU, %.2f x by the clock; wanted %.0f x\n", g.of, b.cpu.Seconds()/a.cpu.Seconds(), g.to, b.wall.Seconds()/a.wall.Seconds(), g.atLeast)
	}
	if err := checkCounts(ctx, dir, t); err != nil {
		return err
	}
	if err := benchGrowth(ctx, dir, lines, longest); err != nil {
		return err
	}
	return benchUnfinished(ctx, dir)
}

func contestants(ctx context.Context, dir string, lines int) ([]contestant, error) {
	root, err := kit.Root()
	if err != nil {
		return nil, err
	}
	test, other := filepath.Join(dir, "agent.test"), filepath.Join(dir, "hpcloud")
	for _, build := range [][]string{{root, "go", "test", "-c", "-o", test, "./agent"}, {filepath.Join(root, "packaging/bench/hpcloud"), "go", "build", "-o", other, "."}} {
		cmd := exec.CommandContext(ctx, build[1], build[2:]...)
		cmd.Dir = build[0]
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", strings.Join(build[1:], " "), err, out)
		}
	}
	benchmark := func(name string) func(context.Context, string) (used, error) {
		return func(ctx context.Context, log string) (used, error) {
			return measured(ctx, lines, log, test, "-test.run=^$", "-test.benchtime=1x", "-test.bench=^"+name+"$")
		}
	}
	all := []contestant{
		{onlyRead, benchmark("BenchmarkRead")},
		{hpcloud, func(ctx context.Context, log string) (used, error) { return timed(ctx, other, log) }},
		{onlyTrace, benchmark("BenchmarkTrace")},
		{wholeImport, func(ctx context.Context, log string) (used, error) { return importLog(ctx, dir, log) }},
	}
	if path, err := exec.LookPath("pflogsumm"); err == nil {
		all = append(all, contestant{pflogsumm, func(ctx context.Context, log string) (used, error) { return timed(ctx, path, log) }})
	}
	if path, err := exec.LookPath("prometheus-postfix-exporter"); err == nil {
		all = append(all, contestant{exporter, func(ctx context.Context, log string) (used, error) { return follow(ctx, path, log) }})
	}
	return all, nil
}

// measured runs a Go benchmark, with the settings of memory that the program makes for itself, and takes what it reports.
func measured(ctx context.Context, lines int, log string, args ...string) (used, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "POSTVAGT_LOG="+log, "GOGC=300", "GOMEMLIMIT=96MiB")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return used{}, fmt.Errorf("%w: %s", err, out)
	}
	m := rates.FindSubmatch(out)
	if m == nil {
		return used{}, fmt.Errorf("no rate in %q", out)
	}
	cpu, err1 := strconv.ParseFloat(string(m[1]), 64)
	wall, err2 := strconv.ParseFloat(string(m[2]), 64)
	if err := errors.Join(err1, err2); err != nil {
		return used{}, err
	}
	second := float64(time.Second)
	return used{time.Duration(float64(lines) / wall * second), time.Duration(float64(lines) / cpu * second), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10}, nil
}

var rates = regexp.MustCompile(`([0-9.]+) lines/cpu-s\s+([0-9.]+) lines/s`)

// timed runs a program to its end.
func timed(ctx context.Context, args ...string) (used, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var said strings.Builder
	cmd.Stderr = &said
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return used{}, fmt.Errorf("%w: %s", err, said.String())
	}
	s := cmd.ProcessState
	return used{time.Since(begun), s.UserTime() + s.SystemTime(), s.SysUsage().(*syscall.Rusage).Maxrss << 10}, nil
}

// importLog imports a log into a new database.
func importLog(ctx context.Context, dir, log string) (used, error) {
	store := filepath.Join(dir, "store")
	if err := os.RemoveAll(store); err != nil {
		return used{}, err
	}
	config := filepath.Join(dir, "agent.toml")
	text := fmt.Sprintf("[organisation]\nname = \"Bench\"\ndomains = [\"example.test\"]\n[store]\npath = \"%s/postvagt.db\"\n", store)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return used{}, err
	}
	return timed(ctx, filepath.Join(dir, "postvagt-agent"), "import", "--quiet", "--config", config, log)
}

// follow runs the exporter until it has read the log and rests: it never ends by itself, and skips what it finds at its start.
func follow(ctx context.Context, path, log string) (u used, err error) {
	source, err := os.Open(log)
	if err != nil {
		return u, err
	}
	defer source.Close()
	port, err := kit.FreePort("127.0.0.1")
	if err != nil {
		return u, err
	}
	log += ".followed"
	followed, err := os.Create(log)
	if err != nil {
		return u, err
	}
	defer followed.Close()
	cmd := exec.CommandContext(ctx, path, fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port), "--postfix.logfile_path="+log)
	if err := cmd.Start(); err != nil {
		return u, err
	}
	defer func() {
		_ = cmd.Process.Kill() // it ends by no other way
		_ = cmd.Wait()         // killed is what it was to be
	}()
	pid := cmd.Process.Pid
	if err := kit.Wait(ctx, "the exporter to open the log", time.Minute, func() (bool, error) { return readTo(pid, log) == 0, nil }); err != nil {
		return u, err
	}
	begun := time.Now()
	length, err := io.Copy(followed, source) // not by way of memory, which the next contestants would be measured by
	if err != nil {
		return u, err
	}
	rests := 0
	err = kit.WaitEvery(ctx, 200*time.Millisecond, "the exporter to read the log", 30*time.Minute, func() (bool, error) {
		now, err := cpuTime(pid)
		if err != nil {
			return false, err
		}
		if rests++; now > u.cpu+20*time.Millisecond {
			rests, u.cpu, u.wall = 0, now, time.Since(begun)
		}
		return rests >= 5 && readTo(pid, log) == length, nil
	})
	u.resident = residentPeak(pid)
	return u, err
}

// readTo is how far a process has read a file, from /proc/PID/fdinfo (proc(5)); -1 where it has not opened it.
func readTo(pid int, file string) int64 {
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return -1
	}
	for _, name := range names {
		if target, err := os.Readlink(name); err != nil || target != file {
			continue
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, filepath.Base(name)))
		var pos int64
		if _, serr := fmt.Sscanf(string(text), "pos:\t%d", &pos); err == nil && serr == nil {
			return pos
		}
	}
	return -1
}

// residentPeak is the most memory that a process had, in bytes; 0 where that is not known.
func residentPeak(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}
