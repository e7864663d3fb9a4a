package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// errFailed says that answers differed from what is known; they have been printed.
var errFailed = errors.New("some answers differ from what is known")

// show is the demo from beginning to end.
func show(ctx context.Context, check bool) (err error) {
	s, err := newStage(ctx)
	if s != nil {
		defer func() { err = errors.Join(err, s.strike()) }()
	}
	if err != nil {
		return err
	}
	for i, st := range s.steps() {
		fmt.Printf("[%d/%d] %s\n", i+1, len(s.steps()), st.title)
		if err := st.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", st.title, err)
		}
	}
	if err := s.send(ctx, os.Stdout); err != nil {
		return err
	}
	return nil
}

// send hands every sample over to Postfix.
func (s *stage) send(ctx context.Context, out io.Writer) error {
	bar := newBar(out, "Sending mails in five languages", len(s.manifest.Mail))
	defer bar.end()
	for _, m := range s.manifest.Mail {
		reply, err := kit.Send(ctx, s.edge.Addr(0), envelope(m), m.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", m.File, err)
		}
		if refused := m.Outcome == "rejected"; refused != (reply.Code != 250) {
			return fmt.Errorf("%s: the mail server answered %d %s", m.File, reply.Code, reply.Text)
		}
		bar.step()
	}
	return nil
}

// milterCommand runs postvagt-milter with the configuration of the stage.
func (s *stage) milterCommand(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, s.bin("postvagt-milter"), append(args, "--config", s.path("etc", "milter.toml"))...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("postvagt-milter %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// bar is a progress bar; on what is no terminal it is one line at the end.
type bar struct {
	out      io.Writer
	title    string
	n, of    int
	terminal bool
	begun    time.Time
}

func newBar(out io.Writer, title string, of int) *bar {
	b := &bar{out: out, title: title, of: of, begun: time.Now()}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

const barWidth = 32

func (b *bar) step() {
	b.n++
	if b.terminal {
		full := b.n * barWidth / b.of
		fmt.Fprintf(b.out, "\r%s [%s%s] %d/%d", b.title, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), b.n, b.of)
	}
}

func (b *bar) end() {
	if b.terminal {
		fmt.Fprintf(b.out, "  %.1f s\n", time.Since(b.begun).Seconds())
		return
	}
	fmt.Fprintf(b.out, "%s: %d of %d in %.1f s\n", b.title, b.n, b.of, time.Since(b.begun).Seconds())
}
