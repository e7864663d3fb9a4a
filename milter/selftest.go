package milter

import (
	"context"
	"fmt"
	"strings"
	"time"

	gomilter "github.com/emersion/go-milter"

	"postvagt/milter/policy"
	"postvagt/milter/verdict"
)

// selfTestMail is a message that must not leave in the open. The number is synthetic, and nobody bears the name.
const selfTestMail = "From: Selvtest <%s>\r\nTo: Anna Prøve <" + verdict.SelfTestTo + ">\r\nSubject: selftest\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
	"Kære Anna Prøve\r\n\r\nDu har fået diagnosen skizofreni. Dit CPR-nummer er 010180-1234.\r\n\r\nVenlig hilsen\r\nSelvtest\r\n"

// SelfTestFrom is the sender of the test message.
func SelfTestFrom(cfg *Config) string { return "selftest@" + cfg.Organisation.Domains[0] }

// SelfTestMail is the test message.
func SelfTestMail(cfg *Config) string { return fmt.Sprintf(selfTestMail, SelfTestFrom(cfg)) }

// SelfTest asks whether a message that must not leave in the open would still be stopped (R16): by these
// rules and this policy, and by the daemon that listens. It returns what it saw, in words for the admin.
func SelfTest(ctx context.Context, cfg *Config, parts Parts) (string, error) {
	f, err := NewFilter(cfg, parts)
	if err != nil {
		return "", err
	}
	text := SelfTestMail(cfg)
	j := f.Explain([]byte(text))
	test := verdict.SelfTestOf(&j.Record)
	if !test.Stopped() {
		return "", fmt.Errorf("the test message would leave in the open: level %s, policy line %q", j.Level, j.Why)
	}
	got, err := askDaemon(cfg, text)
	if err != nil {
		return "", fmt.Errorf("the daemon at %s: %w", cfg.Milter.Listen, err)
	}
	if got != j.Action {
		return "", fmt.Errorf("the daemon at %s answered %s, and its configuration asks for %s: reload it", cfg.Milter.Listen, got, j.Action)
	}
	if cfg.Policy.Mode != policy.Enforce {
		return fmt.Sprintf("good: the test message is recognised (%s); in mode %s it gets %s, in mode enforce %s", j.Level, cfg.Policy.Mode, got, test.Wanted), nil
	}
	return fmt.Sprintf("good: the test message is recognised (%s) and gets %s", j.Level, got), nil
}

// askDaemon hands the test message to the daemon as an MTA would, and reads which action it takes.
func askDaemon(cfg *Config, text string) (string, error) {
	network, addr, err := ParseListen(cfg.Milter.Listen)
	if err != nil {
		return "", err
	}
	wait := time.Duration(cfg.Milter.Timeout) + 5*time.Second
	client := gomilter.NewClientWithOptions(network, addr, gomilter.ClientOptions{ReadTimeout: wait, WriteTimeout: wait, ActionMask: wantActions})
	s, err := client.Session()
	if err != nil {
		return "", opReason(err)
	}
	defer s.Close()
	if _, err := s.Conn("localhost", gomilter.FamilyInet, 25, "127.0.0.1"); err != nil {
		return "", err
	}
	if err := s.Macros(gomilter.CodeMail, "i", verdict.SelfTestID, "{auth_authen}", "selftest"); err != nil {
		return "", err
	}
	if _, err := s.Mail(SelfTestFrom(cfg), nil); err != nil {
		return "", err
	}
	if _, err := s.Rcpt(verdict.SelfTestTo, nil); err != nil {
		return "", err
	}
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		if _, err := s.HeaderField(name, value); err != nil {
			return "", err
		}
	}
	if _, err := s.HeaderEnd(); err != nil {
		return "", err
	}
	changes, action, err := s.BodyReadFrom(strings.NewReader(body))
	if err != nil {
		return "", err
	}
	return actionOf(changes, action), nil
}

// actionOf reads an answer: what an MTA would do with it.
func actionOf(changes []gomilter.ModifyAction, final *gomilter.Action) string {
	got := verdict.Pass
	for _, c := range changes {
		switch {
		case c.Code == gomilter.ActQuarantine:
			got = verdict.Stricter(got, verdict.Hold)
		case c.Code == gomilter.ActAddHeader && c.HeaderName == ownHeader+"Route":
			got = verdict.Stricter(got, verdict.Route)
		case c.Code == gomilter.ActAddHeader:
			got = verdict.Stricter(got, verdict.Tag)
		}
	}
	if final.Code == gomilter.ActReplyCode && final.SMTPCode == 550 {
		return verdict.Reject
	}
	return got
}
