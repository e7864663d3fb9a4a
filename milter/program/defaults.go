package program

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"
)

// Defaults prints the tables of a configuration, a struct of structs: every key with its default as a
// comment, and what each is for (the struct tag doc). A line that begins with "#" and no space after it is a
// default; without the "#" it says the same. Lists of tables are left to the caller.
func Defaults(program string, config any) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Configuration of %[1]s. Every default stands here as a comment.\n# Check it with: %[1]s config check\n", program)
	v := reflect.ValueOf(config)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("toml")
		if name == "" || v.Field(i).Kind() != reflect.Struct {
			continue
		}
		fmt.Fprintf(&b, "\n# %s\n[%s]\n", f.Tag.Get("doc"), name)
		if err := table(&b, v.Field(i)); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func table(b *bytes.Buffer, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("toml")
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			continue
		}
		value := v.Field(i).Interface()
		if s, ok := value.([]string); ok && s == nil {
			value = []string{}
		}
		text, err := Encode(map[string]any{name: value})
		if err != nil {
			return fmt.Errorf("default of %s: %w", name, err)
		}
		fmt.Fprintf(b, "# %s\n", f.Tag.Get("doc"))
		if name == "domains" { // the one key that must be set
			b.WriteString("# domains = [\"kommune.example\"]\n")
		}
		b.WriteString(Comment(text))
	}
	return nil
}

// Encode is a value as TOML.
func Encode(v any) (string, error) {
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	err := enc.Encode(v)
	return b.String(), err
}

// Comment puts "#" before each line.
func Comment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("#" + line)
	}
	return b.String()
}
