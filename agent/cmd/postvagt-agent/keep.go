package main

import (
	"context"
	"fmt"
	"time"

	"postvagt/agent"
	"postvagt/milter/program"
)

type reportCmd struct {
	configFlag
	From       string `required:"" placeholder:"DATE" help:"First day."`
	To         string `required:"" placeholder:"DATE" help:"Last day."`
	Department string `placeholder:"NAME" help:"One department (default: the whole organisation)."`
	Lang       string `enum:"da,en" default:"da" help:"da or en."`
	Format     string `enum:"html,pdf,csv,json" default:"html" help:"html, pdf, csv or json."`
}

func (c *reportCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	q := agent.ReportQuery{From: c.From, To: c.To, Department: c.Department, Lang: c.Lang, Format: c.Format}
	return agent.WriteReport(context.Background(), cfg, q, time.Now(), t.Out)
}

type backupCmd struct {
	configFlag
	File string `arg:"" help:"A file that does not exist yet."`
}

func (c *backupCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := agent.Backup(context.Background(), cfg, c.File); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.Out, c.File+": written")
	return err
}

type restoreCmd struct {
	configFlag
	File string `arg:"" help:"A backup."`
}

func (c *restoreCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	kept, err := agent.Restore(context.Background(), cfg, c.File, time.Now())
	if err != nil {
		return err
	}
	if kept != "" {
		_, err = fmt.Fprintln(t.Out, "restored; the database that was there is kept as", kept)
		return err
	}
	_, err = fmt.Fprintln(t.Out, "restored")
	return err
}
