package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"postvagt/milter/program"
)

// Setup is the first step: it says who the organisation is, in the configuration of both programs.
type Setup struct {
	ConfigFile    string
	PostfixConfig string // folder of main.cf, "" for the system's Postfix
	Name          string
	Domains       []string // none: those of the MTA
}

// SetupChange is a file with what it would hold.
type SetupChange struct {
	File     string
	Old, New string
}

// ErrNoDomains says that nobody named the domains and the MTA has none that could be anybody's.
var ErrNoDomains = errors.New("no mail domain was found in Postfix: name yours, --domain kommune.example")

// Plan finds the domains and says what is to be written; it changes nothing. What a configuration says already is left.
func (s *Setup) Plan(ctx context.Context) ([]SetupChange, error) {
	var changes []SetupChange
	for _, file := range []string{s.ConfigFile, filepath.Join(filepath.Dir(s.ConfigFile), "milter.toml")} {
		old, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) && file != s.ConfigFile {
			continue // the milter is on other hosts
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, program.Unreadable(file, err)
		}
		text := string(old)
		if text == "" {
			var b strings.Builder
			if err := WriteDefaultConfig(&b); err != nil {
				return nil, err
			}
			text = b.String()
		}
		if setDomains.MatchString(text) {
			continue
		}
		if len(s.Domains) == 0 {
			if s.Domains = s.found(ctx); len(s.Domains) == 0 {
				return nil, ErrNoDomains
			}
		}
		text, err = s.name(file, text)
		if err != nil {
			return nil, err
		}
		changes = append(changes, SetupChange{file, string(old), text})
	}
	return changes, nil
}

var (
	setDomains   = regexp.MustCompile(`(?m)^\s*domains\s*=`)
	organisation = regexp.MustCompile(`(?m)^\[organisation\][^\n]*\n`)
)

// name writes the organisation into a configuration, in the place of the two defaults that are none.
func (s *Setup) name(file, text string) (string, error) {
	at := organisation.FindStringIndex(text)
	if at == nil {
		return "", fmt.Errorf("%s: no table [organisation]: write it, with domains = [\"kommune.example\"]", file)
	}
	head, rest := text[:at[1]], text[at[1]:]
	keys := map[string]any{"domains": s.Domains}
	rest = strings.Replace(rest, "#domains = []\n", "", 1)
	if s.Name != "" {
		keys["name"] = s.Name
		rest = strings.Replace(rest, "#name = \"\"\n", "", 1)
	}
	said, err := program.Encode(keys)
	return head + said + rest, err
}

// found are the domains that Postfix takes mail for, the highest of each.
func (s *Setup) found(ctx context.Context) []string {
	d := Doctor{PostfixConfig: s.PostfixConfig}
	var all []string
	for _, parameter := range []string{"mydomain", "mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains"} {
		value, err := d.postconf(ctx, parameter)
		if err != nil {
			return nil
		}
		for _, name := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
			if isMailDomain(name) && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		return slices.ContainsFunc(all, func(above string) bool { return strings.HasSuffix(name, "."+above) })
	})
}

// isMailDomain leaves out tables, addresses and names of this host alone.
func isMailDomain(name string) bool {
	return strings.Contains(name, ".") && !strings.ContainsAny(name, ":/$[]*") && !strings.HasPrefix(name, ".") &&
		!strings.HasSuffix(name, ".localdomain") && name != "localdomain" && !strings.HasSuffix(name, ".localhost")
}

// Apply writes what Plan said; each file keeps its owner and rights, and what it was before lies beside it as FILE.before-setup.
func (s *Setup) Apply(changes []SetupChange) error {
	for _, c := range changes {
		if c.Old != "" {
			if err := os.WriteFile(c.File+".before-setup", []byte(c.Old), 0o640); err != nil {
				return err
			}
		}
		f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE, 0o640)
		if err != nil {
			return err
		}
		_, err = f.WriteString(c.New)
		if err = errors.Join(err, f.Truncate(int64(len(c.New))), f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	}
	return nil
}

// Start enables and starts the agent, where systemd runs and has its unit, and waits until its pages are there.
func (s *Setup) Start(ctx context.Context) (started bool, err error) {
	const unit = "postvagt-agent.service"
	if _, err := os.Stat("/run/systemd/system"); err != nil || s.ConfigFile != DefaultConfigFile {
		return false, nil
	}
	if exec.CommandContext(ctx, "systemctl", "cat", unit).Run() != nil {
		return false, nil
	}
	for _, args := range [][]string{{"enable", "--quiet", unit}, {"restart", unit}} {
		if out, err := exec.CommandContext(ctx, "systemctl", args...).CombinedOutput(); err != nil {
			return false, fmt.Errorf("systemctl %s: %w: %s (journalctl -u %s says more)", strings.Join(args, " "), err, strings.TrimSpace(string(out)), unit)
		}
	}
	return true, nil
}
