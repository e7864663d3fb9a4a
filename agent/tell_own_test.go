package agent

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/agent/login"
	"postvagt/agent/store"
	"postvagt/agent/track"
	"postvagt/agent/watch"
)

// listing answers who asks what is held as the golden conversations of the helper do.
func listing(t *testing.T) (socket string) {
	t.Helper()
	golden, err := os.ReadFile("../milter/held/testdata/protocol.txt")
	if err != nil {
		t.Fatal(err)
	}
	answers, request := map[string]string{}, ""
	for line := range strings.Lines(string(golden)) {
		if asked, ok := strings.CutPrefix(line, "> "); ok {
			request = asked
		} else if said, ok := strings.CutPrefix(line, "< "); ok {
			answers[request] += said
		}
	}
	socket = filepath.Join(t.TempDir(), "held.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asked, _ := bufio.NewReader(conn).ReadString('\n')
			conn.Write([]byte(answers[asked]))
			conn.Close()
		}
	}()
	return socket
}

// A notice of held mail leads to the page where its sender decides, where the department lets them and they have a login; others
// read what all read. It waits a moment for a mail that the hold queue does not have yet, and never for a helper that is silent.
func TestNoticeLeadsToOwnDecision(t *testing.T) {
	const old, abc, none = "00000000000000000000000000000001", "00000000000000000000000000000002", "00000000000000000000000000000009"
	const page, others = "https://postvagt.example/held/4bXyQ12old?arrival=3D2026-11-28T13%3A00%3A00Z", "when an officer has looked at it"
	socket := listing(t)
	for name, tt := range map[string]struct {
		to, id, link, socket string
		tries                int
		early, leads         bool
	}{
		"allowed":                   {"bo@kommune.example", old, "https://postvagt.example", socket, 0, false, true},
		"under a sub-address":       {"bo+sag@kommune.example", old, "https://postvagt.example/", socket, 0, false, true},
		"not by the department":     {"kari@kommune.example", abc, "https://postvagt.example", socket, 0, false, false},
		"no login of the role":      {"per@kommune.example", old, "https://postvagt.example", socket, 0, false, false},
		"login taken away":          {"else@kommune.example", old, "https://postvagt.example", socket, 0, false, false},
		"mail of another":           {"bo@kommune.example", abc, "https://postvagt.example", socket, 0, false, false},
		"not in the hold queue yet": {"bo@kommune.example", none, "https://postvagt.example", socket, 0, true, false},
		"gone from the hold queue":  {"bo@kommune.example", none, "https://postvagt.example", socket, earlyTries, false, false},
		"no address of the pages":   {"bo@kommune.example", old, "", socket, 0, false, false},
		"no helper":                 {"bo@kommune.example", old, "https://postvagt.example", "", 0, false, false},
		"a helper that is silent":   {"bo@kommune.example", old, "https://postvagt.example", "/nowhere/held.sock", 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(c *Config) { c.Dashboard.Held, c.Alerts.Link, c.Mail.Lang = tt.socket, tt.link, "en" })
			for _, u := range []login.User{
				{Name: "bo", Roles: []login.Role{login.Sender}, Addresses: []string{"bo@kommune.example"}},
				{Name: "kari", Roles: []login.Role{login.Sender}, Addresses: []string{"kari@kommune.example"}},
				{Name: "per", Roles: []login.Role{login.Officer}, Addresses: []string{"per@kommune.example"}},
				{Name: "else", Roles: []login.Role{login.Sender}, Addresses: []string{"else@kommune.example"}, Disabled: true},
			} {
				if err := d.Store.AddUser(t.Context(), u); err != nil {
					t.Fatal(err)
				}
			}
			letters, err := d.w.notices([]track.Notice{{ID: tt.id, What: watch.NoticeHeld, To: tt.to, Kinds: []string{"health"}, At: d.at}})
			if err != nil || len(letters) != 1 {
				t.Fatalf("%d letters, %v", len(letters), err)
			}
			var what letter
			if err := json.Unmarshal(letters[0].Data, &what); err != nil {
				t.Fatal(err)
			}
			data, err := d.w.withPage(t.Context(), store.Letter{ID: letters[0].ID, At: letters[0].At, Tries: tt.tries}, what.Mail)
			if tt.early {
				if !errors.Is(err, errEarly) {
					t.Errorf("%v", err)
				}
				return
			}
			text := strings.ReplaceAll(string(data), "=\r\n", "")
			if err != nil || strings.Contains(text, page) != tt.leads || strings.Contains(text, others) == tt.leads {
				t.Errorf("%v\n%s", err, text)
			}
			if strings.Contains(text, "http") != tt.leads {
				t.Errorf("another address:\n%s", text)
			}
		})
	}
}

// A notice that waits for the hold queue is soon tried again, and is no fault.
func TestEarlyNotice(t *testing.T) {
	d := newDesk(t, nil)
	if _, err := d.Store.Post(t.Context(), store.Letter{ID: "a", At: d.at, Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := d.w.settle(t.Context(), store.Letter{ID: "a", At: d.at}, errEarly); err != nil {
		t.Fatal(err)
	}
	next, waits, err := d.Store.NextLetter(t.Context())
	if err != nil || !waits || next.Sub(d.at) > 5e9 || len(d.w.failed) > 0 {
		t.Errorf("next try %s later, %v, %v", next.Sub(d.at), d.w.failed, err)
	}
}
