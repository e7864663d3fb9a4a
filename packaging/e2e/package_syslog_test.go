//go:build mtas

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// Debian's syslog daemons write the mail log, and Debian's own settings rotate and compress it while mail flows: the agent, which
// nobody told where the log is, knows of each message exactly once.
func TestPackageSyslog(t *testing.T) {
	current := packages(t, "")
	for _, daemon := range []string{"rsyslog", "syslog-ng-core"} {
		t.Run(daemon, func(t *testing.T) {
			h := newPackageHost(t)
			h.installPostfix()
			h.run("apt-get install -q -y --no-install-recommends logrotate procps " + daemon) // with its kill logs are opened anew
			h.bring(current)
			h.run("apt-get install -q -y ./dist/postvagt-milter_*.deb ./dist/postvagt-agent_*.deb")
			h.run(`sed -i 's/^#mode = "observe"/mode = "enforce"/' /etc/postvagt/milter.toml`)
			h.run("postvagt-agent setup --apply --domain " + house)
			h.run("postvagt-milter setup postfix --apply")
			stop := h.load(byIPv4)
			for range 4 {
				h.underWay(10)
				h.run("logrotate -f /etc/logrotate.conf")
			}
			h.underWay(10)
			stop()
			h.nothingLost()
			h.run("test -s /var/log/mail.log -a -s /var/log/mail.log.1 -a -s /var/log/mail.log.2.gz") // it was rotated as meant
			n, said := h.sent.Load(), ""
			h.wait("the agent's figures", func() (bool, error) {
				said = h.run("postvagt-agent count --by postvagt.outcome")
				outcomes := map[string]bool{}
				for line := range strings.Lines(said) {
					outcomes[strings.Join(strings.Fields(line), " ")] = true
				}
				return outcomes[fmt.Sprintf("delivered %d", n)] && outcomes[fmt.Sprintf("held %d", n)], fmt.Errorf("%d pairs sent, it says\n%s", n, said)
			})
			if findings := h.run("postvagt-agent count --by postvagt.finding --where postvagt.finding=no-verdict"); strings.Contains(findings, "no-verdict") {
				t.Errorf("messages without a verdict:\n%s", findings)
			}
		})
	}
}
