package main

import (
	"context"
	"fmt"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/milter/program"
)

type setupCmd struct {
	Postfix setupPostfixCmd `cmd:"" help:"Show what puts the milter into Postfix; with --apply do it, with --undo take it back."`
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
		return err
	}
	plan, err := instance.Plan(ctx, wanted(cfg))
	if err != nil {
		return err
	}
	plan.WriteDiff(t.Out, instance.ConfigDir)
	switch {
	case len(plan.Changes) == 0:
		fmt.Fprintln(t.Out, "Postfix is set up; nothing to change.")
	case !c.Apply:
		fmt.Fprintln(t.Out, "# Nothing has been changed. Do it with --apply, take it back with --undo.")
	default:
		return instance.Apply(ctx, plan)
	}
	return nil
}

func wanted(cfg *milter.Config) postfix.Wanted {
	network, addr, _ := milter.ParseListen(cfg.Milter.Listen) // LoadConfig has checked it
	return postfix.Wanted{Network: network, Addr: addr, OnFailure: cfg.Milter.OnFailure}
}

type selftestCmd struct{ configFlag }

func (c *selftestCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	said, err := milter.SelfTest(context.Background(), cfg, parts(cfg))
	if err != nil {
		fmt.Fprintln(t.Err, "postvagt-milter: selftest failed:", err)
		return program.ErrNo
	}
	fmt.Fprintln(t.Out, said)
	return nil
}
