package agent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// postconfOf puts a Postfix on the PATH that answers with these parameters.
func postconfOf(t *testing.T, params map[string]string) {
	t.Helper()
	dir := t.TempDir()
	var script strings.Builder
	script.WriteString("#!/bin/sh\nfor name; do :; done\ncase $name in\n")
	for name, value := range params {
		script.WriteString(name + ") echo '" + value + "';;\n")
	}
	script.WriteString("*) echo;;\nesac\n")
	if err := os.WriteFile(filepath.Join(dir, "postconf"), []byte(script.String()), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestSetupWritesTheDomainsOfTheMTA(t *testing.T) {
	postconfOf(t, map[string]string{
		"mydomain":      "nordvig-kommune.example",
		"mydestination": "mail.nordvig-kommune.example, localhost.localdomain, localhost, /etc/postfix/more, hash:/etc/x",
		"relay_domains": "Havn.example havn.example .sub.example 192.0.2.1:25",
	})
	dir := t.TempDir()
	s := &Setup{ConfigFile: filepath.Join(dir, "agent.toml"), Name: "Nordvig \"Kommune\""}
	milter := filepath.Join(dir, "milter.toml")
	const milterText = "# top\n[organisation]\n# As it shall stand.\n#name = \"\"\n#domains = []\n[policy]\nmode = \"enforce\"\n"
	if err := os.WriteFile(milter, []byte(milterText), 0o640); err != nil {
		t.Fatal(err)
	}
	changes, err := s.Plan(t.Context())
	if err != nil || len(changes) != 2 {
		t.Fatal(changes, err)
	}
	if err := s.Apply(changes); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(s.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Organisation.Domains, " "); got != "nordvig-kommune.example havn.example" || c.Organisation.Name != s.Name {
		t.Errorf("domains %q of %q", got, c.Organisation.Name)
	}
	text, err := os.ReadFile(milter)
	want := "# top\n[organisation]\ndomains = [\"nordvig-kommune.example\", \"havn.example\"]\nname = \"Nordvig \\\"Kommune\\\"\"\n# As it shall stand.\n[policy]\nmode = \"enforce\"\n"
	if err != nil || string(text) != want {
		t.Errorf("%v, milter.toml is\n%s", err, text)
	}
	if old, err := os.ReadFile(milter + ".before-setup"); err != nil || string(old) != milterText {
		t.Errorf("%v, before it was\n%s", err, old)
	}
	if changes, err = s.Plan(t.Context()); err != nil || len(changes) != 0 {
		t.Errorf("a second setup would change %v, %v", changes, err)
	}
}

func TestSetupAsksForADomainThatNobodyNames(t *testing.T) {
	postconfOf(t, map[string]string{"mydomain": "localdomain", "mydestination": "localhost"})
	s := &Setup{ConfigFile: filepath.Join(t.TempDir(), "agent.toml")}
	if _, err := s.Plan(t.Context()); !errors.Is(err, ErrNoDomains) {
		t.Error(err)
	}
	if _, err := os.Stat(s.ConfigFile); err == nil {
		t.Error("a plan wrote a file")
	}
}
