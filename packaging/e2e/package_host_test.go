//go:build mtas

package e2e

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// packageHost is a Debian host with a real MTA, to which our packages come; a server outside takes what leaves it.
type packageHost struct {
	*kit.Debian
	t    *testing.T
	sink *kit.Sink
	sent atomic.Int64 // pairs of a plain and a secret message
}

func newPackageHost(t *testing.T) *packageHost {
	t.Helper()
	d, err := kit.StartDebian(t.Context(), "mail."+house)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	h := &packageHost{Debian: d, t: t}
	if err := d.In(func() error {
		h.sink, err = kit.StartSink(kit.SinkConfig{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.sink.Stop() })
	return h
}

// run runs a command on the host, which must succeed.
func (h *packageHost) run(script string) string {
	h.t.Helper()
	out, err := h.Run(h.t.Context(), script)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// builtOnce are packages by version; each is built once for all stories.
var builtOnce = struct {
	sync.Mutex
	dirs map[string]string
}{dirs: map[string]string{}}

// TestMain removes the packages that stories have shared.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range builtOnce.dirs {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// packages is a folder with the packages for amd64; version "" is that of the sources.
func packages(t *testing.T, version string) string {
	t.Helper()
	builtOnce.Lock()
	defer builtOnce.Unlock()
	if dir := builtOnce.dirs[version]; dir != "" {
		return dir
	}
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	builtOnce.dirs[version] = dir
	mkdeb(t, dir, "VERSION="+version)
	return dir
}

// mkdeb builds the packages as make deb does.
func mkdeb(t *testing.T, dir string, env ...string) {
	t.Helper()
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "packaging", "mkdeb"), dir)
	cmd.Env = append(append(os.Environ(), "ARCHES=amd64"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mkdeb: %v\n%s", err, out)
	}
}

// bring copies packages to root's folder dist on the host, in the place of those that lie there.
func (h *packageHost) bring(dir string) {
	h.t.Helper()
	to := filepath.Join(h.Root, "root", "dist")
	if err := os.RemoveAll(to); err != nil {
		h.t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		h.t.Fatal(err)
	}
}

// readmeCommands are the commands of the README's section, as an admin copies them.
func readmeCommands(t *testing.T, section string) (commands []string) {
	t.Helper()
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return commands
}

// messages are a plain message and one that must not leave in the open, each with its number as message-id.
func (h *packageHost) messages(n string) (plain, secret []byte) {
	with := func(text, kind string) []byte {
		return []byte("Message-ID: <" + kind + "-" + n + "@" + house + ">\n" + text)
	}
	return with(plainMail, "plain"), with(secretMail, "secret")
}

// The addresses of the host's MTA: of both families.
const (
	byIPv4 = "127.0.0.1:25"
	byIPv6 = "[::1]:25"
)

// send hands one message over on a connection of its own.
func (h *packageHost) send(addr string, data []byte) error {
	var c *kit.Client
	if err := h.In(func() (err error) {
		c, err = kit.Dial(h.t.Context(), addr)
		return err
	}); err != nil {
		return err
	}
	r, err := c.Send(outbound, data)
	if closed := c.Close(); err == nil {
		err = closed
	}
	if err == nil && r.Code != 250 {
		err = fmt.Errorf("reply %d %s", r.Code, r.Text)
	}
	return err
}

// sendPair sends one of each, under numbers of their own.
func (h *packageHost) sendPair(addr, n string) error {
	plain, secret := h.messages(n)
	for _, data := range [][]byte{plain, secret} {
		if err := h.send(addr, data); err != nil {
			return fmt.Errorf("pair %s: %w", n, err)
		}
	}
	h.sent.Add(1)
	return nil
}

// load sends pairs from several clients, one to each address, until it is told to stop.
func (h *packageHost) load(addrs ...string) (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var senders sync.WaitGroup
	for client, addr := range addrs {
		senders.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := h.sendPair(addr, fmt.Sprintf("load-%d-%d", client, i)); err != nil {
					h.t.Error(err)
					return
				}
			}
		})
	}
	return func() { cancel(); senders.Wait() }
}

// underWay waits until so many more pairs have been sent.
func (h *packageHost) underWay(more int64) {
	h.t.Helper()
	before := h.sent.Load()
	h.wait("mail under way", func() (bool, error) { return h.sent.Load() >= before+more || h.t.Failed(), nil })
}

func (h *packageHost) wait(what string, done func() (bool, error)) {
	h.t.Helper()
	if err := kit.WaitEvery(h.t.Context(), 100*time.Millisecond, what, time.Minute, done); err != nil {
		h.t.Fatal(err)
	}
}

// taken counts what the server outside took, by kind of message.
func (h *packageHost) taken() map[string]int {
	ids, n := map[string]bool{}, map[string]int{}
	for _, m := range h.sink.Taken() {
		if !ids[m.MessageID] {
			kind, _, _ := strings.Cut(m.MessageID, "-")
			n[kind]++
		}
		ids[m.MessageID] = true
	}
	return n
}

// browser is a client that has logged in to the host's pages.
func (h *packageHost) browser(user, password string) *http.Client {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) { return h.Dial(ctx, network, addr) }}}
	resp, err := client.PostForm("http://127.0.0.1:8480/login", url.Values{"name": {user}, "password": {password}, "next": {"/words"}})
	if err != nil {
		h.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/words" {
		h.t.Fatalf("log in as %s: %s at %s", user, resp.Status, resp.Request.URL)
	}
	return client
}

var heldNow = regexp.MustCompile(`q=held-now">([0-9,]+)<`)

// shows waits until the first page says that so many messages are held now.
func (h *packageHost) shows(client *http.Client, held int) {
	h.t.Helper()
	said := ""
	h.wait(fmt.Sprintf("the dashboard to show %d held", held), func() (bool, error) {
		resp, err := client.Get("http://127.0.0.1:8480/?lang=en")
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil {
			return false, err
		}
		if m := heldNow.FindSubmatch(page); m != nil {
			said = strings.ReplaceAll(string(m[1]), ",", "")
		}
		return said == fmt.Sprint(held), fmt.Errorf("it shows %q", said)
	})
}

// passes is what lies on a disk because of what a host does, whoever is on it.
var passes = regexp.MustCompile(`^/(proc|sys|dev|run|tmp|mnt|var/(cache|tmp|backups)|var/log/(apt|journal|dpkg|alternatives|fontconfig)|var/lib/(apt|dpkg|systemd)|var/(lib|spool|log)/(postfix|mqueue|mqueue-client|rspamd)/.+)`)

// snapshot is what a host has: its files outside of logs and queues, and its accounts.
func (h *packageHost) snapshot() map[string]bool {
	h.t.Helper()
	files, err := h.Files()
	if err != nil {
		h.t.Fatal(err)
	}
	accounts, err := h.Accounts()
	if err != nil {
		h.t.Fatal(err)
	}
	maps.DeleteFunc(files, func(path string, _ bool) bool { return passes.MatchString(path) && !strings.Contains(path, "postvagt") })
	for _, line := range accounts {
		files[line] = true
	}
	return files
}

// compareSnapshot requires that nothing is more or less than before.
func (h *packageHost) compareSnapshot(before map[string]bool) {
	h.t.Helper()
	now := h.snapshot()
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if !before[path] {
			h.t.Errorf("left behind: %s", path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if !now[path] {
			h.t.Errorf("gone: %s", path)
		}
	}
}
