package milter

import (
	"context"
	"strings"
	"testing"

	"postvagt/milter/verdict"
)

// The admin's own test message is held in mode observe, by both doors, and is told of as a test; whoever has no token, or one of
// a test that is over, has sent mail.
func TestTestMessage(t *testing.T) {
	s := startServer(t, "")
	token, end, err := NewTestToken(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	left := func(said string, send func(text string) string) (action string, l verdict.Line) {
		t.Helper()
		before := s.verdicts()
		action = send(TestHeader + ": " + said + "\r\n" + SelfTestMail(s.cfg))
		for line := range strings.Lines(strings.TrimPrefix(s.verdicts(), before)) {
			_, text, _ := strings.Cut(strings.TrimSpace(line), "]: ")
			one, err := verdict.Parse(text)
			if err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if one.SelfTest != nil || one.Message != nil {
				l = one
			}
		}
		return action, l
	}
	doors := map[string]func(string) string{
		"milter": func(text string) string {
			m := s.dial()
			defer m.Close()
			m.negotiate(offerActions, offerProtocol)
			m.connect(false)
			m.message(text, false)
			if strings.Contains(m.answers(), "q") {
				return verdict.Hold
			}
			return verdict.Pass
		},
		"scan": func(text string) string {
			a, err := s.Submit(context.Background(), Submission{QueueID: "4bXyQ12abc", Sender: SelfTestFrom(s.cfg), Rcpts: []Rcpt{{Addr: verdict.SelfTestTo}}, Message: strings.NewReader(text)})
			if err != nil {
				t.Fatal(err)
			}
			return a.Action
		},
	}
	for name, send := range doors {
		if action, l := left(token, send); action != verdict.Hold || l.SelfTest == nil || l.SelfTest.Action != verdict.Hold || !l.SelfTest.Stopped() || l.QueueID == verdict.SelfTestID {
			t.Errorf("%s: %s, %+v", name, action, l)
		}
		for _, said := range []string{"", "x", token[1:], token + "x"} {
			if action, l := left(said, send); action != verdict.Pass || l.Message == nil {
				t.Errorf("%s, token %q: %s, %+v", name, said, action, l)
			}
		}
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	for name, send := range doors {
		if action, l := left(token, send); action != verdict.Pass || l.Message == nil {
			t.Errorf("%s, after the test: %s, %+v", name, action, l)
		}
	}
}
