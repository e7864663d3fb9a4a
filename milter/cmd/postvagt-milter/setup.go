package main

import (
	"context"
	"fmt"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/milter/program"
)

type setupCmd struct {
	Postfix  setupPostfixCmd  `cmd:"" help:"Show what puts the milter into Postfix; with --apply do it, with --undo take it back."`
	Sendmail setupSendmailCmd `cmd:"" help:"The same for Sendmail."`
	Rspamd   setupRspamdCmd   `cmd:"" help:"The same for rspamd: a plugin that asks milter.scan_listen."`
}

type setupPostfixCmd struct {
	configFlag
	ConfigDir string `placeholder:"DIR" help:"Folder of main.cf instead of postfix.config_dir."`
	Apply     bool   `xor:"what" help:"Make the changes."`
	Undo      bool   `xor:"what" help:"Take back what --apply changed."`
}

func (c *setupPostfixCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	instance := &postfix.Postfix{ConfigDir: cfg.Postfix.ConfigDir, CommandDir: cfg.Postfix.CommandDir}
	if c.ConfigDir != "" {
		instance.ConfigDir = c.ConfigDir
	}
	ctx := context.Background()
	if c.Undo {
		left, err := instance.Undo(ctx)
		for _, s := range left {
			fmt.Fprintln(t.Out, s)
		}
		if err != nil || !haveUnits(c.Config) {
			return err
		}
		return stopUnits(ctx, cfg, postfixUnits(), t.Out)
	}
	plan, err := instance.Plan(ctx, wanted(cfg))
	if err != nil {
		return err
	}
	plan.WriteDiff(t.Out, instance.ConfigDir)
	if !c.Apply {
		if plan.Empty() {
			fmt.Fprintln(t.Out, "Postfix is set up; nothing to change.")
			return nil
		}
		sayWhatUnits(c.Config, "Postfix", t.Out)
		return nil
	}
	return applyWithUnits(ctx, c.configFlag, cfg, postfixUnits(), t, func() error {
		if plan.Empty() {
			fmt.Fprintln(t.Out, "Postfix is set up; nothing to change.")
		}
		return instance.Apply(ctx, plan)
	})
}

// postfixUnits are the units whose lines are the mail log; Debian has an instance for each Postfix.
func postfixUnits() []string { return []string{"postfix@.service", "postfix.service"} }

func wanted(cfg *milter.Config) postfix.Wanted {
	network, addr, _ := milter.ParseListen(cfg.Milter.Listen) // LoadConfig has checked it
	w := postfix.Wanted{Network: network, Addr: addr, OnFailure: cfg.Milter.OnFailure}
	if cfg.Held.Gateway != "" {
		w.Route = postfix.Route{Token: cfg.Policy.RouteToken, Gateway: cfg.Held.Gateway}
	}
	return w
}
