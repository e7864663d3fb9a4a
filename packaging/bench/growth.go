package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// benchGrowth imports logs of growing length: the cost of a line must not depend on how many there were before.
func benchGrowth(ctx context.Context, dir string, lines, longest int) error {
	fmt.Printf("%12s %10s %12s %12s %10s\n", "lines", "CPU s", "µs a line", "wall s", "MB")
	for _, n := range []int{lines / 10, lines, longest} {
		if n == 0 || n == longest && longest <= lines {
			continue
		}
		log := filepath.Join(dir, "growth.log")
		if _, err := grow(log, n); err != nil {
			return err
		}
		u, err := importLog(ctx, dir, log)
		if err != nil {
			return err
		}
		fmt.Printf("%12d %10.1f %12.2f %12.1f %10d\n", n, u.cpu.Seconds(), float64(u.cpu.Microseconds())/float64(n), u.wall.Seconds(), u.resident>>20)
	}
	return nil
}

// checkCounts holds the last import against what the log holds.
func checkCounts(ctx context.Context, dir string, t truth) error {
	count := func(by, value string) (int, error) {
		out, err := exec.CommandContext(ctx, filepath.Join(dir, "postvagt-agent"), "count", "--config", filepath.Join(dir, "agent.toml"), "--by", by, "--where", "postvagt.first=true").Output()
		if err != nil {
			return 0, fmt.Errorf("count: %w", err)
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 2 && f[0] == value {
				return strconv.Atoi(f[1])
			}
		}
		return 0, nil
	}
	held, err := count("postvagt.held", "true")
	if err != nil {
		return err
	}
	refused, err := count("postvagt.message_outcome", "rejected")
	if err != nil {
		return err
	}
	fmt.Printf("milter-hold: %d lines, %d messages held. milter-reject: %d lines, %d of them about a message, %d messages rejected\n",
		t.holds, held, t.rejects, t.refused, refused)
	if held != t.holds || refused != t.refused {
		return fmt.Errorf("the import counts otherwise than the log")
	}
	return nil
}
