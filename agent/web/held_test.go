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
	"slices"
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
			continue // what is no request
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
			if err := strict.Decode(new(heldAnswer)); err != nil {
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
				if json.Unmarshal([]byte(x.request), &other) == nil && asked["op"] == other["op"] && asked["id"] == other["id"] && asked["reason"] == other["reason"] &&
					(asked["op"] != "list" || reflect.DeepEqual(addresses(asked), addresses(other))) {
					answer = x.answer
					break
				}
				if other["op"] == "list" && asked["op"] == "list" && other["actor"] == nil {
					answer = x.answer // to whom nothing is their own
				}
			}
			conn.Write([]byte(strings.Join(answer, "\n") + "\n"))
			conn.Close()
		}
	}()
	return socket
}

// addresses are those of the actor of a request.
func addresses(request map[string]any) any {
	actor, _ := request["actor"].(map[string]any)
	return actor["addresses"]
}

// A sender sees held mail of their own and no other, and decides where the department leaves that to senders; for others of the
// same role there is nothing.
func TestHeldMailOfSenders(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Held: helper(t)})
	if err != nil {
		t.Fatal(err)
	}
	be := func(address string) http.Handler {
		t.Helper()
		if err := s.ChangeUser(t.Context(), "sender", func(u *login.User) error { u.Addresses = []string{address}; u.Revision++; return nil }); err != nil {
			t.Fatal(err)
		}
		return as(t, h, login.Sender)
	}
	const old, abc = "/held/4bXyQ12old?lang=en&arrival=2026-11-28T13:00:00Z", "/held/4bXyQ12abc?lang=en&arrival=2026-11-28T15:00:00Z"
	for _, tt := range []struct {
		address, open string
		code          int
		want, not     []string
	}{
		{"bo@kommune.example", "/held?lang=en", 200, []string{"Teknik"}, []string{"Social", "not judged"}},
		{"bo@kommune.example", old, 200, []string{"your department lets the sender decide", "a-return", "a-release"}, []string{"a-delete", "a-show", "a-route"}},
		{"bo@kommune.example", abc, 404, nil, nil},
		{"kari@kommune.example", abc, 200, []string{"Somebody else in your department decides"}, []string{"a-return", "a-release", "a-show"}},
		{"kari@kommune.example", old, 404, nil, nil},
		{"per@elsewhere.example", "/held?lang=en", 200, []string{"No mail is waiting"}, []string{"Teknik", "Social", "not judged"}},
		{"bo@kommune.example", "/", 403, nil, nil},
	} {
		code, page := get(t, be(tt.address), tt.open)
		if code != tt.code {
			t.Errorf("%s, %s: %d, want %d", tt.address, tt.open, code, tt.code)
		}
		for _, want := range tt.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s, %s: no %q", tt.address, tt.open, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(page, not) {
				t.Errorf("%s, %s: %q is there", tt.address, tt.open, not)
			}
		}
	}
	kari := be("kari@kommune.example")
	form := url.Values{"arrival": {"2026-11-28T15:00:00Z"}, "reason": {"consent"}, "note": {"the citizen said yes"}}
	if w := post(t, kari, "/held/4bXyQ12abc/release?lang=en", nil, form); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "trots att den registrerade givit sitt samtycke") {
		t.Errorf("consent: %d", w.Code)
	}
	w := post(t, h, "/login", nil, url.Values{"name": {"sender"}, "password": {password}, "next": {"/?lang=en"}})
	if to := w.Header().Get("Location"); to != "/held?lang=en" {
		t.Errorf("a sender who logs in is led to %s", to)
	}
}

// Where a sender decides has a page, whose address holds nothing of the mail but what the queue calls it; nobody else is led there.
func TestSenderPage(t *testing.T) {
	socket := helper(t)
	const old, abc = "00000000000000000000000000000001", "00000000000000000000000000000002"
	for _, tt := range []struct {
		name, address, verdict, page string
		role                         login.Role
		listed                       bool
	}{
		{"allowed", "bo@kommune.example", old, "https://pages.example/postvagt/held/4bXyQ12old?arrival=2026-11-28T13%3A00%3A00Z", login.Sender, true},
		{"the department does not allow it", "kari@kommune.example", abc, "", login.Sender, true},
		{"mail of somebody else", "bo@kommune.example", abc, "", login.Sender, true},
		{"not a sender", "bo@kommune.example", old, "", login.Officer, true},
		{"not there", "bo@kommune.example", "00000000000000000000000000000009", "", login.Sender, false},
		{"not judged", "bo@kommune.example", "", "", login.Sender, false},
	} {
		u := login.User{Name: strings.Split(tt.address, "@")[0], Roles: []login.Role{tt.role}, Addresses: []string{tt.address}}
		page, listed, err := SenderPage(t.Context(), socket, "https://pages.example/postvagt/", u, tt.verdict)
		if err != nil || page != tt.page || listed != tt.listed {
			t.Errorf("%s: %q, %v, %v; want %q, %v", tt.name, page, listed, err, tt.page, tt.listed)
		}
	}
	if _, _, err := SenderPage(t.Context(), "/nowhere/held.sock", "https://pages.example/", login.User{}, old); !errors.Is(err, errNoHelper) {
		t.Errorf("a helper that is not there: %v", err)
	}
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

// The content of a held mail is for a reviewer who has the right to it besides, of own departments, with a reason. It is plain
// text, and that it was read stands in the access log.
func TestHeldContent(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Held: helper(t)})
	if err != nil {
		t.Fatal(err)
	}
	const at, reason = "2026-11-28T15:00:00Z", "the sender says it is a false alarm"
	give := func(name string, roles ...login.Role) {
		if err := s.ChangeUser(t.Context(), name, func(u *login.User) error {
			u.Roles, u.Addresses, u.Departments = roles, []string{"mette@kommune.example"}, nil
			if u.Is(login.Reviewer) {
				u.Departments = []string{"Social"}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(role login.Role, id, arrival, reason string) (int, string) {
		w := post(t, as(t, h, role), "/held/"+id+"/show?lang=en", nil, url.Values{"arrival": {arrival}, "reason": {reason}})
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		name, id, reason string
		roles            []login.Role
		code             int
	}{
		{"no right to content", "4bXyQ12abc", reason, []login.Role{login.Reviewer}, http.StatusForbidden},
		{"no reviewer", "4bXyQ12abc", reason, []login.Role{login.Reader}, http.StatusNotFound},
		{"another department", "4bXyQ12old", reason, []login.Role{login.Reviewer, login.Reader}, http.StatusNotFound},
		{"no reason", "4bXyQ12abc", "", []login.Role{login.Reviewer, login.Reader}, http.StatusConflict},
		{"all as it must be", "4bXyQ12abc", reason, []login.Role{login.Reviewer, login.Reader}, http.StatusOK},
	} {
		give("reader", c.roles...)
		arrival := at
		if c.id == "4bXyQ12old" {
			arrival = "2026-11-28T13:00:00Z"
		}
		code, body := read(login.Reader, c.id, arrival, c.reason)
		if code != c.code || strings.Contains(body, `<pre class="content">y</pre>`) != (code == http.StatusOK) {
			t.Errorf("%s: %d, %.300s", c.name, code, body)
		}
	}
	if _, page := get(t, as(t, h, login.Reader), "/held/4bXyQ12abc?lang=en&arrival="+at); !strings.Contains(page, "a-show") || strings.Contains(page, "class=\"content\"") {
		t.Error("the content is not offered, or is shown unasked")
	}
	give("reviewer", login.Reviewer)
	if _, page := get(t, as(t, h, login.Reviewer), "/held/4bXyQ12abc?lang=en&arrival="+at); strings.Contains(page, "a-show") || !strings.Contains(page, "a-release") {
		t.Error("the content is offered to whom it would be refused")
	}
	if _, log := get(t, as(t, h, login.Auditor), "/access?lang=en"); !strings.Contains(log, "read a held mail") || !strings.Contains(log, reason) {
		t.Error("the access log does not say who read a mail, and why")
	}
}

// A mail is read as text, whatever its form; nothing of it comes to life, and what is broken is shown as it is.
func TestReadMessage(t *testing.T) {
	for name, c := range map[string]struct {
		mail  string
		head  string
		texts []string
		shut  []string
		cut   bool
	}{
		"plain":         {"Subject: =?iso-8859-1?q?B=F8rn?=\nFrom: a@x.example\n\nKære dig\n", "From=a@x.example Subject=Børn", []string{"Kære dig"}, nil, false},
		"latin, quoted": {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nK=E6re=\n dig", "", []string{"Kære dig"}, nil, false},
		"base64":        {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nS8OmcmUg\nZGln\n", "", []string{"Kære dig"}, nil, false},
		"html": {"Content-Type: text/html\n\n<head><title>no</title></head><p>one <b>two</b><script>alert(1)</script><style>x{}</style><p>&lt;b&gt; <img src=http://evil.example/x>", "",
			[]string{"one two\n<b>"}, nil, false},
		"parts": {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/pdf; name=\"=?utf-8?q?l=C3=A6ge.pdf?=\"\nContent-Disposition: attachment\n\n%PDF-1.4 x\n--b\n" +
			"Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt\n\nsecret\n--b--\n", "",
			[]string{"hello", "secret"}, []string{"læge.pdf (2, pdf): PDF, not opened here"}, false},
		"broken off":  {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n", "", []string{"hello"}, nil, false},
		"no mail":     {"\x00\xff no header", "", []string{"ÿ no header"}, nil, false},
		"too long":    {"\n" + strings.Repeat("a", readMost+5), "", []string{strings.Repeat("a", readMost)}, []string{"1, text/plain: more than is shown here"}, true},
		"bad charset": {"Content-Type: text/plain; charset=nonsense\n\nhello", "", []string{"hello"}, nil, false},
		"no text":     {"Content-Type: image/png; name=x.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n", "", nil, []string{"x.png (1, image): image"}, false},
	} {
		got := readMessage("en", []byte(c.mail))
		var head []string
		for _, f := range got.Head {
			head = append(head, f.Name+"="+f.Value)
		}
		var read []string
		for _, x := range got.Texts {
			read = append(read, x.Text)
		}
		if strings.Join(head, " ") != c.head || !slices.Equal(read, c.texts) || !slices.Equal(got.Shut, c.shut) || got.Cut != c.cut {
			t.Errorf("%s: %q %.300q %q %v", name, head, got.Texts, got.Shut, got.Cut)
		}
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x\n--b--\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		length := 0
		for _, text := range readMessage("da", raw).Texts {
			length += len(text.Text)
		}
		if length > 2*readMost {
			t.Errorf("%d bytes", length)
		}
	})
}
