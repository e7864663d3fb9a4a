package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

//go:embed manifest.toml mails/*.eml etc/*
var samples embed.FS

// sample is one mail and the answer that is known of it; manifest.toml says what the keys mean.
type sample struct {
	File      string   `toml:"file"`
	For       []string `toml:"for"`
	What      string   `toml:"what"`
	Protect   string   `toml:"protect"`
	Then      string   `toml:"then"`
	Direction string   `toml:"direction"`
	Copies    int      `toml:"copies"`
	Level     string   `toml:"level"`
	Kinds     []string `toml:"kinds"`
	Action    string   `toml:"action"`
	Outcome   string   `toml:"outcome"`
	Transport string   `toml:"transport"`
	Protected string   `toml:"protected"`
	Content   string   `toml:"content"`
	Channel   string   `toml:"channel"`
	Strong    bool     `toml:"strong"`
	Signed    bool     `toml:"signed"`
	Objection bool     `toml:"objection"`
	Mailbox   bool     `toml:"mailbox"`
	Why       string   `toml:"why"`

	Department string `toml:"-"` // of departments.csv, by the sender
	*letter
}

type manifest struct {
	Mail    []*sample         `toml:"mail"`
	Figures map[string]string `toml:"figures"` // what the dashboard must show, by the id of the question
}

// words are the values that a key may have.
var words = map[string][]string{
	"direction": {"outbound", "internal", "inbound"},
	"level":     {"none", "confidential", "sensitive", "unseen"},
	"action":    {"pass", "tag", "hold", "reject"},
	"outcome":   {"delivered", "held", "released", "bounced", "deferred", "returned", "rejected"},
	"transport": {"", "verified", "encrypted", "to-relay", "plaintext", "local"},
	"protected": {"", "yes", "no", "first-hop", "unknown"},
	"channel":   {"", "marked", "proven"},
	"then":      {"", "release", "return"},
}

// loadManifest reads the samples; their letters are not composed yet.
func loadManifest() (*manifest, error) {
	var m manifest
	md, err := toml.DecodeFS(samples, "manifest.toml", &m)
	if err != nil {
		return nil, fmt.Errorf("manifest.toml: %w", err)
	}
	if unknown := md.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("manifest.toml: unknown key %s", unknown[0])
	}
	for _, s := range m.Mail {
		if s.Direction == "" {
			s.Direction = "outbound"
		}
		s.Copies = max(s.Copies, 1)
		for key, value := range map[string]string{"direction": s.Direction, "level": s.Level, "action": s.Action, "outcome": s.Outcome,
			"transport": s.Transport, "protected": s.Protected, "channel": s.Channel, "then": s.Then} {
			if !slices.Contains(words[key], value) {
				return nil, fmt.Errorf("manifest.toml: %s: %s = %q is not one of %q", s.File, key, value, words[key])
			}
		}
	}
	return &m, nil
}

// compose makes the letters.
func (m *manifest) compose(ctx context.Context, keys *keyring, now time.Time) error {
	for _, s := range m.Mail {
		text, err := fs.ReadFile(samples, "mails/"+s.File+".eml")
		if err != nil {
			return err
		}
		if s.letter, err = compose(ctx, s.File, string(text), s.Protect, now, keys); err != nil {
			return err
		}
		if len(s.To) != s.Copies {
			return fmt.Errorf("manifest.toml: %s: copies = %d, but it has %d recipients", s.File, s.Copies, len(s.To))
		}
		if s.Department, err = departmentOf(s.From); err != nil {
			return err
		}
	}
	return nil
}

// departmentOf looks an address up in the demo's departments.csv, "" for others.
func departmentOf(address string) (string, error) {
	text, err := samples.ReadFile("etc/departments.csv")
	if err != nil {
		return "", err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return "", fmt.Errorf("departments.csv: %w", err)
	}
	for _, r := range rows {
		if strings.HasSuffix(address, r[0]) {
			return r[1], nil
		}
	}
	return "", nil
}

// outside is the number of copies that go to recipients outside, or would.
func (s *sample) outside() (n int) {
	if s.Direction != "outbound" {
		return 0
	}
	for _, to := range s.To {
		if !strings.HasSuffix(to, "@"+ourDomain) && !strings.HasSuffix(to, "."+ourDomain) {
			n++
		}
	}
	return n
}

// mailbox is the secure mailbox that sends it, "" for none.
func (s *sample) mailbox() string {
	if s.Mailbox {
		return s.From
	}
	return ""
}

// recognised says whether readable data of a level was to be found.
func (s *sample) recognised() bool { return s.Level == "confidential" || s.Level == "sensitive" }
