package track

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postvagt/agent/event"
	"postvagt/agent/maillog"
)

var update = flag.Bool("update", false, "write the golden files anew")

// line is one line of a log with its origin.
type line struct {
	source   string
	pos      int64
	text     string
	verdicts bool
}

func readLog(t testing.TB, name string, verdicts bool) (lines []line) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pos := int64(0)
	for text := range strings.Lines(string(b)) {
		lines = append(lines, line{filepath.Base(name), pos, strings.TrimSuffix(text, "\n"), verdicts})
		pos += int64(len(text))
	}
	return lines
}

// testOptions are those of a house with readable addresses, so that golden files can be read.
func testOptions() Options {
	m := maillog.Masker{}
	return Options{Mask: m.Address, Pseudonym: func(a string) string { return a }, Internal: func(d string) bool {
		return d == "nordvig-kommune.example" || strings.HasSuffix(d, ".nordvig-kommune.example")
	}}
}

// world is a tracker with the store's side of it.
type world struct {
	t       testing.TB
	opt     Options
	tracker *Tracker
	items   map[string]Item
	docs    map[string]event.Document
	parsers map[string]*maillog.Parser
}

func newWorld(t testing.TB, opt Options) *world {
	w := &world{t: t, opt: opt, items: map[string]Item{}, docs: map[string]event.Document{}, parsers: map[string]*maillog.Parser{}}
	w.restart()
	return w
}

// restart throws away what is in memory, as a kill does right after a commit.
func (w *world) restart() {
	w.t.Helper()
	opt := w.opt
	opt.Recall = func(key string) ([]byte, bool) { i, ok := w.items[key]; return i.Data, ok }
	w.tracker = New(opt)
	var all []Item
	for _, i := range w.items {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b Item) int { return strings.Compare(a.Key, b.Key) })
	if err := w.tracker.Load(func(yield func(Item, error) bool) {
		for _, i := range all {
			if !yield(i, nil) {
				return
			}
		}
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) add(lines ...line) {
	var r maillog.Record
	for _, l := range lines {
		p := w.parsers[l.source]
		if p == nil {
			p = maillog.New(maillog.Options{Reference: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Verdicts: l.verdicts}, time.Time{})
			w.parsers[l.source] = p
		}
		p.Parse(l.text, &r)
		w.tracker.Add(&r, Origin{l.source, l.pos, l.text})
	}
}

func (w *world) commit() {
	w.t.Helper()
	c, err := w.tracker.Flush()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range c.Documents {
		w.docs[d.Key] = d
	}
	for _, i := range c.Put {
		w.items[i.Key] = i
	}
	for _, k := range c.Delete {
		delete(w.items, k)
	}
}

// rows are the stored rows, in the order of queue id and recipient.
func (w *world) rows() []event.Document {
	var all []event.Document
	for _, d := range w.docs {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b event.Document) int {
		return strings.Compare(fmt.Sprint(a.Time.UnixMicro(), a.QueueID, a.To), fmt.Sprint(b.Time.UnixMicro(), b.QueueID, b.To))
	})
	return all
}

func golden(t *testing.T, name string, docs []event.Document) {
	t.Helper()
	got, err := json.MarshalIndent(docs, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The log of a message of each fate gives these rows, whole.
func TestFates(t *testing.T) {
	w := newWorld(t, testOptions())
	w.add(readLog(t, "testdata/fates/mail.log", false)...)
	w.add(readLog(t, "testdata/fates/verdict.log", true)...)
	w.tracker.Tick(w.tracker.Now().Add(2 * time.Hour)) // verdicts that did not come do not come any more
	w.commit()
	golden(t, "testdata/fates/want.json", w.rows())
}

// Whatever the order of the two logs, wherever it is committed, and wherever it is killed: the rows are the same.
func TestOrderAndRestartsLeaveNoTrace(t *testing.T) {
	mail := readLog(t, "testdata/fates/mail.log", false)
	verdicts := readLog(t, "testdata/fates/verdict.log", true)
	var woven []line
	for i := range mail {
		woven = append(woven, mail[i])
		if i%5 == 4 && i/5 < len(verdicts) {
			woven = append(woven, verdicts[i/5])
		}
	}
	if len(woven) != len(mail)+len(verdicts) {
		t.Fatal("not all woven")
	}
	run := func(lines []line, every int, restart bool, live int) []event.Document {
		opt := testOptions()
		opt.MaxLive = live
		w := newWorld(t, opt)
		for i, l := range lines {
			w.add(l)
			if every > 0 && i%every == 0 {
				w.commit()
				if restart {
					w.restart()
				}
			}
		}
		w.tracker.Tick(w.tracker.Now().Add(2 * time.Hour))
		w.commit()
		return w.rows()
	}
	want := run(slices.Concat(mail, verdicts), 0, false, 0)
	for name, lines := range map[string][]line{"mail first": slices.Concat(mail, verdicts), "verdicts first": slices.Concat(verdicts, mail), "woven": woven} {
		for _, every := range []int{0, 1, 3, 10} {
			for _, restart := range []bool{false, true} {
				for _, live := range []int{0, 4} {
					if diff := cmp.Diff(want, run(lines, every, restart, live)); diff != "" {
						t.Fatalf("%s, commit every %d, restart %v, %d in memory (-want +got):\n%s", name, every, restart, live, diff)
					}
				}
			}
		}
	}
}
