package agent

import (
	"strings"
	"testing"

	"postvagt/agent/maillog"
	"postvagt/agent/tail"
	"postvagt/agent/track"
)

// Whose mail was read is told so, officers hear of what nobody decided on, and other lines tell nobody.
func TestDecisions(t *testing.T) {
	d := newDesk(t, nil)
	options, err := d.w.config.trackOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.Notices = true
	p := &pipeline{tracker: track.New(options), teller: d.w.teller, metrics: newMetrics(""), unknown: map[string]int64{}}
	host := shortHost(d.w.host)
	parser := maillog.New(maillog.Options{}, d.at)
	stamp := d.at.UTC().Format("2006-01-02T15:04:05.000000+00:00")
	for _, text := range []string{
		stamp + " " + host + " postfix/smtpd[12]: 4bXyQ12abc: client=pc1[192.0.2.1], sasl_method=PLAIN, sasl_username=ida",
		stamp + " " + host + " postfix/qmgr[13]: 4bXyQ12abc: from=<ida@nordvig.example>, size=500, nrcpt=1 (queue active)",
	} {
		var r maillog.Record
		parser.Parse(text, &r)
		p.tracker.Add(&r, track.Origin{Source: "mail.log", Text: text})
	}
	s := &source{kind: decisionsKind}
	at := d.at.UTC().Format("2006-01-02T15:04:05Z")
	for text, want := range map[string]string{
		`{"at":"` + at + `","decision":"d1","state":"done","op":"show","id":"4bXyQ12abc"}`:    "notice/opened/d1",
		`{"at":"` + at + `","decision":"d2","state":"due","op":"escalate","id":"4bXyQ12abc"}`: "alert/escalated/d2/officer/officer@nordvig.example",
		`{"at":"` + at + `","decision":"d3","state":"begun","op":"show","id":"4bXyQ12abc"}`:   "",
		`{"at":"` + at + `","decision":"d4","state":"done","op":"show","id":"4bOTHER"}`:       "",
		`{"at":"` + at + `","decision":"d5","state":"done","op":"release","id":"4bXyQ12abc"}`: "",
		`not a line`: "",
	} {
		p.letters = nil
		if err := p.decided(s, tail.Line{Text: text}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range p.letters {
			got = append(got, l.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: told %v, want %q", text, got, want)
		}
	}
	if p.unknown["decisions"] != 1 {
		t.Errorf("%d unknown lines", p.unknown["decisions"])
	}
}
