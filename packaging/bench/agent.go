package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// benchAgent imports a mail log into a new store, and reads the same file with pflogsumm where that is installed.
func benchAgent(ctx context.Context, dir string, lines int) error {
	log := filepath.Join(dir, "mail.log")
	written, bytes, err := writeLog(log, lines)
	if err != nil {
		return err
	}
	config := filepath.Join(dir, "agent.toml")
	text := fmt.Sprintf("[organisation]\nname = \"Bench\"\ndomains = [\"strandholt.example\"]\n[store]\npath = \"%s/postvagt.db\"\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	commands := [][]string{{filepath.Join(dir, "postvagt-agent"), "import", "--quiet", "--config", config, log}}
	if path, err := exec.LookPath("pflogsumm"); err == nil {
		commands = append(commands, []string{path, log})
	}
	fmt.Printf("%d lines, %.0f MB\n", written, float64(bytes)/1e6)
	for _, args := range commands {
		begun := time.Now()
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(args[0]), err)
		}
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		fmt.Printf("%-20s %8.0f lines/s, %8.0f lines a CPU-second, %4d MB resident\n", filepath.Base(args[0]),
			float64(written)/time.Since(begun).Seconds(), float64(written)/used.Seconds(), rss/1024)
	}
	return nil
}

// writeLog writes a log as Postfix 3.7 does: most messages are delivered, some by TLS, some are deferred
// first, bounce, are held or refused. The same lines come at every run.
func writeLog(path string, lines int) (written int, bytes int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	g := &generator{random: rand.New(rand.NewPCG(1, 2)), now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)}
	for written < lines {
		for _, line := range g.message() {
			n, err := w.WriteString(line + "\n")
			if err != nil {
				return written, bytes, err
			}
			written++
			bytes += int64(n)
		}
	}
	return written, bytes, w.Flush()
}

type generator struct {
	random *rand.Rand
	now    time.Time
	n      int
}

// line makes a line a few milliseconds later than the one before.
func (g *generator) line(program string, pid int, format string, args ...any) string {
	g.now = g.now.Add(time.Duration(g.random.IntN(40)) * time.Millisecond)
	return g.now.Format(time.Stamp) + fmt.Sprintf(" mail postfix/%s[%d]: ", program, pid) + fmt.Sprintf(format, args...)
}

// message makes the lines of one message.
func (g *generator) message() []string {
	g.n++
	id := fmt.Sprintf("%010X", 0x4A0000000+uint64(g.n)*977)
	smtpd, smtp, cleanup := 2000+g.random.IntN(40), 3000+g.random.IntN(60), 4000+g.random.IntN(20)
	from, to := fmt.Sprintf("ansat%d@strandholt.example", g.random.IntN(400)), fmt.Sprintf("modtager%d@sted%d.example", g.random.IntN(9000), g.random.IntN(300))
	host := fmt.Sprintf("mx.sted%d.example[192.0.2.%d]:25", g.random.IntN(300), g.random.IntN(250))
	client := fmt.Sprintf("pc%d.strandholt.example[10.20.4.%d]", g.random.IntN(200), g.random.IntN(250))
	fate := g.random.IntN(100)
	out := []string{g.line("smtpd", smtpd, "connect from %s", client)}
	if fate < 3 {
		return append(out, g.line("smtpd", smtpd, "NOQUEUE: reject: RCPT from %s: 554 5.7.1 <%s>: Relay access denied; from=<%s> to=<%s> proto=ESMTP helo=<pc>", client, to, from, to),
			g.line("smtpd", smtpd, "disconnect from %s ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", client))
	}
	out = append(out,
		g.line("smtpd", smtpd, "%s: client=%s, sasl_method=PLAIN, sasl_username=ansat", id, client),
		g.line("cleanup", cleanup, "%s: message-id=<%d.%d@strandholt.example>", id, g.n, g.n*7))
	if fate < 6 {
		return append(out, g.line("cleanup", cleanup, "%s: milter-hold: END-OF-MESSAGE from %s: milter triggers HOLD action; from=<%s> to=<%s> proto=ESMTP helo=<pc>", id, client, from, to),
			g.line("smtpd", smtpd, "disconnect from %s ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5", client))
	}
	out = append(out,
		g.line("qmgr", 1500, "%s: from=<%s>, size=%d, nrcpt=1 (queue active)", id, from, 900+g.random.IntN(90000)),
		g.line("smtpd", smtpd, "disconnect from %s ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5", client))
	if fate < 14 {
		out = append(out, g.line("smtp", smtp, "%s: to=<%s>, relay=%s, delay=0.4, delays=0.1/0/0.2/0.1, dsn=4.2.2, status=deferred (host %s said: 452 4.2.2 full (in reply to RCPT TO command))", id, to, host, host))
	}
	if fate < 80 {
		out = append(out, g.line("smtp", smtp, "Trusted TLS connection established to %s: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256", host))
	}
	if fate >= 97 {
		return append(out, g.line("smtp", smtp, "%s: to=<%s>, relay=%s, delay=0.6, delays=0.1/0/0.3/0.2, dsn=5.1.1, status=bounced (host %s said: 550 5.1.1 unknown (in reply to RCPT TO command))", id, to, host, host),
			g.line("qmgr", 1500, "%s: removed", id))
	}
	return append(out, g.line("smtp", smtp, "%s: to=<%s>, relay=%s, delay=0.6, delays=0.1/0/0.3/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %X)", id, to, host, g.n),
		g.line("qmgr", 1500, "%s: removed", id))
}
