package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a command line and returns what it printed and its exit code.
func command(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(""), &o, &e)
	return o.String(), e.String(), code
}

func config(t *testing.T, extra string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.toml")
	text := fmt.Sprintf("[organisation]\ndomains = [\"nordvig-kommune.example\"]\n[store]\npath = %q\n[agent]\ndepartments = \"\"\nsecure_mailboxes = \"\"\nmask_key = \"\"\n[dashboard]\nlisten = \"127.0.0.1:0\"\n%s",
		filepath.Join(dir, "agent.db"), extra)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommandLine(t *testing.T) {
	good := config(t, "[log]\nzone = \"UTC\"\n")
	bad := config(t, "[log]\nzon = \"UTC\"\n")
	folder := config(t, fmt.Sprintf("[log]\nfiles = [%q]\nverdicts = []\n", t.TempDir()))
	channel := config(t, "[[channel]]\nname = \"gateway\"\nsubject_prefix = \"#sikker#\"\n")
	const mail, verdicts = "../../track/testdata/fates/mail.log", "../../track/testdata/fates/verdict.log"
	for _, tt := range []struct {
		name        string
		args        []string
		code        int
		out, errOut string
	}{
		{"help", []string{"--help"}, 0, "Follow the mail log", ""},
		{"no command", nil, 2, "", "postvagt-agent: "},
		{"unknown command", []string{"fly"}, 2, "", "postvagt-agent: "},
		{"check", []string{"config", "check", "--config", good}, 0, ": ok", ""},
		{"check, unknown key", []string{"config", "check", "--config", bad}, 2, "", `agent.toml:12: log.zon: unknown key; did you mean "log.zone"?`},
		{"check, no such file", []string{"config", "check", "--config", "/nowhere.toml"}, 2, "", "an example: postvagt-agent config default"},
		{"check, a mark that nothing proves", []string{"config", "check", "--config", channel}, 0, ": ok", `"gateway" has no require_relay`},
		{"default", []string{"config", "default"}, 0, "[organisation]", ""},
		{"run, a folder as log", []string{"run", "--config", folder}, 2, "", "is a directory, not a log file"},
		{"count, nothing yet", []string{"count", "--config", good}, 2, "", "agent.db"},
		{"import", []string{"import", "-q", "--year", "2026", "--verdicts", verdicts, "--config", good, mail}, 0, "197 lines read, ", ""},
		{"import again", []string{"import", "-q", "--config", good, mail}, 0, "0 lines read, 0 transmissions written", ""},
		{"count", []string{"count", "--by", "level", "--config", good}, 0, "sensitive", ""},
		{"count all", []string{"count", "--config", good}, 0, "20", ""},
		{"count as JSON", []string{"count", "--json", "--by", "outcome,level", "--where", "outcome=held", "--config", good}, 0, `{"count":1,"level":"sensitive","outcome":"held"}`, ""},
		{"count, a field that is not there", []string{"count", "--by", "colour", "--config", good}, 2, "", `no field "colour"`},
		{"cases, none yet", []string{"cases", "list", "--config", good}, 0, "CASE", ""},
		{"cases, no such number", []string{"cases", "show", "--config", good, "2026-0001"}, 2, "", `"2026-0001": the register has no such subject`},
		{"cases verify", []string{"cases", "verify", "--config", good}, 0, "0 records, none changed; newest: empty", ""},
		{"cases export", []string{"cases", "export", "--config", good}, 0, `"schema": 1`, ""},
		{"doctor", []string{"doctor", "--config", good}, 1, "Next step: ", ""},
		{"doctor, bad configuration", []string{"doctor", "--config", bad}, 1, "MISSING  configuration", ""},
	} {
		out, errOut, code := command(t, tt.args...)
		if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errOut, tt.errOut) || tt.code != 2 && tt.errOut == "" && errOut != "" {
			t.Errorf("%s: exit %d, want %d\n%s\n%s", tt.name, code, tt.code, out, errOut)
		}
	}
}
