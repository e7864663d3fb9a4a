//go:build mtas

package e2e

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// A mistyped key keeps the milter from running: mail fares as on_failure says, however much of it comes, doctor says why, and
// once it is mended a restart is all that it takes.
func TestPackageMended(t *testing.T) {
	h := newPackageHost(t)
	h.installPostfix()
	h.bring(packages(t, ""))
	h.run("apt-get install -q -y --no-install-recommends ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb")
	h.run(`sed -i -e 's/^#mode = "observe"/mode = "enforce"/' -e 's/^#on_failure = .*/on_failure = "tempfail"/' /etc/postvagt/milter.toml`)
	h.run("postvagt-agent setup --apply --domain " + house)
	h.run("postvagt-milter setup postfix --apply")

	h.run("sed -i 's/^mode = /mod = /' /etc/postvagt/milter.toml")
	if out := h.run("systemctl reload postvagt-milter; postvagt-milter config check 2>&1 || true"); !strings.Contains(out, `policy.mod: unknown key; did you mean "policy.mode"?`) {
		t.Errorf("config check says\n%s", out)
	}
	if err := h.sendPair(byIPv4, "reloaded"); err != nil {
		t.Errorf("a bad configuration was taken by a reload: %v", err)
	}
	if out := h.run("systemctl restart postvagt-milter 2>&1 || true"); !strings.Contains(out, "failed") {
		t.Errorf("a bad configuration starts: %s", out)
	}
	for range 30 { // more than systemd starts a daemon for
		if err := h.sendPair(byIPv4, "never"); err == nil || !strings.Contains(err.Error(), "451") {
			t.Fatalf("without a milter: %v", err)
		}
	}
	if out := h.run("postvagt-agent doctor || true"); !strings.Contains(out, "MISSING  milter ") || !strings.Contains(out, "did you mean") {
		t.Errorf("doctor says\n%s", out)
	}

	h.run("sed -i 's/^mod = /mode = /' /etc/postvagt/milter.toml && systemctl restart postvagt-milter")
	if err := h.sendPair(byIPv4, "mended"); err != nil {
		t.Errorf("mended: %v", err)
	}
	if out := h.run("postvagt-milter selftest --mail"); !strings.Contains(out, "the agent has seen") {
		t.Errorf("selftest --mail says\n%s", out)
	}
	h.nothingLost()

	// What an admin does at a terminal is believed, though no unit of the MTA does it.
	h.run("postsuper -d $(postqueue -j | sed -n 's/.*\"queue_name\": \"hold\", \"queue_id\": \"\\([0-9A-Za-z]*\\)\".*/\\1/p' | head -n 1)")
	h.wait("the deletion to be counted", func() (bool, error) {
		counted := h.run("postvagt-agent count --by outcome")
		return regexp.MustCompile(`(?m)^deleted +1$`).MatchString(counted), errors.New(counted)
	})
}
