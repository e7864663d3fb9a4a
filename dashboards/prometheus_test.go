package dashboards

import (
	"os/exec"
	"testing"
)

// Each alert comes when it must, and none while all is well.
func TestAlertRules(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = "prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v (packaging/install-deps.sh test brings it)\n%s", args, err, out)
		}
	}
}
