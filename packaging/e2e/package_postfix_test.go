//go:build mtas

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// earlier is a version of the same sources that apt takes for older.
const earlier = "0.0.1"

// installPostfix installs Debian's Postfix, as an organisation has it that sends through a relay.
func (h *packageHost) installPostfix() {
	h.t.Helper()
	h.run(`echo "postfix postfix/main_mailer_type select Internet Site" | debconf-set-selections`)
	h.run("apt-get install -q -y --no-install-recommends postfix")
	h.run("postconf -e 'mydestination = " + house + ", localhost' 'relayhost = " + h.sink.Hop() + "' && systemctl reload postfix")
}

func (h *packageHost) mainCf() string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.Root, "etc/postfix/main.cf"))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// holds counts the messages that Postfix holds; nothing else may be in its queue in the end.
func (h *packageHost) holds() (held int) {
	h.t.Helper()
	h.wait("the deliveries", func() (bool, error) {
		queue, err := kit.ReadQueue([]byte(h.run("postqueue -j")))
		held = 0
		for _, q := range queue {
			if q.Queue == "hold" {
				held++
			}
		}
		return held == len(queue), err
	})
	return held
}

// nothingLost requires that each plain message has left and each other one is held.
func (h *packageHost) nothingLost() {
	h.t.Helper()
	n := int(h.sent.Load())
	if held, taken := h.holds(), h.taken(); held != n || taken["plain"] != n || taken["secret"] != 0 {
		h.t.Errorf("%d pairs sent: %d held, %v left", n, held, taken)
	}
}

var passwordOf = regexp.MustCompile(`password: (\S+)\n(\S+) may log in`)

// From a host with Postfix to the first held message on the dashboard by the README's own commands, five at most; then an
// upgrade and a second setup while mail flows, the way back, and the end: no message is lost or leaves unjudged, and nothing stays behind.
func TestPackagePostfix(t *testing.T) {
	old, current := packages(t, earlier), packages(t, "")
	h := newPackageHost(t)
	h.installPostfix()
	clean, main := h.snapshot(), h.mainCf()

	start := time.Now()
	passwords := h.follow(readmeCommands(t, "On a mail host"), old, main)
	if err := h.sendPair(byIPv4, "first"); err != nil {
		t.Fatal(err)
	}
	officer := h.browser("officer", passwords["officer"])
	h.shows(officer, 1)
	t.Logf("from apt to the first held message on the dashboard: %s", time.Since(start).Round(time.Second))
	h.nothingLost()

	stop := h.load(byIPv4, byIPv6, byIPv4)
	h.underWay(10)
	h.bring(current)
	h.run("apt-get install -q -y ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb")
	h.underWay(10)
	said := h.run("postvagt-milter setup postfix --apply") // a second time changes nothing, and no message passes meanwhile
	h.underWay(10)
	stop()
	for _, step := range []string{"gets hold", "it was held", "the agent has seen"} {
		if !strings.Contains(said, step) {
			t.Errorf("setup does not say that the test message %q:\n%s", step, said)
		}
	}
	h.nothingLost()
	h.shows(h.browser("officer", passwords["officer"]), int(h.sent.Load()))
	if counted := h.run("postvagt-agent count --by outcome"); strings.Contains(counted, "deleted") {
		t.Errorf("the test messages of setup, which it has deleted, are in the figures:\n%s", counted)
	}
	for _, program := range []string{"postvagt-milter", "postvagt-agent"} {
		if version := h.run(program + " --version"); strings.Contains(version, earlier) {
			t.Errorf("%s is still %s", program, version)
		}
	}

	h.run("postvagt-milter setup postfix --undo")
	if now := h.mainCf(); now != main {
		t.Errorf("main.cf after --undo is\n%s", now)
	}
	h.run("apt-get remove -q -y 'postvagt-*'")
	if err := h.send(byIPv4, []byte("Message-ID: <after-1@"+house+">\n"+plainMail)); err != nil {
		t.Errorf("without the packages: %v", err)
	}
	for _, kept := range []string{"etc/postvagt/milter.toml", "etc/postvagt/mask.key", "var/lib/postvagt", "var/log/postvagt/verdict.log"} {
		if _, err := os.Stat(filepath.Join(h.Root, kept)); err != nil {
			t.Errorf("removed, not purged: %v", err)
		}
	}
	h.run("apt-get purge -q -y 'postvagt-*' && apt-get autoremove -q -y --purge && rm -r dist")
	h.nothingLost()
	if after := h.taken()["after"]; after != 1 {
		t.Errorf("%d messages left after the removal, want 1", after)
	}
	h.compareSnapshot(clean)
}

// follow does what the README says, and returns the passwords of the users made. Nothing runs and Postfix is as it was until
// setup is told to.
func (h *packageHost) follow(commands []string, debs, main string) map[string]string {
	h.t.Helper()
	if len(commands) > 5 || len(commands) < 3 {
		h.t.Fatalf("the README has %d commands, want at most five:\n%s", len(commands), strings.Join(commands, "\n"))
	}
	h.bring(debs)
	passwords := map[string]string{}
	for i, command := range commands {
		cmd := h.Command(h.t.Context(), command)
		cmd.Stdin = strings.NewReader("y\n") // apt asks before it installs what it found itself
		out, err := cmd.CombinedOutput()
		if err != nil {
			h.t.Fatalf("%s: %v\n%s", command, err, out)
		}
		h.t.Logf("$ %s", command)
		for _, m := range passwordOf.FindAllStringSubmatch(string(out), -1) {
			passwords[m[2]] = m[1]
		}
		if i > 0 {
			continue
		}
		if running := h.run("systemctl list-units --plain --no-legend 'postvagt*'"); running != "" {
			h.t.Errorf("the packages started something:\n%s", running)
		}
		if h.mainCf() != main {
			h.t.Errorf("the packages changed main.cf:\n%s", h.mainCf())
		}
	}
	return passwords
}
