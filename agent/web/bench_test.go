package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/register"
	"postvagt/agent/report"
	"postvagt/agent/store"
	"postvagt/dashboards"
)

// benchReaders read side by side, as so many people do who look at pages at the same time.
const benchReaders = 20

// benchPages are what they read, in turns.
func benchPages(keys []string) map[string]string {
	return map[string]string{
		"overview": "/?lang=da", "overview-12m": "/?lang=da&period=12m", "department": "/?lang=da&period=quarter&department=Afdeling+7", "list": "/transmissions?lang=da&period=quarter&q=open-sensitive",
		"list-12m": "/transmissions?lang=da&period=12m&q=sent&page=200", "transmission": "/transmissions/" + keys[0] + "?lang=da", "triage": "/triage?lang=da", "incidents": "/boards?lang=da&period=quarter&board=incidents", "repeated": "/boards?lang=da&period=quarter&board=repeated", "transport": "/boards?lang=da&period=quarter&board=transport", "report": "/report?lang=da&period=quarter",
	}
}

// BenchmarkPages is how long pages take over a year of mails, POSTVAGT_MAILS of them, with 20 readers at once, each opening of a page
// written into the access log as it is in life. It reports for each page the time below which 95 of 100 answers stay.
func BenchmarkPages(b *testing.B) {
	s, keys := filled(b, benchMails(b))
	defer s.Close()
	if all, err := s.Users(b.Context()); err != nil {
		b.Fatal(err)
	} else if len(all) == 0 { // a kept database has them
		addUsers(b, s)
	}
	reg := registerOf(s).(*register.Register)
	outcomes := func(ctx context.Context, o report.Options) (n *report.Outcomes, err error) { // as the agent counts them, but for what is repeated
		n = &report.Outcomes{}
		if n.Incidents, err = reg.Incidents(ctx, o.Period(), o.Department); err == nil {
			n.Cases, err = reg.CaseCounts(ctx, o)
		}
		return n, err
	}
	h, err := New(Options{Store: s, Breaches: reg, Outcomes: outcomes, Organisation: "Nordvig Kommune", Now: func() time.Time { return now }, Zone: zone, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	cookie := post(b, h, "/login", nil, url.Values{"name": {string(login.Officer)}, "password": {password}}).Result().Cookies()[0]
	pages := benchPages(keys)
	for name := range pages {
		read(b, h, cookie, pages[name]) // once before: the first reader after a start is not what is asked for
	}
	took := map[string][]time.Duration{}
	var lock sync.Mutex
	begun := cpuTime(b)
	for b.Loop() {
		var readers sync.WaitGroup
		for range benchReaders {
			readers.Go(func() {
				for name, address := range pages { // in an order of its own
					t := read(b, h, cookie, address)
					lock.Lock()
					took[name] = append(took[name], t)
					lock.Unlock()
				}
			})
		}
		readers.Wait()
	}
	used := cpuTime(b) - begun
	var all []time.Duration
	for name, times := range took {
		all = append(all, times...)
		b.ReportMetric(p95(times), name+"-p95-ms")
	}
	b.ReportMetric(p95(all), "p95-ms")
	b.ReportMetric(used.Seconds()*1000/float64(len(all)), "cpu-ms/page")
}

// BenchmarkQuestions is how long one question takes over a year of mails, POSTVAGT_MAILS of them, each time after a commit has changed
// today, as mail does all the time. It reports the slowest of those whose figures add up, and of those that count different things;
// and the slowest of all when it is asked for the first time after a start.
func BenchmarkQuestions(b *testing.B) {
	s, _ := filled(b, benchMails(b))
	defer s.Close()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	p := dashboards.Period{From: midnight.AddDate(-1, 0, 0).Format(time.RFC3339), To: midnight.AddDate(0, 0, 1).Format(time.RFC3339)}
	slowest := func(which func(dashboards.Question) bool) (worst time.Duration, id string) {
		for _, q := range slices.DeleteFunc(dashboards.Questions(), func(q dashboards.Question) bool { return !which(q) }) {
			newest, _, err := s.Documents(b.Context(), dashboards.Period{}, nil, 0, 1)
			if err != nil {
				b.Fatal(err)
			}
			newest[0].Size++
			if err := s.Commit(b.Context(), store.Batch{Documents: newest}); err != nil {
				b.Fatal(err)
			}
			begun := time.Now()
			if _, err := s.Ask(b.Context(), q, p, nil); err != nil {
				b.Fatal(q.ID, err)
			}
			if took := time.Since(begun); took > worst {
				worst, id = took, q.ID
			}
		}
		return worst, id
	}
	distinct := func(q dashboards.Question) bool { return q.Measure.Kind == dashboards.Distinct }
	first, id := slowest(func(dashboards.Question) bool { return true })
	b.Logf("slowest the first time: %s", id)
	var add, count time.Duration
	for b.Loop() {
		took, id := slowest(func(q dashboards.Question) bool { return !distinct(q) })
		other, otherID := slowest(distinct)
		b.Logf("slowest: %s, and of those that count different things %s", id, otherID)
		add, count = max(add, took), max(count, other)
	}
	b.ReportMetric(first.Seconds()*1000, "first-worst-ms")
	b.ReportMetric(add.Seconds()*1000, "additive-worst-ms")
	b.ReportMetric(count.Seconds()*1000, "distinct-worst-ms")
	b.ReportMetric(0, "ns/op")
}

// benchMails is how many mails the benchmarks are about.
func benchMails(b *testing.B) int {
	text := os.Getenv("POSTVAGT_MAILS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// cpuTime is what the process has used, which the rest of the machine disturbs less than the clock.
func cpuTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// p95 is the time in milliseconds below which 95 of 100 stay.
func p95(times []time.Duration) float64 {
	slices.Sort(times)
	return times[len(times)*95/100].Seconds() * 1000
}

// read opens a page and says how long it took.
func read(b *testing.B, h http.Handler, cookie *http.Cookie, address string) time.Duration {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8480"+address, nil)
	r.AddCookie(cookie)
	w := httptest.NewRecorder()
	start := time.Now()
	h.ServeHTTP(w, r)
	took := time.Since(start)
	if w.Code != http.StatusOK {
		b.Errorf("%s answers %d", address, w.Code)
	}
	return took
}

// filled is a store with n transmissions of a year, of some hundred shapes in 40 departments, and some of their keys. The folder
// POSTVAGT_KEEP keeps it for the next run.
func filled(b *testing.B, n int) (*store.Store, []string) {
	dir := os.Getenv("POSTVAGT_KEEP")
	if dir == "" {
		dir = b.TempDir()
	}
	s, err := store.Open(b.Context(), filepath.Join(dir, fmt.Sprintf("pages-%d.db", n)), store.In(zone))
	if err != nil {
		b.Fatal(err)
	}
	if o, err := s.Overview(b.Context()); err != nil || o.Transmissions == int64(n) {
		return s, someKey(b, s)
	}
	const batch = 5000
	r := rand.New(rand.NewPCG(3, 4))
	begin := now.AddDate(-1, 0, 1)
	step := now.Sub(begin) / time.Duration(n)
	for at := 0; at < n; at += batch {
		documents := make([]event.Document, min(batch, n-at))
		for i := range documents {
			d := sampleDocument(r, at+i, begin.Add(time.Duration(at+i)*step).Truncate(time.Microsecond))
			if d.Level != "none" && r.IntN(10) > 0 { // most mail says nothing of anybody
				d = plainDocument(r, at+i, d.Time)
			}
			d.Department = fmt.Sprintf("Afdeling %d", r.IntN(40))
			d.ToDomain = fmt.Sprintf("d%d.example", int(10_000*r.Float64()*r.Float64()*r.Float64())) // some get very much of it
			d.Relay, d.TLSCipher = "mx."+d.ToDomain+"[192.0.2.1]:25", []string{"TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"}[r.IntN(2)]
			d.From, d.To = fmt.Sprintf("ps-%d", r.IntN(5000)), fmt.Sprintf("ps-%d", r.IntN(100_000))
			d.MessageID, d.VerdictID = d.Key[:16], d.Key[16:48]
			documents[i] = d
		}
		if err := s.Commit(b.Context(), store.Batch{Documents: documents}); err != nil {
			b.Fatal(err)
		}
	}
	return s, someKey(b, s)
}

// plainDocument is a mail in which nothing was found.
func plainDocument(r *rand.Rand, i int, at time.Time) event.Document {
	for {
		if d := sampleDocument(r, i, at); d.Level == "none" {
			return d
		}
	}
}

// someKey is the key of the newest transmission.
func someKey(b *testing.B, s *store.Store) []string {
	d, _, err := s.Documents(b.Context(), dashboards.Period{}, nil, 0, 1)
	if err != nil || len(d) == 0 {
		b.Fatal("no transmission: ", err)
	}
	return []string{d[0].Key}
}
