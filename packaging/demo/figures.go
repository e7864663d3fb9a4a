package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// checkFigures reads the dashboard as it is sent to a browser.
func (s *stage) checkFigures(ctx context.Context, t *tally) error {
	officer, err := s.logIn(ctx, "officer")
	if err != nil {
		return err
	}
	page, err := get(ctx, officer, s.dashboard+"?lang=en")
	if err != nil {
		return err
	}
	shown, err := readFigures(string(page))
	if err != nil {
		return err
	}
	want := s.manifest.recount()
	for id, figure := range s.manifest.Figures {
		want[id] = figure
	}
	for id, figure := range want {
		t.same("dashboard", id, shown[id], figure)
	}
	for id, figure := range shown { // a figure that nobody knows the answer of would be one that nobody checks
		if _, known := want[id]; !known {
			t.same("dashboard", id, figure, "not there")
		}
	}
	return nil
}

// readFigures reads the numbers of the page: question id, with "key" where it is divided, -> text.
func readFigures(page string) (map[string]string, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	figures := map[string]string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		target, err := url.Parse(attribute(n, "href"))
		if err != nil {
			return nil, fmt.Errorf("dashboard: %w", err)
		}
		q := target.Query()
		if !strings.HasSuffix(target.Path, "/transmissions") || q.Get("q") == "" || !number.MatchString(textOf(n)) {
			continue
		}
		id := q.Get("q")
		for _, by := range []string{"key", "department"} {
			if q.Get(by) != "" {
				id += " " + q.Get(by)
			}
		}
		figures[id] = strings.Join(strings.Fields(textOf(n)), " ")
	}
	return figures, nil
}

// number is a figure as the page writes it.
var number = regexp.MustCompile(`^\s*\d+(\s+of\s+\d+)?\s*$`)

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// recount counts the samples as the questions do.
func (m *manifest) recount() map[string]string {
	n := map[string]int{}
	mailboxes := map[string]bool{}
	for _, s := range m.Mail {
		if s.Mailbox {
			mailboxes[s.From] = true
		}
		if s.Direction == "outbound" {
			s.countInto(n)
		}
	}
	n["secure-mailboxes"] = len(mailboxes)
	out := map[string]string{}
	for id, count := range n {
		if whole, ok := strings.CutSuffix(id, "/of"); ok {
			out[whole] = fmt.Sprintf("%d of %d", n[whole], count)
		} else if _, ratio := n[id+"/of"]; !ratio {
			out[id] = strconv.Itoa(count)
		}
	}
	return out
}

// countInto adds one outbound mail to every figure that it belongs to; "id/of" is the whole of a ratio.
func (s *sample) countInto(n map[string]int) {
	count := func(id string, when bool) {
		n[id] += 0 // a figure of which nothing is counted is shown as 0
		if when {
			n[id]++
		}
	}
	left, held := s.rowOutcome() == "delivered", s.Action == "hold"
	open := left && s.Protected == "no"
	safe := left && s.Protected == "yes"
	count("sent", true)
	count("unseen", s.Level == "unseen")
	for _, id := range []string{"not-judged", "unopened", "protection-unknown", "outcome-unknown"} {
		count(id, false) // nothing of the demo goes unjudged, no part of what it does not encrypt is closed to a reader, and its log tells of each delivery
	}
	count("held", held)
	count("held-departments "+s.Department, held)
	count("held-now", s.Outcome == "held")
	count("released-open", s.Outcome == "released" && open)
	if held {
		count("held-ended "+s.Outcome, true)
	}
	if s.Channel != "" {
		count("channel-proven "+s.channelName(), s.Channel == "proven")
		count("channel-marked "+s.channelName(), s.Channel == "marked")
	}
	count("recognised-departments "+s.Department, s.recognised())
	for _, level := range []string{"sensitive", "confidential"} {
		count(level, s.Level == level)
		count("open-"+level, s.Level == level && open)
	}
	for _, protected := range []string{"yes", "first-hop", "unknown", "no"} {
		count("recognised-protection "+protected, s.recognised() && left && s.Protected == protected)
	}
	count("open-after-objection", s.recognised() && s.Objection && left && s.Protected != "yes")
	count("done-right/of", s.recognised())
	count("done-right", s.recognised() && safe && !held)
	count("left-safely/of", s.recognised() && left)
	count("left-safely", s.recognised() && safe)
	for _, kind := range s.Kinds {
		count("recognised-kinds "+kind, s.recognised())
	}
}

// channelName is the name that the demo's configuration gives to the mark.
func (s *sample) channelName() string {
	if strings.Contains(string(s.Data), "Subject: #sikker#") {
		return "sikker-emne"
	}
	return "sikker-knap"
}
