package agent

import (
	"encoding/json"
	"strings"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/agent/track"
	"postvagt/agent/watch"
)

// decision is what the agent reads of a line of the helper that decides on held mail (decisions.jsonl, package held).
type decision struct {
	At       time.Time `json:"at"`
	Decision string    `json:"decision"`
	State    string    `json:"state"`
	Op       string    `json:"op"`
	ID       string    `json:"id"`
}

// decided writes what follows from a decision on held mail: its sender is told when somebody read it, and the officers
// when nobody decided in time. A line that is none is counted.
func (p *pipeline) decided(s *source, l tail.Line) error {
	var d decision
	if err := json.Unmarshal([]byte(l.Text), &d); err != nil || d.Decision == "" || d.At.IsZero() {
		p.metrics.kind(s.kind, maillog.Unknown.String())
		p.unknown["decisions"]++
		return nil
	}
	p.metrics.kind(s.kind, "decision")
	if p.teller == nil {
		return nil
	}
	var letters []store.Letter
	var err error
	switch {
	case d.Op == "escalate" && d.State == "due":
		letters, err = p.teller.escalated(d)
	case d.Op == "show" && d.State == "done":
		if n, ok := p.tracker.Sender(shortHost(p.teller.host), d.ID); ok {
			n.ID, n.What, n.At = d.Decision, watch.NoticeOpened, d.At
			letters, err = p.teller.notices([]track.Notice{n})
		}
	}
	p.letters = append(p.letters, letters...)
	return err
}

// shortHost is a host's name as the tracker has it.
func shortHost(name string) string {
	host, _, _ := strings.Cut(strings.ToLower(name), ".")
	return host
}

func (t *teller) escalated(d decision) ([]store.Letter, error) {
	at := d.At.In(t.zone).Format("2006-01-02 15:04")
	return t.alertLetters(watch.Of("escalated", d.Decision, watch.Officer, t.now(), t.config.Alerts.Lang,
		"En tilbageholdt mail er ikke afgjort\nIngen har taget stilling til den inden for fristen ("+at+"). Uden en afgørelse går den tilbage til afsenderen.",
		"A held mail is not decided on\nNobody decided on it in time ("+at+"). Without a decision it goes back to its sender.",
		t.config.Alerts.Link, "held"), "")
}
