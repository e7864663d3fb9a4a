package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
)

// tally counts what was held against the known answer, and prints what differs.
type tally struct {
	out            io.Writer
	passed, failed int
}

// same holds one value against the known one.
func (t *tally) same(where, what, got, want string) {
	if got == want {
		t.passed++
		return
	}
	t.failed++
	fmt.Fprintf(t.out, "FAIL %s: %s is %q, should be %q\n", where, what, got, want)
}

// check holds everything against the known answer.
func (s *stage) check(ctx context.Context, out io.Writer, a answers) error {
	t := &tally{out: out}
	for _, m := range s.manifest.Mail {
		for field, want := range m.known() {
			t.same(m.File, field, a.say(m, field), say(want))
		}
	}
	for _, part := range []func(context.Context, *tally) error{s.checkQueue, s.checkElsewhere, s.checkMailboxes, s.checkFigures, s.checkReport, s.checkSecrets} {
		if err := part(ctx, t); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%d passed, %d failed\n", t.passed, t.failed)
	if t.failed > 0 {
		return errFailed
	}
	return nil
}

// known is what must be stored of a mail: field -> value -> number of transmissions.
func (m *sample) known() map[string]map[string]int {
	all := map[string]map[string]int{}
	each := func(field, value string) { all[field] = map[string]int{value: m.Copies} }
	each("outcome", m.rowOutcome())
	each("released", strconv.FormatBool(m.Then == "release")) // what is returned expires in hold
	each("level", m.Level)
	each("action", m.Action)
	each("protection", or(m.Content, "none"))
	each("strong", strconv.FormatBool(m.Strong))
	each("signed", strconv.FormatBool(m.Signed))
	each("channel_state", m.Channel)
	each("transport", m.Transport)
	each("tls.version", m.tlsVersion())
	each("held", strconv.FormatBool(m.Action == "hold"))
	each("department", m.Department)
	each("secure_mailbox", m.mailbox())
	each("finding", "")

	all["kinds"] = map[string]int{}
	for _, kind := range m.Kinds {
		all["kinds"][kind] = m.Copies
	}
	// What holds of copies that leave; those that stay are neither protected nor not.
	out := m.outside()
	delivered := m.rowOutcome() == "delivered"
	all["email.direction"] = split(m.Direction, out, m.inside(), m.Copies-out)
	all["left"] = split(strconv.FormatBool(delivered), out, "false", m.Copies-out)
	all["protected"] = split(m.Protected, out, "", m.Copies-out)
	all["after_objection"] = split(strconv.FormatBool(m.Objection), out, "false", m.Copies-out)
	return all
}

// split is n of one value and rest of another.
func split(value string, n int, other string, rest int) map[string]int {
	all := map[string]int{}
	if n > 0 {
		all[value] += n
	}
	if rest > 0 {
		all[other] += rest
	}
	return all
}

// inside is the direction of the copies that stay.
func (m *sample) inside() string {
	if m.Direction == "outbound" {
		return "internal"
	}
	return m.Direction
}

func (m *sample) tlsVersion() string {
	switch m.Transport {
	case "verified", "encrypted", "to-relay":
		return "TLSv1.3"
	}
	return ""
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
