package agent

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/track"
	"postvagt/milter/program"
)

// optionalKey reads a key file that may be missing.
func optionalKey(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, program.Unreadable(path, err)
	}
	return key, nil
}

// ownKey reads a key file, and makes it where it is missing.
func ownKey(path string) ([]byte, error) {
	key, err := optionalKey(path)
	if err != nil || key != nil {
		return key, err
	}
	key = make([]byte, 32)
	rand.Read(key) // never fails, crypto/rand
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("pseudonym key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("pseudonym key: %w", err)
	}
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("pseudonym key: %w", err)
	}
	return key, nil
}

// pseudonyms gives each address its pseudonym, "~" and 16 hex digits of an HMAC-SHA-256.
type pseudonyms struct {
	key   []byte
	known map[string]string
}

func (p *pseudonyms) of(address string) string {
	if v, ok := p.known[address]; ok {
		return v
	}
	h := hmac.New(sha256.New, p.key)
	h.Write([]byte(address))
	v := "~" + hex.EncodeToString(h.Sum(nil)[:8])
	if len(p.known) >= 50_000 { // forget all rather than remember each address for ever
		clear(p.known)
	}
	p.known[strings.Clone(address)] = v
	return v
}

// formerKeys are the keys that gave pseudonyms before: files beside the key whose names go on with a dot, as
// pseudonym.key.2026-11. To change the key, rename its file so and start the agent again; rows keep the pseudonyms they have.
func (c *Config) formerKeys() (keys [][]byte, err error) {
	files, err := filepath.Glob(globQuoted(c.pseudonymKey()) + ".*")
	if err != nil {
		return nil, fmt.Errorf("pseudonym key: %w", err)
	}
	for _, f := range files {
		key, err := optionalKey(f)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func globQuoted(path string) string {
	return strings.NewReplacer(`\`, `\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// trackOptions are what the configuration says to the tracker.
func (c *Config) trackOptions() (track.Options, error) {
	maskKey, err := optionalKey(c.Agent.MaskKey)
	if err != nil {
		return track.Options{}, err
	}
	pseudonymKey, err := ownKey(c.pseudonymKey())
	if err != nil {
		return track.Options{}, err
	}
	zone, err := c.TimeZone()
	if err != nil {
		return track.Options{}, err
	}
	masker := maillog.NewMasker(maskKey)
	depts, err := loadDepartments(c.Agent.Departments, masker.Address)
	if err != nil {
		return track.Options{}, err
	}
	boxes, err := loadSecureMailboxes(c.Agent.SecureMailboxes, zone, masker.Address)
	if err != nil {
		return track.Options{}, err
	}
	p := &pseudonyms{key: pseudonymKey, known: map[string]string{}}
	o := track.Options{
		Mask: masker.Address, Pseudonym: p.of, Internal: c.internal(),
		ReadSenders:   c.Persons.Open(),
		Department:    depts.of,
		SecureMailbox: boxes.holds,
		JoinWindow:    time.Duration(c.Log.JoinWindow), QueueLifetime: time.Duration(c.Log.QueueLifetime),
		TLSLogged: c.Log.ClientTLSLogged, MaxLive: c.Agent.MaxUnfinished,
		OwnMilter: func(name string) bool {
			return slices.ContainsFunc(c.Log.MilterNames, func(part string) bool { return strings.Contains(name, part) })
		},
		ChannelRelays: map[string][]string{},
	}
	for _, r := range c.Relay {
		o.Relays = append(o.Relays, track.Relay{Host: r.Host, Enforced: r.Onward == "enforced"})
	}
	for _, ch := range c.Channel {
		o.ChannelRelays[ch.Name] = append(o.ChannelRelays[ch.Name], ch.RequireRelay...)
	}
	return o, nil
}

// internal says whether a domain is one of the house's, or below it.
func (c *Config) internal() func(domain string) bool {
	own := map[string]bool{}
	for _, d := range c.Organisation.Domains {
		own[strings.ToLower(d)] = true
	}
	return func(domain string) bool {
		for d := domain; d != ""; {
			if own[d] {
				return true
			}
			_, rest, ok := strings.Cut(d, ".")
			if !ok {
				return false
			}
			d = rest
		}
		return false
	}
}
