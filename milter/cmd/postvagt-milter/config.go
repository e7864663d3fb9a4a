package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/milter/program"
)

type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Say what is wrong with a configuration, with file and line."`
	Default configDefaultCmd `cmd:"" help:"Print all settings with their defaults and what they mean."`
}

type configCheckCmd struct{ configFlag }

func (c *configCheckCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	if _, err := milter.NewFilter(cfg, parts(cfg)); err != nil {
		return err
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

// closedMaps names the maps of Postfix that the daemon cannot ask, where both are on this machine.
func closedMaps(cfg *milter.Config) []string {
	if _, err := os.Stat(filepath.Join(cfg.Postfix.ConfigDir, "main.cf")); err != nil {
		return nil
	}
	p := postfixOf(cfg)
	faults, err := p.Unreadable(context.Background(), daemonUser(), cfg.Milter.ScanListen != "")
	if err != nil {
		return []string{"the TLS policy of Postfix cannot be looked up: " + err.Error()}
	}
	return faults
}

// daemonUser is the user that the package makes; without one, whoever asks.
func daemonUser() postfix.User {
	u, err := user.Lookup(milter.DaemonUser)
	if err != nil {
		if u, err = user.Current(); err != nil {
			return postfix.User{}
		}
	}
	out := postfix.User{UID: number(u.Uid), Groups: []uint32{number(u.Gid)}}
	groups, err := u.GroupIds()
	if err != nil {
		return out
	}
	for _, g := range groups {
		out.Groups = append(out.Groups, number(g))
	}
	return out
}

// number is an id as the system prints it.
func number(id string) uint32 {
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		return 65534 // nobody
	}
	return uint32(n)
}
