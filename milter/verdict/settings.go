package verdict

import (
	"fmt"
	"strings"
)

// SettingsID stands where other lines have a queue id.
const SettingsID = "SETTINGS"

// Settings are what is in force from the time of the line on: a fingerprint tells one policy or set of rules from another.
type Settings struct {
	Mode   string       // observe, notify, tag, enforce
	Policy string       // of the table and its options, without the mode
	Rules  string       // of all rule files, shipped and own
	Table  []PolicyLine // the policy's lines in their order; of an older milter, or of a table too long for a line, the first or none
}

// Lines returns the one line of the settings.
func (s Settings) Lines() []string {
	return s.lines(maxLine)
}

func (s Settings) lines(most int) []string {
	table := make([]string, len(s.Table))
	for i, l := range s.Table {
		table[i] = l.String()
	}
	head := fmt.Sprintf("%s: settings v=%d mode=%s policy=%s rules=%s table=", SettingsID, Version, quote(s.Mode), quote(s.Policy), quote(s.Rules))
	n := len(table)
	for n > 0 && len(head)+len(cutList(table, n)) > most {
		n--
	}
	return []string{head + cutList(table, n)}
}

// SignedLines returns Lines as Record.SignedLines does.
func (s Settings) SignedLines(key []byte) []string {
	return sign(s.lines(maxLine-len(macMark)-2*macSize), key)
}

// PolicyLine is a line of the policy as the settings tell it.
type PolicyLine struct {
	Name   string
	Action string // what it wants
	Mode   string // "" for the policy's own
	Own    bool   // it is not the shipped line of that name
}

// String is "name:action", with ":mode" where the line has one of its own, and "*" before the name of one that is not as shipped. A
// name's colons and stars become "_".
func (l PolicyLine) String() string {
	s := strings.NewReplacer(":", "_", "*", "_").Replace(cut(l.Name, maxName)) + ":" + l.Action
	if l.Own {
		s = "*" + s
	}
	if l.Mode != "" {
		s += ":" + l.Mode
	}
	return s
}

// maxName is how many bytes of a line's name are told.
const maxName = 64

// ParsePolicyLine reads what String writes.
func ParsePolicyLine(s string) PolicyLine {
	s, own := strings.CutPrefix(s, "*")
	name, rest, _ := strings.Cut(s, ":")
	action, mode, _ := strings.Cut(rest, ":")
	return PolicyLine{Name: name, Action: action, Mode: mode, Own: own}
}

func parseSettings(kv map[string]string) (*Settings, error) {
	s := &Settings{Mode: kv["mode"], Policy: kv["policy"], Rules: kv["rules"]}
	for _, entry := range list(kv["table"]) {
		s.Table = append(s.Table, ParsePolicyLine(entry))
	}
	if s.Mode == "" || s.Policy == "" || s.Rules == "" {
		return nil, fmt.Errorf("settings line: mode, policy or rules is missing")
	}
	return s, nil
}
