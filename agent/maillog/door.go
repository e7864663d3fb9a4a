package maillog

import (
	"strings"

	"postvagt/milter/verdict"
)

// What the rest of the agent knows of the milter: this package is the only door.
type (
	Judged    = verdict.Record    // of a message
	Recipient = verdict.Recipient // of one of its recipients
	Masker    = verdict.Masker
)

// Values in verdict lines.
const (
	Pass   = verdict.Pass
	Tag    = verdict.Tag
	Route  = verdict.Route
	HoldIt = verdict.Hold
	Refuse = verdict.Reject

	LevelNone         = verdict.LevelNone
	LevelConfidential = verdict.LevelConfidential
	LevelSensitive    = verdict.LevelSensitive
	LevelUnseen       = verdict.LevelUnseen
	LevelUnknown      = verdict.LevelUnknown

	Inbound  = verdict.Inbound
	Internal = verdict.Internal
	Outbound = verdict.Outbound
)

// StrongCipher says whether a TLS cipher is a recognised strong one.
func StrongCipher(name string) bool { return verdict.StrongCipher(name) }

// SelfTestTo is the recipient of the milter's test message.
const SelfTestTo = verdict.SelfTestTo

// TableOf writes the policy's lines that settings tell, separated by commas.
func TableOf(s *verdict.Settings) string {
	lines := make([]string, len(s.Table))
	for i, l := range s.Table {
		lines[i] = l.String()
	}
	return strings.Join(lines, ",")
}

// HasNumber says whether a text that people wrote seems to hold a national number.
func HasNumber(text string) bool { return verdict.HasNumber(text) }

// NewMasker returns a masker with a key.
func NewMasker(key []byte) Masker { return verdict.NewMasker(key) }
