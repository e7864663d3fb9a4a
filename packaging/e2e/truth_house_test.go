package e2e

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// truthHouse is a house whose outside keeps a log of its own: each server that it sends to is a sink.
type truthHouse struct {
	*agentHouse
	sinks  map[string]*kit.Sink // by hop: the middle of a recipient's domain
	short  *kit.Postfix         // gives up at the first deferral; another instance of the same machine
	ghost  *kit.Postfix         // whose log nobody follows
	dice   sync.Mutex           // guards random
	random *rand.Rand           // of the servers
	smtp   string               // the one address of an MTA that is no Postfix
}

// Services of the Postfix of a truthHouse.
const (
	tSubmit    = iota // the milter
	tBypass           // no milter
	tFilter           // the milter, then a content filter that sends back
	tBack             // where the content filter sends to
	tClient           // the milter, clients made by XCLIENT
	tCopied           // the milter, then always_bcc
	tDead             // a milter that is down
	tBadHelo          // refuses every HELO
	tBadSender        // refuses some senders, recipients and messages
)

// truthPolicy refuses what is confidential and holds what is sensitive.
const truthPolicy = `
[policy]
mode = "enforce"
[[policy.line]]
name = "never"
direction = ["outbound"]
level = ["confidential"]
action = "reject"
[[policy.line]]
name = "look at it"
direction = ["outbound"]
level = ["sensitive"]
action = "hold"
[[policy.line]]
name = "else"
action = "pass"
`

func newTruthHouse(t *testing.T, seed uint64) *truthHouse {
	t.Helper()
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := bareTruthHouse(t, dir, seed)
	h.startSinks()
	h.startPostfixes()
	h.startMilterWith(truthPolicy)
	return h
}

// bareTruthHouse has the programs, and no server yet.
func bareTruthHouse(t *testing.T, dir string, seed uint64) *truthHouse {
	t.Helper()
	h := &truthHouse{sinks: map[string]*kit.Sink{}, random: rand.New(rand.NewPCG(seed, 2)),
		agentHouse: &agentHouse{t: t, dir: dir, bin: filepath.Join(dir, "bin"), agentConfig: filepath.Join(dir, "agent.toml"),
			verdicts: filepath.Join(dir, "verdict.log"), database: filepath.Join(dir, "agent.db")}}
	if err := os.Mkdir(h.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := kit.Build(t.Context(), h.bin); err != nil {
		t.Fatal(err)
	}
	return h
}

// issue makes an authority and a certificate of it for the servers outside.
func issue(t *testing.T) (ca *kit.Authority, cert *kit.Cert) {
	t.Helper()
	ca, err := kit.NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = ca.Issue("mx.region.example"); err != nil {
		t.Fatal(err)
	}
	return ca, cert
}

// whim is the newest TLS that a server offers which changes its mind from one connection to the next.
func (h *truthHouse) whim(int) uint16 {
	h.dice.Lock()
	defer h.dice.Unlock()
	return []uint16{0, tls.VersionTLS12, tls.VersionTLS13}[h.random.IntN(3)]
}

// startSinks starts the servers outside. Three of them change their mind about TLS from one connection to the next.
func (h *truthHouse) startSinks() {
	ca, cert := issue(h.t)
	if err := os.WriteFile(filepath.Join(h.dir, "ca.pem"), ca.PEM, 0o644); err != nil {
		h.t.Fatal(err)
	}
	for hop, cfg := range map[string]kit.SinkConfig{
		"verified": {Host: "127.0.0.2", Cert: cert}, "opportunistic": {Host: "127.0.0.3", Cert: cert}, "plain": {Host: "127.0.0.4"},
		"whim": {Host: "127.0.0.5", Cert: cert, TLS: h.whim}, "cached": {Host: "127.0.0.6", Cert: cert, TLS: h.whim},
		"reuse": {Host: "127.0.0.7", Cert: cert, TLS: h.whim}, "limit": {Host: "127.0.0.8", Cert: cert, TLS: h.whim},
		"busy": {Host: "127.0.0.9", Cert: cert, Busy: true}, "six": {Host: "::1", Cert: cert},
		"lmtp": {Network: "unix", Host: filepath.Join(h.dir, "lmtp.sock"), LMTP: true}, "mailboxes": {Host: "127.0.0.10", LMTP: true},
	} {
		s, err := kit.StartSink(cfg)
		if err != nil {
			h.t.Fatal(err)
		}
		h.sinks[hop] = s
		h.t.Cleanup(func() { s.Stop() }) // Postfix has ended by then
	}
	if err := os.Chmod(filepath.Join(h.dir, "lmtp.sock"), 0o666); err != nil {
		h.t.Fatal(err)
	}
}

func (h *truthHouse) startPostfixes() {
	mail := filepath.Join(h.dir, "mail")
	forward := os.WriteFile(filepath.Join(h.dir, "games.forward"), []byte("gina@g.plain.example\n"), 0o644)
	if err := errors.Join(os.Mkdir(mail, 0o777), os.Chmod(mail, 0o777), forward); err != nil {
		h.t.Fatal(err)
	}
	back, err := kit.FreePort("127.0.0.1")
	if err != nil {
		h.t.Fatal(err)
	}
	closed, err := kit.FreePort("127.0.0.11")
	if err != nil {
		h.t.Fatal(err)
	}
	milter := "smtpd_milters = unix:" + filepath.Join(h.dir, "milter.sock")
	main := h.truthMain(mail, closed)
	h.Postfix = h.postfix("pf", kit.Config{Main: main, Ports: []kit.Port{
		{Options: []string{milter}},
		{},
		{Options: []string{milter, fmt.Sprintf("content_filter = smtp:[127.0.0.1]:%d", back)}},
		{Port: back},
		{Options: []string{milter, "smtpd_authorized_xclient_hosts = 127.0.0.1", "smtpd_relay_restrictions = permit_mynetworks, permit_auth_destination, reject", "mynetworks = 192.0.2.0/24"}},
		{Options: []string{milter, "cleanup_service_name = copied"}},
		{Options: []string{"smtpd_milters = unix:" + filepath.Join(h.dir, "nobody.sock"), "milter_default_action = accept"}},
		{Options: []string{milter, "smtpd_delay_reject = no", "smtpd_helo_restrictions = reject"}},
		{Options: []string{milter,
			"smtpd_sender_restrictions = check_sender_access pcre:{ { /^spammer@/ 550 5.7.1 not you } }",
			"smtpd_recipient_restrictions = check_recipient_access pcre:{ { /^unknown@/ 550 5.1.1 no such user } }",
			"smtpd_data_restrictions = check_sender_access pcre:{ { /^early@/ 554 5.7.1 not now } }",
			"smtpd_end_of_data_restrictions = check_sender_access pcre:{ { /^late@/ 554 5.7.1 not so } }"}},
	}})
	for _, service := range []string{
		"copied/unix=copied unix n - n - 0 cleanup -o always_bcc=copy@archive." + house,
		"tlsproxy/unix=tlsproxy unix - - n - 0 tlsproxy",
		"cached/unix=cached unix - - n - - smtp -o smtp_connection_cache_destinations=static:all",
		"reuse/unix=reuse unix - - n - - smtp -o smtp_tls_connection_reuse=yes -o smtp_connection_cache_destinations=static:all",
		"limit/unix=limit unix - - n - - smtp",
		"must/unix=must unix - - n - - smtp -o smtp_tls_security_level=encrypt",
		"six/unix=six unix - - n - - smtp -o inet_protocols=all",
		"eater/unix=eater unix - n n - - pipe flags=F user=nobody argv=/bin/true",
	} {
		h.command("postconf", "-M", service)
	}
	h.command("postfix", "reload")
	main["myhostname"], main["maximal_queue_lifetime"], main["syslog_name"] = "edge.example.test", "0", "postfix-short"
	h.short = h.postfix("short", kit.Config{Main: main, Ports: []kit.Port{{Options: []string{milter}}}})
	main["syslog_name"] = "postfix-ghost"
	h.ghost = h.postfix("ghost", kit.Config{Main: main, Ports: []kit.Port{{Options: []string{milter}}}})
}

// truthMain is the way of each recipient: the middle of its domain says which.
func (h *truthHouse) truthMain(mail string, closed int) map[string]string {
	inside := strings.ReplaceAll(house, ".", "\\.")
	var ways []string
	way := func(hop, to string) {
		ways = append(ways, fmt.Sprintf("{ /@[a-z]+\\.%s\\.example$$/ %s }", hop, to))
	}
	for _, hop := range []string{"verified", "opportunistic", "plain", "whim"} {
		way(hop, "smtp:"+h.sinks[hop].Hop())
	}
	for _, hop := range []string{"cached", "reuse", "limit", "six"} {
		way(hop, hop+":"+h.sinks[hop].Hop())
	}
	way("busy", "smtp:"+h.sinks["busy"].Hop()+", "+h.sinks["plain"].Hop())
	way("lmtp", "lmtp:"+h.sinks["lmtp"].Hop())
	way("mailboxes", "lmtp:inet:"+h.sinks["mailboxes"].Hop())
	way("must", "must:"+h.sinks["plain"].Hop())
	way("closed", fmt.Sprintf("smtp:[127.0.0.11]:%d", closed))
	way("eater", "eater:")
	way("discard", "discard:")
	way("error", "error:5.1.2 there is no such house")
	return map[string]string{
		"mynetworks":              "127.0.0.0/8",
		"mydestination":           fmt.Sprintf("pcre:{ { /\\.lists\\.%s$$/ here } }", inside),
		"alias_maps":              "inline:{ { all = anna@a.plain.example, bent@b.whim.example } { one = carl@c.verified.example } }",
		"forward_path":            h.dir + "/$user.forward", // games is a user of every Debian
		"virtual_mailbox_domains": fmt.Sprintf("pcre:{ { /^([a-z]+\\.|archive\\.|)%s$$/ here } }", inside),
		"virtual_mailbox_base":    mail,
		"virtual_mailbox_maps":    "static:box",
		"virtual_mailbox_limit":   "0", "virtual_uid_maps": "static:65534", "virtual_gid_maps": "static:65534",
		"virtual_alias_maps":   fmt.Sprintf("pcre:{ { /^office@([a-z]+)\\.%s$$/ clerk@$$1.plain.example } { /^team@([a-z]+)\\.%s$$/ ann@$$1.verified.example, bob@$$1.whim.example, cat@$$1.plain.example } { /^past@([a-z]+)\\.%s$$/ gone@$$1.opportunistic.example } }", inside, inside, inside),
		"recipient_bcc_maps":   fmt.Sprintf("pcre:{ { /^filed@/ copy@archive.%s } { /^shared@([a-z]+)\\.plain\\.example$$/ keeper@$$1.verified.example } { /^shared@([a-z]+)\\.%s$$/ keeper@$$1.plain.example } }", house, inside),
		"smtp_tls_CAfile":      filepath.Join(h.dir, "ca.pem"),
		"smtp_tls_policy_maps": fmt.Sprintf("inline:{ { %s = secure match=mx.region.example } }", h.sinks["verified"].Hop()),
		"header_checks":        "pcre:{ { /^X-Fate: refuse/ REJECT } { /^X-Fate: wait/ HOLD } }",
		"minimal_backoff_time": "3600s", "maximal_backoff_time": "3600s",
		"smtp_connection_cache_time_limit": "10s", "smtp_bind_address": "",
		"limit_destination_recipient_limit": "2",
		"transport_maps":                    "pcre:{ " + strings.Join(ways, " ") + " }",
	}
}
