package track

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// manyWaiting is a world in which n messages, ten a second, are deferred and wait.
func manyWaiting(t *testing.T, n, live int) *world {
	t.Helper()
	opt := testOptions()
	opt.MaxLive = live
	w := newWorld(t, opt)
	for i := range n {
		at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second / 10).Format(time.Stamp)
		id := fmt.Sprintf("A%09X", i)
		w.add(line{"mail", int64(2 * i), at + " edge postfix/qmgr[2]: " + id + ": from=<kari@nordvig-kommune.example>, size=900, nrcpt=1 (queue active)", false},
			line{"mail", int64(2*i + 1), at + " edge postfix/smtp[3]: " + id + ": to=<b@far.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect: refused)", false})
		if i%1000 == 0 {
			w.commit()
		}
	}
	w.commit()
	return w
}

// However many messages wait, a start and a long night bring back a bounded part of them at a time, and lose none.
func TestManyWaitingStayOutside(t *testing.T) {
	const n, live = 3 * ticked, 1000
	w := manyWaiting(t, n, live)
	w.restart()
	most := 0
	keys := slices.Sorted(maps.Keys(w.items))
	w.tracker = New(w.tracker.opt)
	if err := w.tracker.Load(func(yield func(Item, error) bool) {
		for _, k := range keys {
			now, _ := w.tracker.Unfinished()
			most = max(most, now)
			if !yield(w.items[k], nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if now, outside := w.tracker.Unfinished(); most > 2*live || now > live || now+outside != n {
		t.Errorf("after the start %d in memory and %d outside, want %d and at most %d of them in memory; on the way %d", now, outside, n, live, most)
	}
	end, most, ticks := w.tracker.Now().Add(6*24*time.Hour), 0, 0
	for more := true; more; ticks++ {
		more = w.tracker.Tick(end)
		most = max(most, w.tracker.Changed())
		w.commit()
	}
	if perMinute := 10 * 60; most >= ticked+perMinute || ticks < n/(ticked+perMinute) {
		t.Errorf("%d messages at once, in %d ticks", most, ticks)
	}
	for _, d := range w.docs {
		if d.Outcome != unknown {
			t.Fatalf("after six days a message is %s", d.Outcome)
		}
	}
	if len(w.docs) != n {
		t.Errorf("%d rows of %d messages", len(w.docs), n)
	}
}
