package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// label is what labels.jsonl says of a mail.
type label struct {
	ID, File, Lang, Expect, Weak string
	Ambiguous                    bool
}

// counts says whether a mail is part of the figures: a weak lock is for policy to judge, unless its key lies beside it.
func (l label) counts() bool {
	return !l.Ambiguous && (l.Weak == "" || l.Weak == "password-in-same-mail")
}

// tally counts decisions about mails that should be protected and about those that should not.
type tally struct{ found, missed, alarms int }

func (t *tally) add(expected, stopped bool) {
	switch {
	case expected && stopped:
		t.found++
	case expected:
		t.missed++
	case stopped:
		t.alarms++
	}
}

func (t tally) precision() float64 { return ratio(t.found, t.found+t.alarms) }
func (t tally) recall() float64    { return ratio(t.found, t.found+t.missed) }

func (t tally) f1() float64 {
	p, r := t.precision(), t.recall()
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// The milter's check, as a user runs it, on mails whose answer is known.
func TestCheckJudgesTheCorpus(t *testing.T) {
	dir := filepath.Join("corpus", "dev")
	stopped := checkMails(t, filepath.Join(dir, "milter.toml"), filepath.Join(dir, "msgs"))
	var all tally
	languages := map[string]*tally{}
	for _, l := range labels(t, dir) {
		decision, judged := stopped[filepath.Join(dir, l.File)]
		if !judged {
			t.Errorf("%s: no answer", l.ID)
		}
		if !l.counts() {
			continue
		}
		if languages[l.Lang] == nil {
			languages[l.Lang] = &tally{}
		}
		all.add(l.Expect == "protect", decision)
		languages[l.Lang].add(l.Expect == "protect", decision)
	}
	t.Logf("F1 %.3f, precision %.3f, recall %.3f", all.f1(), all.precision(), all.recall())
	if all.f1() < 0.97 || all.precision() < 0.97 {
		t.Errorf("F1 %.3f and precision %.3f, want 0.97", all.f1(), all.precision())
	}
	for lang, n := range languages {
		if n.recall() < 0.93 {
			t.Errorf("%s: recall %.3f, want 0.93", lang, n.recall())
		}
	}
}

// Real, harmless mails of others, where their folder is: hardly one is held.
func TestCheckLeavesHarmlessMailAlone(t *testing.T) {
	dir := os.Getenv("POSTVAGT_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	dir = filepath.Join(dir, "ham")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the mails of others are not here: set POSTVAGT_CORPUS")
	}
	config := filepath.Join(t.TempDir(), "milter.toml")
	text := "[organisation]\nname = \"Ham\"\ndomains = [\"ham.example\"]\n[policy]\nmode = \"enforce\"\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped := checkMails(t, config, "--from", "sender@ham.example", "--to", "rcpt@outside.example", dir)
	var held []string
	for file, yes := range stopped {
		if yes {
			held = append(held, filepath.Base(file))
		}
	}
	if len(stopped) < 600 || len(held) > 3 {
		t.Errorf("%d of %d mails held: %s", len(held), len(stopped), strings.Join(held, " "))
	}
}

// checkMails runs postvagt-milter check and says of each file whether it would be stopped.
func checkMails(t *testing.T, config string, args ...string) map[string]bool {
	t.Helper()
	bin := t.TempDir()
	if err := kit.Build(t.Context(), bin); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "postvagt-milter"), append([]string{"check", "--json", "--config", config}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatal(err)
	}
	stopped := map[string]bool{}
	for line := range bytes.Lines(out) {
		var answer struct{ File, Action string }
		if err := json.Unmarshal(line, &answer); err != nil {
			t.Fatal(err)
		}
		stopped[answer.File] = answer.Action == "hold" || answer.Action == "reject" || answer.Action == "route"
	}
	return stopped
}

func labels(t *testing.T, dir string) (all []label) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var l label
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if lines.Err() != nil || len(all) < 400 {
		t.Fatalf("%d labels, %v", len(all), lines.Err())
	}
	return all
}
