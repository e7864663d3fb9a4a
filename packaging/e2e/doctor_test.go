package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// The doctor asks the milter which tables of the MTA it cannot ask, and names them with the next step.
func TestDoctorNamesTables(t *testing.T) {
	dir := t.TempDir()
	if err := kit.Build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("sendmail.cf", "Kaccess hash -T<TMPF> -o "+dir+"/access\n")
	file("master.cf", "smtp unix - - n - - smtp\n")
	agent := file("agent.toml", fmt.Sprintf("[organisation]\ndomains = [\"kommune.example\"]\n[store]\npath = %q\n", filepath.Join(dir, "agent.db")))
	examine := func(mta, tables string) string {
		t.Helper()
		file("main.cf", "compatibility_level = 3.6\nsmtp_tls_policy_maps = "+tables+"\n")
		config := file("milter.toml", fmt.Sprintf("[milter]\nmta = %q\nlisten = \"unix:%s/m.sock\"\n[organisation]\ndomains = [\"kommune.example\"]\n[postfix]\nconfig_dir = %q\n[sendmail]\nconfig_dir = %q\n", mta, dir, dir, dir))
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "postvagt-agent"), "doctor", "--config", agent, "--postfix-config", dir, "--milter-config", config)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.Output()
		if cmd.ProcessState.ExitCode() != 1 {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	for _, tt := range []struct{ mta, tables, want string }{
		{"postfix", "inline:{ { a.example = secure } }", "ok       lookups        the milter can ask"},
		{"postfix", "hash:" + dir + "/none", "MISSING  lookups        smtp_tls_policy_maps: hash:" + dir + "/none: " + dir + "/none.db is missing"},
		{"sendmail", "", "MISSING  lookups        the access map: " + dir + "/access.db is missing (makemap makes it)"},
	} {
		if out := examine(tt.mta, tt.tables); !strings.Contains(out, tt.want) {
			t.Errorf("no %q in\n%s", tt.want, out)
		}
	}
}
