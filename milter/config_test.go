package milter

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"postvagt/milter/program"
)

// Each misconfiguration is a file that says in its first line which error it must give.
func TestBadConfigurations(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.toml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(data), "\n")
			want, ok := strings.CutPrefix(first, "# want: ")
			if !ok {
				t.Fatal("no want line")
			}
			_, err = LoadConfig(path)
			if err == nil || !strings.Contains(err.Error(), "testdata/config/"+want) {
				t.Errorf("error %v\nwant %s", err, want)
			}
			if err != nil && strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("more than one fault: %v", err)
			}
		})
	}
}

// The printed defaults, with the comment signs taken away, are the defaults.
func TestDefaultConfigSaysWhatItIs(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDefaultConfig(&b); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^#([a-z\[])`).ReplaceAllString(b.String(), "$1")
	var got Config
	md, err := toml.Decode(text, &got)
	if err != nil {
		t.Fatal(err)
	}
	if extra := md.Undecoded(); len(extra) > 0 {
		t.Errorf("unknown keys: %v", extra)
	}
	opts := []cmp.Option{cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })}
	if d := cmp.Diff(DefaultConfig(), &got, opts...); d != "" {
		t.Error(d)
	}
	if n := strings.Count(b.String(), "\n# \n"); n > 0 {
		t.Errorf("%d keys without an explanation", n)
	}
}

// The file that is installed is the one that is printed. Make it anew with: postvagt-milter config default
func TestShippedFileIsTheDefault(t *testing.T) {
	shipped, err := os.ReadFile("../packaging/etc/milter.toml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteDefaultConfig(&b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(shipped), b.String()); d != "" {
		t.Errorf("packaging/etc/milter.toml (-) is not config default (+): %s", d)
	}
}

// As it is printed, the file needs nothing but the domains.
func TestDefaultConfigIsGood(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDefaultConfig(&b); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(b.String(), "# domains = ", "domains = ", 1)
	if _, err := parseConfig("milter.toml", []byte(text)); err != nil {
		t.Error(err)
	}
}

// One file may serve both programs.
func TestTablesOfTheAgentAreLeftAlone(t *testing.T) {
	c, err := parseConfig("postvagt.toml", []byte(`
[organisation]
domains = ["@A.example"]
[persons]
informed_since = "2026-01-01"
[dashboard]
listen = "127.0.0.1:8480"
[milter]
timeout = "1m30s"
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Milter.Timeout != program.Duration(90*time.Second) || c.Organisation.Domains[0] != "a.example" {
		t.Errorf("timeout %v, domains %v", c.Milter.Timeout, c.Organisation.Domains)
	}
}

func TestWarnings(t *testing.T) {
	c, err := parseConfig("m.toml", []byte("[organisation]\ndomains = [\"a.example\"]\n[milter]\nlisten = \"inet:0.0.0.0:9000\"\npdftotext = \"/nonexistent/pdftotext\"\n[[channel]]\nname = \"g\"\nsubject_prefix = \"#s#\"\n"+
		"[[policy.line]]\nname = \"a\"\naction = \"tag\"\nkinds = [\"helth\"]\n[[policy.line]]\nname = \"b\"\naction = \"pass\"\n[held]\nfour_eyes = [\"cpr\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.Warnings(), "\n")
	for _, want := range []string{"m.toml:6: channel[0]: channel \"g\" has no require_relay", "m.toml:4: milter.listen: anybody who reaches 0.0.0.0:9000", "m.toml:5: milter.pdftotext: the program is missing",
		"m.toml:12: policy.line[0].kinds: no shipped rule finds the kind \"helth\"; did you mean \"health\"?", "held.four_eyes: no shipped rule finds the kind \"cpr\""} {
		if !strings.Contains(got, want) {
			t.Errorf("no warning %q in %q", want, got)
		}
	}
}

func TestParseListen(t *testing.T) {
	for in, want := range map[string]string{
		"unix:/run/m.sock": "unix /run/m.sock", "local:/m": "unix /m", "inet:127.0.0.1:99": "tcp 127.0.0.1:99",
		"inet:99@localhost": "tcp localhost:99", "inet6:[::1]:99": "tcp [::1]:99",
		"unix:m.sock": "error", "inet:99": "error", "": "error", "unix:/" + strings.Repeat("x", 120): "error",
	} {
		network, addr, err := ParseListen(in)
		got := network + " " + addr
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("[organisation]\ndomains = [\"a.example\"]\n[[policy.line]]\nname = \"a\"\naction = \"pass\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseConfig("f.toml", data); err == nil && len(c.Organisation.Domains) == 0 {
			t.Error("accepted without domains")
		}
	})
}
