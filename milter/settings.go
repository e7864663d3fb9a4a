package milter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"postvagt/milter/policy"
	"postvagt/milter/verdict"
)

// settingsOf are the settings of a configuration, for the log: a report must be able to say what was in force at a time that is
// long past (R8).
func settingsOf(cfg *Config, shipped fs.FS) (verdict.Settings, error) {
	p := cfg.Policy
	p.Mode, p.RouteToken, p.RejectText = "", "", "" // the mode is told by itself; a secret and a text decide nothing
	table, err := json.Marshal(struct {
		Policy   Policy
		Channels []Channel
	}{p, cfg.Channel})
	if err != nil {
		return verdict.Settings{}, fmt.Errorf("settings: %w", err)
	}
	own := fs.FS(nil)
	if dir := cfg.Milter.RulesDir; dir != "" {
		own = os.DirFS(dir)
	}
	rules, err := fingerprintOf(shipped, own)
	return verdict.Settings{Mode: cfg.Policy.Mode, Policy: fingerprint(table), Rules: rules, Table: tableOf(cfg.Policy.Line)}, err
}

// tableOf tells the lines of a policy, and which of them are as shipped.
func tableOf(lines []policy.Line) (told []verdict.PolicyLine) {
	shipped := map[string]policy.Line{}
	for _, l := range policy.Default() {
		shipped[l.Name] = l
	}
	for _, l := range lines {
		told = append(told, verdict.PolicyLine{Name: l.Name, Action: l.Action, Mode: l.Mode, Own: !l.Same(shipped[l.Name]), When: withoutPeople(l.Conditions())})
	}
	return told
}

// withoutPeople leaves of senders' and recipients' patterns what is behind the @: a report tells no person's address.
func withoutPeople(all []verdict.Condition) []verdict.Condition {
	for i, c := range all {
		if c.Key != "sender" && c.Key != "recipient" {
			continue
		}
		values := make([]string, len(c.Values))
		for j, v := range c.Values {
			if at := strings.LastIndexByte(v, '@'); at > 0 {
				v = "…" + v[at:]
			}
			values[j] = v
		}
		all[i].Values = slices.Compact(values)
	}
	return all
}

// fingerprintOf tells one set of rule files from another: by their names and what they say, layer by layer.
func fingerprintOf(layers ...fs.FS) (string, error) {
	h := sha256.New()
	for i, layer := range layers {
		if layer == nil {
			continue
		}
		names, err := fs.Glob(layer, "*.toml") // sorted; a folder that is not there has none
		if err != nil {
			return "", fmt.Errorf("settings: %w", err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(layer, name)
			if err != nil {
				return "", fmt.Errorf("settings: %w", err)
			}
			fmt.Fprintf(h, "%d %q %d\n%s", i, name, len(text), text)
		}
	}
	return short(h.Sum(nil)), nil
}

func fingerprint(text []byte) string {
	sum := sha256.Sum256(text)
	return short(sum[:])
}

func short(sum []byte) string { return hex.EncodeToString(sum[:6]) }
