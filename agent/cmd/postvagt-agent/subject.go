package main

import (
	"context"
	"encoding/json"
	"time"

	"postvagt/agent"
	"postvagt/milter/program"
)

type subjectCmd struct {
	configFlag
	Reason  string `required:"" placeholder:"TEXT" help:"Why it is asked for, such as the number of the request; it goes into the access log."`
	By      string `placeholder:"NAME" help:"Who asks (default: the login name)."`
	JSON    bool   `help:"Machine-readable, with every field."`
	Address string `arg:"" help:"The person's address."`
}

func (c *subjectCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.By == "" {
		c.By = loginName()
	}
	s, err := agent.SubjectOf(context.Background(), cfg, agent.SubjectQuery{Address: c.Address, By: c.By, Reason: c.Reason, Now: time.Now()})
	if err != nil {
		return err
	}
	if !c.JSON {
		return s.Write(t.Out)
	}
	enc := json.NewEncoder(t.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(s)
}
