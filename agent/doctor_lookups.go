package agent

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"postvagt/agent/track"
)

// lookupTimeout bounds the milter's look at the tables of the MTA.
const lookupTimeout = 30 * time.Second

// lookups names what of the MTA the milter cannot ask, so that its recipients count as open; the milter itself says so.
func (d Doctor) lookups(ctx context.Context, r *Report) {
	config := d.MilterConfig
	command, err := exec.LookPath("postvagt-milter")
	if _, missing := os.Stat(config); err != nil || missing != nil {
		return // the milter is on another host
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	var said strings.Builder
	cmd := exec.CommandContext(ctx, command, "config", "check", "--lookups", "--config", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	switch {
	case err == nil:
		r.ok("lookups", "the milter can ask the tables by which the MTA chooses next hops and TLS")
	case cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 1:
		for _, line := range lines {
			r.missing("lookups", "let the user postvagt-milter read what is named (chgrp and chmod g+r; a proxy: map cannot be asked: name it without proxy:)", "%s", line)
		}
	default:
		r.missing("lookups", "correct "+config+" until postvagt-milter config check says ok", "%s", strings.Join(lines, "; "))
	}
}

// relays names a next hop for all mail that [[relay]] does not know: what is encrypted to it alone would be counted as protected.
func (d Doctor) relays(ctx context.Context, r *Report, c *Config) {
	hops := d.nextHops(ctx)
	for _, hop := range hops {
		if !c.declared(hop) {
			r.missing("relay", "say in "+d.ConfigFile+" whether it encrypts onward: [[relay]] host = \""+hop+"\", onward = \"none\" or \"enforced\"; then: systemctl restart postvagt-agent",
				"all mail leaves by %s, which no [[relay]] names: mail that is encrypted on its way to it alone counts as protected", hop)
		}
	}
	if len(hops) > 0 && r.count("relay") == 0 {
		r.ok("relay", "what leaves by %s is counted as [[relay]] says", strings.Join(hops, ", "))
	}
}

// nextHops are where the MTA sends all mail: relayhost or the next hop of default_transport of Postfix, else the smart host of
// Sendmail (DS in sendmail.cf). None where mail goes to the hosts of its domains.
func (d Doctor) nextHops(ctx context.Context) (hops []string) {
	if relayhost, err := d.postconf(ctx, "relayhost"); err == nil {
		hops = splitHops(relayhost)
		if transport, err := d.postconf(ctx, "default_transport"); err == nil {
			_, hop, _ := strings.Cut(transport, ":")
			hops = append(hops, splitHops(hop)...)
		}
		return hops
	}
	b, err := os.ReadFile(d.SendmailConfig)
	if err != nil {
		return nil // no MTA here
	}
	for line := range strings.Lines(string(b)) {
		host, ok := strings.CutPrefix(strings.TrimSpace(line), "DS")
		if _, rest, mailer := strings.Cut(host, ":"); mailer && !strings.HasPrefix(host, "[") {
			host = rest // relay:[gateway.example]
		}
		if ok && host != "" {
			hops = []string{host} // the last one counts
		}
	}
	return hops
}

func splitHops(value string) []string {
	return strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == ',' })
}

// declared says whether a [[relay]] is a next hop as main.cf names it.
func (c *Config) declared(hop string) bool {
	for _, relay := range c.Relay {
		if track.IsHop(relay.Host, hop) {
			return true
		}
	}
	return false
}

// count says how many checks have a name.
func (r *Report) count(name string) (n int) {
	for _, c := range r.Checks {
		if c.Name == name {
			n++
		}
	}
	return n
}
