package track

import (
	"testing"
	"time"

	"postvagt/agent/maillog"
)

// sentCopy is one recipient of a test message: what was judged, and what the log says of it.
type sentCopy struct {
	class, promise, wanted string // "" where the recipient was not judged
	status, via, relay     string // of the delivery; "" without one
}

// One message of each kind, and what is said of it as a whole.
func TestJudge(t *testing.T) {
	const (
		mx      = "mx.far.example[192.0.2.1]:25"
		gateway = "gw.example[192.0.2.9]:25"
		hub     = "hub.example[192.0.2.7]:25"
	)
	safe := sentCopy{"authority", "enforced", "pass", maillog.Sent, verified, mx}
	for name, tt := range map[string]struct {
		level   string
		strong  bool
		channel string
		risk    string
		action  string
		message message // holds, ends
		copies  []sentCopy

		protected, outcome, done string // of the message
		left                     bool
	}{
		"recognised, promised and proven":   {level: "confidential", copies: []sentCopy{safe}, protected: yes, outcome: delivered, done: yes, left: true},
		"promised, not proven":              {level: "confidential", copies: []sentCopy{{"authority", "enforced", "pass", maillog.Sent, encrypted, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"proven, not promised":              {level: "confidential", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, verified, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"risk assessed, encrypted":          {level: "confidential", risk: "r", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, encrypted, mx}}, protected: yes, outcome: delivered, done: yes, left: true},
		"risk assessed, plain":              {level: "confidential", risk: "r", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, plaintext, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"risk assessed, but sensitive":      {level: "sensitive", risk: "r", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, encrypted, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"promised, plain":                   {level: "confidential", copies: []sentCopy{{"authority", "enforced", "pass", maillog.Sent, plaintext, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"TLS not logged":                    {level: "confidential", copies: []sentCopy{{"authority", "enforced", "pass", maillog.Sent, unknown, mx}}, protected: unknown, outcome: delivered, done: no, left: true},
		"observed: to be held, passed":      {level: "sensitive", copies: []sentCopy{{"external", "enforced", "hold", maillog.Sent, verified, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"held":                              {level: "sensitive", action: "hold", message: message{OnHold: true, Held: true}, copies: []sentCopy{{"external", "opportunistic", "hold", "", "", ""}}, protected: "", outcome: held, done: no},
		"released in the open":              {level: "sensitive", action: "hold", message: message{Held: true, Released: true}, copies: []sentCopy{{"external", "opportunistic", "hold", maillog.Sent, plaintext, mx}}, protected: no, outcome: released, done: no, left: true},
		"refused":                           {level: "sensitive", action: "reject", message: message{Rejected: "5.7.1"}, copies: []sentCopy{{"external", "opportunistic", "reject", "", "", ""}}, outcome: rejected, done: no},
		"waiting":                           {level: "sensitive", copies: []sentCopy{{"authority", "enforced", "pass", maillog.Deferred, "", "none"}}, outcome: deferred, done: unknown},
		"one of two left openly":            {level: "sensitive", copies: []sentCopy{safe, {"external", "opportunistic", "pass", maillog.Sent, plaintext, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"one of two still waits":            {level: "sensitive", copies: []sentCopy{safe, {"authority", "enforced", "pass", maillog.Deferred, "", "none"}}, protected: yes, outcome: deferred, done: unknown, left: true},
		"one of two is unknown":             {level: "sensitive", copies: []sentCopy{safe, {"authority", "enforced", "pass", maillog.Sent, unknown, mx}}, protected: unknown, outcome: delivered, done: no, left: true},
		"one of two bounced":                {level: "sensitive", copies: []sentCopy{safe, {"authority", "enforced", "pass", maillog.Bounced, "", "none"}}, protected: yes, outcome: bounced, done: yes, left: true},
		"bounced":                           {level: "sensitive", copies: []sentCopy{{"authority", "enforced", "pass", maillog.Bounced, verified, mx}}, outcome: bounced, done: no},
		"channel, proven":                   {level: "sensitive", channel: "gw", copies: []sentCopy{{"external", "to-relay", "pass", maillog.Sent, encrypted, gateway}}, protected: yes, outcome: delivered, done: yes, left: true},
		"channel, past its relay":           {level: "sensitive", channel: "gw", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, encrypted, mx}}, protected: no, outcome: delivered, done: no, left: true},
		"channel, proven and in plain text": {level: "sensitive", channel: "gw", copies: []sentCopy{{"external", "to-relay", "pass", maillog.Sent, plaintext, gateway}}, protected: no, outcome: delivered, done: no, left: true},
		"routed to an enforcing relay":      {level: "sensitive", action: "route", copies: []sentCopy{{"external", "to-relay", "route", maillog.Sent, encrypted, gateway}}, protected: yes, outcome: delivered, done: no, left: true},
		"first hop":                         {level: "sensitive", copies: []sentCopy{{"external", "to-relay", "pass", maillog.Sent, encrypted, hub}}, protected: firstHop, outcome: delivered, done: no, left: true},
		"unseen, strong":                    {level: "unseen", strong: true, copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, plaintext, mx}}, protected: yes, outcome: delivered, left: true},
		"unseen, weak":                      {level: "unseen", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, plaintext, mx}}, protected: no, outcome: delivered, left: true},
		"nothing found, verified":           {level: "none", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, verified, mx}}, protected: yes, outcome: delivered, left: true},
		"nothing found, opportunistic":      {level: "none", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, encrypted, mx}}, protected: no, outcome: delivered, left: true},
		"not judged":                        {level: "unknown", copies: []sentCopy{{"external", "opportunistic", "pass", maillog.Sent, verified, mx}}, protected: unknown, outcome: delivered, left: true},
		"no outcome":                        {level: "sensitive", message: message{Stray: true}, copies: []sentCopy{{"authority", "enforced", "pass", "", "", ""}}, outcome: unknown, done: unknown},
		"deleted by hand":                   {level: "sensitive", action: "hold", message: message{Held: true, Deleted: true}, copies: []sentCopy{{"external", "opportunistic", "hold", "", "", ""}}, outcome: deleted, done: no},
		"returned":                          {level: "sensitive", action: "hold", message: message{Held: true, Expired: "returned"}, copies: []sentCopy{{"external", "opportunistic", "hold", "", "", ""}}, outcome: returned, done: no},
		"too old":                           {level: "sensitive", message: message{Expired: "expired"}, copies: []sentCopy{{"authority", "enforced", "pass", maillog.Deferred, "", "none"}}, outcome: expired, done: no},
		"released, not yet delivered":       {level: "sensitive", action: "hold", message: message{Held: true, Released: true}, copies: []sentCopy{{"external", "opportunistic", "hold", "", "", ""}}, outcome: queued, done: no},
		"an alias led out of the house":     {level: "sensitive", copies: []sentCopy{{"internal", "local", "tag", maillog.Sent, plaintext, mx}}, protected: no, outcome: delivered, done: no, left: true},
	} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions()
			opt.Relays = []Relay{{"[gw.example]", true}, {"[hub.example]:25", false}}
			opt.ChannelRelays = map[string][]string{"gw": {"[gw.example]"}}
			m := tt.message
			m.Host, m.QueueID, m.Birth, m.Created, m.From, m.HasFrom = "edge", "4bXyQ12", 1, 1, "a@nordvig-kommune.example", true
			j := judgement{QueueID: m.QueueID, ID: "1", Count: len(tt.copies), Record: &maillog.Judged{Level: tt.level, Action: tt.action, Direction: maillog.Outbound,
				Protection: maillog.Judged{}.Protection}}
			j.Record.Risk = tt.risk
			j.Record.Protection.Strong, j.Record.Protection.Channel = tt.strong, tt.channel
			for i, c := range tt.copies {
				to := string(rune('a'+i)) + "@far.example"
				if c.class == "internal" {
					to = "office@nordvig-kommune.example"
				}
				j.Rcpts = append(j.Rcpts, judgedRecipient{N: i + 1, R: maillog.Recipient{To: to, Class: c.class, Transport: c.promise, Wanted: c.wanted, Action: tt.action}})
				if c.status != "" {
					m.Rcpts = append(m.Rcpts, rcpt{Orig: to, Outs: []delivery{{To: string(rune('a'+i)) + "@far.example", Status: c.status, Via: c.via, Relay: c.relay, DSN: "2.0.0", At: 2}}})
				}
			}
			m.Verdicts = []judgement{j}
			docs := opt.documents(nil, &m, 1)
			if len(docs) != len(tt.copies) {
				t.Fatalf("%d rows", len(docs))
			}
			for i, d := range docs {
				got := [5]any{d.MessageProtected, d.MessageOutcome, d.DoneRight, d.MessageLeft, d.First}
				want := [5]any{tt.protected, tt.outcome, tt.done, tt.left, i == 0}
				if got != want {
					t.Errorf("row %d: protected, outcome, done right, left, first are %v, want %v", i, got, want)
				}
			}
		})
	}
}

// R2: TLS by a cipher that is not a recognised strong one protects nobody, whatever was promised of the way.
func TestWeakCipher(t *testing.T) {
	const gateway = "gw.example[192.0.2.9]:25"
	opt := testOptions()
	opt.Relays = []Relay{{"[gw.example]", true}}
	opt.ChannelRelays = map[string][]string{"gw": {"[gw.example]"}}
	for _, tt := range []struct {
		level, promise, wanted, via, relay, channel, risk string
	}{
		{"sensitive", "enforced", "pass", verified, "mx.far.example[192.0.2.1]:25", "", ""},
		{"confidential", "enforced", "pass", verified, "mx.far.example[192.0.2.1]:25", "", ""},
		{"confidential", "opportunistic", "pass", encrypted, "mx.far.example[192.0.2.1]:25", "", "r"},
		{"none", "", "pass", verified, "mx.far.example[192.0.2.1]:25", "", ""},
		{"sensitive", "to-relay", "route", encrypted, gateway, "", ""},
		{"sensitive", "to-relay", "pass", encrypted, gateway, "gw", ""},
	} {
		for cipher, want := range map[string]string{"": yes, "TLS_AES_256_GCM_SHA384": yes, "ECDHE-RSA-AES128-GCM-SHA256": yes, "ECDHE-RSA-RC4-SHA": no, "DES-CBC3-SHA": no, "ADH-AES256-SHA": no} {
			m := message{Host: "edge", QueueID: "4bXyQ12", Birth: 1, Created: 1, From: "a@nordvig-kommune.example", HasFrom: true,
				Rcpts: []rcpt{{Orig: "b@far.example", Outs: []delivery{{To: "b@far.example", Status: maillog.Sent, Via: tt.via, Relay: tt.relay, Version: "TLSv1.2", Cipher: cipher, DSN: "2.0.0", At: 2}}}}}
			j := judgement{QueueID: m.QueueID, ID: "1", Count: 1, Record: &maillog.Judged{ID: "1", Level: tt.level, Risk: tt.risk, Direction: maillog.Outbound}}
			j.Record.Protection.Channel = tt.channel
			j.Rcpts = []judgedRecipient{{N: 1, R: maillog.Recipient{To: "b@far.example", Class: "authority", Transport: tt.promise, Wanted: tt.wanted}}}
			m.Verdicts = []judgement{j}
			if d := opt.documents(nil, &m, 1)[0]; d.Protected != want || d.TLSCipher != cipher {
				t.Errorf("%+v by %q: protected %s, want %s", tt, cipher, d.Protected, want)
			}
		}
	}
}

// A sender who is exempt from being shown is counted, and named nowhere, whatever the MTA's own lines say.
func TestHiddenSender(t *testing.T) {
	opt := testOptions()
	opt.Department = func(string) string { return "HR" }
	m := message{Host: "edge", QueueID: "4bXyQ12", Birth: 1, From: "tillid@nordvig-kommune.example", HasFrom: true, User: "tillid",
		Rcpts: []rcpt{{Orig: "b@far.example", Outs: []delivery{{To: "b@far.example", Status: maillog.Sent, Via: plaintext, Relay: "mx.far.example[192.0.2.1]:25"}}}}}
	for _, hidden := range []bool{false, true} {
		m.Verdicts = []judgement{{ID: "1", Record: &maillog.Judged{ID: "1", Level: "sensitive", Direction: maillog.Outbound, Hidden: hidden}}}
		d := opt.documents(nil, &m, 0)[0]
		if named := d.From != "" || d.User != "" || d.Department != ""; named == hidden || d.Level != "sensitive" || d.Direction != maillog.Outbound {
			t.Errorf("hidden %v: from %q, user %q, department %q, %s %s", hidden, d.From, d.User, d.Department, d.Level, d.Direction)
		}
	}
}

func TestMailInsideIsNotProtectedOrNot(t *testing.T) {
	opt := testOptions()
	m := message{Host: "edge", QueueID: "4bXyQ12", Birth: 1, From: "a@nordvig-kommune.example", HasFrom: true,
		Rcpts: []rcpt{{Orig: "b@nordvig-kommune.example", Outs: []delivery{{To: "b@nordvig-kommune.example", Status: maillog.Sent, Via: local, Relay: "local"}}}}}
	d := opt.documents(nil, &m, 0)[0]
	if d.Direction != maillog.Internal || d.Left || d.Protected != "" || d.DoneRight != "" || d.Outcome != delivered || d.Level != maillog.LevelUnknown {
		t.Errorf("%+v", d)
	}
}

func TestIsRelay(t *testing.T) {
	for _, tt := range []struct {
		configured, logged string
		want               bool
	}{
		{"[gw.example]", "gw.example[192.0.2.1]:25", true},
		{"[GW.example]:25", "gw.example[192.0.2.1]:25", true},
		{"[gw.example]:587", "gw.example[192.0.2.1]:25", false},
		{"[gw.example]", "evil-gw.example[192.0.2.1]:25", false},
		{"[gw.example]", "mx.gw.example[192.0.2.1]:25", false},
		{"gw.example", "mx.gw.example[192.0.2.1]:25", true},
		{"gw.example", "mxgw.example[192.0.2.1]:25", false},
		{"[192.0.2.1]", "gw.example[192.0.2.1]:25", true},
		{"[127.0.0.1]:2525", "127.0.0.1[127.0.0.1]:2525", true},
		{"[2001:db8::1]:25", "gw.example[2001:db8::1]:25", true},
		{"[2001:db8::1]", "gw.example[2001:db8::1]:25", true},
		{"gw.example", "none", false},
		{"gw.example", "local", false},
	} {
		if got := isRelay([]string{tt.configured}, tt.logged); got != tt.want {
			t.Errorf("%s, logged %s: %v", tt.configured, tt.logged, got)
		}
	}
}

// The queue's lifetime ends a message without an outcome; a held one may wait for ever.
func TestNoOutcome(t *testing.T) {
	w := newWorld(t, testOptions())
	born := "Nov 23 09:00:00 edge postfix/smtpd[1]: "
	w.add(line{"mail", 0, born + "AAAAAAAAA1: client=unknown[127.0.0.1]", false},
		line{"mail", 1, born + "AAAAAAAAA2: client=unknown[127.0.0.1]", false},
		line{"mail", 2, "Nov 23 09:00:00 edge postfix/cleanup[2]: AAAAAAAAA2: milter-hold: END-OF-MESSAGE from unknown[127.0.0.1]: milter triggers HOLD action; from=<a@nordvig-kommune.example> to=<b@far.example> proto=ESMTP helo=<x>", false},
		line{"mail", 3, "Nov 23 09:00:01 edge postfix/smtp[3]: AAAAAAAAA1: to=<b@far.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect: refused)", false})
	w.commit()
	outcomes := func() map[string]string {
		m := map[string]string{}
		for _, d := range w.docs {
			m[d.QueueID] = d.Outcome
		}
		return m
	}
	if got := outcomes(); got["AAAAAAAAA1"] != deferred || got["AAAAAAAAA2"] != held {
		t.Errorf("at first: %v", got)
	}
	w.tracker.Tick(w.tracker.Now().Add(7 * 24 * time.Hour))
	w.commit()
	w.restart()
	if got := outcomes(); got["AAAAAAAAA1"] != unknown || got["AAAAAAAAA2"] != held {
		t.Errorf("after a week: %v", got)
	}
	w.add(line{"mail", 4, "Dec  1 09:00:01 edge postfix/postsuper[3]: AAAAAAAAA2: released from hold", false},
		line{"mail", 5, "Dec  1 09:00:02 edge postfix/smtp[3]: AAAAAAAAA2: to=<b@far.example>, relay=mx[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)", false},
		line{"mail", 6, "Dec  1 09:00:02 edge postfix/qmgr[3]: AAAAAAAAA2: removed", false})
	w.commit()
	if got := outcomes(); got["AAAAAAAAA2"] != delivered || len(got) != 2 {
		t.Errorf("released after a week: %v", got)
	}
}

// A queue id comes again: the second message is another one.
func TestQueueIDsRepeat(t *testing.T) {
	w := newWorld(t, testOptions())
	for i, at := range []string{"Nov 23 09:00:0", "Nov 23 09:30:0"} {
		p := int64(i * 10)
		w.add(line{"mail", p, at + "0 edge postfix/smtpd[1]: AAAAAAAAA1: client=unknown[127.0.0.1]", false},
			line{"mail", p + 1, at + "1 edge postfix/smtp[3]: AAAAAAAAA1: to=<b@far.example>, relay=mx[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)", false},
			line{"mail", p + 2, at + "2 edge postfix/qmgr[3]: AAAAAAAAA1: removed", false})
	}
	w.commit()
	rows := w.rows()
	if len(rows) != 2 || rows[0].Key == rows[1].Key || !rows[0].First || !rows[1].First {
		t.Errorf("%d rows", len(rows))
	}
}

// A stamp far ahead of all others, alone, ends nothing.
func TestOneStampAhead(t *testing.T) {
	w := newWorld(t, testOptions())
	w.add(line{"mail", 0, "2026-11-23T09:00:00+00:00 edge postfix/smtpd[1]: AAAAAAAAA1: client=unknown[127.0.0.1]", false},
		line{"mail", 1, "2026-11-23T09:00:00+00:00 edge postfix/smtp[3]: AAAAAAAAA1: to=<b@far.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (x)", false},
		line{"mail", 2, "2036-11-23T09:00:00+00:00 edge postfix/smtpd[1]: AAAAAAAAA2: client=unknown[127.0.0.1]", false},
		line{"mail", 3, "2026-11-23T09:00:02+00:00 edge postfix/smtpd[1]: AAAAAAAAA3: client=unknown[127.0.0.1]", false})
	w.commit()
	for _, d := range w.docs {
		if d.Outcome != deferred {
			t.Errorf("outcome %s", d.Outcome)
		}
	}
}
