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

// Lines returns the line of the settings, and one for each line of the policy, with its conditions.
func (s Settings) Lines() []string {
	return s.lines(maxLine)
}

func (s Settings) lines(most int) []string {
	all := []string{s.head(most)}
	for i, l := range s.Table {
		head := fmt.Sprintf("%s: policyline v=%d policy=%s n=%d/%d line=", SettingsID, Version, quote(s.Policy), i+1, len(s.Table))
		all = append(all, head+quote(l.full(most-len(head))))
	}
	return all
}

func (s Settings) head(most int) string {
	table := make([]string, len(s.Table))
	for i, l := range s.Table {
		table[i] = l.String()
	}
	head := fmt.Sprintf("%s: settings v=%d mode=%s policy=%s rules=%s table=", SettingsID, Version, quote(s.Mode), quote(s.Policy), quote(s.Rules))
	n := len(table)
	for n > 0 && len(head)+len(cutList(table, n)) > most {
		n--
	}
	return head + cutList(table, n)
}

// SignedLines returns Lines as Record.SignedLines does.
func (s Settings) SignedLines(key []byte) []string {
	return sign(s.lines(maxLine-len(macMark)-2*macSize), key)
}

// PolicyLine is a line of the policy as the settings tell it.
type PolicyLine struct {
	Name   string
	Action string      // what it wants
	Mode   string      // "" for the policy's own
	Own    bool        // it is not the shipped line of that name
	When   []Condition // all of them must hold; nil where they are not told
}

// String is "name:action", with ":mode" where the line has one of its own, and "*" before the name of one that is not as shipped. A
// name's colons, stars, commas and question marks become "_".
func (l PolicyLine) String() string {
	s := strings.NewReplacer(":", "_", "*", "_", "?", "_", ",", "_").Replace(cut(l.Name, maxName)) + ":" + l.Action
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

// ParsePolicyLine reads what String and Full write.
func ParsePolicyLine(s string) PolicyLine {
	s, when, told := strings.Cut(s, "?")
	s, own := strings.CutPrefix(s, "*")
	name, rest, _ := strings.Cut(s, ":")
	action, mode, _ := strings.Cut(rest, ":")
	l := PolicyLine{Name: name, Action: action, Mode: mode, Own: own}
	if told {
		l.When = parseConditions(when)
	}
	return l
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
