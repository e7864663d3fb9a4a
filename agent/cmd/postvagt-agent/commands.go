package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	"postvagt/agent"
	"postvagt/milter/program"
)

type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Check a configuration file."`
	Default configDefaultCmd `cmd:"" help:"Print every key with its default."`
}

type configCheckCmd struct {
	configFlag
}

func (c *configCheckCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(t.Err, "warning:", w)
	}
	_, err = fmt.Fprintln(t.Out, c.Config+": ok")
	return err
}

type configDefaultCmd struct{}

func (configDefaultCmd) Run(t *program.Terminal) error { return agent.WriteDefaultConfig(t.Out) }

type importCmd struct {
	configFlag
	Verdicts []string `placeholder:"FILE" sep:"none" help:"A file that the milter wrote; verdict lines count only there."`
	Year     int      `placeholder:"YYYY" help:"Year of the first line, where the stamps have none (default: guessed from the file's last change)."`
	Quiet    bool     `short:"q" help:"No progress bar."`
	Files    []string `arg:"" name:"file" help:"Logs, or -."`
}

func (c *importCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	i := &agent.Import{Config: cfg, Verdicts: c.Verdicts, Year: c.Year, Stdin: t.In}
	if !c.Quiet {
		i.Progress = t.Err
	}
	sum, err := i.Run(ctx, c.Files)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%d lines read, %d transmissions written, %d lines not understood\n", sum.Lines, sum.Documents, sum.Unknown)
	return err
}

type countCmd struct {
	configFlag
	By    []string          `placeholder:"FIELD" help:"Up to three fields, by name or column: level, outcome, department, …"`
	Where map[string]string `placeholder:"FIELD=VALUE" mapsep:"none" help:"Only transmissions with this value; may be repeated."`
	From  string            `placeholder:"DATE" help:"First day."`
	To    string            `placeholder:"DATE" help:"Last day."`
	JSON  bool              `help:"One JSON object for each row."`
}

func (c *countCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	rows, err := agent.Count(context.Background(), cfg, agent.CountQuery{By: c.By, Where: c.Where, From: c.From, To: c.To})
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(t.Out)
		for _, r := range rows {
			if err := enc.Encode(r.Object(c.By)); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		for _, k := range r.Keys {
			if k == "" {
				k = "(none)"
			}
			fmt.Fprintf(w, "%s\t", k)
		}
		fmt.Fprintf(w, "%d\n", r.Count)
	}
	return w.Flush()
}

type doctorCmd struct {
	configFlag
	PostfixConfig  string `name:"postfix-config" default:"" placeholder:"DIR" help:"Configuration folder of the Postfix instance, if it is not the system's."`
	SendmailConfig string `name:"sendmail-config" default:"/etc/mail/sendmail.cf" placeholder:"FILE" help:"Sendmail's configuration, on a host without Postfix (${default})."`
	MilterConfig   string `name:"milter-config" default:"/etc/postvagt/milter.toml" placeholder:"FILE" help:"The milter's configuration, if it has one here (${default})."`
	JSON           bool   `help:"Machine-readable."`
}

func (c *doctorCmd) Run(t *program.Terminal) error {
	d := agent.Doctor{ConfigFile: c.Config, PostfixConfig: c.PostfixConfig, MilterConfig: c.MilterConfig, SendmailConfig: c.SendmailConfig}
	report := d.Examine(context.Background())
	if c.JSON {
		if err := json.NewEncoder(t.Out).Encode(report); err != nil {
			return err
		}
	} else if err := report.Write(t.Out); err != nil {
		return err
	}
	if !report.OK() {
		return program.ErrNo
	}
	return nil
}
