package milter

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"postvagt/milter/policy"
	"postvagt/milter/program"
)

// WriteDefaultConfig writes the shipped file: see program.Defaults.
func WriteDefaultConfig(w io.Writer) error {
	tables, err := program.Defaults("postvagt-milter", *DefaultConfig())
	if err != nil {
		return err
	}
	lines, err := policyLines()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s%s", tables, channelExample, lines)
	return err
}

const channelExample = `
# A secure channel and the mark that shows it. Exactly one of the four marks for each.
# [[channel]]
# name = "gateway"
# subject_prefix = "#sikker#"
# header = "X-Gateway-Encrypt: required"
# recipient_suffix = ".s"
# recipient_domains = ["sikker.example"]
# require_relay = ["[smtp.gateway.example]"]   # relays whose delivery in the log proves the mark
# identity = "login-channel"                   # how it identifies its readers: none, domain, certificate, login-channel

# TLS proves one hop; what lies behind a relay must be declared.
# [[relay]]
# host = "[smtp.gateway.example]"
# onward = "enforced"                          # none | enforced
# document = "contract 2026-03, annex 2"

# A system whose mail passes whatever it holds, named by client or user; or, with hide = true, a person whose mail is
# judged like any other and whose name is shown nowhere, named by sender or user.
# [[exempt]]
# name = "payroll"
# client = ["192.0.2.10"]
# user = ["payroll"]
# hide = false
# reason = "delivers by its own secure line, agreement 2026-17"
# until = "2027-12-31"

# An assessment of risk: with it, TLS that is not forced protects confidential data to these recipients, until it ends.
# [[risk]]
# name = "region-2026"
# title = "Mail to the region by opportunistic TLS"
# date = "2026-06-30"
# owner = "Head of IT security"
# until = "2027-06-30"
# recipients = ["region.example"]
# hops = ["smtp:[mx.region.example]"]

# A department whose senders may decide on their own held mail, with a reason.
# [[held.department]]
# name = "Kommunikation"
# override = "sender with reason"
`

// policyLines is the standard policy, commented.
func policyLines() (string, error) {
	var b strings.Builder
	b.WriteString("\n# The policy: for each recipient the first line whose conditions all hold decides. These are the shipped ones;\n# one line of your own replaces them all. Conditions:\n")
	lines := policy.Default()
	t := reflect.TypeOf(lines).Elem()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); name != "" {
			fmt.Fprintf(&b, "#   %-14s %s\n", name, t.Field(i).Tag.Get("doc"))
		}
	}
	for _, l := range lines {
		text, err := program.Encode(l)
		if err != nil {
			return "", fmt.Errorf("default policy line %s: %w", l.Name, err)
		}
		b.WriteString("\n#[[policy.line]]\n" + program.Comment(text))
	}
	return b.String(), nil
}
