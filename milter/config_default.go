package milter

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"
)

// WriteDefaultConfig writes every key with its default as a comment, and what each is for. A line that
// begins with "#" and no space after it is a default; without the "#" it says the same.
func WriteDefaultConfig(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Configuration of postvagt-milter. Every default stands here as a comment.\n# Check it with: postvagt-milter config check\n")
	v := reflect.ValueOf(DefaultConfig()).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("toml")
		if name == "" || v.Field(i).Kind() != reflect.Struct {
			continue
		}
		fmt.Fprintf(&b, "\n# %s\n[%s]\n", f.Tag.Get("doc"), name)
		if err := writeTable(&b, v.Field(i)); err != nil {
			return err
		}
	}
	b.WriteString(channelExample)
	if err := writeLines(&b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeTable(b *bytes.Buffer, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("toml")
		if name == "line" {
			continue
		}
		value, err := tomlValue(name, v.Field(i).Interface())
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "# %s\n", f.Tag.Get("doc"))
		mark := "#"
		if name == "domains" { // the one key that must be set
			mark = "# domains = [\"kommune.example\"]\n#"
		}
		fmt.Fprintf(b, "%s%s", mark, value)
	}
	return nil
}

func tomlValue(name string, v any) (string, error) {
	if s, ok := v.([]string); ok && s == nil {
		v = []string{}
	}
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	if err := enc.Encode(map[string]any{name: v}); err != nil {
		return "", fmt.Errorf("default of %s: %w", name, err)
	}
	return b.String(), nil
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
`

// writeLines writes the standard policy, commented.
func writeLines(b *bytes.Buffer) error {
	b.WriteString("\n# The policy: for each recipient the first line whose conditions all hold decides. These are the shipped ones;\n# one line of your own replaces them all. Conditions:\n")
	lines := DefaultConfig().Policy.Line
	t := reflect.TypeOf(lines).Elem()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); name != "" {
			fmt.Fprintf(b, "#   %-14s %s\n", name, t.Field(i).Tag.Get("doc"))
		}
	}
	for _, l := range lines {
		var one bytes.Buffer
		enc := toml.NewEncoder(&one)
		enc.Indent = ""
		if err := enc.Encode(l); err != nil {
			return fmt.Errorf("default policy line %s: %w", l.Name, err)
		}
		b.WriteString("\n#[[policy.line]]\n")
		for _, s := range strings.Split(strings.TrimSpace(one.String()), "\n") {
			b.WriteString("#" + s + "\n")
		}
	}
	return nil
}
