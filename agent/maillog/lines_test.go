package maillog

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shown is a record without its empty fields.
func shown(t testing.TB, r *Record) string {
	t.Helper()
	v := reflect.ValueOf(*r)
	fields := map[string]any{"Kind": r.Kind.String()}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Name == "Kind" || v.Field(i).IsZero():
		case f.Name == "Time":
			fields["Time"] = r.Time.Format(time.RFC3339Nano)
		case f.Name == "More" && len(r.More) == 0:
		case f.Name == "Verdict":
			fields["Verdict"] = r.Verdict.ID
		default:
			fields[f.Name] = v.Field(i).Interface()
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each line, and everything that is read from it.
func TestLines(t *testing.T) {
	text, err := os.ReadFile("testdata/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	var r Record
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "# ") {
			got.WriteString(line + "\n")
			continue
		}
		New(Options{Reference: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}, time.Time{}).Parse(line, &r)
		got.WriteString(shown(t, &r) + "\n")
	}
	const golden = "testdata/lines.want"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const verdictText = "4bXyQ12: verdict v=1 id=77 action=pass level=none kinds= persons=0 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<a@b.example> dept= rcpts=1 size=1 ms=0.1 rules= unopened=0 why=otherwise"

// A verdict line counts from the milter's own file, or with a good MAC; elsewhere it is a forgery.
func TestWhoseVerdictsCount(t *testing.T) {
	key := []byte("key of the test")
	head := "2026-11-23T09:00:00.123456+00:00 host postvagt-milter[412]: "
	good := verdictText + " mac=" + macOf(key, verdictText)
	for name, tt := range map[string]struct {
		opt  Options
		text string
		want Kind
	}{
		"own file":             {Options{Verdicts: true}, verdictText, Verdict},
		"elsewhere":            {Options{}, verdictText, Forged},
		"elsewhere, a key":     {Options{MACKey: key}, verdictText, Forged},
		"good mac":             {Options{MACKey: key}, good, Verdict},
		"good mac, no key":     {Options{}, good, Forged},
		"other line's mac":     {Options{MACKey: key}, strings.Replace(good, "none", "sensitive", 1), Forged},
		"other key":            {Options{MACKey: []byte("other")}, good, Forged},
		"newer version":        {Options{Verdicts: true}, strings.Replace(verdictText, "v=1", "v=2", 1), Unknown},
		"damaged":              {Options{Verdicts: true}, strings.Replace(verdictText, "persons=0", "persons=many", 1), Unknown},
		"short line":           {Options{}, "4bXyQ12: id=77 action=hold", Ignored},
		"no queue id":          {Options{Verdicts: true}, strings.Replace(verdictText, "4bXyQ12", "NOQUEUE", 1), NoQueue},
		"the program's own":    {Options{Verdicts: true}, "ready listen=unix:/x", Ignored},
		"read by another name": {Options{Verdicts: true}, "x4bXyQ12: " + verdictText, Unknown},
	} {
		var r Record
		New(tt.opt, time.Time{}).Parse(head+tt.text, &r)
		if r.Kind != tt.want {
			t.Errorf("%s: %v, want %v", name, r.Kind, tt.want)
		}
		if (r.Verdict.ID == "77") != (tt.want == Verdict || tt.want == NoQueue) {
			t.Errorf("%s: the verdict is %q", name, r.Verdict.ID)
		}
	}
}

// A stamp without a year.
func TestYears(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		reference, last string // "" for none
		stamp, want     string
	}{
		{"2026-11-24", "", "Nov 23", "2026-11-23"},
		{"2026-11-24", "", "Nov 25", "2026-11-25"}, // within a day: clocks and zones differ
		{"2026-11-24", "", "Dec 31", "2025-12-31"},
		{"2013-01-02", "", "Dec 31", "2012-12-31"},
		{"2026-03-01", "", "Feb 29", "2024-02-29"},
		{"2026-11-24", "2012-12-31", "Jan  1", "2013-01-01"},
		{"2026-11-24", "2013-01-01", "Dec 31", "2012-12-31"}, // lines a little out of order
		{"2026-11-24", "2012-06-01", "Nov 30", "2012-11-30"},
	} {
		last := time.Time{}
		if tt.last != "" {
			last = at(tt.last)
		}
		var r Record
		New(Options{Reference: at(tt.reference)}, last).Parse(tt.stamp+" 00:00:00 h postfix/qmgr[1]: AAAAAAAAA1: removed", &r)
		if !r.Time.Equal(at(tt.want)) {
			t.Errorf("%s by %s after %q: %v, want %s", tt.stamp, tt.reference, tt.last, r.Time, tt.want)
		}
	}
}

func TestZones(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	p := New(Options{Zone: zone, Reference: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}, time.Time{})
	var r Record
	for stamp, want := range map[string]string{"Jul  1 12:00:00": "2026-07-01T10:00:00Z", "Nov  1 12:00:00": "2026-11-01T11:00:00Z"} {
		p = New(p.opt, time.Time{})
		p.Parse(stamp+" h postfix/qmgr[1]: AAAAAAAAA1: removed", &r)
		if got := r.Time.Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", stamp, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/lines.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f.Add(strings.TrimSuffix(line, "\n"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		p := New(Options{Reference: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Verdicts: true}, time.Time{})
		var r, again Record
		p.Parse(line, &r)
		if r.Kind >= kinds {
			t.Fatal("no such kind")
		}
		for _, s := range []string{r.QueueID, r.Other, r.OrigQueueID} {
			if s != "" && (len(s) > 32 || strings.ContainsAny(s, " ,:<>")) {
				t.Fatalf("queue id of %d bytes", len(s))
			}
		}
		p.Parse(line, &again)
		if r.Kind != again.Kind || r.QueueID != again.QueueID {
			t.Fatal("read differently the second time")
		}
	})
}
