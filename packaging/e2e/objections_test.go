package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// What the agent enters, the milter keeps to: mail to the citizen, and about the citizen to others (R9).
func TestObjectionsReachTheMilter(t *testing.T) {
	dir := t.TempDir()
	if err := kit.Build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{
		"mask.key": "a key of both",
		"milter.toml": fmt.Sprintf("[organisation]\ndomains = [\"nordvig-kommune.example\"]\n[milter]\nmask_key = %q\nobjections = %q\nrules_dir = \"\"\ndepartments = \"\"\n",
			path("mask.key"), path("objections.csv")),
		"agent.toml": fmt.Sprintf("[organisation]\ndomains = [\"nordvig-kommune.example\"]\n[store]\npath = %q\n[agent]\nmask_key = %q\nobjections = %q\n",
			path("agent.db"), path("mask.key"), path("objections.csv")),
	} {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(in, program string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path(program), append(args, "--config", path(strings.TrimPrefix(program, "postvagt-")+".toml"))...)
		cmd.Stdin = strings.NewReader(in)
		out, _ := cmd.CombinedOutput() // check ends with 1 where it would stop something
		return string(out)
	}
	about := func(to string) string {
		t.Helper()
		return run(secretMail, "postvagt-milter", "check", "--to", to, "-")
	}
	harmless := func() string { return run(plainMail, "postvagt-milter", "check", "-") }
	if before := about("x@styrelse.example"); !strings.Contains(before, " sensitive") || strings.Contains(before, "after-objection") {
		t.Fatalf("before: %s", before)
	}
	out := run("010180-1234\n", "postvagt-agent", "objections", "add", "--number", "dk-cpr", "--source", "letter") // synthetic
	if !strings.Contains(out, ": entered") || strings.Contains(out, "010180") {
		t.Fatalf("add: %s", out)
	}
	if after := about("x@styrelse.example"); !strings.Contains(after, "after-objection") {
		t.Errorf("about the citizen to others: %s", after)
	}
	out = run("", "postvagt-agent", "objections", "add", "--address", "anna@borger.example", "--source", "telephone")
	id, _, _ := strings.Cut(out, ":")
	if after := about("anna+sag@borger.example"); !strings.Contains(after, "after-objection") {
		t.Errorf("to the citizen: %s", after)
	}
	if out := harmless(); !strings.Contains(out, "otherwise") {
		t.Errorf("harmless mail after an objection: %s", out)
	}
	if list := run("", "postvagt-agent", "objections", "list"); strings.Count(list, "\n") != 3 || !strings.Contains(list, "telephone") {
		t.Errorf("list: %s", list)
	}
	if out := run("", "postvagt-agent", "objections", "remove", id); !strings.Contains(out, ": removed") {
		t.Errorf("remove: %s", out)
	}
}
