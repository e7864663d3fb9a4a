package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"postvagt/packaging/e2e/kit"
)

const (
	senders     = 8    // SMTP connections at a time
	messageSize = 5000 // bytes
)

// benchPostfix sends the same messages to two ports of one Postfix, one with the milter and one without,
// in turns, so that whatever else the machine does meets both.
func benchPostfix(ctx context.Context, dir string, messages, rounds int) (err error) {
	socket := filepath.Join(dir, "milter.sock")
	milter, err := startMilter(ctx, dir, socket)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, milter.Stop()) }()
	pf, err := kit.StartPostfix(ctx, filepath.Join(dir, "postfix"), kit.Config{Ports: []kit.Port{
		{}, {Options: []string{"smtpd_milters = unix:" + socket}},
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pf.Stop()) }()

	kinds := []string{"without the milter", "with the milter"}
	rates := make([][]float64, len(kinds))
	var cpu time.Duration
	for round := range rounds + 1 { // the first one warms up
		for i := range kinds {
			before, err := cpuTime(milter.Pid())
			if err != nil {
				return err
			}
			rate, err := load(ctx, pf.Addr(i), messages)
			if err != nil {
				return err
			}
			after, err := cpuTime(milter.Pid())
			if err != nil {
				return err
			}
			if round > 0 {
				rates[i] = append(rates[i], rate)
				cpu += after - before
			}
		}
	}
	for i, kind := range kinds {
		slices.Sort(rates[i])
		fmt.Printf("%-20s %6.0f messages/s (median of %d rounds of %d, %d bytes each; %.0f to %.0f)\n",
			kind, rates[i][rounds/2], rounds, messages, messageSize, rates[i][0], rates[i][rounds-1])
	}
	fmt.Printf("%-20s %6.2f of the rate without\n", "ratio", rates[1][rounds/2]/rates[0][rounds/2])
	fmt.Printf("%-20s %6.2f ms of CPU a message\n", "milter", cpu.Seconds()*1000/float64(rounds*messages))
	return nil
}

func startMilter(ctx context.Context, dir, socket string) (*kit.Program, error) {
	return startMilterWith(ctx, dir, socket, "")
}

// startMilterWith adds lines to the table milter.
func startMilterWith(ctx context.Context, dir, socket, lines string) (*kit.Program, error) {
	config := filepath.Join(dir, "milter.toml")
	text := fmt.Sprintf("[organisation]\nname = \"Bench\"\ndomains = [\"strandholt.example\"]\n[policy]\nmode = \"enforce\"\n"+
		"[milter]\nlisten = \"unix:%s\"\nmetrics_listen = \"\"\nverdict_log = \"%s/verdict.log\"\nmail_log = false\nstate_dir = \"%s\"\n%s", socket, dir, dir, lines)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	p, err := kit.StartProgram(filepath.Join(dir, "milter.log"), filepath.Join(dir, "postvagt-milter"), "serve", "--config", config)
	if err != nil {
		return nil, err
	}
	if err := p.Ready(ctx, "the milter's socket", 30*time.Second, func() (bool, error) {
		_, err := os.Stat(socket)
		return err == nil, err
	}); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// load sends n messages over several connections and gives the rate.
func load(ctx context.Context, addr string, n int) (float64, error) {
	begun := time.Now()
	errs := make([]error, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() { errs[i] = sendMany(ctx, addr, i, n/senders) })
	}
	wg.Wait()
	return float64(n/senders*senders) / time.Since(begun).Seconds(), errors.Join(errs...)
}

func sendMany(ctx context.Context, addr string, sender, n int) error {
	c, err := kit.Dial(ctx, addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for i := range n {
		env := kit.Envelope{From: "kontor@strandholt.example", To: []string{"modtager@elsewhere.example"}}
		reply, err := c.Send(env, letter(sender*n+i))
		if err != nil {
			return err
		}
		if reply.Code != 250 {
			return fmt.Errorf("message %d: %d %s", i, reply.Code, reply.Text)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// sentences are what a letter is made of: ordinary office Danish, with numbers that are nobody's.
var sentences = []string{
	"Tak for din mail om den nye cykelsti langs havnen.",
	"Vi har set på tegningerne og sender dem videre til forvaltningen i morgen.",
	"Mødet er flyttet til torsdag klokken 14.30 i lokale 4.",
	"Ordrenummer 4711820 er leveret, men der mangler to kasser.",
	"Kan du ringe til os på 70 12 34 56, når du har fem minutter?",
	"Budgettet for næste år er vedtaget, og arbejdet begynder til foråret.",
}

// letter is a message of messageSize bytes; n makes it different from the others.
func letter(n int) []byte { return letterOf(n, messageSize) }

func letterOf(n, size int) []byte {
	b := bytes.NewBuffer(headOf(n, "text/plain; charset=utf-8"))
	for i := n; b.Len() < size; i++ {
		b.WriteString(sentences[i%len(sentences)] + "\r\n")
	}
	return b.Bytes()
}

// headOf is the header of the n-th message.
func headOf(n int, contentType string) []byte {
	return fmt.Appendf(nil, "From: Kontoret <kontor@strandholt.example>\r\nTo: modtager@elsewhere.example\r\nSubject: Cykelsti %d\r\n"+
		"Message-ID: <bench-%d@strandholt.example>\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n"+
		"Content-Transfer-Encoding: 8bit\r\n\r\n", n, n, contentType)
}

// cpuTime is the CPU time that a process has used, from /proc/PID/stat (proc(5)).
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	const utime, stime, ticksPerSecond = 11, 12, 100
	var ticks int
	for _, i := range []int{utime, stime} {
		n, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}
