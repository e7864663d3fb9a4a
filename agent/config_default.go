package agent

import (
	"bytes"
	"fmt"
	"io"
	"reflect"

	"github.com/BurntSushi/toml"
)

// WriteDefaultConfig writes every key with its default as a comment, and what each is for. A line that
// begins with "#" and no space after it is a default; without the "#" it says the same.
func WriteDefaultConfig(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Configuration of postvagt-agent. Every default stands here as a comment.\n# Check it with: postvagt-agent config check\n")
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
	b.WriteString(tablesExample)
	_, err := w.Write(b.Bytes())
	return err
}

func writeTable(b *bytes.Buffer, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, value := f.Tag.Get("toml"), v.Field(i).Interface()
		if s, ok := value.([]string); ok && s == nil {
			value = []string{}
		}
		fmt.Fprintf(b, "# %s\n", f.Tag.Get("doc"))
		if name == "domains" { // the one key that must be set
			b.WriteString("# domains = [\"kommune.example\"]\n")
		}
		b.WriteString("#")
		enc := toml.NewEncoder(b)
		enc.Indent = ""
		if err := enc.Encode(map[string]any{name: value}); err != nil {
			return fmt.Errorf("default of %s: %w", name, err)
		}
	}
	return nil
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
