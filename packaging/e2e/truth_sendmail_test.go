//go:build mtas

package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// The same truth for Sendmail: what it says of each message is held against what the servers outside took. POSTVAGT_MESSAGES
// says how many messages.
func TestTruthSendmail(t *testing.T) {
	n, seed := fromEnv("POSTVAGT_MESSAGES", 150), uint64(fromEnv("POSTVAGT_SEED", 1))
	h, mta := newSendmailTruth(t, seed)
	h.startAgentWith(`join_window = "10s"`, mta.Log())
	s := &script{h: h, tag: func(i int) string { return letters(seed, i) }, random: rand.New(rand.NewPCG(seed, 1))}
	all := sendmailFates()
	for i := range max(n, len(all)) {
		m := &sent{fate: all[i%len(all)], tag: s.tag(i), silent: true}
		s.all = append(s.all, m)
	}
	s.random.Shuffle(len(s.all), func(i, k int) { s.all[i], s.all[k] = s.all[k], s.all[i] })
	s.postAll(func(int) {})
	s.quiet(mta)
	for how, ids := range s.byThen() {
		args := append(strings.Fields(how), "--config", filepath.Join(h.dir, "milter.toml"))
		cmd := mta.Inside(t.Context(), filepath.Join(h.bin, "postvagt-milter"), append(args, ids...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", how, err, out)
		}
	}
	s.quiet(mta)
	t.Logf("%d messages of %d fates", len(s.all), len(all))
	s.compare()
}

// sendmailFates are those that a Sendmail can give a message. Reports would be mail of their own: nobody asks for one.
func sendmailFates() []fate {
	const release, remove = "held release --reason=danger-to-life --note=training", "held delete --reason=training"
	bounced := func(name, to string) fate {
		return fate{name: name, notify: "NEVER", to: []string{to}, want: []wanted{{to: to, outcome: "bounced", transport: "-"}}}
	}
	mixed := []string{"a@whim", "gone@whim", "wait@whim"}
	return []fate{
		one("verified", "a@verified"), one("opportunistic", "a@opportunistic"), one("plain text", "a@plain"),
		one("a server that stops offering TLS, and offers it again", "a@whim"),
		{name: "two recipients, one transaction", to: []string{"a@whim", "b@whim"}, want: []wanted{{to: "a@whim", outcome: "delivered"}, {to: "b@whim", outcome: "delivered"}}},
		{name: "three servers", to: []string{"a@verified", "a@plain", "a@whim"}, want: []wanted{{to: "a@verified", outcome: "delivered"}, {to: "a@plain", outcome: "delivered"}, {to: "a@whim", outcome: "delivered"}}},
		bounced("no such mailbox", "gone@opportunistic"), bounced("refused at its end", "full@plain"),
		one("deferred, then delivered", "wait@verified"), one("deferred, then delivered by a whim", "wait@whim"),
		one("cut at its end, then delivered", "drop@plain"),
		{name: "delivered, bounced and deferred", notify: "NEVER", to: mixed, want: []wanted{{to: mixed[0], outcome: "delivered"}, {to: mixed[1], outcome: "bounced", transport: "-"}, {to: mixed[2], outcome: "delivered"}}},
		{name: "refused by the milter", text: confidentialMail, to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "rejected", transport: "-", level: "confidential"}}},
		kept("held", "a@plain", "", wanted{outcome: "held"}),
		kept("released, then delivered", "a@whim", release, wanted{outcome: "delivered", released: true}),
		kept("released, deferred, then delivered", "wait@opportunistic", release, wanted{outcome: "delivered", released: true}),
		kept("held, then deleted", "a@plain", remove, wanted{outcome: "deleted"}),
	}
}

// newSendmailTruth starts the servers outside, all at one port of addresses of their own, and a Sendmail that routes to them.
// It trusts the authority of one of them alone; verify=OK proves no name, so its mail is encrypted like that of the others.
func newSendmailTruth(t *testing.T, seed uint64) (*truthHouse, *kit.Sendmail) {
	t.Helper()
	h := bareTruthHouse(t, newMTADir(t), seed)
	dir := h.dir
	ca, cert := issue(t)
	_, stranger := issue(t)
	port := ""
	var routes strings.Builder
	for _, c := range []struct {
		hop string
		cfg kit.SinkConfig
	}{
		{"verified", kit.SinkConfig{Host: "127.0.0.12", Cert: cert}}, {"opportunistic", kit.SinkConfig{Host: "127.0.0.3", Cert: stranger}},
		{"plain", kit.SinkConfig{Host: "127.0.0.4"}}, {"whim", kit.SinkConfig{Host: "127.0.0.5", Cert: stranger, TLS: h.whim}},
	} {
		c.cfg.Port = port
		s, err := kit.StartSink(c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ = net.SplitHostPort(s.Addr())
		h.sinks[c.hop] = s
		t.Cleanup(func() { s.Stop() })
		fmt.Fprintf(&routes, ".%s.example\trelay:[%s]\n", c.hop, c.cfg.Host)
	}
	mta, err := kit.StartSendmail(t.Context(), filepath.Join(dir, "sm"), kit.SendmailConfig{Next: "127.0.0.4:" + port, CA: ca.PEM, Lines: []string{
		"INPUT_MAIL_FILTER(`postvagt', `S=local:" + filepath.Join(dir, "milter.sock") + ", F=T, T=C:1m;S:1m;R:1m;E:1m')dnl"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, mta.Stop()) })
	if err := errors.Join(mta.Map(t.Context(), "mailertable", routes.String()), mta.Restart(t.Context())); err != nil {
		t.Fatal(err)
	}
	h.smtp = mta.Addr()
	lines, tables := sendmailMTA{mta}.Milter()
	h.startMilterWith(lines + truthPolicy + tables)
	return h, mta
}

// quiet waits until nothing but held mail lies in the queue.
func (s *script) quiet(mta *kit.Sendmail) {
	s.h.t.Helper()
	if err := kit.WaitEvery(s.h.t.Context(), time.Second, "an empty queue", 10*time.Minute, func() (bool, error) {
		left, err := filepath.Glob(filepath.Join(mta.Dir, "mqueue", "[qtx]f*"))
		return len(left) == 0, err
	}); err != nil {
		s.h.t.Fatal(err)
	}
}
