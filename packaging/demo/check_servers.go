package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
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

// checkSecrets looks for what the samples hold in all that the programs have written, and in all that each user can open: there must
// be no national number and no subject anywhere, and on no page, in no file and in no metric an address of anybody.
func (s *stage) checkSecrets(ctx context.Context, t *tally) error {
	written := map[string][]byte{}
	for _, folder := range []string{"log", "state"} {
		err := filepath.WalkDir(s.path(folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			written[folder+"/"+d.Name()], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	shown := map[string][]byte{}
	var err error
	if shown["metrics of the milter"], err = get(ctx, http.DefaultClient, s.metrics); err != nil {
		return err
	}
	if shown["metrics of the agent"], err = get(ctx, http.DefaultClient, s.dashboard+"metrics"); err != nil {
		return err
	}
	for _, u := range users {
		if err := s.openAll(ctx, u.name, shown); err != nil {
			return err
		}
	}
	var words, people [][]byte
	for _, m := range s.manifest.Mail {
		w, p, err := m.secrets()
		if err != nil {
			return fmt.Errorf("%s: %w", m.File, err)
		}
		words, people = append(words, w...), append(people, p...)
	}
	for name, text := range written {
		t.same(name, "numbers and subjects in it", strconv.Itoa(occurring(text, words)), "0")
	}
	for name, text := range shown {
		t.same(name, "numbers, subjects and people in it", strconv.Itoa(occurring(text, append(people, words...))), "0")
	}
	return nil
}

// secrets are what a mail tells: its national numbers and its subject, and those whom it is from and to.
func (m *sample) secrets() (words, people [][]byte, err error) {
	for _, number := range m.Numbers {
		words = append(words, []byte(number), []byte(digits(number)))
	}
	msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		return nil, nil, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		return nil, nil, err
	}
	if len(subject) > 12 { // a shorter one is a word that stands elsewhere too
		words = append(words, []byte(subject))
	}
	for _, address := range append(m.To, m.From) {
		people = append(people, []byte(address))
	}
	return words, people, nil
}

func occurring(text []byte, secrets [][]byte) (n int) {
	for _, secret := range secrets {
		if bytes.Contains(text, secret) {
			n++
		}
	}
	return n
}

// mostPages is how many pages of a user are opened: of each kind there are some.
const mostPages = 80

var hrefs = regexp.MustCompile(`href="(/[^"]*)"`)

// openAll follows the links of a user from a page that all may open, and adds what they lead to.
func (s *stage) openAll(ctx context.Context, user string, shown map[string][]byte) error {
	client, err := s.logIn(ctx, user)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for queue := []string{"/words?lang=en"}; len(queue) > 0 && len(seen) < mostPages; queue = queue[1:] {
		u, err := url.Parse(queue[0])
		if err != nil {
			return err
		}
		view := u.Path + "?" + u.Query().Get("q") + u.Query().Get("part")
		if seen[view] || strings.HasPrefix(u.Path, "/assets/") || strings.HasSuffix(u.Path, "/pdf") {
			continue // a PDF is compressed; the tests of the pages read it back
		}
		seen[view] = true
		text, err := get(ctx, client, strings.TrimSuffix(s.dashboard, "/")+queue[0])
		if err != nil {
			return err
		}
		shown[view+" as "+user] = text
		for _, m := range hrefs.FindAllSubmatch(text, -1) {
			queue = append(queue, html.UnescapeString(string(m[1])))
		}
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
