package main

import (
	"context"
	"os/exec"
	"path/filepath"

	"postvagt/milter"
	"postvagt/milter/postfix"
	"postvagt/rules"
)

// parts brings the milter together with the shipped rules and the Postfix of this machine, if there is one.
func parts(cfg *milter.Config) milter.Parts {
	p := milter.Parts{Rules: rules.Files}
	if _, err := exec.LookPath(filepath.Join(cfg.Postfix.CommandDir, "postconf")); err == nil {
		p.Transports = transports{&postfix.Transports{Postfix: postfixOf(cfg)}}
	}
	return p
}

func postfixOf(cfg *milter.Config) postfix.Postfix {
	return postfix.Postfix{ConfigDir: cfg.Postfix.ConfigDir, CommandDir: cfg.Postfix.CommandDir}
}

// transports speaks of Postfix's promises in the words of the milter.
type transports struct{ *postfix.Transports }

func (t transports) Promise(ctx context.Context, mailer, host string) (milter.Promise, error) {
	p, err := t.Lookup(ctx, mailer, host)
	return milter.Promise{Local: p.Local, Relay: p.Relay, Level: p.Level, Verified: p.Verified()}, err
}
