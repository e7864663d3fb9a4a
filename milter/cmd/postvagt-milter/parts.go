package main

import (
	"context"
	"os/exec"
	"path/filepath"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/milter/sendmail"
	"postvagt/rules"
)

// parts brings the milter together with the shipped rules and the MTA of this machine, if there is one.
func parts(cfg *milter.Config) milter.Parts {
	p := milter.Parts{Rules: rules.Files}
	if cfg.WhichMTA() == milter.MTASendmail {
		if _, err := exec.LookPath(filepath.Join(cfg.Sendmail.CommandDir, "sendmail")); err == nil {
			p.Transports = sendmailTransports{&sendmail.Transports{Sendmail: sendmailOf(cfg)}}
		}
		return p
	}
	if _, err := exec.LookPath(filepath.Join(cfg.Postfix.CommandDir, "postconf")); err == nil {
		p.Transports = transports{&postfix.Transports{Postfix: postfixOf(cfg)}}
	}
	return p
}

func postfixOf(cfg *milter.Config) postfix.Postfix {
	return postfix.Postfix{ConfigDir: cfg.Postfix.ConfigDir, CommandDir: cfg.Postfix.CommandDir}
}

func sendmailOf(cfg *milter.Config) sendmail.Sendmail {
	return sendmail.Sendmail{ConfigDir: cfg.Sendmail.ConfigDir, CommandDir: cfg.Sendmail.CommandDir, MacroDir: cfg.Sendmail.MacroDir}
}

// sendmailTransports speaks of Sendmail's promises in the words of the milter.
type sendmailTransports struct{ *sendmail.Transports }

func (t sendmailTransports) Promise(ctx context.Context, to milter.Rcpt) (milter.Promise, error) {
	p, err := t.Lookup(ctx, to.Addr, to.Mailer, to.Host)
	return milter.Promise{Local: p.Local, Relay: p.Relay, Level: p.Level, Verified: p.Verified, Strong: p.Strong}, err
}

// Route: Sendmail's rules decide while it delivers, so what it has not named is not known.
func (t sendmailTransports) Route(context.Context, string, []string) ([]milter.Rcpt, error) {
	return nil, nil
}

// transports speaks of Postfix's promises in the words of the milter.
type transports struct{ *postfix.Transports }

func (t transports) Promise(ctx context.Context, to milter.Rcpt) (milter.Promise, error) {
	p, err := t.Lookup(ctx, to.Mailer, to.Host)
	return milter.Promise{Local: p.Local, Relay: p.Relay || to.Relay, Level: p.Level, Verified: p.Verified(), Strong: p.Strong}, err
}

func (t transports) Route(ctx context.Context, sender string, rcpts []string) ([]milter.Rcpt, error) {
	hops, err := t.Transports.Route(ctx, sender, rcpts)
	out := make([]milter.Rcpt, len(hops))
	for i, h := range hops {
		out[i] = milter.Rcpt{Addr: rcpts[i], Mailer: h.Mailer, Host: h.Host, Relay: h.Relay}
	}
	return out, err
}
