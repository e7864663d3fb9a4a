package agent

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sick runs a part of the doctor and wants one sentence and one step.
func sick(t *testing.T, r *Report, detail, step string) {
	t.Helper()
	var out strings.Builder
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), detail) || !strings.Contains(r.Next, step) {
		t.Errorf("no %q with the step %q in\n%s", detail, step, out.String())
	}
}

// postfixWith is a folder with main.cf and master.cf for the real postconf, and a queue with a socket that is listened to.
func postfixWith(t *testing.T, chroot, where string) (d Doctor, socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "doctor")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, folder := range []string{"", "queue", "queue/postvagt", "outside"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	socket = filepath.Join(dir, where)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go answering(l)
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"main.cf": "compatibility_level = 3.6\nqueue_directory = " + dir + "/queue\nmail_owner = nobody\nsmtpd_milters = unix:" + socket + "\n",
		"master.cf": "smtp inet n - " + chroot + " - - smtpd\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Doctor{PostfixConfig: dir}, socket
}

// answering gives each offer the answer of a milter that wants nothing.
func answering(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if _, err := io.ReadFull(c, make([]byte, 17)); err == nil {
			_, _ = c.Write([]byte{0, 0, 0, 13, 'O', 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}) // who goes away misses it
		}
		c.Close()
	}
}

// systemd holds the socket of a milter that does not run: it takes connections, and nobody answers.
func TestDoctorDeadMilter(t *testing.T) {
	answerWait = 50 * time.Millisecond
	defer func() { answerWait = 10 * time.Second }()
	d, socket := postfixWith(t, "n", "outside/milter.sock")
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	d.postfix(t.Context(), r)
	sick(t, r, "takes the connection, and no milter answers", "journalctl -u postvagt-milter")
}

func TestDoctorSocket(t *testing.T) {
	t.Run("well", func(t *testing.T) {
		d, socket := postfixWith(t, "n", "outside/milter.sock")
		r := &Report{}
		if d.postfix(t.Context(), r); !r.OK() || !strings.Contains(r.Checks[1].Detail, "answers at unix:"+socket) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("rights", func(t *testing.T) {
		d, socket := postfixWith(t, "n", "outside/milter.sock")
		if err := os.Chmod(socket, 0o660); err != nil {
			t.Fatal(err)
		}
		r := &Report{}
		d.postfix(t.Context(), r)
		sick(t, r, "the user nobody of Postfix may not write to the socket", "milter.socket_group")
	})
	t.Run("folder", func(t *testing.T) {
		d, socket := postfixWith(t, "y", "queue/postvagt/milter.sock")
		if err := os.Chmod(filepath.Dir(socket), 0o750); err != nil {
			t.Fatal(err)
		}
		r := &Report{}
		d.postfix(t.Context(), r)
		sick(t, r, "may not enter "+filepath.Dir(socket), "milter.socket_group")
	})
	t.Run("chroot", func(t *testing.T) {
		d, socket := postfixWith(t, "y", "outside/milter.sock")
		r := &Report{}
		d.postfix(t.Context(), r)
		sick(t, r, "service smtp/inet of master.cf runs chrooted in "+d.PostfixConfig+"/queue and cannot see "+socket, d.PostfixConfig+"/queue/postvagt/milter.sock")
	})
}

// A next hop for all mail that [[relay]] does not know would make first-hop TLS look like protection.
func TestDoctorRelay(t *testing.T) {
	for _, tt := range []struct {
		main  string
		relay string // host of [[relay]], "" for none
		want  string // the hop that is missing, "" for none
	}{
		{"", "", ""},
		{"relayhost = [gateway.example]:587\n", "", "[gateway.example]:587"},
		{"relayhost = [gateway.example]:587\n", "[gateway.example]:587", ""},
		{"relayhost = [gateway.example]:587\n", "gateway.example", ""},
		{"relayhost = [gateway.example]:587\n", "[gateway.example]:25", "[gateway.example]:587"},
		{"relayhost = provider.example\n", "[gateway.example]", "provider.example"},
		{"relayhost = provider.example\n", "provider.example:25", ""},
		{"default_transport = smtp:[192.0.2.7]:25\n", "", "[192.0.2.7]:25"},
		{"default_transport = smtp:[192.0.2.7]:25\n", "[192.0.2.7]", ""},
	} {
		d, _ := postfixWith(t, "n", "outside/milter.sock")
		f, err := os.OpenFile(filepath.Join(d.PostfixConfig, "main.cf"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(tt.main); err != nil {
			t.Fatal(err)
		}
		f.Close()
		c := &Config{}
		if tt.relay != "" {
			c.Relay = []Relay{{Host: tt.relay}}
		}
		r := &Report{}
		if d.relays(t.Context(), r, c); tt.want == "" && !r.OK() {
			t.Errorf("%+v: %+v", tt, r)
		} else if tt.want != "" {
			sick(t, r, "all mail leaves by "+tt.want+",", `[[relay]] host = "`+tt.want+`"`)
		}
	}
}

// On a host without Postfix it is Sendmail's smart host.
func TestDoctorSmartHost(t *testing.T) {
	for _, tt := range []struct{ cf, relay, want string }{
		{"Cwlocalhost\nDS\nDR\n", "", ""},
		{"DSrelay:[gateway.example]\n", "", "[gateway.example]"},
		{"DSgateway.example\n", "", "gateway.example"},
		{"DS[192.0.2.7]\n", "[192.0.2.7]", ""},
		{"DSrelay:gateway.example\n", "gateway.example", ""},
	} {
		cf := filepath.Join(t.TempDir(), "sendmail.cf")
		if err := os.WriteFile(cf, []byte(tt.cf), 0o644); err != nil {
			t.Fatal(err)
		}
		c := &Config{}
		if tt.relay != "" {
			c.Relay = []Relay{{Host: tt.relay}}
		}
		r := &Report{}
		d := Doctor{PostfixConfig: "/nonexistent", SendmailConfig: cf}
		if d.relays(t.Context(), r, c); tt.want == "" && !r.OK() {
			t.Errorf("%q: %+v", tt.cf, r)
		} else if tt.want != "" {
			sick(t, r, "all mail leaves by "+tt.want+",", `[[relay]] host = "`+tt.want+`"`)
		}
	}
}

// The port of the pages is somebody else's.
func TestDoctorPort(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	c := &Config{}
	c.Dashboard.Listen = other.Listener.Addr().String()
	r := &Report{}
	Doctor{}.agent(t.Context(), r, c)
	sick(t, r, "another program answers at "+c.Dashboard.Listen, "ss -ltnp")
	other.Close()
	r = &Report{}
	Doctor{}.agent(t.Context(), r, c)
	sick(t, r, "do not answer", "systemctl start postvagt-agent")
}

func TestDoctorAppArmor(t *testing.T) {
	const line = `Nov 28 10:00:00 mx kernel: [ 12.3] audit: type=1400 audit(1764324000.1:42): apparmor="WORD" operation="connect" class="file" profile="/usr/lib/postfix/sbin/smtpd" name="/var/spool/postfix/postvagt/milter.sock" pid=412 comm="smtpd" requested_mask="wr" denied_mask="wr" fsuid=104 ouid=0`
	examine := func(t *testing.T, profiles, log string) *Report {
		root := t.TempDir()
		for name, text := range map[string]string{"sys/kernel/security/apparmor/profiles": profiles, "var/log/kern.log": log} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r := &Report{}
		apparmor(r, root)
		return r
	}
	const loaded = "/usr/lib/postfix/sbin/smtpd (enforce)\n"
	sick(t, examine(t, loaded, strings.Replace(line, "WORD", "DENIED", 1)+"\n"), "the profile /usr/lib/postfix/sbin/smtpd denies /var/spool/postfix/postvagt/milter.sock", "/etc/apparmor.d/local/")
	r := examine(t, loaded, strings.Replace(line, "WORD", "ALLOWED", 1)+"\n")
	if !r.OK() || !strings.Contains(r.Checks[0].Detail, "complains of /var/spool/postfix/postvagt/milter.sock") {
		t.Errorf("%+v", r)
	}
	other := strings.ReplaceAll(strings.Replace(line, "WORD", "DENIED", 1), "postvagt", "opendkim")
	if r := examine(t, loaded, other+"\n"); !r.OK() || !strings.Contains(r.Checks[0].Detail, "denies nothing") {
		t.Errorf("%+v", r)
	}
	if r := examine(t, "", line); len(r.Checks) != 0 {
		t.Errorf("without AppArmor: %+v", r)
	}
}
