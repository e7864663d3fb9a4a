package main

import (
	"context"
	"runtime"

	"postvagt/milter"
	"postvagt/milter/program"
)

type checkCmd struct {
	configFlag
	JSON    bool     `help:"One JSON object for each message."`
	Jobs    int      `default:"0" help:"Messages judged at the same time (default: one for each processor)."`
	Rules   string   `placeholder:"DIR" help:"Rules of your own instead of rules_dir."`
	From    string   `placeholder:"ADDRESS" help:"Envelope sender instead of the header's."`
	To      []string `placeholder:"ADDRESS" sep:"," help:"Envelope recipients instead of the header's."`
	Against string   `placeholder:"FILE" help:"A changed configuration: print only what it would do differently, and how often. Exit 1 if anything."`
	Paths   []string `arg:"" name:"path" help:"Files and folders, or -."`
}

func (c *checkCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	if c.Rules != "" {
		cfg.Milter.RulesDir = c.Rules
	}
	f, err := milter.NewFilter(cfg, parts(cfg))
	if err != nil {
		return err
	}
	against, err := c.against()
	if err != nil {
		return err
	}
	if c.Jobs <= 0 {
		c.Jobs = runtime.NumCPU()
	}
	check := &milter.Check{Filter: f, Against: against, JSON: c.JSON, Jobs: c.Jobs, From: c.From, To: c.To, Out: t.Out, Stdin: t.In}
	stopped, err := check.Run(context.Background(), c.Paths)
	if err == nil && stopped {
		return program.ErrNo
	}
	return err
}

// against makes the filter of the changed configuration, nil without one.
func (c *checkCmd) against() (*milter.Filter, error) {
	if c.Against == "" {
		return nil, nil
	}
	cfg, err := milter.LoadConfig(c.Against)
	if err != nil {
		return nil, err
	}
	if c.Rules != "" {
		cfg.Milter.RulesDir = c.Rules
	}
	return milter.NewFilter(cfg, parts(cfg))
}
