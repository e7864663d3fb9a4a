package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/user"
	"text/tabwriter"
	"time"

	"postvagt/agent"
	"postvagt/milter/program"
)

type figuresCmd struct {
	Import figuresImportCmd `cmd:"" help:"Read monthly figures that were counted elsewhere (Digital Post, letters) from a CSV file. They are kept as reported, not measured."`
	List   figuresListCmd   `cmd:"" help:"Print the figures that were reported."`
}

type figuresImportCmd struct {
	configFlag
	By   string `placeholder:"NAME" help:"Who enters them, where the file has no column entered_by (default: the login name)."`
	File string `arg:"" help:"CSV with the columns month,channel,count,source and, if wanted, department,entered_by; - for standard input."`
}

func (c *figuresImportCmd) Run(t *program.Terminal) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	name, in := "standard input", t.In
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return program.Unreadable(c.File, err)
		}
		defer f.Close()
		name, in = c.File, io.Reader(f)
	}
	if c.By == "" {
		c.By = loginName()
	}
	sum, err := agent.ImportFigures(context.Background(), cfg, name, in, c.By, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%s: %d new, %d changed, %d as before\n", name, sum.Added, sum.Changed, sum.Same)
	return err
}

func loginName() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

type figuresListCmd struct {
	configFlag
	From string `placeholder:"DATE" help:"First day; only whole months count."`
	To   string `placeholder:"DATE" help:"Last day."`
	JSON bool   `help:"One JSON object for each figure."`
}

func (c *figuresListCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	all, err := agent.Figures(context.Background(), cfg, c.From, c.To)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(t.Out)
		for _, r := range all {
			if err := enc.Encode(map[string]any{"month": r.Month, "channel": r.Channel, "department": r.Department, "source": r.Source,
				"count": r.Count, "entered_by": r.EnteredBy, "entered": r.Entered.Format(time.RFC3339)}); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "month\tchannel\tdepartment\tcount\tsource\tentered by")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", r.Month, r.Channel, r.Department, r.Count, r.Source, r.EnteredBy)
	}
	return w.Flush()
}
