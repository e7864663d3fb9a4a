//go:build mtas

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// removedWith runs what the package does before it is removed, on a host whose /etc has these files alone, and
// returns what it says. A mount namespace of its own keeps the real /etc and /run out of it.
func removedWith(t *testing.T, argument string, files map[string]string) string {
	t.Helper()
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(root, "packaging", "deb", "prerm"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, text := range files {
		path := filepath.Join(dir, "etc", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	prerm := filepath.Join(dir, "prerm")
	filled := strings.NewReplacer("@PACKAGE@", "postvagt-milter", "@UNITS@", "postvagt-milter.service").Replace(string(script))
	if err := os.WriteFile(prerm, []byte(filled), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation", "private", "sh", "-ec",
		`mount --bind "$1/etc" /etc; mount -t tmpfs tmpfs /run; exec sh "$1/prerm" "$2"`, "sh", dir, argument)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("prerm %s: %v\n%s", argument, err, out)
	}
	return string(out)
}

// Whoever removes the milter without --undo is told which mail server still asks it, and what becomes of mail.
func TestPackageRemovalSaysWhoStillAsks(t *testing.T) {
	const filter = "Xpostvagt, S=local:/run/postvagt/milter.sock"
	for _, c := range []struct {
		name, argument string
		files          map[string]string
		want           []string // in what is said; none: nothing is said
	}{
		{"nothing set up", "remove", map[string]string{"mail/sendmail.cf": "Xother, S=local:/run/other.sock\n"}, nil},
		{"Postfix", "remove", map[string]string{"postfix/postvagt-undo.json": "{}"}, []string{"Postfix still asks", "default_action", "setup postfix --undo"}},
		{"Postfix, upgraded", "upgrade", map[string]string{"postfix/postvagt-undo.json": "{}"}, nil},
		{"Sendmail, tempfail", "remove", map[string]string{"mail/sendmail.cf": filter + ", F=T, T=C:10s\n"}, []string{"Sendmail still asks", "come again", "setup sendmail --undo"}},
		{"Sendmail, accept", "remove", map[string]string{"mail/sendmail.cf": filter + ", T=C:10s\n"}, []string{"Sendmail still asks", "unjudged"}},
		{"rspamd", "remove", map[string]string{"rspamd/plugins.d/postvagt.lua": "--\n"}, []string{"rspamd still asks", "setup rspamd --undo"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := removedWith(t, c.argument, c.files)
			if c.want == nil && said != "" {
				t.Errorf("said without need:\n%s", said)
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said:\n%s", want, said)
				}
			}
		})
	}
}
