package main

import (
	"context"

	"postvagt/agent"
	"postvagt/milter/program"
)

type boardsCmd struct {
	Export  boardsExportCmd  `cmd:"" help:"Write Kibana's dashboards and Elasticsearch's templates as files."`
	Install boardsInstallCmd `cmd:"" help:"Bring templates, indices and dashboards up to date, and say what changed. May be run again."`
}

type boardsExportCmd struct {
	Dir     string `arg:"" help:"Folder, made where it is missing."`
	Ranking bool   `help:"With the table that compares senders: only where staff were informed and consulted, see [persons]."`
}

func (c *boardsExportCmd) Run(t *program.Terminal) error {
	return agent.ExportDashboards(c.Dir, c.Ranking, t.Out)
}

type boardsInstallCmd struct {
	configFlag
	Elasticsearch string   `placeholder:"URL" help:"Default: urls of [elasticsearch]; credentials come from there in any case."`
	Kibana        string   `placeholder:"URL" help:"Without it, the templates only."`
	Lang          []string `enum:"da,en" default:"da,en" help:"Languages of the dashboards."`
}

func (c *boardsInstallCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return agent.InstallDashboards(context.Background(), cfg, agent.DashboardsInstall{Elasticsearch: c.Elasticsearch, Kibana: c.Kibana, Langs: c.Lang}, t.Out)
}
