package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"postvagt/packaging/e2e/kit"
)

// errFailed says that answers differed from what is known; they have been printed.
var errFailed = errors.New("some answers differ from what is known")

// show is the demo from beginning to end.
func show(ctx context.Context, bin string, check, stay bool) (err error) {
	s, err := newStage(bin)
	if s != nil {
		defer func() { err = errors.Join(err, s.strike()) }()
	}
	if err != nil {
		return err
	}
	out := os.Stdout
	fmt.Fprintf(out, "Everything lies in %s and listens on loopback only.\n", s.dir)
	steps := s.steps()
	for i, st := range steps {
		fmt.Fprintf(out, "[%d/%d] %s\n", i+1, len(steps), st.title)
		if err := st.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", st.title, err)
		}
	}
	if err := s.send(ctx, out); err != nil {
		return err
	}
	if err := s.follow(ctx, out); err != nil {
		return err
	}
	a, err := s.settle(ctx)
	if err != nil {
		return err
	}
	s.printTable(out, a)
	fmt.Fprintln(out)
	if err := s.doctor(ctx, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nDashboard: %s\n", s.dashboard)
	s.printUsers(out)
	if check {
		err = s.check(ctx, out, a)
	}
	if stay && (err == nil || errors.Is(err, errFailed)) {
		fmt.Fprintln(out, "Ctrl-C ends it and leaves nothing behind.")
		<-ctx.Done()
	}
	return err
}

// send hands every sample over to Postfix.
func (s *stage) send(ctx context.Context, out io.Writer) error {
	bar := newBar(out, "Sending mails in five languages", len(s.manifest.Mail))
	defer bar.end()
	for _, m := range s.manifest.Mail {
		reply, err := kit.Send(ctx, s.edge.Addr(0), envelope(m), m.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", m.File, err)
		}
		if refused := m.Outcome == "rejected"; refused != (reply.Code != 250) {
			return fmt.Errorf("%s: the mail server answered %d %s", m.File, reply.Code, reply.Text)
		}
		bar.step()
	}
	return nil
}

// follow does with held mails what the manifest says.
func (s *stage) follow(ctx context.Context, out io.Writer) error {
	for _, m := range s.manifest.Mail {
		if m.Then == "" {
			continue
		}
		id, err := s.heldID(ctx, m)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "postvagt-milter held %s (%s: %s)\n", m.Then, m.File[:2], m.What)
		args := []string{"held", m.Then, id}
		if m.Then == "release" {
			args = append(args, "--reason", "danger-to-life", "--note", "a sample")
		}
		if err := s.milterCommand(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// heldID finds the queue id of a held sample by its sender, recipient and size: the queue knows no message id.
func (s *stage) heldID(ctx context.Context, m *sample) (string, error) {
	queue, err := s.edge.Queue(ctx)
	if err != nil {
		return "", err
	}
	for _, q := range queue {
		if q.Queue != "hold" || q.Sender != m.From || len(q.Recipients) != len(m.To) || q.Recipients[0].Address != m.To[0] {
			continue
		}
		text, err := s.edge.Command(ctx, "postcat", "-hq", q.ID).Output()
		if err != nil {
			return "", fmt.Errorf("postcat: %w", err)
		}
		if strings.Contains(string(text), "<"+m.MessageID+">") {
			return q.ID, nil
		}
	}
	return "", fmt.Errorf("%s is not in the hold queue", m.File)
}

// doctor lets the agent say how it sees its house.
func (s *stage) doctor(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "postvagt-agent doctor")
	cmd := exec.CommandContext(ctx, s.bin("postvagt-agent"), "doctor", "--config", s.path("etc", "agent.toml"))
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+s.edge.Etc()) // whose Postfix it is
	text, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(text)) {
		fmt.Fprint(out, "  ", line)
	}
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil // it has a next step to name, and has named it
	}
	return err
}

// milterCommand runs postvagt-milter with the configuration of the stage.
func (s *stage) milterCommand(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, s.bin("postvagt-milter"), append(args, "--config", s.path("etc", "milter.toml"))...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("postvagt-milter %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
