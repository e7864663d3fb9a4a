package agent

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"postvagt/agent/maillog"
)

func objectionsConfig(t *testing.T, key string) *Config {
	t.Helper()
	dir := t.TempDir()
	c := DefaultConfig()
	c.Agent.Objections, c.Agent.MaskKey = filepath.Join(dir, "state", "objections.csv"), filepath.Join(dir, "mask.key")
	if key != "" {
		if err := os.WriteFile(c.Agent.MaskKey, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestObjections(t *testing.T) {
	c := objectionsConfig(t, "key")
	o, err := AddObjection(c, Objection{Address: "anna@borger.example", Date: "2026-11-23", Note: "case 2026-17, \"letters\" only", Source: "letter"}, &Number{"dk-cpr", "010180-1234"}) // synthetic
	if err != nil {
		t.Fatal(err)
	}
	if want := maillog.NewMasker([]byte("key")).Person("dk-cpr", []byte("0101801234")); o.Person != want {
		t.Error("the hash is not the one that the milter makes")
	}
	b, err := os.ReadFile(c.Agent.Objections)
	if err != nil || strings.Contains(string(b), "010180") || !strings.HasPrefix(string(b), objectionsHead+"\n") || !strings.HasSuffix(string(b), "\n") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if all, err := Objections(c); err != nil || len(all) != 1 || all[0] != o {
		t.Errorf("%v, %v", all, err)
	}
	if err := RemoveObjection(c, "00000000"); err == nil || !strings.Contains(err.Error(), "not in the register") {
		t.Errorf("an entry that is not there: %v", err)
	}
	if err := RemoveObjection(c, o.ID()); err != nil {
		t.Error(err)
	}
	if all, err := Objections(c); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestObjectionsRefused(t *testing.T) {
	good := Objection{Address: "anna@borger.example", Date: "2026-11-23", Source: "letter"}
	for name, tt := range map[string]struct {
		change func(*Objection)
		number *Number
		key    string
		want   string
	}{
		"nobody":            {func(o *Objection) { o.Address = "" }, nil, "k", "name an address, a national number, or both"},
		"no address":        {func(o *Objection) { o.Address = "anna" }, nil, "k", "user@domain"},
		"date":              {func(o *Objection) { o.Date = "23/11" }, nil, "k", "is not a date"},
		"two lines":         {func(o *Objection) { o.Note = "a\nb" }, nil, "k", "one line"},
		"number in a note":  {func(o *Objection) { o.Note = "010180-1234" }, nil, "k", "seems to hold a national number"},
		"no key":            {func(*Objection) {}, &Number{"dk-cpr", "010180-1234"}, "", "there is no key"},
		"kind":              {func(*Objection) {}, &Number{"cpr", "010180-1234"}, "k", `kind "cpr" is not one of`},
		"a digit too few":   {func(*Objection) {}, &Number{"dk-cpr", "010180-123"}, "k", "has 9 digits"},
		"Finnish, too long": {func(*Objection) {}, &Number{"fi-hetu", "131052-A308T9"}, "k", "has 12 digits"},
	} {
		o := good
		tt.change(&o)
		_, err := AddObjection(objectionsConfig(t, tt.key), o, tt.number)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "0180") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	c := objectionsConfig(t, "k")
	if _, err := AddObjection(c, good, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := AddObjection(c, good, nil); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("twice: %v", err)
	}
	if err := os.WriteFile(c.Agent.Objections, []byte("address;person\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := AddObjection(c, good, nil); err == nil || !strings.Contains(err.Error(), "objections.csv:") {
		t.Errorf("another file: %v", err)
	}
}

func TestNumbersAsTheMilterSeesThem(t *testing.T) {
	for _, tt := range [][3]string{{"fi-hetu", "131052-308t", "131052308T"}, {"fi-hetu", "131052A308T", "131052308T"}, {"no-fnr", "010180 12345", "01018012345"}, {"se-pnr", "19800101-1234", "198001011234"}} {
		if got, err := (Number{tt[0], tt[1]}).canonical(); err != nil || string(got) != tt[2] {
			t.Errorf("%s: %v", tt[0], err)
		}
	}
}

// Several programs change the register at once, and nothing is lost.
func TestObjectionsTogether(t *testing.T) {
	c := objectionsConfig(t, "")
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			if _, err := AddObjection(c, Objection{Address: string(rune('a'+i)) + "@borger.example", Date: "2026-11-23", Source: "letter"}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if all, err := Objections(c); err != nil || len(all) != 20 {
		t.Errorf("%d, %v", len(all), err)
	}
}
