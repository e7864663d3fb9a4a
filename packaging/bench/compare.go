package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// A way is one of those in which mail goes through the Postfix of a comparison; each has a port of its own.
type way struct {
	name string
	pids func() []int // whose CPU time counts; nil for none
}

// Ways of a comparison.
const (
	alone  = iota // no milter
	reader        // the same library in the same reply mode, which only reads and accepts
	ours
	theirs // rspamd with 30 regular expressions
)

// mailKind is a sort of message, and what is asked of us for it: at least so many times the rate of another way.
type mailKind struct {
	name   string
	make   func(n int) []byte
	count  int // messages of a round
	floors map[int]float64
}

func mailKinds() []mailKind {
	return []mailKind{
		{"5 KB text", func(n int) []byte { return letterOf(n, 5_000) }, 800, map[int]float64{reader: 0.9, theirs: 1.05}},
		{"100 KB text", func(n int) []byte { return letterOf(n, 100_000) }, 160, map[int]float64{theirs: 2}},
		{"200 KB docx", docxLetter, 120, map[int]float64{theirs: 0.8}},
	}
}

// comparison is one Postfix with four ways through it.
type comparison struct {
	ways    []way
	postfix *kit.Postfix
	milter  *kit.Program
	rspamd  *kit.Rspamd
	scan    string // unix socket of milter/scan
}

// figures are those of one way and one kind.
type figures struct {
	rates     []float64
	latencies []time.Duration
	cpu       time.Duration
	messages  int
}

// benchCompare sends the same messages each way in turns, so that whatever else the machine does meets all of them.
func benchCompare(ctx context.Context, dir string, rounds int) (err error) {
	c, stop, err := startComparison(ctx, dir)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	for _, kind := range mailKinds() {
		result := make([]figures, len(c.ways))
		for round := range rounds + 1 { // the first one warms up
			for i := range c.ways {
				var f figures
				if err := c.measure(ctx, i, kind, round, &f); err != nil {
					return fmt.Errorf("%s, %s: %w", kind.name, c.ways[i].name, err)
				}
				if round > 0 {
					result[i].add(f)
				}
			}
		}
		c.report(kind, result)
	}
	return c.benchDoors(ctx, rounds)
}

func (f *figures) add(g figures) {
	f.rates = append(f.rates, g.rates...)
	f.latencies = append(f.latencies, g.latencies...)
	f.cpu += g.cpu
	f.messages += g.messages
}

func (c *comparison) measure(ctx context.Context, i int, kind mailKind, round int, f *figures) error {
	before, err := cpuOf(c.ways[i].pids)
	if err != nil {
		return err
	}
	begun := time.Now()
	if f.latencies, err = loadWith(ctx, c.postfix.Addr(i), kind, round); err != nil {
		return err
	}
	f.messages = len(f.latencies)
	f.rates = []float64{float64(f.messages) / time.Since(begun).Seconds()}
	after, err := cpuOf(c.ways[i].pids)
	f.cpu = after - before
	return err
}

// cpuOf is the CPU time of several processes.
func cpuOf(pids func() []int) (sum time.Duration, err error) {
	if pids == nil {
		return 0, nil
	}
	for _, pid := range pids() {
		t, err := cpuTime(pid)
		if err != nil {
			return 0, err
		}
		sum += t
	}
	return sum, nil
}

// report prints what was measured, and the ratios that are asked for.
func (c *comparison) report(kind mailKind, result []figures) {
	fmt.Printf("-- %s\n", kind.name)
	median := func(f figures) float64 {
		slices.Sort(f.rates)
		return f.rates[len(f.rates)/2]
	}
	p99 := func(f figures) time.Duration {
		slices.Sort(f.latencies)
		return f.latencies[len(f.latencies)*99/100]
	}
	for i, w := range c.ways {
		fmt.Printf("%-34s %6.0f messages/s, p99 %6.2f ms, %5.2f ms of CPU a message\n", w.name, median(result[i]),
			float64(p99(result[i]).Microseconds())/1000, result[i].cpu.Seconds()*1000/float64(result[i].messages))
	}
	for _, other := range []int{reader, theirs} {
		if floor, ok := kind.floors[other]; ok {
			said(fmt.Sprintf("rate against %s", c.ways[other].name), median(result[ours])/median(result[other]), floor, true)
		}
	}
	if kind.name == mailKinds()[2].name {
		return // rspamd does not open it: its CPU time says nothing
	}
	perMessage := func(f figures) float64 { return f.cpu.Seconds() / float64(f.messages) }
	said("CPU a message against rspamd", perMessage(result[ours])/perMessage(result[theirs]), 0.5, false)
	added := func(i int) float64 { return (p99(result[i]) - p99(result[alone])).Seconds() }
	said("p99 added against rspamd", added(ours)/added(theirs), 1, false)
}

// said prints a ratio and whether it is what is asked for.
func said(what string, got, bound float64, atLeast bool) {
	word, ok := "at most", got <= bound
	if atLeast {
		word, ok = "at least", got >= bound
	}
	verdict := "reached"
	if !ok {
		verdict = "NOT reached"
	}
	fmt.Printf("   %-40s %6.2f (%s %.2f: %s)\n", what, got, word, bound, verdict)
}

// startComparison starts all servers; stop is never nil.
func startComparison(ctx context.Context, dir string) (c *comparison, stop func() error, err error) {
	c = &comparison{scan: filepath.Join(dir, "scan.sock")}
	var stops []func() error
	stop = func() (err error) {
		for _, s := range slices.Backward(stops) {
			err = errors.Join(err, s())
		}
		return err
	}
	socket, bare := filepath.Join(dir, "milter.sock"), filepath.Join(dir, "reader.sock")
	if c.milter, err = startMilterWith(ctx, dir, socket, "scan_listen = \"unix:"+c.scan+"\"\nscan_group = \"\"\n"); err != nil {
		return c, stop, err
	}
	stops = append(stops, c.milter.Stop)
	read, err := startReader(ctx, dir, bare)
	if err != nil {
		return c, stop, err
	}
	stops = append(stops, read.Stop)
	if c.rspamd, err = kit.NewRspamd(ctx, filepath.Join(dir, "rspamd")); err == nil {
		if err = raceRules(c.rspamd); err == nil {
			err = c.rspamd.Start(ctx)
		}
	}
	if err != nil {
		return c, stop, err
	}
	stops = append(stops, c.rspamd.Stop)
	if err := c.rspamd.Compiled(ctx); err != nil {
		return c, stop, err
	}
	milters := func(socket string) []string { return []string{"smtpd_milters = unix:" + socket} }
	if c.postfix, err = kit.StartPostfix(ctx, filepath.Join(dir, "postfix"), kit.Config{Ports: []kit.Port{
		{}, {Options: milters(bare)}, {Options: milters(socket)}, {Options: milters(c.rspamd.Socket())}}}); err != nil {
		return c, stop, err
	}
	stops = append(stops, c.postfix.Stop)
	c.ways = []way{{"Postfix alone", nil}, {"a milter that only reads", func() []int { return []int{read.Pid()} }},
		{"postvagt-milter, all rules", func() []int { return []int{c.milter.Pid()} }}, {"rspamd, 30 regular expressions", c.rspamd.Pids}}
	return c, stop, nil
}

// raceRules gives rspamd 30 patterns of personal data, and turns its other rules off where they are not its own core.
func raceRules(r *kit.Rspamd) error {
	root, err := kit.Root()
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(root, "packaging/bench/regexes.txt"))
	if err != nil {
		return err
	}
	var lua strings.Builder
	for line := range strings.Lines(string(b)) {
		name, pattern, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok {
			continue
		}
		flags := "u"
		if rest, ok := strings.CutPrefix(pattern, "(?i)"); ok {
			pattern, flags = rest, "iu"
		}
		fmt.Fprintf(&lua, "config.regexp['PII_%s'] = { re = [[/%s/{mime}%s]], score = 0.1, one_shot = true }\n",
			strings.ToUpper(name), strings.ReplaceAll(pattern, "/", `\/`), flags)
	}
	return os.WriteFile(filepath.Join(r.Etc(), "rspamd.local.lua"), []byte(lua.String()), 0o644)
}
