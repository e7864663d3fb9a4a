package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// transmission is what the agent stored of one copy of a mail: the value of each field, kinds apart.
type transmission map[string]string

// fields are asked for of each transmission.
var fields = []string{"email.message_id", "postvagt.to_domain", "email.direction", "postvagt.level", "postvagt.action", "postvagt.protection",
	"postvagt.algorithm", "postvagt.strong", "postvagt.signed", "postvagt.channel_state", "postvagt.transport", "tls.version", "postvagt.outcome",
	"postvagt.held", "postvagt.released", "postvagt.left", "postvagt.protected", "postvagt.after_objection", "postvagt.department",
	"postvagt.secure_mailbox", "postvagt.finding"}

// answers are the transmissions and kinds of each mail, by message id.
type answers struct {
	copies map[string][]transmission
	kinds  map[string][]string
}

// ask asks the agent, as an admin would, by postvagt-agent count.
func (s *stage) ask(ctx context.Context) (*answers, error) {
	a := &answers{copies: map[string][]transmission{}, kinds: map[string][]string{}}
	rows, err := s.count(ctx, fields...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		id := r.values["email.message_id"]
		for range r.count {
			a.copies[id] = append(a.copies[id], r.values)
		}
	}
	if rows, err = s.count(ctx, "email.message_id", "postvagt.kinds"); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if kind := r.values["postvagt.kinds"]; kind != "" {
			id := r.values["email.message_id"]
			a.kinds[id] = append(a.kinds[id], kind)
		}
	}
	return a, nil
}

type countedRow struct {
	values transmission
	count  int
}

func (s *stage) count(ctx context.Context, by ...string) ([]countedRow, error) {
	cmd := exec.CommandContext(ctx, s.bin("postvagt-agent"), "count", "--config", s.path("etc", "agent.toml"), "--json", "--by", strings.Join(by, ","))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("postvagt-agent count: %w: %s", err, stderr.String())
	}
	var rows []countedRow
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var object map[string]any
		if err := dec.Decode(&object); err != nil {
			return nil, fmt.Errorf("postvagt-agent count: %w", err)
		}
		r := countedRow{values: transmission{}}
		for k, v := range object {
			if n, ok := v.(float64); ok && k == "count" {
				r.count = int(n)
				continue
			}
			r.values[k] = fmt.Sprint(v)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// settleLimit is how long the last outcome may take to come from the mail server to the agent's store.
const settleLimit = 60 * time.Second

// settle waits until each mail has its outcome, and gives what is known when the time is up: an answer
// that differs from the known one is for the table and the checks to show.
func (s *stage) settle(ctx context.Context) (a *answers, err error) {
	err = kit.Wait(ctx, "the outcome of each mail", settleLimit, func() (bool, error) {
		if over, how := s.agent.Exited(); over {
			return true, fmt.Errorf("the agent has ended: %v", how)
		}
		if a, err = s.ask(ctx); err != nil {
			return false, err
		}
		return !slices.ContainsFunc(s.manifest.Mail, func(m *sample) bool { return !a.settled(m) }), nil
	})
	if errors.Is(err, context.DeadlineExceeded) && a != nil && ctx.Err() == nil {
		return a, nil
	}
	return a, err
}

func (a *answers) settled(m *sample) bool {
	copies := a.copies[m.MessageID]
	if len(copies) != m.Copies {
		return false
	}
	return !slices.ContainsFunc(copies, func(t transmission) bool { return outcome(t) != m.Outcome || t["postvagt.level"] != m.Level })
}

// outcome tells a delivery after a release from others.
func outcome(t transmission) string {
	if t["postvagt.outcome"] == "delivered" && t["postvagt.released"] == "true" {
		return "released"
	}
	return t["postvagt.outcome"]
}
