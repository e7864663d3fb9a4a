package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/milter/program"
)

// What setup does about systemd, where systemd runs and the package's units are there: an admin who runs a milter otherwise
// is left alone.

const (
	unitFolder    = "/lib/systemd/system"
	dropInFolder  = "/etc/systemd/system"
	milterSocket  = "postvagt-milter.socket"
	milterService = "postvagt-milter.service"
	scanSocket    = "postvagt-scan.socket" // for rspamd alone
)

// units enable and start at setup, in this order.
func units() []string {
	return []string{milterSocket, milterService, "postvagt-held.socket", "postvagt-held.service", "postvagt-milter-selftest.timer"}
}

// haveUnits says whether the daemon with this configuration is systemd's to run.
func haveUnits(config string) bool {
	_, booted := os.Stat("/run/systemd/system")
	_, shipped := os.Stat(filepath.Join(unitFolder, milterService))
	return config == milter.DefaultConfigFile && booted == nil && shipped == nil
}

// sayWhatUnits ends what setup shows without --apply.
func sayWhatUnits(config, mta string, out io.Writer) {
	if haveUnits(config) {
		fmt.Fprintf(out, "# and the daemons are enabled and started, and %s may log without a limit: %s\n", mta, strings.Join(units(), " "))
	}
	fmt.Fprintln(out, "# Nothing has been changed. Do it with --apply, take it back with --undo.")
}

// dropIns are files below dropInFolder: the socket as the configuration has it, and no limit to what the MTA may log, since
// a dropped line is mail that nobody can account for.
func dropIns(cfg *milter.Config, mtaUnits []string) map[string]string {
	files := map[string]string{}
	for _, unit := range mtaUnits {
		files[unit+".d/postvagt.conf"] = "# Of postvagt-milter setup: no line of the mail log is dropped.\n[Service]\nLogRateLimitIntervalSec=0\n"
	}
	def := milter.DefaultConfig().Milter
	if m := &cfg.Milter; m.Listen != def.Listen || m.SocketGroup != def.SocketGroup || m.SocketMode != def.SocketMode {
		_, addr, _ := milter.ParseListen(m.Listen) // LoadConfig has checked it
		files[milterSocket+".d/setup.conf"] = fmt.Sprintf("# Of postvagt-milter setup: as milter.toml has it.\n[Socket]\nListenStream=\nListenStream=%s\nSocketMode=%s\nSocketGroup=%s\n",
			addr, m.SocketMode, m.SocketGroup)
	}
	return files
}

// openScan has systemd open the door for rspamd's plugin, as the configuration says it. Only a milter that does not run can be
// given a socket; the one for the MTA stays open meanwhile.
func openScan(ctx context.Context, cfg *milter.Config) error {
	m := &cfg.Milter
	_, addr, _ := milter.ParseListen(m.ScanListen) // LoadConfig has checked it
	changed, err := writeDropIn(scanSocket+".d/setup.conf", fmt.Sprintf("# Of postvagt-milter setup: as milter.toml has it.\n[Socket]\nListenStream=\nListenStream=%s\nSocketMode=%s\nSocketGroup=%s\n",
		addr, m.SocketMode, m.ScanGroup))
	if err != nil || !changed && systemctl(ctx, "is-active", "--quiet", scanSocket) == nil {
		return err
	}
	for _, args := range [][]string{{"daemon-reload"}, {"enable", "--quiet", scanSocket}, {"stop", milterService, scanSocket}, {"start", scanSocket}} {
		if err := systemctl(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// writeDropIn writes a file below dropInFolder, and says whether it was another before.
func writeDropIn(name, text string) (changed bool, err error) {
	path := filepath.Join(dropInFolder, name)
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	return true, os.WriteFile(path, []byte(text), 0o644)
}

// startUnits writes the drop-ins, and enables and starts the daemons. A socket that is open as it shall be stays open, so that
// mail waits meanwhile.
func startUnits(ctx context.Context, cfg *milter.Config, mtaUnits []string, out io.Writer) error {
	moved := false
	for name, text := range dropIns(cfg, mtaUnits) {
		changed, err := writeDropIn(name, text)
		if err != nil {
			return err
		}
		moved = moved || changed && strings.HasPrefix(name, milterSocket)
	}
	todo := [][]string{{"daemon-reload"}, append([]string{"enable", "--quiet"}, units()...)}
	if moved {
		todo = append(todo, append([]string{"stop"}, units()...))
	}
	todo = append(todo, append([]string{"start"}, units()...), []string{"restart", milterService, "postvagt-held.service"})
	for _, args := range todo {
		if err := systemctl(ctx, args...); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, "Enabled and started:", strings.Join(units(), " "))
	return err
}

// applyWithUnits starts the milter before the MTA is told of it, and asks in the end whether it works. Where systemd runs no
// daemons of ours, apply is all.
func applyWithUnits(ctx context.Context, c configFlag, cfg *milter.Config, mtaUnits []string, t *program.Terminal, apply func() error) error {
	if !haveUnits(c.Config) {
		return apply()
	}
	if err := startUnits(ctx, cfg, mtaUnits, t.Out); err != nil {
		return err
	}
	if err := apply(); err != nil {
		return err
	}
	return (&selftestCmd{configFlag: c, Mail: true, SMTP: "127.0.0.1:25"}).Run(t)
}

// stillAsks names a mail server of this host that the milter is still set up in, "" for none.
func stillAsks(cfg *milter.Config) string {
	if (&postfix.Postfix{ConfigDir: cfg.Postfix.ConfigDir}).IsSetUp() {
		return "Postfix"
	}
	sendmail := sendmailOf(cfg)
	if known, _, err := sendmail.Status(wantedOfSendmail(cfg)); err == nil && known {
		return "Sendmail"
	}
	if rspamdOf(cfg).IsSetUp() {
		return "rspamd"
	}
	return ""
}

// stopUnits takes back what startUnits did, unless the milter is still set up elsewhere on this host.
func stopUnits(ctx context.Context, cfg *milter.Config, mtaUnits []string, out io.Writer) error {
	if who := stillAsks(cfg); who != "" {
		_, err := fmt.Fprintf(out, "The daemons go on, since %s still asks them.\n", who)
		return err
	}
	return endUnits(ctx, units(), append([]string{milterSocket}, mtaUnits...), out)
}

// endUnits stops and disables units, and removes the drop-ins of setup from those that have some.
func endUnits(ctx context.Context, ended, changed []string, out io.Writer) error {
	for _, unit := range changed {
		for _, name := range []string{"postvagt.conf", "setup.conf"} {
			folder := filepath.Join(dropInFolder, unit+".d")
			if err := os.Remove(filepath.Join(folder, name)); err == nil {
				_ = os.Remove(folder) // it stays where the admin has files of their own in it
			}
		}
	}
	for _, args := range [][]string{append([]string{"disable", "--quiet", "--now"}, ended...), {"daemon-reload"}} {
		if err := systemctl(ctx, args...); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, "Stopped and disabled:", strings.Join(ended, " "))
	return err
}

func systemctl(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemctl %s: %w: %s (journalctl -u %s says more)", strings.Join(args, " "), err, strings.TrimSpace(string(out)), milterService)
	}
	return nil
}
