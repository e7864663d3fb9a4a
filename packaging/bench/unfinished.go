package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"postvagt/packaging/e2e/kit"
)

const (
	unfinished   = 200_000
	residentGoal = 200_000_000 // bytes
)

// benchUnfinished follows a log of messages that all wait for a next hop that is down, then starts again with all of them waiting.
func benchUnfinished(ctx context.Context, dir string) error {
	log := filepath.Join(dir, "waiting.log")
	if err := writeWaiting(log, unfinished); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, "waiting")); err != nil {
		return err
	}
	port, err := kit.FreePort("127.0.0.1")
	if err != nil {
		return err
	}
	addr, config := fmt.Sprintf("127.0.0.1:%d", port), filepath.Join(dir, "waiting.toml")
	text := fmt.Sprintf("[organisation]\nname = \"Bench\"\ndomains = [\"example.test\"]\n[log]\nfiles = [%q]\nverdicts = []\ndecisions = \"\"\n[store]\npath = %q\n[dashboard]\nlisten = %q\n",
		log, filepath.Join(dir, "waiting", "postvagt.db"), addr)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	for _, turn := range []string{"followed", "started again with"} {
		begun := time.Now()
		peak, err := residentWith(ctx, dir, config, addr, unfinished)
		if err != nil {
			return err
		}
		fmt.Printf("%s %d unfinished messages: %.0f MB resident at most, %.1f s; wanted %d MB\n", turn, unfinished, float64(peak)/1e6, time.Since(begun).Seconds(), residentGoal/1_000_000)
	}
	return nil
}

var waitingMetric = regexp.MustCompile(`(?m)^postvagt_agent_unfinished_messages\{where="\w+"\} (\S+)$`)

// residentWith runs the agent until it knows of n unfinished messages, and gives the most memory that it had.
func residentWith(ctx context.Context, dir, config, addr string, n int) (peak int64, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postvagt-agent"), "run", "--config", config)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()                          // so it was told
	}()
	err = kit.WaitEvery(ctx, 200*time.Millisecond, "the unfinished messages", 20*time.Minute, func() (bool, error) {
		resp, err := http.Get("http://" + addr + "/metrics")
		if err != nil {
			return false, nil // not yet
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil {
			return false, nil
		}
		known := 0
		for _, m := range waitingMetric.FindAllSubmatch(page, -1) {
			some, err := strconv.ParseFloat(string(m[1]), 64)
			if err != nil {
				return false, err
			}
			known += int(some)
		}
		return known >= n, nil
	})
	return residentPeak(cmd.Process.Pid), err
}

// writeWaiting writes a log of n messages, fifteen a second, that are deferred.
func writeWaiting(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	start := time.Now().Add(-time.Duration(n) * time.Second / 15)
	for i := range n {
		at, id := start.Add(time.Duration(i)*time.Second/15).Format(time.Stamp), fmt.Sprintf("%010X", 0x1000000000+i*7919)
		fmt.Fprintf(w, "%s edge postfix/submission/smtpd[%d]: %s: client=pc.example.test[192.0.2.%d], sasl_method=PLAIN, sasl_username=user%d@example.test\n", at, 1000+i%40, id, i%250, i%3000)
		fmt.Fprintf(w, "%s edge postfix/cleanup[%d]: %s: message-id=<%x.%x@mail.example.test>\n", at, 2000+i%20, id, i, i*31)
		fmt.Fprintf(w, "%s edge postfix/qmgr[77]: %s: from=<user%d@example.test>, size=%d, nrcpt=1 (queue active)\n", at, id, i%3000, 1500+i%9000)
		fmt.Fprintf(w, "%s edge postfix/smtp[%d]: %s: to=<person%d@down%d.example>, relay=none, delay=30, delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to down%d.example[198.51.100.%d]:25: Connection timed out)\n",
			at, 3000+i%30, id, i, i%700, i%700, i%250)
	}
	return w.Flush()
}
