package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"postvagt/milter"
	"postvagt/milter/held"
	"postvagt/milter/program"
	"postvagt/milter/verdict"
)

type selftestCmd struct {
	configFlag
	Mail bool   `help:"Also send the test message through the mail server, as root: it must be held there, is deleted, and the agent of this host must have seen it."`
	SMTP string `name:"smtp" default:"127.0.0.1:25" placeholder:"HOST:PORT" help:"Where the mail server takes mail of this host (127.0.0.1:25)."`
}

func (c *selftestCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	ctx := context.Background()
	said, err := milter.SelfTest(ctx, cfg, parts(cfg))
	if err != nil {
		return failed(t, err)
	}
	fmt.Fprintln(t.Out, said)
	if !c.Mail {
		return nil
	}
	since := time.Now()
	id, err := sendTest(ctx, cfg, c.SMTP)
	if err != nil {
		return failed(t, err)
	}
	fmt.Fprintf(t.Out, "good: sent through the mail server it was held (%s), and is deleted\n", id)
	if err := askAgent(ctx, since, t); err != nil {
		return failed(t, err)
	}
	return nil
}

func failed(t *program.Terminal, err error) error {
	fmt.Fprintln(t.Err, "postvagt-milter: selftest failed:", err)
	return program.ErrNo
}

// patience is how long the mail server may take to show what it holds, and the agent to read it.
const patience = time.Minute

// sendTest hands the test message to the mail server, which must hold it, and deletes it there. It returns its queue id.
func sendTest(ctx context.Context, cfg *milter.Config, server string) (id string, err error) {
	token, end, err := milter.NewTestToken(cfg)
	if err != nil {
		return "", fmt.Errorf("%w: run it as root", err)
	}
	defer func() { err = errors.Join(err, end()) }()
	reply, err := submitTest(ctx, cfg, server, milter.TestHeader+": "+token+"\r\n"+milter.SelfTestMail(cfg))
	if err != nil {
		return "", fmt.Errorf("the mail server at %s did not take the test message: %w (another address: postvagt-milter selftest --mail --smtp HOST:PORT)", server, err)
	}
	m := queuedAs.FindStringSubmatch(reply)
	if m == nil {
		return "", fmt.Errorf("the mail server at %s names no queue id: %s", server, reply)
	}
	return m[1], deleteTest(ctx, queueOf(cfg), m[1])
}

// queuedAs finds the queue id in what Postfix and Sendmail answer.
var queuedAs = regexp.MustCompile(`(?:queued as |^2\.0\.0 )([0-9A-Za-z]{5,32})(?: Message accepted|$)`)

// submitTest speaks SMTP and returns the answer to the message. No report of a delivery is asked for, whatever becomes of it.
func submitTest(ctx context.Context, cfg *milter.Config, server, text string) (reply string, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", server)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Duration(cfg.Milter.Timeout) + patience)); err != nil {
		return "", err
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return "", err
	}
	if err := c.Mail(milter.SelfTestFrom(cfg)); err != nil {
		return "", err
	}
	never := ""
	if ok, _ := c.Extension("DSN"); ok {
		never = " NOTIFY=NEVER"
	}
	for _, step := range []struct {
		line string
		want int
	}{{"RCPT TO:<" + verdict.SelfTestTo + ">" + never, 25}, {"DATA", 354}} {
		if err := c.Text.PrintfLine("%s", step.line); err != nil {
			return "", err
		}
		if _, _, err := c.Text.ReadResponse(step.want); err != nil {
			return "", err
		}
	}
	w := c.Text.DotWriter()
	if _, err := w.Write([]byte(text)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if _, reply, err = c.Text.ReadResponse(250); err != nil {
		return "", err
	}
	return reply, c.Quit()
}

// deleteTest waits until the mail server shows that it holds the test message, and deletes it.
func deleteTest(ctx context.Context, queue held.Queue, id string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := program.Poll(ctx, 200*time.Millisecond, func() (bool, error) {
		list, err := queue.List(ctx)
		if err != nil {
			return false, err
		}
		i := slices.IndexFunc(list, func(m held.Message) bool { return m.ID == id && slices.Contains(m.Recipients, verdict.SelfTestTo) })
		if i < 0 {
			return false, nil
		}
		return true, queue.Delete(ctx, list[i])
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the mail server took the test message (%s) and does not hold it: it does not ask the milter. Look at postvagt-agent doctor, and at the log of the mail server", id)
	}
	return err
}

// askAgent has the agent of this host say that it has seen the test since a time.
func askAgent(ctx context.Context, since time.Time, t *program.Terminal) error {
	agent, err := exec.LookPath("postvagt-agent")
	if err != nil {
		_, err := fmt.Fprintln(t.Out, "no agent is installed on this host: whether it was seen, postvagt-agent selftest says on the agent's")
		return err
	}
	said, err := exec.CommandContext(ctx, agent, "selftest", "--since", since.UTC().Format(time.RFC3339Nano), "--wait", patience.String()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("the agent: %s", strings.TrimPrefix(strings.TrimSpace(string(said)), "postvagt-agent: "))
	}
	_, err = t.Out.Write(said)
	return err
}
