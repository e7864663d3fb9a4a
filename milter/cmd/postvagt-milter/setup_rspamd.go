package main

import (
	"fmt"
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
	instance := rspamd.Rspamd{ConfigDir: cfg.Rspamd.ConfigDir, PluginDir: cfg.Rspamd.PluginDir}
	if c.Undo {
		if err := instance.Undo(); err != nil {
			return err
		}
		fmt.Fprintln(t.Out, "Taken out; tell rspamd: systemctl reload rspamd")
		return nil
	}
	if cfg.Milter.ScanListen == "" {
		return fmt.Errorf("%s: milter.scan_listen is not set: the plugin needs a door, for example \"inet:127.0.0.1:11339\"", c.Config)
	}
	_, addr, _ := milter.ParseListen(cfg.Milter.ScanListen) // LoadConfig has checked it
	files, err := instance.Plan(rspamd.Wanted{Socket: addr, OnFailure: cfg.Milter.OnFailure, MaxBytes: cfg.Milter.MaxBytes,
		Timeout: int((time.Duration(cfg.Milter.Timeout) + pluginPatience) / time.Second)})
	if err != nil {
		return err
	}
	rspamd.WriteDiff(t.Out, files)
	switch {
	case len(files) == 0:
		fmt.Fprintln(t.Out, "rspamd is set up; nothing to change.")
	case !c.Apply:
		fmt.Fprintln(t.Out, "# Nothing has been changed. Do it with --apply, take it back with --undo.")
	default:
		if err := instance.Apply(files); err != nil {
			return err
		}
		fmt.Fprintln(t.Out, "Done; tell rspamd: systemctl reload rspamd")
	}
	return nil
}
