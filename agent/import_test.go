package agent

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func importConfig(t *testing.T) *Config {
	t.Helper()
	dir := t.TempDir()
	c, err := parseConfig("agent.toml", []byte(fmt.Sprintf("[organisation]\ndomains = [\"nordvig-kommune.example\"]\n[log]\nzone = \"UTC\"\n[store]\npath = %q\n"+
		"[agent]\ndepartments = \"\"\nsecure_mailboxes = \"\"\nmask_key = \"\"\npseudonym_key = %q\n", filepath.Join(dir, "agent.db"), filepath.Join(dir, "key"))))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	fatesMail     = "track/testdata/fates/mail.log"
	fatesVerdicts = "track/testdata/fates/verdict.log"
)

// An import reads a log once, however often it is asked to, and ends what has no end in it.
func TestImport(t *testing.T) {
	c := importConfig(t)
	im := &Import{Config: c, Verdicts: []string{fatesVerdicts}, Year: 2026}
	sum, err := im.Run(t.Context(), []string{fatesMail})
	if err != nil {
		t.Fatal(err)
	}
	first := rows(t, c.Store.Path)
	if sum.Lines != 197 || sum.Unknown != 0 || len(first) != 20 {
		t.Errorf("%+v, %d rows", sum, len(first))
	}
	for _, d := range first {
		if d.Outcome == "deferred" || d.Outcome == "queued" {
			t.Errorf("%s is still %s", d.QueueID, d.Outcome)
		}
	}
	if sum, err = im.Run(t.Context(), []string{fatesMail}); err != nil || sum.Lines != 0 {
		t.Errorf("again: %+v, %v", sum, err)
	}
	if diff := cmp.Diff(first, rows(t, c.Store.Path)); diff != "" {
		t.Errorf("again (-first +second):\n%s", diff)
	}
}

// Years in the past, without verdicts: what became of the mail is known, what was in it is not.
func TestImportOldYear(t *testing.T) {
	c := importConfig(t)
	path := filepath.Join(t.TempDir(), "old.log")
	b, err := os.ReadFile(fatesMail)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(b))
	at := time.Date(2012, 11, 30, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	if _, err := (&Import{Config: c}).Run(t.Context(), []string{path}); err != nil {
		t.Fatal(err)
	}
	all := rows(t, c.Store.Path)
	for _, d := range all {
		if d.Time.Year() != 2012 || d.Level != "unknown" || d.Finding != "" || d.Left && d.Transport == "" || d.Protected == "yes" || d.Protected == "no" {
			t.Errorf("%s: %s, level %s, finding %q, transport %q, protected %q", d.QueueID, d.Time, d.Level, d.Finding, d.Transport, d.Protected)
		}
	}
	if len(all) != 20 {
		t.Errorf("%d rows", len(all))
	}
}

func TestImportStdin(t *testing.T) {
	c := importConfig(t)
	b, err := os.ReadFile(fatesMail)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Import{Config: c, Year: 2026, Stdin: bytes.NewReader(b)}).Run(t.Context(), []string{"-"}); err != nil {
		t.Fatal(err)
	}
	if n := len(rows(t, c.Store.Path)); n != 20 {
		t.Errorf("%d rows", n)
	}
}

func TestImportFaults(t *testing.T) {
	c := importConfig(t)
	dir := t.TempDir()
	cut := filepath.Join(dir, "cut.gz")
	write(t, cut, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03rubbish")
	for name, tt := range map[string]struct{ file, want string }{
		"missing":         {filepath.Join(dir, "none"), "no such file"},
		"a directory":     {dir, "is a directory"},
		"damaged archive": {cut, "cut.gz"},
	} {
		if _, err := (&Import{Config: c}).Run(t.Context(), []string{tt.file}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two agents on one database: the second is told whom to stop.
func TestImportWhileTheAgentRuns(t *testing.T) {
	g := newGrowing(t)
	a := newChild(t, t.TempDir(), g.dir)
	a.start()
	a.following(2)
	c, err := LoadConfig(a.config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Import{Config: c}).Run(context.Background(), []string{fatesMail}); err == nil || !strings.Contains(err.Error(), "stop the agent") {
		t.Error(err)
	}
}

func TestCount(t *testing.T) {
	c := importConfig(t)
	if _, err := (&Import{Config: c, Verdicts: []string{fatesVerdicts}, Year: 2026}).Run(t.Context(), []string{fatesMail}); err != nil {
		t.Fatal(err)
	}
	got, err := Count(t.Context(), c, CountQuery{By: []string{"level", "postvagt.outcome"}, Where: map[string]string{"direction": "outbound"}, From: "2026-11-23", To: "2026-11-23"})
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int64{}
	for _, r := range got {
		n[strings.Join(r.Keys, " ")] = r.Count
	}
	want := map[string]int64{"none delivered": 9, "none bounced": 1, "none unknown": 2, "sensitive held": 1, "sensitive delivered": 1, "sensitive deleted": 1,
		"unknown delivered": 2, "unknown rejected": 1}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, q := range []CountQuery{{By: []string{"levle"}}, {From: "yesterday"}, {By: []string{"a", "b", "c", "d"}}, {Where: map[string]string{"nothing": "x"}}} {
		if _, err := Count(t.Context(), c, q); err == nil {
			t.Errorf("%+v was answered", q)
		}
	}
	if _, err := Count(t.Context(), c, CountQuery{By: []string{"levle"}}); !strings.Contains(err.Error(), `did you mean "level"`) {
		t.Error(err)
	}
}

// The report of an archive without verdicts says how much was sent and by which channel; what was in it is not known, never 0.
func TestReportOfAnArchive(t *testing.T) {
	c := importConfig(t)
	c.Channel = []Channel{{Name: "gateway", RequireRelay: []string{"[127.0.0.2]"}}}
	path := filepath.Join(t.TempDir(), "old.log")
	b, err := os.ReadFile(fatesMail)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(b))
	if _, err := (&Import{Config: c, Year: 2012}).Run(t.Context(), []string{path}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteReport(t.Context(), c, ReportQuery{From: "2012-11-01", To: "2012-11-30", Lang: "en", Format: "csv"}, time.Now(), &out); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"sensitive", "confidential", "recognised", "left-safely", "open-sensitive", "unseen"} {
		if !strings.Contains(out.String(), "\n"+id+",") {
			t.Errorf("no line of %s", id)
		}
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, id+",") && !strings.Contains(line, "not known") {
				t.Errorf("%q says more than is known", line)
			}
		}
	}
	if !strings.Contains(out.String(), "\nchannel-proven,") || !strings.Contains(out.String(), ",gateway,") {
		t.Error("no mail by the channel's relay")
	}
	for _, d := range rows(t, c.Store.Path) {
		if d.Channel == "gateway" && (d.ChannelState != "proven" || d.Protected != "unknown") {
			t.Errorf("%s: channel %s, protected %s", d.QueueID, d.ChannelState, d.Protected)
		}
	}
}
