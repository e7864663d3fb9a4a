package track

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	missedLine = "Nov 23 %s edge postfix/submission/smtpd[17552]: warning: connect to Milter service unix:/run/postvagt/milter.sock: Connection refused"
	otherLine  = "Nov 23 %s edge postfix/smtpd[17553]: warning: connect to Milter service inet:127.0.0.1:8891: Connection refused" // another's milter
	judgedLine = "2026-11-23T%s.000000+00:00 edge.nordvig-kommune.example postvagt-milter[1]: 4bXyQ%02d: verdict v=1 id=%032d action=pass level=none kinds= persons=0 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<a@nordvig-kommune.example> dept= rcpts=1 size=1 ms=1 rules= unopened=0 why=otherwise"
)

// outageWorld tells what a store would hold.
func outageWorld(t *testing.T, lines []line, each int, restart bool) (all []string) {
	opt := testOptions()
	opt.OwnMilter = func(name string) bool { return name == "unix:/run/postvagt/milter.sock" }
	w := newWorld(t, opt)
	kept := map[time.Time]Outage{}
	flush := func() {
		c, err := w.tracker.Flush()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range c.Put {
			w.items[i.Key] = i
		}
		for _, h := range c.Outages {
			for at := range kept {
				if !at.Before(h.Since) && !at.After(h.Until) {
					delete(kept, at)
				}
			}
			for _, o := range h.All {
				kept[o.From] = o
			}
		}
		if restart {
			w.restart()
		}
	}
	for i, l := range lines {
		w.add(l)
		if i%each == 0 {
			flush()
		}
	}
	flush()
	for _, o := range kept {
		all = append(all, o.From.Format(time.TimeOnly)+"-"+o.To.Format(time.TimeOnly))
	}
	slices.Sort(all)
	return all
}

// Lines of one day: judged, missed, and missed again after some were judged.
func outageLines() (mta, milter []line) {
	for i, at := range []string{"08:59:59", "09:10:00", "09:30:00", "11:00:00"} {
		milter = append(milter, line{"verdict.log", int64(i), fmt.Sprintf(judgedLine, at, i, i), true})
	}
	for i, at := range []string{"09:00:00", "09:00:00", "09:00:30", "09:09:10", "09:20:00", "12:00:00", "12:30:00"} {
		mta = append(mta, line{"mail.log", int64(i), fmt.Sprintf(missedLine, at), false}, line{"mail.log", 100 + int64(i), fmt.Sprintf(otherLine, "10:30:00"), false})
	}
	return mta, milter
}

var wantOutages = []string{"09:00:00-09:10:00", "09:20:00-09:30:00", "12:00:00-00:00:00"}

// The outages are those of the log, whichever source is read first and whenever it is committed.
func TestOutagesInAnyOrder(t *testing.T) {
	mta, milter := outageLines()
	for name, lines := range map[string][]line{"mail log first": append(append([]line{}, mta...), milter...), "verdicts first": append(append([]line{}, milter...), mta...)} {
		for _, each := range []int{1, 3, 100} {
			if diff := cmp.Diff(wantOutages, outageWorld(t, lines, each, false)); diff != "" {
				t.Errorf("%s, a commit each %d lines (-want +got):\n%s", name, each, diff)
			}
		}
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		lines := append(append([]line{}, mta...), milter...)
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		if diff := cmp.Diff(wantOutages, outageWorld(t, lines, 1+r.IntN(5), false)); diff != "" {
			t.Fatalf("shuffled (-want +got):\n%s", diff)
		}
	}
}

// A restart after each line changes nothing where the lines come in the order of their time.
func TestOutagesSurviveRestarts(t *testing.T) {
	mta, milter := outageLines()
	lines := append(append([]line{}, mta...), milter...)
	at := func(l line) string {
		if l.verdicts {
			return l.text[11:19]
		}
		return l.text[7:15]
	}
	for i := range lines { // few: sorted by insertion, equal times as they stand
		for k := i; k > 0 && at(lines[k]) < at(lines[k-1]); k-- {
			lines[k], lines[k-1] = lines[k-1], lines[k]
		}
	}
	if diff := cmp.Diff(wantOutages, outageWorld(t, lines, 1, true)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is remembered does not grow with the length of an outage, nor with the days without one.
func TestOutagesKeepLittle(t *testing.T) {
	h := &reach{}
	for us := int64(0); us < 30*day; us += 20 * second {
		h.Missed = noted(h.Missed, us+day)
		if us%(minute*60) == 0 {
			h.forget()
		}
	}
	if got := h.outages(); len(got) != 1 || got[0] != (interval{day, 0}) || len(h.Missed) > 3100 {
		t.Errorf("after a month without the check: %v, %d times remembered", got, len(h.Missed))
	}
	h.Judged = noted(h.Judged, 31*day+minute)
	if got := h.outages(); len(got) != 1 || got[0] != (interval{day, 31*day + minute}) {
		t.Errorf("when it was back: %v", got)
	}
	for us := 31 * day; us < 40*day; us += 20 * second {
		h.Judged = noted(h.Judged, us)
	}
	if h.forget(); len(h.Missed) > 0 || len(h.Judged) > 3000 {
		t.Errorf("ten days later %d and %d times are remembered", len(h.Missed), len(h.Judged))
	}
}
