package agent

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/tail"
	"postvagt/agent/track"
)

// benchLog is the file of POSTVAGT_LOG, or one of the fates told again and again.
func benchLog(b *testing.B) string {
	b.Helper()
	if name := os.Getenv("POSTVAGT_LOG"); name != "" {
		return name
	}
	text, err := fs.ReadFile(os.DirFS("track/testdata/fates"), "mail.log")
	if err != nil {
		b.Fatal(err)
	}
	var all strings.Builder
	for i := range 300 {
		all.WriteString(strings.ReplaceAll(string(text), "9ACB", fmt.Sprintf("%04X", i))) // in each queue id of that log
	}
	name := filepath.Join(b.TempDir(), "mail.log")
	if err := os.WriteFile(name, []byte(all.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}

// BenchmarkRead only cuts a followed file into lines.
func BenchmarkRead(b *testing.B) {
	name := benchLog(b)
	perSecond(b, func(func(func())) int {
		f, _, err := tail.Follow(name, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		return readAll(b, f, func(tail.Line) {})
	})
}

// BenchmarkTrace reads, parses and traces. The rows that each flush makes are what a store is for: their time does not count.
func BenchmarkTrace(b *testing.B) {
	name := benchLog(b)
	c := &Config{Organisation: Organisation{Domains: []string{"nordvig-kommune.example", "example.test"}}, Agent: Lists{PseudonymKey: filepath.Join(b.TempDir(), "key")}}
	perSecond(b, func(off func(func())) int {
		f, err := tail.Once(name, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		opt, err := c.trackOptions()
		if err != nil {
			b.Fatal(err)
		}
		opt.NoVerdicts = true
		p, t := maillog.New(maillog.Options{Reference: time.Now()}, time.Time{}), track.New(opt)
		var r maillog.Record
		lines := 0
		return readAll(b, f, func(l tail.Line) {
			p.Parse(l.Text, &r)
			t.Add(&r, track.Origin{Source: name, Pos: l.Pos, Text: l.Text})
			if lines++; lines%commitLines == 0 || t.Changed() >= commitMessages {
				off(func() {
					if _, err := t.Flush(); err != nil {
						b.Fatal(err)
					}
				})
			}
		})
	})
}

func readAll(b *testing.B, f *tail.File, each func(tail.Line)) (lines int) {
	for {
		batch, err := f.Read()
		if err != nil {
			b.Fatal(err)
		}
		for _, l := range batch.Lines {
			each(l)
		}
		lines += len(batch.Lines)
		if batch.AtEnd {
			return lines
		}
	}
}

// perSecond reports lines for each second of processor time, which other work on the machine changes less than the clock, and by the
// clock. What run has done by off does not count.
func perSecond(b *testing.B, run func(off func(func())) int) {
	lines, began, away, awayByClock := 0, processorTime(b), time.Duration(0), time.Duration(0)
	off := func(f func()) {
		cpu, clock := processorTime(b), time.Now()
		f()
		away, awayByClock = away+processorTime(b)-cpu, awayByClock+time.Since(clock)
	}
	for b.Loop() {
		lines += run(off)
	}
	b.ReportMetric(float64(lines)/(processorTime(b)-began-away).Seconds(), "lines/cpu-s")
	b.ReportMetric(float64(lines)/(b.Elapsed()-awayByClock).Seconds(), "lines/s")
	b.ReportMetric(0, "ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
