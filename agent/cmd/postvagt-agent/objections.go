package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"postvagt/agent"
	"postvagt/milter/program"
)

type objectionsCmd struct {
	List   objectionsListCmd   `cmd:"" help:"Print the register of those who asked for post or encrypted mail only."`
	Add    objectionsAddCmd    `cmd:"" help:"Enter an objection: an address, a national number, or both. The milter follows without a restart."`
	Remove objectionsRemoveCmd `cmd:"" help:"Take an objection out."`
}

type objectionsListCmd struct {
	configFlag
	JSON bool `help:"One JSON object for each objection."`
}

func (c *objectionsListCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	all, err := agent.Objections(cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(t.Out)
		for _, o := range all {
			if err := enc.Encode(map[string]any{"id": o.ID(), "address": o.Address, "number": o.Person != "", "date": o.Date, "note": o.Note, "source": o.Source}); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tDATE\tADDRESS\tNUMBER\tSOURCE\tNOTE")
	for _, o := range all {
		number := "no"
		if o.Person != "" {
			number = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.ID(), o.Date, o.Address, number, o.Source, o.Note)
	}
	return w.Flush()
}

type objectionsAddCmd struct {
	configFlag
	Address string `placeholder:"ADDRESS" help:"The citizen's mail address."`
	Number  string `placeholder:"KIND" help:"Read a national number from standard input and keep its hash alone, so that mail about the citizen to others is caught: dk-cpr, se-pnr, no-fnr, fi-hetu, is-kt."`
	Date    string `placeholder:"DATE" help:"Day on which it was received (default: today)."`
	Note    string `help:"What was asked for; no number."`
	Source  string `required:"" help:"How it came: letter, telephone, mail …"`
}

func (c *objectionsAddCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	o := agent.Objection{Address: c.Address, Date: c.Date, Note: c.Note, Source: c.Source}
	if o.Date == "" {
		o.Date = time.Now().Format(time.DateOnly)
	}
	var number *agent.Number
	if c.Number != "" { // never on the command line, where ps and the history of the shell keep it
		fmt.Fprintln(t.Err, "National number:")
		line, err := bufio.NewReader(t.In).ReadString('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("standard input: %w", err)
		}
		number = &agent.Number{Kind: c.Number, Digits: strings.TrimSpace(line)}
	}
	if o, err = agent.AddObjection(cfg, o, number); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%s: entered\n", o.ID())
	return err
}

type objectionsRemoveCmd struct {
	configFlag
	ID []string `arg:"" name:"id" help:"As objections list prints it."`
}

func (c *objectionsRemoveCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	for _, id := range c.ID {
		if err := agent.RemoveObjection(cfg, id); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(t.Out, "%s: removed\n", id); err != nil {
			return err
		}
	}
	return nil
}
