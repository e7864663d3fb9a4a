//go:build mtas

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// besideMTA is a Postfix with another milter beside ours.
type besideMTA struct {
	postfixMTA
	other  string // its socket
	behind bool   // it stands behind ours, else before it
}

func newBesideMTA(t *testing.T, dir string, far *kit.Postfix, socket string, behind bool) besideMTA {
	t.Helper()
	main := nearPostfix(far)
	main["relay_domains"], main["relay_transport"] = house, hopOf(far)
	main["smtpd_authorized_xclient_hosts"] = "127.0.0.1"
	main["smtpd_milters"], main["non_smtpd_milters"] = "unix:"+socket, "unix:"+socket
	p, err := kit.StartPostfix(t.Context(), dir, kit.Config{Ports: []kit.Port{{}}, Main: main})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, p.Stop()) })
	return besideMTA{postfixMTA{p}, socket, behind}
}

// SetUp puts ours behind the other, as the command does; an admin may turn them round.
func (m besideMTA) SetUp(t *testing.T, h *mtaHouse) {
	t.Helper()
	m.postfixMTA.SetUp(t, h)
	for _, list := range []string{"smtpd_milters", "non_smtpd_milters"} {
		out, err := m.Command(t.Context(), "postconf", "-h", list).Output()
		theirs, ours, ok := strings.Cut(strings.TrimSpace(string(out)), ", ")
		if err != nil || !ok || theirs != "unix:"+m.other || !strings.Contains(ours, milterSocket(h.dir)) {
			t.Fatalf("%s = %s, error %v", list, out, err)
		}
		if !m.behind {
			continue
		}
		if out, err := m.Command(t.Context(), "postconf", list+" = "+ours+", "+theirs).CombinedOutput(); err != nil {
			t.Fatalf("postconf: %v: %s", err, out)
		}
	}
	if err := m.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

const (
	tagging    = "[policy]\nmode = \"tag\"\nsubject_tag = \"[SENSITIVE]\"\n"
	verified   = "succeeded"
	broken     = "failed"
	notSigned  = "not signed"
	taggedOnce = "Subject: [SENSITIVE] Din sag"
)

func newOpenDKIM(t *testing.T, dir string) *kit.OpenDKIM {
	t.Helper()
	dkim, err := kit.StartOpenDKIM(t.Context(), filepath.Join(dir, "dkim"), house)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, dkim.Stop()) })
	return dkim
}

// A message is signed and judged, by two milters in either order: what its signature is worth where it arrives.
func TestMTAOpenDKIM(t *testing.T) {
	dir := newMTADir(t)
	far, dkim := newFar(t, dir), newOpenDKIM(t, dir)
	for _, order := range []struct {
		name                    string
		behind                  bool
		released, reply, inside string
	}{
		{"before", false, verified, broken, "dkim=pass"},
		{"behind", true, notSigned, verified, "dkim=fail"},
	} {
		t.Run(order.name, func(t *testing.T) {
			m := newBesideMTA(t, filepath.Join(dir, "pf-"+order.name), far, dkim.Socket(), order.behind)
			h := newMTAHouse(t, dir, far, m)
			h.tellsSigned(t, dkim, order.released, order.reply)
			t.Run("from outside", func(t *testing.T) { h.story(t, tagging).tellsSignedOutside(dkim, order.inside) })
		})
	}
}

// tellsSigned says what the signature of what we send is worth where it arrives: released is what OpenDKIM says of a message that
// was held, reply of one that lost the tag of its subject.
func (h *mtaHouse) tellsSigned(t *testing.T, dkim *kit.OpenDKIM, released, reply string) {
	signed := func(h *mtaHouse, want string) (message string) {
		h.t.Helper()
		message = h.arrived(1)[0]
		if got, err := dkim.Verify(h.t.Context(), []byte(message)); err != nil || got != want {
			h.t.Errorf("OpenDKIM says %q of what arrived, want %q, error %v", got, want, err)
		}
		return message
	}
	tell := func(name, config string, tell func(h *mtaHouse)) {
		t.Run(name, func(t *testing.T) { tell(h.story(t, config)) })
	}
	tell("harmless", enforce, func(h *mtaHouse) {
		h.accepted(outbound, plainMail)
		signed(h, verified)
	})
	tell("held and released", enforce, func(h *mtaHouse) {
		id := h.hold(secretMail)
		h.decide("release", "--config", h.config, "--reason", "false-alarm", "--note", "a test", id)
		signed(h, released)
	})
	tell("fields are put on and taken off", tagging, func(h *mtaHouse) {
		h.accepted(outbound, forged(secretMail))
		if got := signed(h, verified); !strings.Contains(got, "X-Postvagt-Id:") || strings.Contains(got, "Forged") {
			t.Error("the fields are not as the mode tag leaves them")
		}
	})
	tell("a reply loses the tag of the subject", tagging, func(h *mtaHouse) {
		h.accepted(outbound, strings.Replace(plainMail, "Subject: ", "Subject: Re: [SENSITIVE] ", 1))
		if got := signed(h, reply); strings.Contains(got, "SENSITIVE") {
			t.Error("the tag is left")
		}
	})
}

// The same on Sendmail, where setup puts the milter behind OpenDKIM too.
func TestMTAOpenDKIMSendmail(t *testing.T) {
	dir := newMTADir(t)
	far, dkim := newFar(t, dir), newOpenDKIM(t, dir)
	filter := fmt.Sprintf("INPUT_MAIL_FILTER(`opendkim', `S=local:%s')dnl", dkim.Socket())
	h := newMTAHouse(t, dir, far, newSendmailMTA(t, dir, kit.SendmailConfig{Next: far.Addr(0), Lines: []string{filter}}))
	h.tellsSigned(t, dkim, verified, broken)
}

// Mail from outside that was signed there is verified here and gets the tag of the subject: its signature holds for nobody who
// verifies later, whatever the order.
func (h *mtaHouse) tellsSignedOutside(dkim *kit.OpenDKIM, want string) {
	h.accepted(outbound, secretMail)
	text := h.arrived(1)[0]
	text = text[strings.Index(text, "DKIM-Signature:"):]
	h.accepted(kit.Envelope{From: "anna@borger.example", To: []string{"kari@" + house}, XCLIENT: "ADDR=203.0.113.7 NAME=mx.borger.example"}, text)
	got := h.arrived(1)[0]
	if !strings.Contains(got, taggedOnce) || !strings.Contains(got, "X-Postvagt-Inbound:") {
		h.t.Error("the message is not tagged")
	}
	if !strings.Contains(got, want) {
		h.t.Errorf("no %s in what OpenDKIM wrote on it", want)
	}
	if said, err := dkim.Verify(h.t.Context(), []byte(got)); err != nil || said != broken {
		h.t.Errorf("OpenDKIM says %q of what arrived, error %v", said, err)
	}
}

// gtube is the text that every spam filter refuses.
const gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n"

// rspamd refuses what it sees and refuses, whatever the milter would say; the milter holds what it sees and holds. Behind the milter,
// rspamd does not see what is held. The agent counts a refusal as one, once.
func TestMTARspamdBeside(t *testing.T) {
	dir := newMTADir(t)
	far := newFar(t, dir)
	rspamd := quickRspamd(t, dir)
	if err := rspamd.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, rspamd.Stop()) })
	for _, order := range []struct {
		name    string
		behind  bool
		secret  int // the reply to sensitive mail that rspamd refuses
		refused map[string]int
	}{
		{"before", false, 554, map[string]int{"rejected unknown no-verdict": 2, "delivered none ": 1, "delivered sensitive ": 1}},
		{"behind", true, 250, map[string]int{"rejected none ": 1, "delivered none ": 1, "delivered sensitive ": 1, "deleted sensitive ": 1}},
	} {
		t.Run(order.name, func(t *testing.T) {
			m := newBesideMTA(t, filepath.Join(dir, "pf-"+order.name), far, rspamd.Socket(), order.behind)
			near := newMTAHouse(t, dir, far, m)
			near.verdicts = filepath.Join(dir, order.name+".log")
			h := near.story(t, enforce)
			h.accepted(outbound, plainMail)
			h.arrived(1)
			if r := h.send(outbound, plainMail+gtube); r.Code != 554 {
				t.Errorf("reply %d %s", r.Code, r.Text)
			}
			if r := h.send(outbound, secretMail+gtube); r.Code != order.secret {
				t.Errorf("reply %d %s", r.Code, r.Text)
			}
			for _, id := range h.heldIDs() {
				h.decide("delete", "--config", h.config, "--reason", "a test", id)
			}
			id := h.hold(secretMail)
			h.decide("release", "--config", h.config, "--reason", "false-alarm", "--note", "a test", id)
			h.arrived(1)
			h.logged(id+": ", m.Quirks().sent)
			h.counted("", order.refused, "outcome", "level", "finding")
		})
	}
}
