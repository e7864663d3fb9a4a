package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// A sender whose department leaves it to them is told so, with an address; they log in there and release the mail with a reason, and
// the real Postfix delivers it. Senders of another department, and those without a login, are told that others decide; somebody else's mail
// is not there for them.
func TestSenderReleasesFromTheNotice(t *testing.T) {
	h := newBareHouse(t)
	h.configureRebild()
	pages := h.configureSenders()
	for _, who := range []string{"kari.holm", "bo"} {
		h.program("korrekt hest batteri\n", "postvagt-agent", "users", "add", who, "--role", "sender", "--address", who+"@"+house, "--config", h.agentConfig)
	}
	h.startRebild()
	h.startHelper()
	h.sendAs("kari.holm", "anna@held.example")
	notice := h.received("kari.holm@"+house, "Din mail er tilbageholdt")
	page := regexp.MustCompile(regexp.QuoteMeta(pages) + `held/\S+`).FindString(strings.ReplaceAll(notice, "=3D", "="))
	if page == "" || !strings.Contains(notice, "i din afdeling g") || strings.Contains(notice, "sagsbehandler har set") {
		t.Fatalf("the sender is not told that they may decide, and where:\n%s", notice)
	}
	for _, secret := range []string{"held.example", "010180", "Din sag", "kari", "sensitive"} {
		if strings.Contains(page, secret) {
			t.Errorf("the address %s holds %q", page, secret)
		}
	}
	h.sendAs("bo", "anna@held.example")     // of a department that does not leave it to them
	h.sendAs("birte", "berit@held.example") // has no login
	for _, who := range []string{"bo", "birte"} {
		if notice := h.received(who+"@"+house, "Din mail er tilbageholdt"); strings.Contains(notice, pages) || !strings.Contains(notice, "sagsbehandler har set") {
			t.Errorf("%s is told something else than that others decide:\n%s", who, notice)
		}
	}

	release := url.Values{"arrival": {arrivalIn(t, page)}, "reason": {"false-alarm"}, "note": {"the person is made up"}}
	path, _, _ := strings.Cut(page, "?")
	others := h.logIn(pages, "bo")
	if code, text := others.get(page); code != http.StatusNotFound || strings.Contains(text, "Kommunikation") {
		t.Errorf("mail of somebody else answers %d", code)
	}
	if code, _ := others.post(path+"/release", release); code != http.StatusNotFound {
		t.Errorf("to release mail of somebody else answers %d", code)
	}
	own := h.logIn(pages, "kari.holm")
	if code, text := own.get(page); code != http.StatusOK || !strings.Contains(text, "a-release") || !strings.Contains(text, "a-return") {
		t.Fatalf("the address of the notice answers %d\n%s", code, text)
	}
	if code, _ := own.post(path+"/release", url.Values{"arrival": release["arrival"], "reason": {"false-alarm"}}); code != http.StatusConflict {
		t.Errorf("to release it without a note answers %d", code)
	}
	if got := h.queued("hold", "anna@held.example"); got == "" {
		t.Fatal("it has left before")
	}
	if code, text := own.post(path+"/release", release); code != http.StatusOK || !strings.Contains(text, "It is done.") {
		t.Fatalf("to release it answers %d\n%s", code, text)
	}
	var got map[string]int
	if err := kit.Wait(t.Context(), "the released mail's delivery", time.Minute, func() (_ bool, err error) {
		got, err = h.count(t.Context(), "to_domain", "outcome", "released")
		return got["held.example delivered true"] == 1 && got["held.example held false"] == 2, err
	}); err != nil {
		t.Errorf("%v; what became of mails: %v", err, got)
	}
	if code, _ := own.get(page); code != http.StatusNotFound {
		t.Errorf("what was released answers %d", code)
	}
}

// configureSenders lets the senders of one department decide, and returns the address of the pages.
func (h *agentHouse) configureSenders() (pages string) {
	h.t.Helper()
	socket := filepath.Join(h.dir, "held.sock")
	milter, err := os.ReadFile(filepath.Join(h.dir, "milter.toml"))
	if err != nil {
		h.t.Fatal(err)
	}
	agent, err := os.ReadFile(h.agentConfig)
	if err != nil {
		h.t.Fatal(err)
	}
	listen := regexp.MustCompile(`listen = "(.*)"`).FindSubmatch(agent)
	pages = "http://" + string(listen[1]) + "/"
	for path, text := range map[string]string{
		filepath.Join(h.dir, "milter.toml"): string(milter) + fmt.Sprintf("[held]\nsocket = %q\ngroup = \"\"\n[[held.department]]\nname = \"Jobcenter\"\noverride = \"sender with reason\"\n", socket),
		h.agentConfig:                       strings.Replace(string(agent), "[alerts]\n", fmt.Sprintf("[alerts]\nlink = %q\n", pages), 1) + fmt.Sprintf("held_socket = %q\n", socket),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
	return pages
}

// startHelper starts the privileged helper for held mail.
func (h *agentHouse) startHelper() {
	h.t.Helper()
	p, err := kit.StartProgram(filepath.Join(h.dir, "held.err"), filepath.Join(h.bin, "postvagt-milter"), "held", "serve", "--config", filepath.Join(h.dir, "milter.toml"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { p.Stop() })
	if err := p.Ready(h.t.Context(), "the helper", 30*time.Second, func() (bool, error) {
		return kit.WaitListening(h.t.Context(), "unix", filepath.Join(h.dir, "held.sock"), time.Second) == nil, nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

// arrivalIn is when the mail of a page arrived.
func arrivalIn(t *testing.T, page string) string {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil || u.Query().Get("arrival") == "" {
		t.Fatalf("%s: no time of arrival, %v", page, err)
	}
	return u.Query().Get("arrival")
}

// reader is somebody before the pages, logged in.
type reader struct {
	t      *testing.T
	client *http.Client
}

func (h *agentHouse) logIn(pages, name string) *reader {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r := &reader{h.t, &http.Client{Jar: jar}}
	if code, text := r.post(pages+"login", url.Values{"name": {name}, "password": {"korrekt hest batteri"}, "next": {"/me"}}); code != http.StatusOK {
		h.t.Fatalf("%s cannot log in: %d\n%s", name, code, text)
	}
	return r
}

func (r *reader) get(address string) (code int, text string) {
	r.t.Helper()
	resp, err := r.client.Get(address)
	return r.answer(resp, err)
}

func (r *reader) post(address string, form url.Values) (code int, text string) {
	r.t.Helper()
	resp, err := r.client.PostForm(address, form)
	return r.answer(resp, err)
}

func (r *reader) answer(resp *http.Response, err error) (int, string) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
