//go:build mtas

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// installRspamd installs Debian's rspamd, which asks nobody on the network, as the only milter of Postfix.
func (h *packageHost) installRspamd() {
	h.t.Helper()
	h.run("apt-get install -q -y --no-install-recommends rspamd")
	etc := filepath.Join(h.Root, "etc/rspamd")
	if err := kit.QuietRspamd(etc); err != nil {
		h.t.Fatal(err)
	}
	options := filepath.Join(etc, "local.d/options.inc")
	b, err := os.ReadFile(options)
	if err == nil {
		err = os.WriteFile(options, append(b, "disable_hyperscan = true;\n"...), 0o644) // compiling takes longer than the story
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.run("systemctl restart rspamd && postconf -e smtpd_milters=inet:127.0.0.1:11332 milter_default_action=tempfail && systemctl reload postfix")
	h.rspamdAnswers()
}

// rspamdAnswers waits until rspamd takes mail from Postfix.
func (h *packageHost) rspamdAnswers() {
	h.t.Helper()
	h.wait("rspamd", func() (bool, error) {
		c, err := h.Dial(h.t.Context(), "tcp", "127.0.0.1:11332")
		if err == nil {
			err = c.Close()
		}
		return err == nil, err
	})
}

// The same behind Debian's rspamd: setup opens the door and reloads rspamd by itself, an upgrade under load lets nothing pass
// unjudged though a failure would, --undo takes all of it back, and nothing stays behind.
func TestPackageRspamd(t *testing.T) {
	old, current := packages(t, earlier), packages(t, "")
	h := newPackageHost(t)
	h.installPostfix()
	h.installRspamd()
	clean, main := h.snapshot(), h.mainCf()
	h.bring(old)
	h.run("apt-get install -q -y ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb ./dist/postvagt-rspamd_*.deb")
	h.run(`sed -i -e 's/^#mode = "observe"/mode = "enforce"/' -e 's|^#scan_listen = .*|scan_listen = "unix:/run/postvagt/scan.sock"|' \
		-e 's|^#scan_group = .*|scan_group = "_rspamd"|' /etc/postvagt/milter.toml`)
	h.run("postvagt-agent setup --apply --domain " + house)
	if said := h.run("postvagt-milter setup rspamd"); !strings.Contains(said, "Nothing has been changed") {
		t.Errorf("setup without --apply says\n%s", said)
	}
	if err := h.sendPair(byIPv4, "before"); err != nil {
		t.Fatal(err)
	}
	if held := h.holds(); held != 0 {
		t.Fatalf("%d held before setup", held)
	}

	if said := h.run("postvagt-milter setup rspamd --apply"); !strings.Contains(said, "it was held") || !strings.Contains(said, "the agent has seen") {
		t.Errorf("setup --apply says\n%s", said)
	}
	m := passwordOf.FindStringSubmatch(h.run("postvagt-agent users add officer --role officer --generate"))
	if m == nil {
		t.Fatal("no password was printed")
	}
	h.rspamdAnswers()
	h.sendHeld("first", 1)
	h.shows(h.browser("officer", m[1]), 1)

	stop := h.load(byIPv4, byIPv6, byIPv4)
	h.underWay(10)
	h.bring(current)
	h.run("apt-get install -q -y ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb ./dist/postvagt-rspamd_*.deb")
	h.underWay(10)
	stop()
	n := int(h.sent.Load())
	if held, taken := h.holds(), h.taken(); held != n-1 || taken["plain"] != n || taken["secret"] != 1 { // that before setup
		t.Errorf("%d pairs sent, one of them before setup: %d held, %v left", n, held, taken)
	}

	h.run("postvagt-milter setup rspamd --undo")
	h.rspamdAnswers()
	if running := h.run("systemctl list-units --plain --no-legend 'postvagt-milter*' 'postvagt-scan*' 'postvagt-held*'"); running != "" {
		t.Errorf("--undo leaves running:\n%s", running)
	}
	if now := h.mainCf(); now != main {
		t.Errorf("main.cf is now\n%s", now)
	}
	h.run("apt-get purge -q -y 'postvagt-*' && apt-get autoremove -q -y --purge && rm -r dist")
	held := h.holds()
	if err := h.sendPair(byIPv4, "after"); err != nil {
		t.Errorf("without the packages: %v", err)
	}
	if now := h.holds(); now != held || h.taken()["secret"] != 2 {
		t.Errorf("after the end: %d held, %d before; %v left", now, held, h.taken())
	}
	h.compareSnapshot(clean)
}

// sendHeld sends a pair, of which the secret one must then be the want'th that Postfix holds.
func (h *packageHost) sendHeld(n string, want int) {
	h.t.Helper()
	if err := h.sendPair(byIPv4, n); err != nil {
		h.t.Fatal(err)
	}
	if held := h.holds(); held != want {
		h.t.Errorf("%d held, want %d; the milter says\n%s\nrspamd\n%s", held, want, h.run("journalctl -n 20 --no-pager -u postvagt-milter"), h.run("tail -n 20 /var/log/rspamd/rspamd.log"))
	}
}
