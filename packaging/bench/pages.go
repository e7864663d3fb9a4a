package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"postvagt/packaging/e2e/kit"
)

// pagesGoal is how long 95 of 100 pages may take at most, in milliseconds, over five million mails with 20 readers.
const pagesGoal = 200

var metricP95 = regexp.MustCompile(`([\d.]+) ([a-z0-9-]*?)-?p95-ms`)

// questionGoals are how long the slowest question of a kind may take over five million mails, in milliseconds.
var questionGoals = map[string]float64{"additive": 100, "distinct": 1000}

var metricWorst = regexp.MustCompile(`([\d.]+) (additive|distinct)-worst-ms`)

var metricCPU = regexp.MustCompile(`([\d.]+) cpu-ms/page`)

// benchPages fills a database, lets 20 people read pages at once, and asks every question. What takes longer than it may is an error.
func benchPages(ctx context.Context, dir string, mails int) error {
	root, err := kit.Root()
	if err != nil {
		return err
	}
	test := filepath.Join(dir, "web.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", test, "./agent/web")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	fmt.Printf("%d mails of a year, 20 readers\n", mails)
	cmd := exec.CommandContext(ctx, test, "-test.run=^$", "-test.bench=^Benchmark(Pages|Questions)$", "-test.benchtime=10x", "-test.timeout=3h")
	cmd.Dir = filepath.Join(root, "agent/web")
	cmd.Env = append(os.Environ(), "POSTVAGT_MAILS="+strconv.Itoa(mails), "TMPDIR="+dir, "POSTVAGT_KEEP="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	found := metricP95.FindAllStringSubmatch(string(out), -1)
	if len(found) == 0 {
		return errors.New("no times in " + string(out))
	}
	var slow []error
	for _, m := range found {
		name := m[2]
		if name == "" {
			name = "all pages together"
		}
		ms, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return err
		}
		if ms > pagesGoal {
			slow = append(slow, fmt.Errorf("%s: 95 of 100 answers within %.0f ms, wanted %d", name, ms, pagesGoal))
		}
		fmt.Printf("%-20s 95 of 100 answers within %6.0f ms; wanted %d\n", name, ms, pagesGoal)
	}
	for _, m := range metricWorst.FindAllStringSubmatch(string(out), -1) {
		ms, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return err
		}
		goal := questionGoals[m[2]]
		if ms > goal {
			slow = append(slow, fmt.Errorf("a question that is %s takes %.0f ms, wanted %.0f", m[2], ms, goal))
		}
		fmt.Printf("slowest %s question of all %6.0f ms; wanted %.0f\n", m[2], ms, goal)
	}
	if m := metricCPU.FindSubmatch(out); m != nil {
		fmt.Printf("%s ms of CPU a page\n", m[1])
	}
	return errors.Join(slow...)
}
