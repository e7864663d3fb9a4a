//go:build mtas

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// Of the plugin in these stories: how long it waits, and how much of a message it hands over.
const (
	pluginWaits = 3 // seconds
	pluginMost  = 4096
)

// pluginMTA is rspamd with a plugin that is less patient than setup makes it.
type pluginMTA struct{ rspamdMTA }

func (m pluginMTA) SetUp(t *testing.T, h *mtaHouse) {
	t.Helper()
	h.configure("on_failure = \"tempfail\"\n")
	if out, code := h.run("setup", "rspamd", "--config", h.config, "--apply"); code != 0 {
		t.Fatalf("setup rspamd: exit %d: %s", code, out)
	}
	path := filepath.Join(m.rspamd.Etc(), "local.d", "postvagt.conf")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`timeout = \d+`).ReplaceAllString(string(b), fmt.Sprint("timeout = ", pluginWaits))
	text = regexp.MustCompile(`max_size = \d+`).ReplaceAllString(text, fmt.Sprint("max_size = ", pluginMost)) + "retries = 2;\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.rspamd.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, m.rspamd.Stop()) })
}

// faultyDoor stands where the milter's door is, and fails as the real one cannot be made to.
type faultyDoor struct {
	mu    sync.Mutex
	asked map[string][]askedFor // by sender
	gone  chan struct{}
}

type askedFor struct {
	body       int
	size, rcpt string
}

const judgedPass = `{"id":"00112233445566778899aabbccddeeff","action":"%s","level":"sensitive","kinds":["dk-cpr","health"],"reject":"not by mail","add":[],"remove":[],"later":%v,"not_judged":""}`

func (d *faultyDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the plugin went away
	}
	sender, _, _ := strings.Cut(r.Header.Get("From"), "@")
	d.mu.Lock()
	d.asked[sender] = append(d.asked[sender], askedFor{len(body), r.Header.Get("Size"), r.Header.Get("Rcpt")})
	n := len(d.asked[sender])
	d.mu.Unlock()
	switch sender {
	case "silent":
		<-d.gone
	case "stopping":
		http.Error(w, "stopping", http.StatusServiceUnavailable)
	case "restarting":
		if n < 3 {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, judgedPass, "pass", false)
	case "broken":
		io.WriteString(w, "{}")
	case "angry":
		http.Error(w, "no", http.StatusBadRequest)
	case "later":
		fmt.Fprintf(w, judgedPass, "pass", true)
	default:
		fmt.Fprintf(w, judgedPass, sender, false)
	}
}

// checked is what rspamd says of a message.
type checked struct {
	Action  string
	Symbols map[string]struct{ Options []string }
}

// ours are the plugin's symbols of a message, with what stands beside them.
func (c checked) ours() string {
	var all []string
	for name, s := range c.Symbols {
		if strings.HasPrefix(name, "POSTVAGT_") {
			all = append(all, strings.Join(append([]string{name}, s.Options...), " "))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func (m pluginMTA) check(t *testing.T, sender, to, text string) (c checked) {
	t.Helper()
	text = "Date: " + time.Now().Format(time.RFC1123Z) + "\nMessage-ID: <1@" + house + ">\n" + text // else its own rules find fault
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+m.rspamd.HTTP()+"/checkv2", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"From": {sender}, "Rcpt": {to}, "Ip": {"127.0.0.1"}, "Queue-Id": {"4bXyQ12abc"}}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&c); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", res.StatusCode, err)
	}
	return c
}

// The real rspamd with the plugin: what it makes of each answer, of none, and of one that comes late; how often it asks; how
// much it hands over; and that it finds the milter again.
func TestRspamdPlugin(t *testing.T) {
	dir := newMTADir(t)
	far := newFar(t, dir)
	m := pluginMTA{newRspamdMTA(t, dir, far)}
	h := newMTAHouse(t, dir, far, m)
	l, err := net.Listen("unix", filepath.Join(dir, "scan.sock"))
	if err == nil {
		err = os.Chmod(filepath.Join(dir, "scan.sock"), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	door := &faultyDoor{asked: map[string][]askedFor{}, gone: make(chan struct{})}
	server := &http.Server{Handler: door}
	go server.Serve(l) // ends with Close
	const (
		beside = " sensitive dk-cpr+health 00112233445566778899aabbccddeeff"
		later  = "soft reject"
	)
	for _, tt := range []struct {
		sender, action, symbols string
		asked                   int
	}{
		{"pass", "no action", "POSTVAGT_PASS" + beside, 1},
		{"tag", "no action", "POSTVAGT_TAG" + beside, 1},
		{"route", "no action", "POSTVAGT_ROUTE" + beside, 1},
		{"hold", "quarantine", "POSTVAGT_HOLD" + beside, 1},
		{"reject", "reject", "POSTVAGT_REJECT" + beside, 1},
		{"later", later, "POSTVAGT_PASS" + beside, 1},
		{"restarting", "no action", "POSTVAGT_PASS" + beside, 3},
		{"stopping", later, "POSTVAGT_FAIL", 3},
		{"silent", later, "POSTVAGT_FAIL", 1}, // it may have been judged and logged
		{"broken", later, "POSTVAGT_FAIL", 1},
		{"angry", later, "POSTVAGT_FAIL", 1},
	} {
		c := m.check(t, tt.sender+"@"+house, "anna@borger.example", plainMail)
		door.mu.Lock()
		asked := door.asked[tt.sender]
		door.mu.Unlock()
		if c.Action != tt.action || !strings.HasPrefix(c.ours(), tt.symbols) || strings.Contains(c.ours(), ";") || len(asked) != tt.asked {
			t.Errorf("%s: %q with %q, asked %d times; want %q with %q, %d times", tt.sender, c.Action, c.ours(), len(asked), tt.action, tt.symbols, tt.asked)
		}
		if len(asked) > 0 && (asked[0].body > pluginMost || asked[0].rcpt != "anna@borger.example" || asked[0].size != fmt.Sprint(asked[0].body)) {
			t.Errorf("%s: %+v", tt.sender, asked[0])
		}
	}
	long := plainMail + strings.Repeat("Vi ses på torsdag.\n", 1000)
	m.check(t, "pass@"+house, "anna@borger.example", long)
	if last := door.asked["pass"][1]; last.body != pluginMost || len(last.size) != 5 || last.size < fmt.Sprint(len(long)) {
		t.Errorf("of more than %d bytes it handed over %d, and said %s", len(long), last.body, last.size)
	}
	close(door.gone)
	server.Close()
	os.Remove(filepath.Join(dir, "scan.sock"))
	if c := m.check(t, "pass@"+house, "anna@borger.example", plainMail); c.Action != later || !strings.HasPrefix(c.ours(), "POSTVAGT_FAIL") {
		t.Errorf("nobody at the door: %q with %q", c.Action, c.ours())
	}
	h.judgedByTheMilter(t, m)
}

// judgedByTheMilter starts the real milter at the door, after nobody was there.
func (h *mtaHouse) judgedByTheMilter(t *testing.T, m pluginMTA) {
	t.Helper()
	h.story(t, enforce)
	for _, tt := range []struct{ text, action, symbol string }{
		{secretMail, "quarantine", "POSTVAGT_HOLD sensitive "}, {plainMail, "no action", "POSTVAGT_PASS none "},
	} {
		var c checked
		if err := kit.Wait(t.Context(), "the milter behind the door", time.Minute, func() (bool, error) {
			c = m.check(t, "kari@"+house, "anna@borger.example", tt.text)
			return !strings.Contains(c.ours(), "POSTVAGT_FAIL"), fmt.Errorf("%s", c.ours())
		}); err != nil {
			t.Fatal(err)
		}
		if c.Action != tt.action || !strings.HasPrefix(c.ours(), tt.symbol) {
			t.Errorf("%q with %q, want %q with %q", c.Action, c.ours(), tt.action, tt.symbol)
		}
	}
}
