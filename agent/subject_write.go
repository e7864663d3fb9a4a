package agent

import (
	"fmt"
	"io"
	"strings"
)

// Write writes what is held for its reader, in plain words.
func (s *Subject) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Held on %s, as of %s\n\nStored as: %s\n", s.Address, s.Made, strings.Join(s.KnownAs, ", "))
	if s.Department != "" {
		fmt.Fprintf(&b, "Department: %s\n", s.Department)
	}
	for _, m := range s.Mailboxes {
		fmt.Fprintf(&b, "Secure mailbox of %s from %s to %s\n", m.Department, m.From, orWord(m.To, "today"))
	}
	for _, o := range s.Objections {
		fmt.Fprintf(&b, "Objection of %s (%s): %s\n", o.Date, o.Source, o.Note)
	}
	if len(s.Objections) == 0 {
		b.WriteString("No objection under this address; one under the person's number is found by that number alone.\n")
	}
	kept := "for ever"
	if s.KeptMonths > 0 {
		kept = fmt.Sprintf("for %d months", s.KeptMonths)
	}
	fmt.Fprintf(&b, "\n%d mails, each kept %s (longer behind a case or in an imported archive):\n", len(s.Transmissions), kept)
	for _, t := range s.Transmissions {
		fmt.Fprintf(&b, "\n%v  as %s, %v\n", t.Fields["@timestamp"], strings.Join(t.As, " and "), t.Fields["email.direction"])
		for _, line := range [][2]string{
			{"from", "email.from.address"}, {"to", "email.to.address"}, {"level", "postvagt.level"}, {"kinds", "postvagt.kinds"}, {"what was done", "postvagt.action"},
			{"outcome", "postvagt.outcome"}, {"transport", "postvagt.transport"}, {"protected", "postvagt.protected"}, {"message-id", "email.message_id"}, {"queue id", "postvagt.queue_id"},
		} {
			if v, ok := t.Fields[line[1]]; ok {
				fmt.Fprintf(&b, "  %-14s %s\n", line[0], strings.Trim(fmt.Sprint(v), "[]"))
			}
		}
	}
	b.WriteString("\nNot searched:\n")
	for _, n := range s.NotSearched {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orWord(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
