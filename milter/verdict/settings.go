package verdict

import (
	"fmt"
)

// SettingsID stands where other lines have a queue id.
const SettingsID = "SETTINGS"

// Settings are what is in force from the time of the line on: a fingerprint tells one policy or set of rules from another.
type Settings struct {
	Mode   string // observe, notify, tag, enforce
	Policy string // of the table and its options, without the mode
	Rules  string // of all rule files, shipped and own
}

// Lines returns the one line of the settings.
func (s Settings) Lines() []string {
	return []string{fmt.Sprintf("%s: settings v=%d mode=%s policy=%s rules=%s", SettingsID, Version, quote(s.Mode), quote(s.Policy), quote(s.Rules))}
}

// SignedLines returns Lines as Record.SignedLines does.
func (s Settings) SignedLines(key []byte) []string { return sign(s.Lines(), key) }

func parseSettings(kv map[string]string) (*Settings, error) {
	s := &Settings{Mode: kv["mode"], Policy: kv["policy"], Rules: kv["rules"]}
	if s.Mode == "" || s.Policy == "" || s.Rules == "" {
		return nil, fmt.Errorf("settings line: mode, policy or rules is missing")
	}
	return s, nil
}
