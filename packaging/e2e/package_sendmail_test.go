//go:build mtas

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// installSendmail installs Debian's Sendmail, which sends through the server outside and finds no name server.
func (h *packageHost) installSendmail() {
	h.t.Helper()
	h.run("apt-get install -q -y --no-install-recommends sendmail logrotate") // which Sendmail recommends, as ours do
	mc := filepath.Join(h.Root, "etc/mail/sendmail.mc")
	b, err := os.ReadFile(mc)
	if err != nil {
		h.t.Fatal(err)
	}
	_, port, _ := strings.Cut(h.sink.Addr(), ":")
	relay := fmt.Sprintf("FEATURE(`accept_unresolvable_domains')dnl\nFEATURE(`nocanonify')dnl\ndefine(`confDONT_PROBE_INTERFACES', `True')dnl\ndefine(`SMART_HOST', `relay:[127.0.0.1]')dnl\ndefine(`confQUEUE_LA', `1000')dnl\ndefine(`confREFUSE_LA', `1000')dnl\ndefine(`RELAY_MAILER_ARGS', `TCP $h %s')dnl\nMAILER_DEFINITIONS\n", port)
	text := strings.Replace(string(b), "MAILER_DEFINITIONS\n", relay, 1)
	if text == string(b) {
		h.t.Fatalf("no MAILER_DEFINITIONS in sendmail.mc:\n%s", b)
	}
	if err := os.WriteFile(mc, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.run("printf 'hosts files\\naliases files\\n' >/etc/mail/service.switch && sendmailconfig </dev/null && systemctl restart sendmail")
}

// quarantined counts what Sendmail holds; nothing else may be in its queue in the end.
func (h *packageHost) quarantined() (n int) {
	h.t.Helper()
	h.wait("the deliveries", func() (bool, error) {
		waiting := strings.TrimSpace(h.run("find /var/spool/mqueue -name 'qf*' | wc -l"))
		return waiting == "0", fmt.Errorf("%s messages wait:\n%s", waiting, h.run("mailq"))
	})
	n, err := strconv.Atoi(strings.TrimSpace(h.run("find /var/spool/mqueue -name 'hf*' | wc -l")))
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// The same on Debian's Sendmail: the packages, setup, a held message on the dashboard, an upgrade under load, the way back and the
// end.
func TestPackageSendmail(t *testing.T) {
	old, current := packages(t, earlier), packages(t, "")
	h := newPackageHost(t)
	h.installSendmail()
	clean := h.snapshot()
	mc := h.run("cat /etc/mail/sendmail.mc")
	h.bring(old)
	h.run("apt-get install -q -y ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb")
	h.run(`sed -i -e 's/^#mode = "observe"/mode = "enforce"/' \
		-e 's|^#listen = .*|listen = "unix:/run/postvagt/milter.sock"|' -e 's|^#socket_group = .*|socket_group = "postvagt"|' /etc/postvagt/milter.toml`)
	h.run("postvagt-agent setup --apply --domain " + house)
	if said := h.run("postvagt-milter setup sendmail --apply"); !strings.Contains(said, "it was held") || !strings.Contains(said, "the agent has seen") {
		t.Errorf("setup says\n%s", said)
	}
	m := passwordOf.FindStringSubmatch(h.run("postvagt-agent users add officer --role officer --generate"))
	if m == nil {
		t.Fatal("no password was printed")
	}
	if err := h.sendPair(byIPv4, "first"); err != nil {
		t.Fatal(err)
	}
	h.shows(h.browser("officer", m[1]), 1)
	if held, taken := h.quarantined(), h.taken(); held != 1 || taken["plain"] != 1 || taken["secret"] != 0 {
		t.Errorf("%d held, %v left", held, taken)
	}
	if list := h.run("postvagt-milter held list"); strings.Count(list, " waits") != 1 {
		t.Errorf("held list: %s", list)
	}

	stop := h.load(byIPv4, byIPv4)
	h.underWay(10)
	h.bring(current)
	h.run("apt-get install -q -y ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb")
	h.underWay(10)
	stop()
	n := int(h.sent.Load())
	if held, taken := h.quarantined(), h.taken(); held != n || taken["plain"] != n || taken["secret"] != 0 {
		t.Errorf("%d pairs sent through an upgrade: %d held, %v left", n, held, taken)
	}
	h.shows(h.browser("officer", m[1]), n)

	// A sendmail.mc that names the milter, whose sendmail.cf was made before: m4 is run again.
	h.run("cp -p /etc/mail/sendmail.cf.before-postvagt /etc/mail/sendmail.cf && postvagt-milter setup sendmail --apply && grep -q ^Xpostvagt, /etc/mail/sendmail.cf")

	h.run("postvagt-milter setup sendmail --undo")
	if now := h.run("cat /etc/mail/sendmail.mc"); now != mc {
		t.Errorf("sendmail.mc after --undo is\n%s", now)
	}
	h.run("apt-get purge -q -y 'postvagt-*' && apt-get autoremove -q -y --purge && rm -r dist")
	if err := h.send(byIPv4, []byte("Message-ID: <after-1@"+house+">\n"+plainMail)); err != nil {
		t.Errorf("without the packages: %v", err)
	}
	if held, taken := h.quarantined(), h.taken(); held != n || taken["after"] != 1 {
		t.Errorf("after the end: %d held, %v left", held, taken)
	}
	h.compareSnapshot(clean)
}
