package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"postvagt/agent/login"
)

// exchange is one request of the golden conversations and the lines that answer it.
type exchange struct {
	request string
	answer  []string
}

// conversations reads the file that the helper's own tests read.
func conversations(t *testing.T) (all []exchange) {
	t.Helper()
	text, err := os.ReadFile("../../milter/held/testdata/protocol.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "> "):
			all = append(all, exchange{request: line[2:]})
		case strings.HasPrefix(line, "< "):
			last := &all[len(all)-1]
			last.answer = append(last.answer, line[2:])
		}
	}
	return all
}

// canned answers with lines and keeps what was written.
type canned struct {
	io.Reader
	wrote bytes.Buffer
}

func (c *canned) Write(p []byte) (int, error) { return c.wrote.Write(p) }

// What the pages write is what the conversations hold, and all that the helper answers is understood.
func TestProtocolOfHeldMail(t *testing.T) {
	spoken := 0
	for _, x := range conversations(t) {
		var req heldRequest
		d := json.NewDecoder(strings.NewReader(x.request))
		d.DisallowUnknownFields()
		if err := d.Decode(&req); err != nil || req.Op == "forward" {
			continue // show, which is for the command line, and what is no request
		}
		c := &canned{Reader: strings.NewReader(strings.Join(x.answer, "\n") + "\n")}
		messages, last, err := converse(c, req)
		var got, want any
		if json.Unmarshal(c.wrote.Bytes(), &got) != nil || json.Unmarshal([]byte(x.request), &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("wrote %s\nwant  %s", c.wrote.String(), x.request)
		}
		var refused heldRefusal
		if refusal := strings.Contains(x.answer[len(x.answer)-1], `"ok":false`); refusal != errors.As(err, &refused) || !refusal && err != nil {
			t.Errorf("%s: %v", x.request, err)
		}
		if last.OK == nil || len(messages) != len(x.answer)-1 || req.Op == "list" && (len(messages) != last.Count || messages[0].Rules[0].Count != 2) {
			t.Errorf("%s: %d messages, %+v", x.request, len(messages), last)
		}
		for _, line := range x.answer {
			strict := json.NewDecoder(strings.NewReader(line))
			strict.DisallowUnknownFields()
			if err := strict.Decode(new(heldAnswer)); err != nil && req.Op != "show" {
				t.Errorf("%s holds what the pages do not know: %v", line, err)
			}
		}
		if errors.As(err, &refused) && refused.answer.Code != "queue-id" && refused.answer.Code != "request" {
			if _, ok := texts["held-code-"+refused.answer.Code]; !ok {
				t.Errorf("no words for %s", refused.answer.Code)
			}
		}
		spoken++
	}
	if spoken < 11 {
		t.Errorf("only %d exchanges", spoken)
	}
	for _, broken := range []string{"", "x\n", `{"v":2,"ok":true}` + "\n", `{"v":1,"message":{"id":"A"}}` + "\n"} {
		if _, _, err := converse(&canned{Reader: strings.NewReader(broken)}, heldRequest{Op: "list"}); !errors.Is(err, errNoHelper) {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

// helper plays the golden conversations on a socket: each request gets the answer that the file has for it.
func helper(t *testing.T) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "held.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	known := conversations(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(conn).ReadBytes('\n')
			var asked, other map[string]any
			json.Unmarshal(line, &asked)
			answer := []string{`{"v":1,"ok":false,"code":"request","error":"not in the conversations"}`}
			for _, x := range known {
				other = nil
				if json.Unmarshal([]byte(x.request), &other) == nil && asked["op"] == other["op"] && asked["id"] == other["id"] && asked["reason"] == other["reason"] {
					answer = x.answer
					break
				}
			}
			conn.Write([]byte(strings.Join(answer, "\n") + "\n"))
			conn.Close()
		}
	}()
	return socket
}

// A reviewer sees mail of own departments and what was not judged, is refused with the sources' words when the citizen
// consented, and others are refused altogether.
func TestHeldPages(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	if err := s.ChangeUser(t.Context(), "reviewer", func(u *login.User) error {
		u.Departments, u.Addresses = []string{"Social"}, []string{"mette@kommune.example"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Held: helper(t)})
	if err != nil {
		t.Fatal(err)
	}
	reviewer := as(t, h, login.Reviewer)
	_, page := get(t, reviewer, "/held?lang=en")
	for want, there := range map[string]bool{"da-health × 1 (2.1 docx)": true, "not judged": true, "Social": true, "Teknik": false, "dk-cpr": false, "kari@": false} {
		if strings.Contains(page, want) != there {
			t.Errorf("%q on the page is %v", want, !there)
		}
	}
	const at = "2026-11-28T15:00:00Z"
	_, page = get(t, reviewer, "/held/4bXyQ12abc?lang=en&arrival="+at)
	order := []int{strings.Index(page, "a-return"), strings.Index(page, "a-route"), strings.Index(page, "a-release"), strings.Index(page, "a-delete")}
	for i := 1; i < len(order); i++ {
		if order[i-1] < 0 || order[i] < order[i-1] {
			t.Errorf("the buttons stand at %v", order)
		}
	}
	if code, _ := get(t, reviewer, "/held/4bXyQ12old?arrival=2026-11-28T13:00:00Z"); code != http.StatusNotFound {
		t.Errorf("mail of another department answers %d", code)
	}
	if code, _ := get(t, reviewer, "/held/4bXyQ12abc?arrival=2026-11-27T15:00:00Z"); code != http.StatusNotFound {
		t.Errorf("another mail of the same id answers %d", code)
	}
	release := func(reason string) (int, string) {
		w := post(t, reviewer, "/held/4bXyQ12abc/release?lang=en", nil, url.Values{"arrival": {at}, "reason": {reason}, "note": {"a training case"}})
		return w.Code, w.Body.String() + w.Header().Get("Location")
	}
	if code, body := release("consent"); code != http.StatusConflict || !strings.Contains(body, "trots att den registrerade givit sitt samtycke") || !strings.Contains(body, "does not lift the duty") {
		t.Errorf("consent: %d %s", code, body)
	}
	if code, body := release("false-alarm"); code != http.StatusConflict || !strings.Contains(body, "nobody decides on their own mail") { // the first such request of the file
		t.Errorf("own mail: %d", code)
	}
	if w := post(t, reviewer, "/held/4bXyQ12abc/show", nil, url.Values{"arrival": {at}}); w.Code != http.StatusNotFound {
		t.Errorf("show answers %d", w.Code)
	}
	if _, log := get(t, as(t, h, login.Auditor), "/access?lang=en"); !strings.Contains(log, "released a mail") || !strings.Contains(log, "consent") || strings.Contains(log, "training case") {
		t.Error("the access log lacks the decision, or holds its note")
	}
	silent, err := New(Options{Store: s, Breaches: registerOf(s), Held: "/nowhere/held.sock"})
	if err != nil {
		t.Fatal(err)
	}
	if code, page := get(t, as(t, silent, login.Reviewer), "/held?lang=en"); code != http.StatusOK || !strings.Contains(page, "cannot be read just now") {
		t.Errorf("a helper that is not there: %d", code)
	}
}
