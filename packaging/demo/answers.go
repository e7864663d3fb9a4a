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

// answers is what the agent has stored: message id -> field -> value -> number of transmissions.
type answers map[string]map[string]map[string]int

// fields are asked for of each mail; the first three tell whether its outcome is there.
var fields = []string{"outcome", "released", "level", "kinds", "email.direction", "action", "protection", "strong", "signed", "channel_state",
	"transport", "tls.version", "held", "left", "protected", "after_objection", "department", "secure_mailbox", "finding"}

// ask asks the agent as an admin would, by postvagt-agent count.
func (s *stage) ask(ctx context.Context, fields ...string) (answers, error) {
	a := answers{}
	for _, field := range fields {
		if err := s.count(ctx, a, field); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (s *stage) count(ctx context.Context, a answers, field string) error {
	const id = "email.message_id"
	cmd := exec.CommandContext(ctx, s.bin("postvagt-agent"), "count", "--config", s.path("etc", "agent.toml"), "--json", "--by", id+","+field)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("postvagt-agent count: %w: %s", err, stderr.String())
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var row map[string]any
		if err := dec.Decode(&row); err != nil {
			return fmt.Errorf("postvagt-agent count: %w", err)
		}
		var message, value string
		n := 0
		for k, v := range row {
			switch k {
			case "count":
				f, ok := v.(float64)
				if !ok {
					return fmt.Errorf("postvagt-agent count: count is %v", v)
				}
				n = int(f)
			case id:
				message = fmt.Sprint(v)
			default:
				value = fmt.Sprint(v)
			}
		}
		a.add(message, field, value, n)
	}
	return nil
}

func (a answers) add(message, field, value string, n int) {
	if a[message] == nil {
		a[message] = map[string]map[string]int{}
	}
	if a[message][field] == nil {
		a[message][field] = map[string]int{}
	}
	a[message][field][value] += n
}

// settleLimit is how long the last outcome may take to come from the mail server to the agent's store.
const settleLimit = 60 * time.Second

// settle waits until each mail has its outcome. When the time is up it gives what is known: an answer that
// differs from the known one is for the table and the checks to show.
func (s *stage) settle(ctx context.Context) (answers, error) {
	err := kit.Wait(ctx, "the outcome of each mail", settleLimit, func() (bool, error) {
		if over, how := s.agent.Exited(); over {
			return true, fmt.Errorf("the agent has ended: %v", how)
		}
		a, err := s.ask(ctx, fields[:3]...)
		return err == nil && !slices.ContainsFunc(s.manifest.Mail, func(m *sample) bool { return !a.settled(m) }), err
	})
	if err != nil && (!errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil) {
		return nil, err
	}
	return s.ask(ctx, fields...)
}

func (a answers) settled(m *sample) bool {
	stored := a[m.MessageID]
	return stored["outcome"][m.rowOutcome()] == m.Copies && stored["released"][fmt.Sprint(m.Then == "release")] == m.Copies &&
		stored["level"][m.Level] == m.Copies
}

// rowOutcome is the outcome that a transmission bears; that it was released first stands apart.
func (s *sample) rowOutcome() string {
	if s.Outcome == "released" {
		return "delivered"
	}
	return s.Outcome
}

// say gives the values of a field as text, with their number where there are several.
func (a answers) say(m *sample, field string) string {
	return say(a[m.MessageID][field])
}

func say(values map[string]int) string {
	var parts []string
	for v, n := range values {
		if len(values) > 1 || n > 1 {
			v = fmt.Sprintf("%d×%s", n, v)
		}
		parts = append(parts, v)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
