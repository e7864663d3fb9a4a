package main

import (
	"context"
	"fmt"
	"time"

	"postvagt/agent"
	"postvagt/agent/store"
	"postvagt/milter/program"
)

type selftestCmd struct {
	configFlag
	Since time.Time     `placeholder:"TIME" help:"Only a test of this host from then on (2026-11-29T10:00:00Z), for which the command waits."`
	Wait  time.Duration `default:"1m" placeholder:"DURATION" help:"How long (1m)."`
}

func (c *selftestCmd) Run(t *program.Terminal) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var all []store.SelfTest
	if c.Since.IsZero() {
		all, err = agent.SelfTests(context.Background(), cfg)
	} else {
		all, err = agent.AwaitSelfTest(context.Background(), cfg, c.Since, c.Wait)
	}
	if err != nil {
		return err
	}
	good := true
	for _, test := range all {
		at := test.At.Local().Format(time.DateTime)
		if test.Stopped() {
			fmt.Fprintf(t.Out, "good: the agent has seen the test of %s, %s: it would be stopped\n", test.Host, at)
			continue
		}
		good = false
		fmt.Fprintf(t.Out, "not good: the agent has seen the test of %s, %s: a message like it would get %s\n", test.Host, at, test.Wanted)
	}
	if len(all) == 0 {
		fmt.Fprintln(t.Out, "no test message was ever seen: systemctl enable --now postvagt-milter-selftest.timer on each mail host")
	}
	if !good || len(all) == 0 {
		return program.ErrNo
	}
	return nil
}
