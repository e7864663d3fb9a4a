package main

import (
	"context"
	"fmt"
	"strings"

	"postvagt/agent"
	"postvagt/milter/program"
)

type setupCmd struct {
	configFlag
	Name          string   `placeholder:"NAME" help:"Name of the organisation, as it shall stand in reports."`
	Domain        []string `placeholder:"DOMAIN" help:"A mail domain of yours; may be repeated. Without it: those that Postfix takes mail for."`
	User          string   `placeholder:"NAME" help:"Also add the first user of the pages, with the role admin; the password is printed."`
	PostfixConfig string   `name:"postfix-config" default:"" placeholder:"DIR" help:"Configuration folder of the Postfix instance, if it is not the system's."`
	Apply         bool     `help:"Make the changes and start the agent."`
}

func (c *setupCmd) Run(t *program.Terminal) error {
	ctx := context.Background()
	s := &agent.Setup{ConfigFile: c.Config, PostfixConfig: c.PostfixConfig, Name: c.Name, Domains: c.Domain}
	changes, err := s.Plan(ctx)
	if err != nil {
		return err
	}
	for _, change := range changes {
		writeDiff(t, change)
	}
	if len(changes) == 0 {
		fmt.Fprintln(t.Out, "The configuration names its domains already; nothing to change.")
	}
	if !c.Apply {
		fmt.Fprintln(t.Out, "# Nothing has been changed. Do it with --apply.")
		return nil
	}
	if err := s.Apply(changes); err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	fmt.Fprintln(t.Out, "The mail log:", cfg.LogSource())
	started, err := s.Start(ctx)
	if err != nil {
		return err
	}
	if started {
		fmt.Fprintf(t.Out, "Enabled and started: postvagt-agent.service, with its pages at http://%s/\n", cfg.Dashboard.Listen)
	}
	if c.User == "" {
		return nil
	}
	add := &usersAddCmd{named: named{c.configFlag, c.User}, rights: rights{Role: []string{"admin"}}, secret: secret{Generate: true}}
	return add.Run(t)
}

// writeDiff prints the lines that change.
func writeDiff(t *program.Terminal, c agent.SetupChange) {
	fmt.Fprintf(t.Out, "--- %s\n+++ %s\n", c.File, c.File)
	old := map[string]bool{}
	for line := range strings.Lines(c.Old) {
		old[line] = true
	}
	now := map[string]bool{}
	for line := range strings.Lines(c.New) {
		now[line] = true
	}
	for line := range strings.Lines(c.Old) {
		if !now[line] {
			fmt.Fprint(t.Out, "-", line)
		}
	}
	for line := range strings.Lines(c.New) {
		if !old[line] && c.Old != "" {
			fmt.Fprint(t.Out, "+", line)
		}
	}
}
