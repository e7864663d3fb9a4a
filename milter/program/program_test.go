package program

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

type settings struct {
	Daemon daemon `toml:"daemon" doc:"The daemon."`
	Hop    []hop  `toml:"hop"`
}

type daemon struct {
	Listen  string   `toml:"listen" doc:"Where."`
	Timeout Duration `toml:"timeout" doc:"How long."`
	Names   []string `toml:"names" doc:"Whose."`
}

type hop struct {
	Host string `toml:"host"`
}

func TestParseNamesFileLineKeyAndTheNearestKey(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"misspelt", "[daemon]\nlistn = \"x\"\n", `f.toml:2: daemon.listn: unknown key; did you mean "daemon.listen"?`},
		{"another table", "[deamon]\nlisten = \"x\"\n", `f.toml:1: deamon: unknown key; did you mean "daemon"?`},
		{"in a list", "[[hop]]\nhost = \"a\"\n[[hop]]\nhots = \"b\"\n", `f.toml:4: hop.hots: unknown key; did you mean "hop.host"?`},
		{"nothing like it", "zzzzzzzzz = 1\n", "f.toml:1: zzzzzzzzz: unknown key"},
		{"of the other program", "[other]\nkey = 1\n", ""},
		{"syntax", "[daemon]\nlisten = \n", "f.toml:2: daemon.listen: "},
		{"type", "[daemon]\nlisten = 3\n", "f.toml:2: daemon.listen: "},
		{"duration", "[daemon]\ntimeout = \"soon\"\n", `"soon" is not a time such as "20s"`},
	} {
		var s settings
		_, unknown, err := Parse("f.toml", []byte(c.text), &s, []string{"other"})
		if err == nil && len(unknown) > 0 {
			err = unknown[0]
		}
		switch got := fmt.Sprint(err); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %s", c.name, got)
		case !strings.Contains(got, c.want) && c.want != "":
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestFaultStandsAtTheKeyOrItsTable(t *testing.T) {
	text := "[daemon]\nlisten = \"x\"\n\n[[hop]]\nhost = \"a\"\n[[hop]]\n"
	var s settings
	source, unknown, err := Parse("f.toml", []byte(text), &s, nil)
	if err != nil || len(unknown) > 0 {
		t.Fatal(err, unknown)
	}
	for key, line := range map[string]int{"daemon.listen": 2, "daemon.timeout": 1, "hop[0].host": 5, "hop[1].host": 6, "none": 0} {
		if got := source.Fault(key, "wrong").Line; got != line {
			t.Errorf("%s: line %d, want %d", key, got, line)
		}
	}
	if !source.Defined("daemon", "listen") || source.Defined("daemon", "timeout") {
		t.Error("what the file sets itself")
	}
}

func TestDefaultsSayWhatTheyAre(t *testing.T) {
	want := settings{Daemon: daemon{Listen: "unix:/s", Timeout: Duration(20 * time.Second)}}
	text, err := Defaults("prog", want)
	if err != nil {
		t.Fatal(err)
	}
	var got settings
	plain := strings.ReplaceAll("\n"+string(text), "\n#", "\n")
	plain = strings.ReplaceAll(plain, "\n ", "\n# ")
	if _, err := toml.Decode(plain, &got); err != nil {
		t.Fatal(err)
	}
	if got.Daemon.Listen != want.Daemon.Listen || got.Daemon.Timeout != want.Daemon.Timeout || got.Daemon.Names == nil {
		t.Errorf("%+v", got)
	}
}

type grammar struct {
	Yes answer `cmd:""`
	No  refuse `cmd:""`
	Bad fail   `cmd:""`
}

type (
	answer struct{}
	refuse struct{}
	fail   struct{}
)

func (answer) Run(t *Terminal) error { fmt.Fprintln(t.Out, "yes"); return nil }
func (refuse) Run(*Terminal) error   { return ErrNo }
func (fail) Run(*Terminal) error     { return fmt.Errorf("first\nsecond") }

func TestRunAnswersByExitCode(t *testing.T) {
	for _, c := range []struct {
		args, out, err string
		code           int
	}{
		{"yes", "yes\n", "", ExitOK},
		{"no", "", "", ExitNo},
		{"bad", "", "prog: first\nprog: second\n", ExitError},
		{"what", "", "(see prog --help)", ExitError},
		{"--help", "Usage: prog", "", ExitOK},
		{"--version", "prog unknown\n", "", ExitOK}, // a test is of no package
	} {
		var out, errOut bytes.Buffer
		code := Command{Name: "prog", Description: "A program.", Grammar: &grammar{}}.Run(strings.Fields(c.args), &Terminal{Out: &out, Err: &errOut})
		if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errOut.String(), c.err) {
			t.Errorf("%s: exit %d, %q, %q", c.args, code, out.String(), errOut.String())
		}
	}
}

type manualGrammar struct {
	Man   Man `cmd:"" hidden:"" help:"Pages."`
	Judge struct {
		JSON  bool     `help:"One object for each. Not for .people."`
		Paths []string `arg:"" name:"path" help:"Files - or folders."`
	} `cmd:"" help:"Judge files. Exit 1 if one is stopped."`
	Queue struct {
		List struct {
			Max int `short:"m" placeholder:"N" help:"At most so many."`
		} `cmd:"" help:".List is no request of roff."`
	} `cmd:"" help:"The queue."`
}

func TestManualSaysWhatHelpSays(t *testing.T) {
	dir := t.TempDir()
	var out, errOut bytes.Buffer
	c := Command{Name: "guard", Description: "Guards mail.", ConfigFile: "/etc/guard.toml", Grammar: &manualGrammar{}, Everyday: []string{"judge"},
		Defaults: func(w io.Writer) error { _, err := fmt.Fprintln(w, "#listen = \"a\\b\""); return err }}
	if code := c.Run([]string{"man", dir}, &Terminal{Out: &out, Err: &errOut}); code != ExitOK {
		t.Fatal(code, errOut.String())
	}
	for page, wants := range map[string][]string{
		"guard.8":       {".TH GUARD 8", "guard \\- guards mail\n", "\\fBguard judge\\fR\nJudge files. Exit 1 if one is stopped. See guard\\-judge(1).", "OPTIONS\n.TP\n\\fB\\-h, \\-\\-help\\fR\n"},
		"guard-judge.1": {"guard\\-judge \\- judge files\n", "guard judge <path> ... [flags]", "\\fB\\-\\-json\\fR\nOne object for each. Not for .people.\n", "Files \\- or folders."},
		"guard-queue.8": {".SS list\n\\&.List is no request of roff.", "\\fB\\-m, \\-\\-max=N\\fR\n"},
		"guard.toml.5":  {".nf\n#listen = \"a\\eb\""},
	} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil {
			t.Error(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q in\n%s", page, want, text)
			}
		}
	}
	if pages, err := os.ReadDir(dir); err != nil || len(pages) != 4 {
		t.Error(pages, err)
	}
}
