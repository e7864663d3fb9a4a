package agent

import (
	"fmt"
	"io"

	"postvagt/milter/program"
)

// WriteDefaultConfig writes the shipped file: see program.Defaults.
func WriteDefaultConfig(w io.Writer) error {
	tables, err := program.Defaults("postvagt-agent", *DefaultConfig())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s", tables, tablesExample)
	return err
}

const tablesExample = `
# A secure channel, as in milter.toml: a delivery to one of these relays proves its mark.
# [[channel]]
# name = "gateway"
# require_relay = ["[smtp.gateway.example]"]

# TLS proves one hop; what lies behind a relay must be declared.
# [[relay]]
# host = "[smtp.gateway.example]"
# onward = "enforced"                          # none | enforced
# document = "contract 2026-03, annex 2"
`
