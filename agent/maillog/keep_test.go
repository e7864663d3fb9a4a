package maillog

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// A verdict that waits for days must not keep the whole piece of the log that its line was read with.
func TestVerdictsKeepNoLines(t *testing.T) {
	const pieces, size = 500, 128 << 10
	p := New(Options{Verdicts: true}, time.Time{})
	var kept []Record
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range pieces {
		piece := "2026-11-23T03:08:40.000000+01:00 edge postvagt-milter[1]: 4bXyQ12: verdict v=1 id=0123456789abcdef0123456789abcdef action=hold level=sensitive kinds=health persons=1 " +
			"protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<a@nordvig-kommune.example> dept=Jobcenter rcpts=1 size=1 ms=1 rules=da-health:1 unopened=0 why=line\n" + strings.Repeat("x", size)
		var r Record
		if p.Parse(piece[:strings.IndexByte(piece, '\n')], &r); r.Kind != Verdict {
			t.Fatalf("the line is read as %s", r.Kind)
		}
		kept = append(kept, Record{Verdict: r.Verdict})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > pieces*size/10 {
		t.Errorf("%d kB are kept for %d verdicts", used>>10, pieces)
	}
	runtime.KeepAlive(kept)
}
