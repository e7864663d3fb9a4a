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
		{"Postfix, by another address", "remove", map[string]string{"postfix/postvagt-undo.json": "{}", "postfix/main.cf": "smtpd_milters = { unix:opendkim.sock, default_action=accept }, { inet:127.0.0.1:11338, default_action=tempfail }\n"}, []string{"treats its mail by default_action"}},
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

// Removed without --undo, the milter is still asked for: mail then fares as the removal has said, and what it says to do ends that.
func TestPackageRemovedInUse(t *testing.T) {
	h := newPackageHost(t)
	h.installPostfix()
	h.bring(packages(t, ""))
	removed := func(onFailure, said string) {
		t.Helper()
		h.run("apt-get install -q -y --no-install-recommends ./dist/postvagt-milter_*.deb")
		h.run(`sed -i -e 's/^#*domains = .*/domains = ["` + house + `"]/' -e 's/^#*on_failure = .*/on_failure = "` + onFailure + `"/' /etc/postvagt/milter.toml`)
		if out := h.run("postvagt-milter setup postfix --apply"); !strings.Contains(out, "it was held") || !strings.Contains(out, "no agent is installed on this host") {
			t.Errorf("setup says\n%s", out)
		}
		if out := h.run("apt-get remove -q -y postvagt-milter 2>&1"); !strings.Contains(out, "Postfix still asks the milter, and from now on "+said) {
			t.Errorf("on_failure %s: the removal says\n%s", onFailure, out)
		}
	}
	removed("accept", "lets mail pass unjudged")
	if err := h.sendPair(byIPv4, "accept"); err != nil {
		t.Fatal(err)
	}
	if held, taken := h.holds(), h.taken(); held != 0 || taken["plain"] != 1 || taken["secret"] != 1 {
		t.Errorf("accept: %d held, %v left", held, taken)
	}

	removed("tempfail", "tells all mail to come again")
	if err := h.sendPair(byIPv4, "tempfail"); err == nil || !strings.Contains(err.Error(), "451") {
		t.Errorf("tempfail: %v", err)
	}

	removed("hold", "holds all mail, until postsuper -H releases it")
	if err := h.sendPair(byIPv4, "hold"); err != nil {
		t.Fatal(err)
	}
	if held, taken := h.holds(), h.taken(); held != 2 || taken["plain"] != 1 || taken["secret"] != 1 {
		t.Errorf("hold: %d held, %v left", held, taken)
	}

	h.run("postconf -e 'smtpd_milters =' 'non_smtpd_milters =' && systemctl reload postfix && postsuper -H ALL && postqueue -f")
	if err := h.sendPair(byIPv4, "after"); err != nil {
		t.Errorf("taken out by hand: %v", err)
	}
	if held, taken := h.holds(), h.taken(); held != 0 || taken["plain"] != 3 || taken["secret"] != 3 {
		t.Errorf("in the end: %d held, %v left", held, taken)
	}
}
