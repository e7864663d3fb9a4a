package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"postvagt/agent"
	"postvagt/agent/login"
	"postvagt/milter/program"

	"golang.org/x/term"
)

type usersCmd struct {
	Add     usersAddCmd     `cmd:"" help:"Add a user; asks for the password."`
	Passwd  usersPasswdCmd  `cmd:"" help:"Give a user a new password, and end a lock-out."`
	List    usersListCmd    `cmd:"" help:"List the users."`
	Roles   usersRolesCmd   `cmd:"" help:"Give a user other roles or departments."`
	Disable usersDisableCmd `cmd:"" help:"Keep a user from logging in; open sessions end at once."`
	Enable  usersEnableCmd  `cmd:"" help:"Let a disabled or locked user log in again."`
	Remove  usersRemoveCmd  `cmd:"" help:"Forget a user. The access log keeps the name."`
}

// named is a command about one user.
type named struct {
	configFlag
	Name string `arg:"" help:"The name to log in with."`
}

func (n named) users() (agent.Users, error) {
	cfg, err := n.load()
	return agent.Users{Config: cfg, Now: time.Now}, err
}

// rights are what a user may do.
type rights struct {
	Role       []string `required:"" placeholder:"ROLE" help:"viewer, officer, reviewer, reader (of held mail, beside reviewer), sender (of held mail of their own), dpo, auditor or admin; all but the last three may be combined."`
	Department []string `placeholder:"NAME" sep:"none" help:"A department of a reviewer, as departments.csv names it; may be repeated."`
	Address    []string `placeholder:"ADDRESS" help:"The person's own mail address, so that nobody decides on mail of their own; may be repeated."`
}

func (r rights) give(u *login.User) {
	u.Roles, u.Departments, u.Addresses = nil, r.Department, r.Address
	for _, role := range r.Role {
		u.Roles = append(u.Roles, login.Role(role))
	}
}

// secret says where a password comes from.
type secret struct {
	Generate bool `help:"Make a password and print it. Without it, the password is asked for, or read as a line of standard input."`
}

// password asks for a password and returns it; a made one is printed.
func (s secret) password(t *program.Terminal) (string, error) {
	if s.Generate {
		password := strings.ToLower(rand.Text())[:20]
		_, err := fmt.Fprintln(t.Out, "password:", password)
		return password, err
	}
	if f, ok := t.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return askTwice(t, int(f.Fd()))
	}
	line, err := bufio.NewReader(io.LimitReader(t.In, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func askTwice(t *program.Terminal, fd int) (string, error) {
	var said [2]string
	for i, prompt := range []string{"New password: ", "Once more: "} {
		fmt.Fprint(t.Err, prompt)
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(t.Err)
		if err != nil {
			return "", err
		}
		said[i] = string(b)
	}
	if said[0] != said[1] {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return said[0], nil
}

type usersAddCmd struct {
	named
	rights
	secret
}

func (c *usersAddCmd) Run(t *program.Terminal) error {
	users, err := c.users()
	if err != nil {
		return err
	}
	u := login.User{Name: c.Name}
	c.give(&u)
	if err := u.Check(); err != nil { // before a password is asked for
		return err
	}
	password, err := c.password(t)
	if err != nil {
		return err
	}
	if err := users.Add(context.Background(), u, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%s may log in as %s\n", u.Name, strings.Join(c.Role, ", "))
	return err
}

type usersPasswdCmd struct {
	named
	secret
}

func (c *usersPasswdCmd) Run(t *program.Terminal) error {
	users, err := c.users()
	if err != nil {
		return err
	}
	password, err := c.password(t)
	if err != nil {
		return err
	}
	if err := users.SetPassword(context.Background(), c.Name, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%s has a new password; open sessions have ended\n", c.Name)
	return err
}

type usersRolesCmd struct {
	named
	rights
}

func (c *usersRolesCmd) Run(t *program.Terminal) error {
	return c.change(t, "roles", "has the roles "+strings.Join(c.Role, ", "), func(u *login.User) { c.give(u) })
}

type usersDisableCmd struct{ named }

func (c *usersDisableCmd) Run(t *program.Terminal) error {
	return c.change(t, "disable", "can no longer log in", func(u *login.User) { u.Disabled = true })
}

type usersEnableCmd struct{ named }

func (c *usersEnableCmd) Run(t *program.Terminal) error {
	return c.change(t, "enable", "may log in", func(u *login.User) { u.Disabled, u.Failures, u.LockedUntil = false, 0, time.Time{} })
}

func (n named) change(t *program.Terminal, what, done string, f func(*login.User)) error {
	users, err := n.users()
	if err != nil {
		return err
	}
	if err := users.Change(context.Background(), n.Name, what, func(u *login.User) error { f(u); return nil }); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.Out, n.Name, done)
	return err
}

type usersRemoveCmd struct{ named }

func (c *usersRemoveCmd) Run(t *program.Terminal) error {
	users, err := c.users()
	if err != nil {
		return err
	}
	if err := users.Remove(context.Background(), c.Name); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.Out, c.Name, "is removed")
	return err
}

type usersListCmd struct {
	configFlag
	JSON bool `help:"One JSON object for each user."`
}

func (c *usersListCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	all, err := agent.Users{Config: cfg, Now: time.Now}.List(context.Background())
	if err != nil {
		return err
	}
	if c.JSON {
		return writeUsers(t.Out, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(t.Out, "nobody may log in yet: postvagt-agent users add NAME --role officer")
		return err
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLES\tDEPARTMENTS\tLAST LOGIN\tSTATE")
	for _, u := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.Name, roleText(u), strings.Join(u.Departments, ", "), stamp(u.LastLogin), state(u, time.Now()))
	}
	return w.Flush()
}

func roleText(u login.User) string {
	var all []string
	for _, r := range u.Roles {
		all = append(all, string(r))
	}
	return strings.Join(all, ", ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("2006-01-02 15:04")
}

func state(u login.User, now time.Time) string {
	switch {
	case u.Disabled:
		return "disabled"
	case now.Before(u.LockedUntil):
		return "locked until " + u.LockedUntil.Format("15:04")
	}
	return "active"
}

func writeUsers(w io.Writer, all []login.User) error {
	enc := json.NewEncoder(w)
	for _, u := range all {
		err := enc.Encode(map[string]any{"name": u.Name, "roles": u.Roles, "departments": u.Departments, "created": u.Created.Format(time.RFC3339),
			"last_login": stamp(u.LastLogin), "state": state(u, time.Now())})
		if err != nil {
			return err
		}
	}
	return nil
}
