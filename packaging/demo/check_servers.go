package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// checkQueue asks Postfix itself what it holds.
func (s *stage) checkQueue(ctx context.Context, t *tally) error {
	queue, err := s.edge.Queue(ctx)
	if err != nil {
		return err
	}
	got := map[string]int{}
	for _, q := range queue {
		got[q.Queue]++
	}
	want := map[string]int{}
	for _, m := range s.manifest.Mail {
		switch m.Outcome {
		case "held":
			want["hold"]++
		case "deferred":
			want["deferred"]++
		}
	}
	for _, name := range []string{"hold", "deferred", "active", "incoming"} {
		t.same("Postfix", "number of messages in the queue "+name, strconv.Itoa(got[name]), strconv.Itoa(want[name]))
	}
	return nil
}

// checkElsewhere asks the other side what has reached it: what is held has not.
func (s *stage) checkElsewhere(_ context.Context, t *tally) error {
	log, err := os.ReadFile(s.world.Log())
	if err != nil {
		return err
	}
	for _, m := range s.manifest.Mail {
		want := strconv.FormatBool(m.outside() > 0 && (m.rowOutcome() == "delivered"))
		t.same(m.File, "it reached the other side", strconv.FormatBool(bytes.Contains(log, []byte("message-id=<"+m.MessageID+">"))), want)
	}
	return nil
}

// ownFields are the header fields that a delivered mail of ours may bear, by direction and action.
func ownFields(m *sample) map[string]string {
	if m.Action != "tag" {
		return map[string]string{}
	}
	if m.Direction == "inbound" {
		return map[string]string{"X-Postvagt-Inbound": m.Level, "X-Postvagt-Level": m.Level, "X-Postvagt-Action": m.Action}
	}
	return map[string]string{"X-Postvagt-Level": m.Level, "X-Postvagt-Action": m.Action}
}

// checkMailboxes reads the mail that was delivered inside: it bears our fields, and none that pretends to be ours.
func (s *stage) checkMailboxes(_ context.Context, t *tally) error {
	delivered, err := s.readMailboxes()
	if err != nil {
		return err
	}
	for _, m := range s.manifest.Mail {
		if m.Direction == "outbound" {
			t.same(m.File, "copies inside", strconv.Itoa(len(delivered[m.MessageID])), "0")
			continue
		}
		t.same(m.File, "copies inside", strconv.Itoa(len(delivered[m.MessageID])), strconv.Itoa(m.Copies))
		for _, header := range delivered[m.MessageID] {
			want := ownFields(m)
			for _, name := range []string{"X-Postvagt-Inbound", "X-Postvagt-Level", "X-Postvagt-Action"} {
				t.same(m.File, name, strings.Join(header[name], ","), want[name])
			}
			ids := header["X-Postvagt-Id"]
			opaque := m.Action == "tag" && len(ids) == 1 && len(ids[0]) == 32 && strings.Trim(ids[0], "0") != ""
			t.same(m.File, "a single opaque X-Postvagt-Id", strconv.FormatBool(opaque), strconv.FormatBool(m.Action == "tag"))
		}
	}
	return nil
}

// readMailboxes gives the headers of all mail in the mailboxes, by message id.
func (s *stage) readMailboxes() (map[string][]mail.Header, error) {
	all := map[string][]mail.Header{}
	err := filepath.WalkDir(s.path("postfix", "mailboxes"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		message, err := mail.ReadMessage(f)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		id := strings.Trim(message.Header.Get("Message-Id"), "<>")
		all[id] = append(all[id], message.Header)
		return nil
	})
	return all, err
}

// checkSecrets looks for the national numbers of the samples in all that the programs have written, and on
// the pages: there must be none.
func (s *stage) checkSecrets(ctx context.Context, t *tally) error {
	var err error
	texts := map[string][]byte{}
	for _, folder := range []string{"log", "state"} {
		err = filepath.WalkDir(s.path(folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			texts[folder+"/"+d.Name()], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	texts["metrics of the milter"], err = get(ctx, http.DefaultClient, s.metrics)
	if err != nil {
		return err
	}
	for user, pages := range map[string][]string{"officer": {"", "transmissions", "report", "report/html", "report/csv", "report/json", "metrics"}, "viewer": {""}, "auditor": {"access", "access/csv"}, "admin": {"users"}} {
		client, err := s.logIn(ctx, user)
		if err != nil {
			return err
		}
		for _, page := range pages {
			if texts["/"+page+" as "+user], err = get(ctx, client, s.dashboard+page); err != nil {
				return err
			}
		}
	}
	for name, text := range texts {
		found := 0
		for _, m := range s.manifest.Mail {
			for _, number := range m.Numbers {
				if bytes.Contains(text, []byte(number)) || bytes.Contains(text, []byte(digits(number))) {
					found++
				}
			}
		}
		t.same(name, "national numbers in it", strconv.Itoa(found), "0")
	}
	return nil
}

// digits is a number without its separators.
func digits(number string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(number)
}

// get fetches a page.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, resp.Status)
	}
	return io.ReadAll(resp.Body)
}
