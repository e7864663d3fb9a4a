package main

import (
	"context"
	"fmt"

	"postvagt/milter"
	"postvagt/milter/program"
	"postvagt/milter/sendmail"
)

type setupSendmailCmd struct {
	configFlag
	Apply bool `xor:"what" help:"Make the changes: sendmail.mc, and sendmail.cf by m4."`
	Undo  bool `xor:"what" help:"Take back what --apply changed."`
}

func (c *setupSendmailCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	ctx, instance := context.Background(), sendmailOf(cfg)
	if c.Undo {
		if err := instance.Undo(ctx); err != nil || !haveUnits(c.Config) {
			return err
		}
		return stopUnits(ctx, cfg, sendmailUnits(), t.Out)
	}
	plan, err := instance.Plan(wantedOfSendmail(cfg))
	if err != nil {
		return err
	}
	plan.WriteDiff(t.Out, instance.ConfigDir)
	if plan.Old == plan.New {
		fmt.Fprintln(t.Out, "Sendmail is set up; nothing to change.")
	}
	if c.Apply {
		return applyWithUnits(ctx, c.configFlag, cfg, sendmailUnits(), t, func() error { return instance.Apply(ctx, plan) })
	}
	if plan.Old != plan.New {
		sayWhatUnits(c.Config, "Sendmail", t.Out)
	}
	return nil
}

// sendmailUnits are the units whose lines are the mail log.
func sendmailUnits() []string { return []string{"sendmail.service"} }

func wantedOfSendmail(cfg *milter.Config) sendmail.Wanted {
	network, addr, _ := milter.ParseListen(cfg.Milter.Listen) // LoadConfig has checked it
	return sendmail.Wanted{Network: network, Addr: addr, OnFailure: cfg.Milter.OnFailure}
}

// agreesWithSendmail sees to it that a dead milter and a failing one are treated alike.
func agreesWithSendmail(cfg *milter.Config) error {
	instance := sendmailOf(cfg)
	known, flag, err := instance.Status(wantedOfSendmail(cfg))
	if err != nil || !known {
		return err
	}
	if want := sendmail.DefaultAction(cfg.Milter.OnFailure); flag != want {
		return fmt.Errorf("on_failure = %q here, but Sendmail has F=%s for the milter, not F=%s: run postvagt-milter setup sendmail --apply", cfg.Milter.OnFailure, flag, want)
	}
	return nil
}
