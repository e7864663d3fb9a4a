package verdict

import (
	"fmt"
	"strings"
)

// SelfTestID is the queue id of the message by which selftest asks the daemon. No MTA gives it, since nobody sent such a mail.
// A test message that went through the MTA bears the MTA's own.
const SelfTestID = "SELFTEST"

// SelfTestTo is the recipient of the test message: nobody can have this address (RFC 2606).
const SelfTestTo = "anna@postvagt.invalid"

// SelfTest is what the daemon answered to the test message (R16).
type SelfTest struct {
	QueueID string // SelfTestID, or the MTA's
	ID      string // random, see NewID
	Level   string
	Wanted  string // what enforcing does
	Action  string // what was done in the mode in force; hold for one that went through the MTA
}

// SelfTestOf is the answer in a record of the test message.
func SelfTestOf(r *Record) SelfTest {
	t := SelfTest{QueueID: r.QueueID, ID: r.ID, Level: r.Level, Wanted: Pass, Action: r.Action}
	for _, p := range r.Recipients {
		t.Wanted = Stricter(t.Wanted, p.Wanted)
	}
	return t
}

// Stopped says whether a mail like it would be kept from leaving in the open, were the policy enforced.
func (t SelfTest) Stopped() bool { return Stops(t.Wanted) }

// Lines returns the one line of a self-test.
func (t SelfTest) Lines() []string {
	return []string{fmt.Sprintf("%s: selftest v=%d id=%s level=%s wanted=%s action=%s", t.QueueID, Version, quote(t.ID), quote(t.Level), quote(t.Wanted), quote(t.Action))}
}

// SignedLines returns Lines as Record.SignedLines does.
func (t SelfTest) SignedLines(key []byte) []string { return sign(t.Lines(), key) }

func parseSelfTest(id string, kv map[string]string) (*SelfTest, error) {
	t := &SelfTest{QueueID: id, ID: kv["id"], Level: kv["level"], Wanted: kv["wanted"], Action: kv["action"]}
	for _, action := range []string{t.Wanted, t.Action} {
		if action != Pass && rank(action) == 0 {
			return nil, fmt.Errorf("selftest line: %q is no action", strings.ToValidUTF8(action, "?"))
		}
	}
	return t, nil
}
