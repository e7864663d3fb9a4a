package main

import (
	"io"

	"postvagt/milter"
	"postvagt/milter/program"
)

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Judge mail for an MTA until told to stop. SIGHUP reloads the configuration."`
	Check    checkCmd    `cmd:"" help:"Judge mail from files: .eml, mbox, Maildir, folders, - for standard input. Exit 1 if one would be stopped."`
	Held     heldCmd     `cmd:"" help:"The MTA's hold queue."`
	Rules    rulesCmd    `cmd:"" help:"List, test and explain rules."`
	Config   configCmd   `cmd:"" help:"Check the configuration, or print the defaults."`
	Setup    setupCmd    `cmd:"" help:"Put the milter into an MTA, or take it out."`
	Man      program.Man `cmd:"" hidden:"" help:"Write the manual pages."`
	Selftest selftestCmd `cmd:"" help:"Ask whether a message that must not leave in the open would still be stopped. Exit 1 if not."`
}

type configFlag struct {
	Config string `default:"${config}" placeholder:"FILE" help:"Configuration file (${config})."`
}

// run runs the command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	return program.Command{
		Name: "postvagt-milter", Description: "Keeps confidential and sensitive personal data from leaving by open e-mail.", ConfigFile: milter.DefaultConfigFile, Grammar: &cli{},
		Defaults: milter.WriteDefaultConfig, Everyday: []string{"check", "rules"},
	}.Run(args, &program.Terminal{In: in, Out: out, Err: errOut})
}
