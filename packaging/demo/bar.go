package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

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
