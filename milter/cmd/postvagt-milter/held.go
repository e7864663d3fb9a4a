package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"postvagt/milter"
	"postvagt/milter/held"
	"postvagt/milter/program"
)

type heldCmd struct {
	List    heldListCmd    `cmd:"" help:"List held messages: rule, count, part, time."`
	Show    heldShowCmd    `cmd:"" help:"Show the header of a held message, or all of it. It takes a reason, and its sender is told."`
	Return  heldReturnCmd  `cmd:"" help:"Return held messages to their senders, undelivered."`
	Route   heldRouteCmd   `cmd:"" help:"Send held messages by the secure gateway."`
	Release heldReleaseCmd `cmd:"" help:"Let held messages go on their way, in the open; they count as unprotected."`
	Delete  heldDeleteCmd  `cmd:"" help:"Destroy held messages."`
	Serve   heldServeCmd   `cmd:"" help:"Run the privileged helper that the browser's held mail speaks with."`
}

// openDesk opens the hold queue and the file of decisions; the caller closes what it gets.
func openDesk(cfg *milter.Config) (*held.Desk, func() error, error) {
	gid, err := groupID(cfg.Held.Group)
	if err != nil {
		return nil, nil, err
	}
	decisions, err := held.OpenDecisions(cfg.Held.Decisions, gid)
	if err != nil {
		return nil, nil, err
	}
	h := &cfg.Held
	return &held.Desk{
		Queue:    queueOf(cfg),
		Verdicts: &held.Verdicts{Path: cfg.HeldVerdicts()}, Decisions: decisions,
		Rules: held.Rules{EscalateAfter: time.Duration(h.EscalateAfter), ReturnAfter: time.Duration(h.ReturnAfter), FourEyes: h.FourEyes, Override: h.Overrides()},
	}, decisions.Close, nil
}

// queueOf is the hold queue of the MTA that this machine has.
func queueOf(cfg *milter.Config) held.Queue {
	if cfg.WhichMTA() == milter.MTASendmail {
		return &held.Sendmail{ConfigFile: filepath.Join(cfg.Sendmail.ConfigDir, "sendmail.cf"), CommandDir: cfg.Sendmail.CommandDir}
	}
	return &held.Postfix{ConfigDir: cfg.Postfix.ConfigDir, CommandDir: cfg.Postfix.CommandDir, Gateway: cfg.Held.Gateway}
}

// groupID looks a group up; -1 for none, and for one that this machine does not have yet.
func groupID(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	g, err := user.LookupGroup(name)
	var unknown user.UnknownGroupError
	if errors.As(err, &unknown) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("held.group: %w", err)
	}
	return strconv.Atoi(g.Gid)
}

// atTheTerminal is the admin, who may all; so says the system, since the MTA's own commands need root.
func atTheTerminal() held.Peer {
	return held.Peer{UID: uint32(os.Getuid()), Rights: held.Rights{Decide: true, Read: true, Delete: true}}
}

type heldListCmd struct {
	configFlag
	JSON bool `help:"One JSON object for each message."`
}

func (c *heldListCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	desk, done, err := openDesk(cfg)
	if err != nil {
		return err
	}
	defer done()
	list, err := desk.List(context.Background(), atTheTerminal(), held.Actor{})
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(t.Out)
		for _, e := range list {
			if err := enc.Encode(e); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "QUEUE ID\tARRIVED\tBYTES\tLEVEL\tFOUND\tBECAUSE OF\tDEPARTMENT\tSTATE")
	for _, e := range list {
		level := e.Level
		if !e.Judged {
			level = "not judged"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Arrival.Local().Format("2006-01-02 15:04:05"), e.Size, level, foundIn(e.Rules), e.Why, e.Department, heldState(&e))
	}
	return w.Flush()
}

// foundIn is "dk-cpr 4 (subject, 1 text/plain); …".
func foundIn(rules []held.RuleParts) string {
	var parts []string
	for _, r := range rules {
		s := fmt.Sprintf("%s %d", r.Rule, r.Count)
		if len(r.Parts) > 0 {
			s += " (" + strings.Join(r.Parts, ", ") + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

func heldState(e *held.Entry) string {
	switch {
	case e.Asked != nil:
		return e.Asked.By + " asks for " + e.Asked.Op + ": it takes a second person"
	case e.Escalated:
		return "escalated"
	}
	return "waits"
}

// decider is the person at the terminal.
type decider struct {
	Actor   string   `placeholder:"NAME" help:"Who decides (default: who called sudo, or the user)."`
	Address []string `placeholder:"ADDRESS" sep:"," help:"The decider's own mail addresses: nobody decides on their own mail."`
}

func (d *decider) actor() held.Actor {
	a := held.Actor{Name: d.Actor, Addresses: d.Address}
	if a.Name == "" {
		a.Name = os.Getenv("SUDO_USER")
	}
	if u, err := user.Current(); a.Name == "" && err == nil {
		a.Name = u.Username
	}
	if len(a.Addresses) == 0 {
		a.Addresses = []string{a.Name}
	}
	return a
}

type heldShowCmd struct {
	configFlag
	decider
	Reason string `required:"" help:"Why it must be read; recorded, and its sender is told."`
	Body   bool   `help:"Also show what comes after the header."`
	ID     string `arg:"" name:"queue-id" help:"Queue id as held list prints it."`
}

func (c *heldShowCmd) Run(t *program.Terminal) error {
	ids := heldIDs{configFlag: c.configFlag, decider: c.decider, IDs: []string{c.ID}}
	return ids.each(held.Request{Op: held.OpShow, Reason: c.Reason, Body: c.Body}, func(_ string, o held.Outcome) error {
		_, err := t.Out.Write(o.Content)
		return err
	})
}

type heldIDs struct {
	configFlag
	decider
	IDs []string `arg:"" name:"queue-id" help:"Queue ids as held list prints them."`
}

// each asks the same of each message, goes on past those that fail, and says what came of it.
func (c *heldIDs) each(q held.Request, say func(id string, o held.Outcome) error) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	desk, done, err := openDesk(cfg)
	if err != nil {
		return err
	}
	defer done()
	ctx, peer := context.Background(), atTheTerminal()
	list, err := desk.Queue.List(ctx)
	if err != nil {
		return err
	}
	arrivals := map[string]time.Time{}
	for _, m := range list {
		arrivals[m.ID] = m.Arrival
	}
	q.V, q.Actor = held.Version, c.actor()
	var errs []error
	for _, id := range c.IDs {
		q.ID, q.Arrival = id, arrivals[id]
		o, err := desk.Decide(ctx, peer, &q)
		if err == nil {
			err = say(id, o)
		}
		errs = append(errs, withWords(err))
	}
	return errors.Join(errs...)
}

// withWords adds to a refusal what the authorities said.
func withWords(err error) error {
	var r *held.Refusal
	if !errors.As(err, &r) || len(r.Words) == 0 {
		return err
	}
	lines := []string{r.Text}
	for _, w := range r.Words {
		lines = append(lines, fmt.Sprintf("  %s: %s", w.Source, w.Text))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// saying prints what came of a request.
func saying(t *program.Terminal, done string) func(string, held.Outcome) error {
	return func(id string, o held.Outcome) error {
		if o.State == held.StateAsked {
			done = "asked for: it takes a second person"
		}
		_, err := fmt.Fprintf(t.Out, "%s: %s\n", id, done)
		return err
	}
}

type heldReturnCmd struct{ heldIDs }

func (c *heldReturnCmd) Run(t *program.Terminal) error {
	return c.each(held.Request{Op: held.OpReturn}, saying(t, "returned to its sender"))
}

type heldRouteCmd struct{ heldIDs }

func (c *heldRouteCmd) Run(t *program.Terminal) error {
	return c.each(held.Request{Op: held.OpRoute}, saying(t, "sent by the gateway"))
}

type heldReleaseCmd struct {
	heldIDs
	Reason string `required:"" help:"false-alarm, documented-protection (the note names the document) or danger-to-life."`
	Note   string `help:"What supports the reason."`
}

func (c *heldReleaseCmd) Run(t *program.Terminal) error {
	return c.each(held.Request{Op: held.OpRelease, Reason: c.Reason, Note: c.Note}, saying(t, "released"))
}

type heldDeleteCmd struct {
	heldIDs
	Reason string `required:"" help:"Why it must be destroyed; recorded."`
}

func (c *heldDeleteCmd) Run(t *program.Terminal) error {
	return c.each(held.Request{Op: held.OpDelete, Reason: c.Reason}, saying(t, "deleted"))
}
