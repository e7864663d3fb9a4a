package agent

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"postvagt/agent/store"
	"postvagt/dashboards"
)

var entered = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// figuresHouse is a configuration with an empty database.
func figuresHouse(t *testing.T) *Config {
	t.Helper()
	c := DefaultConfig()
	c.Organisation.Domains = []string{"nordvig-kommune.example"}
	c.Log.Zone = "Europe/Copenhagen"
	c.Store.Path = filepath.Join(t.TempDir(), "agent.db")
	db, err := store.Open(t.Context(), c.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

func importText(t *testing.T, c *Config, text string) FiguresSum {
	t.Helper()
	sum, err := ImportFigures(t.Context(), c, "post.csv", strings.NewReader(text), "kari", entered)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// Figures are kept as they were entered; the same file again changes nothing, a corrected one only what it corrects. An
// agent may have the database open meanwhile.
func TestFiguresAreImportedOnce(t *testing.T) {
	c := figuresHouse(t)
	agent, err := store.Open(t.Context(), c.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	const text = "\ufeffMonth;Channel;Department;Count;Source;Entered_by\r\n2011-01;Digital Post;Børn og Unge;1200;e-Boks' opgørelse;Bente\r\n# en note\r\n2011-02;Digital Post;;1300;e-Boks' opgørelse;\r\n"
	if got, want := importText(t, c, text), (FiguresSum{Added: 2}); got != want {
		t.Errorf("first: %+v, want %+v", got, want)
	}
	if got, want := importText(t, c, text), (FiguresSum{Same: 2}); got != want {
		t.Errorf("again: %+v, want %+v", got, want)
	}
	if got, want := importText(t, c, strings.Replace(text, "1300", "1301", 1)), (FiguresSum{Changed: 1, Same: 1}); got != want {
		t.Errorf("corrected: %+v, want %+v", got, want)
	}
	got, err := Figures(t.Context(), c, "2011-01-01", "2012-09-30")
	if err != nil {
		t.Fatal(err)
	}
	want := []dashboards.Reported{
		{Month: "2011-01", Channel: "Digital Post", Department: "Børn og Unge", Source: "e-Boks' opgørelse", Count: 1200, EnteredBy: "Bente", Entered: entered},
		{Month: "2011-02", Channel: "Digital Post", Source: "e-Boks' opgørelse", Count: 1301, EnteredBy: "kari", Entered: entered},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for period, n := range map[[2]string]int{{"2011-01-02", "2011-02-28"}: 1, {"2011-01-01", "2011-02-27"}: 1, {"2011-01-02", "2011-02-27"}: 0} {
		got, err := Figures(t.Context(), c, period[0], period[1])
		if err != nil || len(got) != n {
			t.Errorf("%v: %d figures, error %v, want those of %d whole months", period, len(got), err, n)
		}
	}
}

// Each fault is told with file, line and column, and nothing is kept.
func TestFiguresFaults(t *testing.T) {
	c := figuresHouse(t)
	const head = "month,channel,count,source\n"
	for name, tt := range map[string]struct{ text, want string }{
		"empty":            {"", "post.csv: is empty"},
		"no head":          {"2011-01,Digital Post,5,x\n", `post.csv:1: column 1: "2011-01" is not known`},
		"misspelt":         {"month,chanel,count,source\n", `post.csv:1: column 2: "chanel" is not known; did you mean "channel"?`},
		"a column missing": {"month,channel,count\n", "post.csv:1: source: this column is missing"},
		"a column twice":   {"month,month,count\n", "post.csv:1: month: stands twice"},
		"month":            {head + "2011-13,Digital Post,5,x\n", `post.csv:2: month: "2011-13" is not a month`},
		"not begun":        {head + "2026-12,Digital Post,5,x\n", `post.csv:2: month: "2026-12" is not a month such as 2011-01 that has begun`},
		"count":            {head + "2011-01,Digital Post,1.200,x\n", `post.csv:2: count: "1.200" is not a number`},
		"negative":         {head + "2011-01,Digital Post,-1,x\n", `post.csv:2: count: "-1" is not a number`},
		"no channel":       {head + "2011-01,,5,x\n", "post.csv:2: channel: is empty"},
		"no source":        {head + "2011-01,Digital Post,5,\n", "post.csv:2: source: is empty"},
		"too few":          {head + "2011-01,Digital Post,5\n", "post.csv:2: 3 columns, the head has 4"},
		"twice":            {head + "2011-01,Digital Post,5,x\n2011-01,Digital Post,6,x\n", "post.csv:3: the same month, channel, department and source as in line 2"},
		"quote":            {head + "2011-01,Digital\" Post,5,x\n", "post.csv:2: column 16: bare"},
		"latin-1":          {head + "2011-01,Bj\xf8rn,5,x\n", "post.csv: is not UTF-8"},
		"the second line":  {head + "2011-01,Digital Post,5,x\n2011-02,Digital Post,y,x\n", `post.csv:3: count: "y"`},
	} {
		_, err := ImportFigures(t.Context(), c, "post.csv", strings.NewReader(tt.text), "kari", entered)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if got, err := Figures(t.Context(), c, "", ""); err != nil || len(got) != 0 {
		t.Errorf("%d figures kept of files with faults, error %v", len(got), err)
	}
}

// The report shows what was entered as reported, and adds it to nothing.
func TestReportShowsFiguresApart(t *testing.T) {
	c := figuresHouse(t)
	c.Organisation.Name = "Nordvig Kommune"
	write := func() map[string]any {
		t.Helper()
		var out bytes.Buffer
		if err := WriteReport(t.Context(), c, ReportQuery{From: "2011-01-01", To: "2012-09-30", Lang: "en", Format: "json"}, entered, &out); err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	before := write()
	importText(t, c, "month,channel,count,source\n2011-01,Digital Post,1200,statement\n2011-03,Digital Post,1300,statement\n")
	after := write()
	if diff := gocmp.Diff(before["figures"], after["figures"]); diff != "" {
		t.Errorf("measured figures changed:\n%s", diff)
	}
	if got, _ := after["reported_not_measured"].([]any); len(got) != 2 {
		t.Errorf("reported: %v", got)
	}
	var page bytes.Buffer
	if err := WriteReport(t.Context(), c, ReportQuery{From: "2011-01-01", To: "2012-09-30", Lang: "da", Format: "html"}, entered, &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Indberettet, ikke målt", "2011-01–2011-03, 2 af 3 måneder", "2.500"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}
