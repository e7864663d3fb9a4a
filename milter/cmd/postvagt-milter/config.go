package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/milter/program"
)

type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Say what is wrong with a configuration, with file and line."`
	Default configDefaultCmd `cmd:"" help:"Print all settings with their defaults and what they mean."`
}

type configCheckCmd struct {
	configFlag
	Lookups bool `help:"Say only which tables of the MTA the milter cannot ask. Exit 1 if there is one."`
}

func (c *configCheckCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	if _, err := milter.NewFilter(cfg, parts(cfg)); err != nil {
		return err
	}
	if c.Lookups {
		return sayClosedMaps(t, cfg)
	}
	for _, r := range cfg.Register() {
		fmt.Fprintln(t.Out, r)
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(t.Out, "warning:", w)
	}
	agrees := agreesWithPostfix
	if cfg.WhichMTA() == milter.MTASendmail {
		agrees = agreesWithSendmail
	}
	if err := agrees(cfg); err != nil {
		return err
	}
	for _, w := range closedMaps(cfg) {
		fmt.Fprintln(t.Out, "warning:", w)
	}
	fmt.Fprintf(t.Out, "%s: good (mode %s, on_failure %s, domains %s)\n", c.Config, cfg.Policy.Mode, cfg.Milter.OnFailure, strings.Join(cfg.Organisation.Domains, ", "))
	return nil
}

func sayClosedMaps(t *program.Terminal, cfg *milter.Config) error {
	faults := closedMaps(cfg)
	for _, f := range faults {
		fmt.Fprintln(t.Out, f)
	}
	if len(faults) > 0 {
		return program.ErrNo
	}
	return nil
}

type configDefaultCmd struct{}

func (configDefaultCmd) Run(t *program.Terminal) error { return milter.WriteDefaultConfig(t.Out) }

// agreesWithPostfix sees to it that a dead milter and a failing one are treated alike, where Postfix is
// set up on this machine.
func agreesWithPostfix(cfg *milter.Config) error {
	if _, err := os.Stat(filepath.Join(cfg.Postfix.ConfigDir, "main.cf")); err != nil {
		return nil
	}
	p := &postfix.Postfix{ConfigDir: cfg.Postfix.ConfigDir, CommandDir: cfg.Postfix.CommandDir}
	known, action, err := p.Status(context.Background(), wanted(cfg))
	if err != nil || !known {
		return err
	}
	if want := postfix.DefaultAction(cfg.Milter.OnFailure); action != want {
		return fmt.Errorf("on_failure = %q here, but Postfix has default_action %s for the milter, not %s: run postvagt-milter setup postfix --apply", cfg.Milter.OnFailure, action, want)
	}
	return nil
}

// closedMaps names the tables of the MTA that the daemon cannot ask, where both are on this machine.
func closedMaps(cfg *milter.Config) []string {
	var faults []string
	var err error
	switch {
	case cfg.WhichMTA() == milter.MTASendmail && exists(filepath.Join(cfg.Sendmail.ConfigDir, "sendmail.cf")):
		instance := sendmailOf(cfg)
		faults, err = instance.Unreadable(daemonUser())
	case exists(filepath.Join(cfg.Postfix.ConfigDir, "main.cf")):
		instance := postfixOf(cfg)
		faults, err = instance.Unreadable(context.Background(), daemonUser(), cfg.Milter.ScanListen != "")
	}
	if err != nil {
		return []string{"what the MTA promises cannot be looked up: " + err.Error()}
	}
	return faults
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// daemonUser is the user that the package makes; without one, whoever asks.
func daemonUser() program.User {
	u, err := program.LookupUser(milter.DaemonUser)
	if err != nil {
		return program.CurrentUser()
	}
	return u
}
