package main

import (
	"fmt"
	"strings"

	"postvagt/milter"
	"postvagt/rules"
)

type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Say what is wrong with a configuration, with file and line."`
	Default configDefaultCmd `cmd:"" help:"Print all settings with their defaults and what they mean."`
}

type configCheckCmd struct{ configFlag }

func (c *configCheckCmd) Run(t *terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	if _, err := milter.NewFilter(cfg, rules.Files); err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(t.out, "warning:", w)
	}
	fmt.Fprintf(t.out, "%s: good (mode %s, on_failure %s, domains %s)\n", c.Config, cfg.Policy.Mode, cfg.Milter.OnFailure, strings.Join(cfg.Organisation.Domains, ", "))
	return nil
}

type configDefaultCmd struct{}

func (configDefaultCmd) Run(t *terminal) error { return milter.WriteDefaultConfig(t.out) }
