package track

import (
	"strings"
	"testing"

	"postvagt/agent/event"
	"postvagt/agent/maillog"
)

func heldMessage() *message {
	j := judgement{QueueID: "4bX", ID: "v1", At: 2_000_000, Count: 1, Record: &maillog.Judged{Action: maillog.HoldIt, Lang: "sv", Kinds: []string{"health"}, Quoted: true},
		Rcpts: []judgedRecipient{{N: 1, R: maillog.Recipient{To: "citizen@far.example"}}}}
	return &message{QueueID: "4bX", Birth: 1, From: "Ida@nordvig-kommune.example", HasFrom: true, User: "ida", OnHold: true, Held: true, Verdicts: []judgement{j}}
}

func TestNotices(t *testing.T) {
	o := testOptions()
	o.Notices = true
	for name, tt := range map[string]struct {
		change func(*message)
		want   string
	}{
		"held":     {func(*message) {}, noticeHeld},
		"returned": {func(m *message) { m.OnHold, m.Expired = false, "returned" }, noticeReturned},
		"the policy only notifies": {func(m *message) {
			m.OnHold, m.Verdicts[0].Record.Action, m.Verdicts[0].Record.Notify = false, maillog.Pass, true
		}, noticeSent},
		"passed":                      {func(m *message) { m.OnHold, m.Verdicts[0].Record.Action = false, maillog.Pass }, ""},
		"held by somebody else":       {func(m *message) { m.Verdicts[0].Record.Action = maillog.Pass }, ""},
		"not logged in":               {func(m *message) { m.User = "" }, ""},
		"sender of another house":     {func(m *message) { m.From = "ida@far.example" }, ""},
		"the null sender":             {func(m *message) { m.From = "" }, ""},
		"a masked address":            {func(m *message) { m.From = "*a1b2c3@nordvig-kommune.example" }, ""},
		"automatic itself":            {func(m *message) { m.Verdicts[0].Record.Auto = true }, ""},
		"a bounce":                    {func(m *message) { m.Bounce = true }, ""},
		"the MTA's lines are to come": {func(m *message) { m.Birth = 0 }, ""},
		"a recipient is to come":      {func(m *message) { m.Verdicts[0].Count = 2 }, ""},
	} {
		m := heldMessage()
		tt.change(m)
		got := o.notices(nil, m)
		if tt.want == "" && got != nil || tt.want != "" && (len(got) != 1 || got[0].What != tt.want) {
			t.Errorf("%s: %+v, want %q", name, got, tt.want)
			continue
		}
		if tt.want == "" {
			continue
		}
		if n := got[0]; n.To != "ida@nordvig-kommune.example" || n.ID != "v1" || n.Lang != "sv" || !n.Quoted || n.At.Unix() != 2 {
			t.Errorf("%s: %+v", name, n)
		}
		again, err := m.marshal()
		if err != nil {
			t.Fatal(err)
		}
		if m, err = unmarshal(again); err != nil || o.notices(nil, m) != nil {
			t.Errorf("%s: told twice, or %v", name, err)
		}
	}
	m := heldMessage()
	first := o.notices(nil, m)
	m.OnHold, m.Expired = false, "returned"
	if second := o.notices(nil, m); len(first) != 1 || len(second) != 1 || second[0].What != noticeReturned {
		t.Errorf("held and later returned: %+v, %+v", first, second)
	}
	o.Notices = false
	if got := o.notices(nil, heldMessage()); got != nil {
		t.Errorf("notices are off: %+v", got)
	}
}

// Whoever is exempt from being shown is counted, and no column names them.
func TestHidden(t *testing.T) {
	o := testOptions()
	o.Department = func(string) string { return "Works council" }
	m := heldMessage()
	m.Verdicts[0].Record.Hidden = true
	docs := o.documents(nil, m, 0)
	if len(docs) != 1 {
		t.Fatalf("%d rows", len(docs))
	}
	for _, f := range event.Fields {
		if v, ok := f.Get(&docs[0]).(string); ok && (strings.Contains(strings.ToLower(v), "ida") || v == "Works council") {
			t.Errorf("%s names a sender who is exempt from being shown", f.Name)
		}
	}
}
