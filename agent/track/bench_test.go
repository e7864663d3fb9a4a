package track

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"postvagt/agent/maillog"
)

// benchLog is a log of many messages: the log of POSTVAGT_LOG, or the fates told again and again.
func benchLog(b *testing.B) []string {
	b.Helper()
	if name := os.Getenv("POSTVAGT_LOG"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	text, err := os.ReadFile("testdata/fates/mail.log")
	if err != nil {
		b.Fatal(err)
	}
	var all []string
	for i := range 300 {
		told := strings.ReplaceAll(string(text), "9ACB", fmt.Sprintf("%04X", i)) // in each queue id of that log
		all = append(all, strings.Split(strings.TrimSpace(told), "\n")...)
	}
	return all
}

// Lines a second, without and with the rows that they make.
func BenchmarkLines(b *testing.B) {
	lines := benchLog(b)
	opt := testOptions()
	opt.Internal = func(d string) bool { return d == "nordvig-kommune.example" || d == "example.test" }
	for _, rows := range []bool{false, true} {
		b.Run(fmt.Sprintf("rows=%v", rows), func(b *testing.B) {
			began := cpu(b)
			for b.Loop() {
				p := maillog.New(maillog.Options{Reference: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}, time.Time{})
				t := New(opt)
				var r maillog.Record
				pos := int64(0)
				for i, l := range lines {
					p.Parse(l, &r)
					t.Add(&r, Origin{"mail.log", pos, l})
					pos += int64(len(l)) + 1
					if rows && i%50_000 == 49_999 {
						if _, err := t.Flush(); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(lines))/(cpu(b)-began).Seconds(), "lines/cpu-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpu is the processor time used so far, which other work on the machine changes less than the clock.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Messages that wait for days fit into memory, as most of them wait in the store: the figures of 200,000 messages, by five.
func TestMemoryOfUnfinished(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	opt := testOptions()
	opt.Recall = func(string) ([]byte, bool) { return nil, false }
	opt.MaxLive = defaultLive / 5
	tr := New(opt)
	p := maillog.New(maillog.Options{}, time.Time{})
	var r maillog.Record
	for i := range 40_000 {
		at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 10 * time.Millisecond).Format("2006-01-02T15:04:05.000000-07:00")
		for _, text := range []string{
			fmt.Sprintf("postfix/smtpd[1]: A%07X: client=mail%d.far.example[192.0.2.1]", i, i),
			fmt.Sprintf("postfix/cleanup[2]: A%07X: message-id=<m%d.x@far.example>", i, i),
			fmt.Sprintf("postfix/qmgr[3]: A%07X: from=<sender%d@nordvig-kommune.example>, size=1, nrcpt=1 (queue active)", i, i),
			fmt.Sprintf("postfix/smtp[4]: A%07X: to=<to%d@far.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (refused)", i, i),
		} {
			p.Parse(at+" edge "+text, &r)
			tr.Add(&r, Origin{"mail.log", int64(i), text})
		}
		if i%2_000 == 1_999 {
			if _, err := tr.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	live, outside := tr.Unfinished()
	used := (after.HeapAlloc - before.HeapAlloc) >> 20
	t.Logf("%d MB, %d messages in memory, %d outside", used, live, outside)
	if live+outside < 39_900 || used > 14 {
		t.Errorf("%d MB for %d + %d messages", used, live, outside)
	}
	runtime.KeepAlive(tr)
}
