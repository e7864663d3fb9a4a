package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"postvagt/milter"
	"postvagt/milter/program"
	"postvagt/milter/rspamd"
)

type setupRspamdCmd struct {
	configFlag
	Apply bool `xor:"what" help:"Make the changes."`
	Undo  bool `xor:"what" help:"Take back what --apply changed."`
}

// pluginPatience is how much longer than the milter the plugin waits.
const pluginPatience = 5 * time.Second

func (c *setupRspamdCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	ctx, instance := context.Background(), rspamdOf(cfg)
	if c.Undo {
		if err := instance.Undo(); err != nil {
			return err
		}
		fmt.Fprintln(t.Out, "Taken out of", instance.ConfigDir)
		if err := c.tell(ctx, t.Out); err != nil || !haveUnits(c.Config) {
			return err
		}
		if err := endUnits(ctx, []string{scanSocket}, []string{scanSocket}, t.Out); err != nil {
			return err
		}
		return stopUnits(ctx, cfg, mailUnits(cfg), t.Out)
	}
	if cfg.Milter.ScanListen == "" {
		return fmt.Errorf("%s: milter.scan_listen is not set: the plugin needs a door, for example \"unix:/run/postvagt/scan.sock\", and scan_group = \"_rspamd\"", c.Config)
	}
	_, addr, _ := milter.ParseListen(cfg.Milter.ScanListen) // LoadConfig has checked it
	files, err := instance.Plan(rspamd.Wanted{Socket: addr, OnFailure: cfg.Milter.OnFailure, MaxBytes: cfg.Milter.MaxBytes,
		Timeout: int((time.Duration(cfg.Milter.Timeout) + pluginPatience) / time.Second)})
	if err != nil {
		return err
	}
	rspamd.WriteDiff(t.Out, files)
	if len(files) == 0 {
		fmt.Fprintln(t.Out, "rspamd is set up; nothing to change.")
	}
	if c.Apply {
		if haveUnits(c.Config) {
			if err := openScan(ctx, cfg); err != nil {
				return err
			}
		}
		return applyWithUnits(ctx, c.configFlag, cfg, mailUnits(cfg), t, func() error { return c.apply(ctx, instance, files, t.Out) })
	}
	if len(files) > 0 {
		sayWhatUnits(c.Config, "the mail server", t.Out)
	}
	return nil
}

func rspamdOf(cfg *milter.Config) *rspamd.Rspamd {
	return &rspamd.Rspamd{ConfigDir: cfg.Rspamd.ConfigDir, PluginDir: cfg.Rspamd.PluginDir}
}

// apply writes the files and tells rspamd of them; what rspamd's own check refuses is taken back.
func (c *setupRspamdCmd) apply(ctx context.Context, instance *rspamd.Rspamd, files []rspamd.File, out io.Writer) error {
	if len(files) == 0 {
		return nil
	}
	if err := instance.Apply(files); err != nil {
		return err
	}
	if haveUnits(c.Config) {
		said, err := exec.CommandContext(ctx, "rspamadm", "configtest", "-c", filepath.Join(instance.ConfigDir, "rspamd.conf")).CombinedOutput()
		if err != nil {
			if undone := instance.Undo(); undone != nil {
				return undone
			}
			return fmt.Errorf("rspamadm configtest refuses it, and it is taken back: %w: %s", err, strings.TrimSpace(string(said)))
		}
	}
	return c.tell(ctx, out)
}

// tell makes rspamd read its configuration again, where systemd runs daemons; else it says what is left to do.
func (c *setupRspamdCmd) tell(ctx context.Context, out io.Writer) error {
	if !haveUnits(c.Config) {
		_, err := fmt.Fprintln(out, "Tell rspamd to read its configuration again: kill -HUP its main process (systemctl reload rspamd)")
		return err
	}
	shown, err := exec.CommandContext(ctx, "systemctl", "show", "--property=MainPID", "--value", "rspamd.service").Output()
	if err != nil {
		return fmt.Errorf("systemctl show rspamd.service: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(shown)))
	if err != nil || pid == 0 {
		_, err := fmt.Fprintln(out, "rspamd does not run; it will know when it is started")
		return err
	}
	return reloadRspamd(ctx, pid)
}

// reloadRspamd has a running rspamd read its configuration, and waits until all its workers are new ones: they have the plugin, or
// have it no more. Mail waits at its sockets meanwhile.
func reloadRspamd(ctx context.Context, pid int) error {
	old := childrenOf(pid)
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		return fmt.Errorf("rspamd, process %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	err := program.Poll(ctx, 100*time.Millisecond, func() (bool, error) {
		now := childrenOf(pid)
		return len(now) > 0 && !slices.ContainsFunc(now, func(child string) bool { return slices.Contains(old, child) }), nil
	})
	if err != nil {
		return fmt.Errorf("rspamd was told to read its configuration again, and did not replace its workers: see its log, then systemctl restart rspamd")
	}
	return nil
}

func childrenOf(pid int) []string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid)) // gone: it has none
	return strings.Fields(string(b))
}

// mailUnits are the units of the mail server whose log counts, behind rspamd too.
func mailUnits(cfg *milter.Config) []string {
	if cfg.WhichMTA() == milter.MTASendmail {
		return sendmailUnits()
	}
	return postfixUnits()
}
