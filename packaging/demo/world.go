package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"postvagt/packaging/e2e/kit"
)

const ourDomain = "strandholt.example"

// The other side: one Postfix with a service for each kind of destination. Each has an address of its own,
// as hosts have, so that a TLS policy for one does not reach another.
const (
	hospital  = iota // offers TLS with a certificate that proves its name
	authority        // the same, for another name
	gateway          // the gateway of the secure channel, the same
	someTLS          // offers TLS, proves nothing
	noTLS            // offers no TLS
)

// destinations are the services of the other side, by the constants above.
var destinations = []struct {
	host, name string // address; name that the certificate proves, "" for none
	domains    []string
}{
	hospital:  {"127.0.0.2", "mx.regionsund.example", []string{"regionsund.example"}},
	authority: {"127.0.0.3", "mx.tilsynet.example", []string{"tilsynet.example"}},
	gateway:   {"127.0.0.4", "gateway.sikkerpost.example", nil},
	someTLS: {"127.0.0.5", "", []string{"advokatlund.example", "lakarhuset.example", "helseklinikken.example", "egely.example",
		"hireright.example", "kontorlageret.example", "uddannelseshuset.example", "nabokommunen.example"}},
	noTLS: {"127.0.0.6", "", nil}, // everybody else
}

// refusals are what the destination without TLS answers to some recipients.
const refusals = `inline:{
    { nedlagt@postmail.example = 550 5.1.1 no such mailbox }
    { fuld@postmail.example = 452 4.2.2 mailbox full } }`

// startWorld starts the destinations.
func startWorld(ctx context.Context, dir string, ca *kit.Authority) (*kit.Postfix, error) {
	cfg := kit.Config{Main: map[string]string{"syslog_name": "elsewhere", "myhostname": "mx.elsewhere.example"}}
	if err := os.MkdirAll(filepath.Join(dir, "etc"), 0o755); err != nil {
		return nil, err
	}
	for i, d := range destinations {
		port := kit.Port{Host: d.host}
		switch {
		case d.name != "":
			cert, err := ca.Issue(d.name)
			if err != nil {
				return nil, err
			}
			file := filepath.Join(dir, "etc", d.name)
			err = errors.Join(os.WriteFile(file+".pem", cert.Chain, 0o644), os.WriteFile(file+".key", cert.Key, 0o600))
			if err != nil {
				return nil, err
			}
			port.Options = []string{"smtpd_tls_cert_file = " + file + ".pem", "smtpd_tls_key_file = " + file + ".key"}
		case i == noTLS:
			port.Options = []string{"smtpd_tls_security_level = none", "smtpd_recipient_restrictions = check_recipient_access " + oneLine(refusals)}
		}
		cfg.Ports = append(cfg.Ports, port)
	}
	return kit.StartPostfix(ctx, dir, cfg)
}

// startEdge starts the organisation's own mail server, as it was before Postvagt came.
func startEdge(ctx context.Context, dir string, world *kit.Postfix, ca *kit.Authority) (*kit.Postfix, error) {
	etc := filepath.Join(dir, "etc")
	mailboxes := filepath.Join(dir, "mailboxes")
	if err := errors.Join(os.MkdirAll(etc, 0o755), os.MkdirAll(mailboxes, 0o755), os.Chown(mailboxes, nobody, nobody)); err != nil {
		return nil, err
	}
	var transport, policy strings.Builder
	for i, d := range destinations {
		for _, domain := range d.domains {
			fmt.Fprintf(&transport, "%s smtp:%s\n", domain, hop(world, i))
		}
		if d.name != "" {
			fmt.Fprintf(&policy, "%s secure match=%s ciphers=high protocols=>=TLSv1.2\n", hop(world, i), d.name)
		}
	}
	for file, text := range map[string]string{
		"transport": transport.String(), "tls_policy": policy.String(), "ca.pem": string(ca.PEM),
		"header_checks": "/^Subject: #sikker#/ FILTER smtp:" + hop(world, gateway) + "\n",
	} {
		if err := os.WriteFile(filepath.Join(etc, file), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return kit.StartPostfix(ctx, dir, kit.Config{
		Ports: []kit.Port{{Options: []string{"smtpd_authorized_xclient_hosts = 127.0.0.1"}}},
		Main: map[string]string{
			"myhostname": "mail." + ourDomain, "mydomain": ourDomain, "myorigin": ourDomain,
			"mynetworks":           "127.0.0.1/32 " + officeNetwork,
			"transport_maps":       "texthash:" + etc + "/transport",
			"default_transport":    "smtp:" + hop(world, noTLS),
			"header_checks":        "pcre:" + etc + "/header_checks",
			"smtp_tls_CAfile":      etc + "/ca.pem",
			"smtp_tls_policy_maps": "texthash:" + etc + "/tls_policy",
			"smtp_tls_loglevel":    "0", // as Postfix has it; setup raises it
			"virtual_mailbox_domains": strings.Join([]string{ourDomain, "social." + ourDomain, "boern." + ourDomain, "job." + ourDomain,
				"borger." + ourDomain, "teknik." + ourDomain}, " "),
			"virtual_mailbox_maps":  "static:all/",
			"virtual_mailbox_base":  mailboxes,
			"virtual_uid_maps":      fmt.Sprintf("static:%d", nobody),
			"virtual_gid_maps":      fmt.Sprintf("static:%d", nobody),
			"virtual_minimum_uid":   "100",
			"virtual_mailbox_limit": "0",
			"minimal_backoff_time":  "300s",
		},
	})
}

const (
	officeNetwork = "10.20.0.0/16" // where the staff sits
	nobody        = 65534          // who owns the mailboxes, as in Debian
)

// hop names a destination as Postfix names a next hop: [address]:port.
func hop(world *kit.Postfix, i int) string {
	return "[" + strings.Replace(world.Addr(i), ":", "]:", 1)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// envelope is how a sample comes in: staff log in from the office, citizens come from elsewhere.
func envelope(s *sample) kit.Envelope {
	env := kit.Envelope{From: s.From, To: s.To}
	if s.Direction == "inbound" {
		env.XCLIENT = "ADDR=203.0.113.25 NAME=out.webpost.example"
		return env
	}
	login, _, _ := strings.Cut(s.From, "@")
	env.XCLIENT = "ADDR=10.20.4.17 NAME=pc17." + ourDomain + " LOGIN=" + login
	return env
}
