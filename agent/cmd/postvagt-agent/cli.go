package main

import (
	"io"

	"postvagt/agent"
	"postvagt/milter/program"
)

type cli struct {
	Run        runCmd        `cmd:"" help:"Follow the mail log and serve the pages until told to stop. SIGHUP reloads the configuration."`
	Import     importCmd     `cmd:"" help:"Read old logs: plain, .gz, .bz2, .xz, .zst, - for standard input. Resumes where it was stopped."`
	Count      countCmd      `cmd:"" help:"Count transmissions by fields."`
	Report     reportCmd     `cmd:"" help:"Write the Ombudsman's report for a period to standard output."`
	Figures    figuresCmd    `cmd:"" help:"Figures that never pass the mail server, reported by month."`
	Subject    subjectCmd    `cmd:"" help:"Print all that is held on a person under an address (GDPR, Article 15). It is noted in the access log."`
	Objections objectionsCmd `cmd:"" help:"The register of those who asked for post or encrypted mail only."`
	Setup      setupCmd      `cmd:"" help:"The first step: name the organisation and its domains, and start the agent. Without --apply it only shows the change."`
	Users      usersCmd      `cmd:"" help:"Who may log in to the pages."`
	Backup     backupCmd     `cmd:"" help:"Write the database as of now to a new file, while the agent runs."`
	Restore    restoreCmd    `cmd:"" help:"Put a backup in the place of the database. The agent must be stopped."`
	Cases      casesCmd      `cmd:"" help:"The register of breaches: list, show, export, verify."`
	Boards     boardsCmd     `cmd:"" name:"dashboards" help:"Dashboards of Kibana."`
	Doctor     doctorCmd     `cmd:"" help:"Say what runs, what is seen, what is missing, and the one next step. Exit 1 if something is missing."`
	Selftest   selftestCmd   `cmd:"" help:"Say what the milter of each host answered last to its test message, as the agent has seen it. Exit 1 if a message like it would leave."`
	Man        manCmd        `cmd:"" hidden:"" help:"Write the manual pages."`
	Config     configCmd     `cmd:"" help:"Check the configuration, or print the defaults."`
}

type manCmd = program.Man

type configFlag struct {
	Config string `default:"${config}" placeholder:"FILE" help:"Configuration file (${config})."`
}

// load reads the configuration.
func (f configFlag) load() (*agent.Config, error) { return agent.LoadConfig(f.Config) }

// run runs the command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	return program.Command{
		Name: "postvagt-agent", Description: "Finds out what really became of every mail, and shows it.", ConfigFile: agent.DefaultConfigFile, Grammar: &cli{},
		Defaults: agent.WriteDefaultConfig, Everyday: []string{"count", "report"},
	}.Run(args, &program.Terminal{In: in, Out: out, Err: errOut})
}
