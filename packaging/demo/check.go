package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
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
func (s *stage) check(ctx context.Context, out io.Writer, a *answers) error {
	t := &tally{out: out}
	for _, m := range s.manifest.Mail {
		a.checkMail(t, m)
	}
	for _, part := range []func(context.Context, *tally) error{s.checkQueue, s.checkElsewhere, s.checkMailboxes, s.checkFigures, s.checkSecrets} {
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

// checkMail holds what is stored of one mail against its entry in the manifest.
func (a *answers) checkMail(t *tally, m *sample) {
	copies := a.copies[m.MessageID]
	t.same(m.File, "number of transmissions", strconv.Itoa(len(copies)), strconv.Itoa(m.Copies))
	kinds := slices.Clone(a.kinds[m.MessageID])
	slices.Sort(kinds)
	t.same(m.File, "kinds", strings.Join(slices.Compact(kinds), " "), strings.Join(m.Kinds, " "))
	leaving := false
	for _, c := range copies {
		outside := c["email.direction"] == "outbound"
		leaving = leaving || outside
		want := map[string]string{
			"postvagt.level":           m.Level,
			"postvagt.action":          m.Action,
			"postvagt.protection":      or(m.Content, "none"),
			"postvagt.strong":          strconv.FormatBool(m.Strong),
			"postvagt.signed":          strconv.FormatBool(m.Signed),
			"postvagt.channel_state":   m.Channel,
			"postvagt.transport":       m.Transport,
			"postvagt.held":            strconv.FormatBool(m.Action == "hold"),
			"postvagt.left":            strconv.FormatBool(outside && (m.Outcome == "delivered" || m.Outcome == "released")),
			"postvagt.after_objection": strconv.FormatBool(m.Objection && outside),
			"postvagt.finding":         "",
		}
		if outside {
			want["postvagt.protected"] = m.Protected
		} else {
			want["postvagt.protected"] = ""
		}
		for field, value := range want {
			t.same(m.File, field, c[field], value)
		}
		t.same(m.File, "outcome", outcome(c), m.Outcome)
		t.same(m.File, "secure mailbox", strconv.FormatBool(c["postvagt.secure_mailbox"] != ""), strconv.FormatBool(m.Mailbox))
		t.same(m.File, "TLS", strconv.FormatBool(c["tls.version"] != ""), strconv.FormatBool(slices.Contains([]string{"verified", "encrypted", "to-relay"}, m.Transport)))
		if m.Direction != "outbound" {
			t.same(m.File, "direction", c["email.direction"], m.Direction)
		}
	}
	t.same(m.File, "a copy goes outside", strconv.FormatBool(leaving), strconv.FormatBool(m.Direction == "outbound"))
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
