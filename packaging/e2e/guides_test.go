package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// Every command that a guide names exists, with the flags that it names; and so does every setting and every file beside it.
func TestGuides(t *testing.T) {
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := kit.Build(t.Context(), bin); err != nil {
		t.Fatal(err)
	}
	guides, err := filepath.Glob(filepath.Join(root, "packaging", "doc", "*.md"))
	if err != nil || len(guides) < 4 {
		t.Fatalf("%d guides: %v", len(guides), err)
	}
	settings := settingsOf(t, bin)
	for _, guide := range append(guides, filepath.Join(root, "README.md"), filepath.Join(root, "rules", "README.md")) {
		t.Run(filepath.Base(guide), func(t *testing.T) {
			b, err := os.ReadFile(guide)
			if err != nil {
				t.Fatal(err)
			}
			for _, command := range commandsOf(string(b)) {
				holdCommand(t, bin, command)
			}
			for _, m := range regexp.MustCompile("`([a-z]+\\.[a-z_]+)`").FindAllStringSubmatch(string(b), -1) {
				if section, _, _ := strings.Cut(m[1], "."); !strings.HasSuffix(m[1], ".toml") && settings[section] != nil && !slices.Contains(settings[section], m[1]) {
					t.Errorf("there is no setting %s", m[1])
				}
			}
			for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(b), -1) {
				if _, err := os.Stat(filepath.Join(filepath.Dir(guide), m[1])); err != nil {
					t.Errorf("a link leads nowhere: %v", err)
				}
			}
		})
	}
}

// commandsOf are the words of each call of our programs that stands in code: `…`, or a line of a block, up to a comment.
func commandsOf(guide string) (all [][]string) {
	code := regexp.MustCompile("(?s)```.*?```|`[^`]+`|(?m:^ {4}.*$)").FindAllString(guide, -1)
	call := regexp.MustCompile("(?m)(?:^|[`\\s])(postvagt-(?:milter|agent) [^`#\\n]+)")
	for _, span := range code {
		if !strings.HasPrefix(span, "```") {
			span = strings.ReplaceAll(span, "\n", " ")
		}
		for _, m := range call.FindAllStringSubmatch(span, -1) {
			all = append(all, strings.Fields(m[1]))
		}
	}
	return all
}

// holdCommand asks the program for help on the command, as far as its words are commands, and looks for the flags there.
func holdCommand(t *testing.T, bin string, words []string) {
	t.Helper()
	help := ""
	for n := min(3, len(words)-1); n >= 1 && help == ""; n-- {
		if !slices.ContainsFunc(words[1:n+1], func(w string) bool { return !regexp.MustCompile(`^[a-z]+$`).MatchString(w) }) {
			out, err := exec.Command(filepath.Join(bin, words[0]), append(slices.Clone(words[1:n+1]), "--help")...).Output()
			if usage := "Usage: " + strings.Join(words[:n+1], " "); err == nil && strings.HasPrefix(string(out), usage) {
				help = string(out)
			}
		}
	}
	if help == "" || strings.Contains(help, "<command>") && len(words) > 2 && !strings.HasPrefix(words[2], "-") {
		t.Errorf("there is no such command: %s", strings.Join(words, " "))
		return
	}
	for _, w := range words {
		if flag, _, _ := strings.Cut(w, "="); strings.HasPrefix(flag, "--") && !strings.Contains(help, flag) {
			t.Errorf("%s has no flag %s", strings.Join(words, " "), flag)
		}
	}
}

// settingsOf are the keys of both configurations by section, such as alerts: alerts.officers.
func settingsOf(t *testing.T, bin string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, program := range []string{"postvagt-milter", "postvagt-agent"} {
		out, err := exec.Command(filepath.Join(bin, program), "config", "default").Output()
		if err != nil {
			t.Fatal(err)
		}
		section := ""
		for _, m := range regexp.MustCompile(`(?m)^\[([a-z_]+)\]$|^#([a-z_]+) = `).FindAllStringSubmatch(string(out), -1) {
			if m[1] != "" {
				section = m[1]
				continue
			}
			all[section] = append(all[section], section+"."+m[2])
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d sections", len(all))
	}
	return all
}
