package postfix

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// setting is a Postfix of its own for trivial-rewrite: lines of main.cf.
type setting struct{ name, lines string }

// settings name what may choose a next hop, alone and against what goes before it. @ is a folder of tables.
var settings = []setting{
	{"nothing", ""},
	{"relayhost", "relayhost = [relay.example]:587"},
	{"relayhost and default_transport", "relayhost = relay.example\ndefault_transport = slow"},
	{"default_transport with a destination goes before relayhost", "relayhost = relay.example\ndefault_transport = slow:[other.example]"},
	{"classes", "mydestination = kommune.example, localhost\nvirtual_mailbox_domains = virtual.example\nvirtual_alias_domains = alias.example\nrelay_domains = relayed.example\nrelayhost = relay.example"},
	{"classes with transports", "mydestination = kommune.example\nlocal_transport = lmtp:unix:/run/lmtp\nvirtual_transport = lmtp:[box.example]\nvirtual_mailbox_domains = virtual.example\nrelay_domains = relayed.example\nrelay_transport = relay:[inner.example]:26"},
	{"a domain in two classes", "mydestination = region.example\nvirtual_alias_domains = region.example borger.example\nvirtual_mailbox_domains = borger.example relayed.example\nrelay_domains = relayed.example"},
	{"classes in tables and files", "mydestination = texthash:@/domains\nvirtual_mailbox_domains = !borger.example, @/list\nvirtual_alias_domains = pcre:{{ /^alias/ yes }}\nrelay_domains = texthash:@/below"},
	{"subdomains of relay_domains by a dot", "relay_domains = .relayed.example, texthash:@/below\nparent_domain_matches_subdomains ="},
	{"transport_maps before relayhost", "relayhost = [relay.example]\ntransport_maps = texthash:@/transport"},
	{"transport_maps before the class", "mydestination = kommune.example\nvirtual_mailbox_domains = virtual.example\nvirtual_alias_domains = alias.example\nrelay_domains = region.example\ntransport_maps = texthash:@/transport"},
	{"transport_maps by parent without a dot", "transport_maps = texthash:@/transport\nparent_domain_matches_subdomains = transport_maps"},
	{"everything by *", "transport_maps = texthash:@/star\nrelayhost = [relay.example]"},
	{"the first table with a key", "transport_maps = texthash:@/star texthash:@/transport"},
	{"a destination alone", "default_transport = slow:[other.example]\ntransport_maps = inline:{ { region.example = :[mx.region.example] } { borger.example = : } { .region.example = smtp: } { * = relay }}"},
	{"extensions", "recipient_delimiter = +-\ntransport_maps = texthash:@/transport"},
	{"regular expressions", "recipient_delimiter = +\ntransport_maps = regexp:{ { /^a@region/ smtp:[a.example] } { /^borger\\.example$$/ smtp:[never.example] } } texthash:@/transport"},
	{"a regular expression for *", "transport_maps = regexp:{ { /^[*]$$/ smtp:[any.example] } }"},
	{"relayhost of the sender", "relayhost = [relay.example]\nrelay_domains = relayed.example\nsender_dependent_relayhost_maps = inline:{ { kari@kommune.example = [karis.example] } { @other.example = dunno } { <> = [null.example] }}"},
	{"relayhost of the sender, with an extension", "recipient_delimiter = +\nmydestination = kommune.example\nsender_dependent_relayhost_maps = inline:{ { kari = [karis.example] } { @other.example = [others.example]:26 }}"},
	{"transport of the sender", "relayhost = [relay.example]\nrelay_domains = relayed.example\ntransport_maps = inline:{ { borger.example = :[mx.borger.example] }}\nsender_dependent_default_transport_maps = inline:{ { kari@kommune.example = slow } { @other.example = slow:[others.example] }}"},
	{"names without a dot", "append_dot_mydomain = yes\nmydomain = region.example\ntransport_maps = texthash:@/transport"},
}

var tables = map[string]string{
	"domains":   "kommune.example yes\n",
	"list":      "# ours\nvirtual.example borger.example\n.region.example\n",
	"below":     "relayed.example yes\n.region.example yes\n",
	"star":      "* slow:[all.example]\nborger.example relay:\n",
	"transport": "a@region.example smtp:[a.example]\nregion.example relay:mx.region.example\n.region.example slow\nregion.example- x\nb+x@borger.example slow:[x.example]\nb@borger.example slow:[b.example]\nkommune.example smtp:[inner.example]\nvirtual.example slow\nalias.example slow\nhost smtp:[host.example]\nhost.region.example smtp:[hosts.example]\n",
}

// TestRoute holds Route against trivial-rewrite itself, one service of a real Postfix for each setting.
func TestRoute(t *testing.T) {
	rcpts := []string{"a@region.example", "a+x@region.example", "A@Region.Example", "a@sub.region.example", "a@deep.sub.region.example", "b@borger.example",
		"b+x@borger.example", "b-x@borger.example", "b+y+z@borger.example", "+x@borger.example", "postmaster@region.example", "b@borger.example.", "me@kommune.example",
		"c@relayed.example", "c@sub.relayed.example", "v@virtual.example", "l@alias.example", "x@alias2.example", "h@host"}
	senders := []string{"kari@kommune.example", "kari+x@kommune.example", "ole@other.example", ""}
	dir := routeDir(t)
	p := startRewriters(t, dir)
	n := 0
	for i, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			tr := &Transports{Postfix: *settingOf(t, p, dir, s)}
			ask := dialRewriter(t, filepath.Join(p.Dir, "spool", "private", fmt.Sprintf("rewrite%d", i)))
			for _, sender := range senders {
				got, err := tr.Route(t.Context(), sender, rcpts)
				if err != nil {
					t.Fatal(err)
				}
				for i, rcpt := range rcpts {
					mailer, host := ask(sender, rcpt)
					n++
					if got[i].Mailer != mailer || mailer != "error" && !strings.EqualFold(got[i].Host, host) {
						t.Errorf("from <%s> to <%s>: %s:%s, Postfix chooses %s:%s", sender, rcpt, got[i].Mailer, got[i].Host, mailer, host)
					}
				}
			}
		})
	}
	t.Logf("%d next hops in %d settings", n, len(settings))
}

// routeDir is a folder of the tables.
func routeDir(t *testing.T) string {
	t.Helper()
	dir, err := kit.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, text := range tables {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		settle(t, filepath.Join(dir, name))
	}
	return dir
}

// startRewriters starts a Postfix with a trivial-rewrite for each setting.
func startRewriters(t *testing.T, dir string) *kit.Postfix {
	t.Helper()
	p, err := kit.StartPostfix(t.Context(), filepath.Join(dir, "pf"), kit.Config{Ports: []kit.Port{{}}, Main: map[string]string{"default_transport": "smtp"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	master := filepath.Join(p.Etc(), "master.cf")
	b, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range settings {
		b = fmt.Appendf(b, "rewrite%d unix - - n - - trivial-rewrite\n", i)
		for line := range strings.Lines(strings.ReplaceAll(s.lines, "@/", dir+"/")) {
			b = fmt.Appendf(b, "  -o { %s }\n", strings.TrimSpace(line))
		}
	}
	b = append(b, "slow unix - - n - - smtp\n"...)
	if err := os.WriteFile(master, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// settingOf is the configuration of p with a setting's lines at its end.
func settingOf(t *testing.T, p *kit.Postfix, dir string, s setting) *Postfix {
	t.Helper()
	etc := t.TempDir()
	for _, name := range []string{"main.cf", "master.cf"} {
		b, err := os.ReadFile(filepath.Join(p.Etc(), name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "main.cf" {
			b = append(b, strings.ReplaceAll(s.lines, "@/", dir+"/")+"\n"...)
		}
		if err := os.WriteFile(filepath.Join(etc, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
		settle(t, filepath.Join(etc, name))
	}
	return &Postfix{ConfigDir: etc, CommandDir: "/usr/sbin"}
}

// dialRewriter asks a trivial-rewrite as Postfix's programs do: attributes that end with a zero byte, a list with a further one.
func dialRewriter(t *testing.T, socket string) func(sender, rcpt string) (mailer, host string) {
	t.Helper()
	var conn net.Conn
	if err := kit.Wait(t.Context(), socket, 20*time.Second, func() (bool, error) {
		c, err := net.Dial("unix", socket)
		conn = c
		return err == nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	in := bufio.NewReader(conn)
	return func(sender, rcpt string) (mailer, host string) {
		t.Helper()
		fmt.Fprintf(conn, "request\x00rewrite\x00rule\x00local\x00address\x00%s\x00\x00", rcpt)
		rcpt = readReply(t, in, "address")["address"]
		fmt.Fprintf(conn, "request\x00resolve\x00sender\x00%s\x00address\x00%s\x00\x00", sender, rcpt)
		reply := readReply(t, in, "transport")
		return reply["transport"], reply["nexthop"]
	}
}

// readReply reads lists of attributes until one holds what was asked for.
func readReply(t *testing.T, in *bufio.Reader, want string) map[string]string {
	t.Helper()
	word := func() string {
		s, err := in.ReadString(0)
		if err != nil {
			t.Fatal(err)
		}
		return s[:len(s)-1]
	}
	reply := map[string]string{}
	for reply[want] == "" {
		for name := word(); name != ""; name = word() {
			reply[name] = word()
		}
	}
	return reply
}

// What cannot be told from the address is not guessed, and keeps nothing from the others.
func TestRouteUntold(t *testing.T) {
	p := instance(t, "mydestination = kommune.example\nrelayhost = [relay.example]\n", master)
	tr := &Transports{Postfix: *p}
	rcpts := []string{"\"a b\"@borger.example", "a@[192.0.2.1]", "root", "a%borger.example@kommune.example", "a@b@c.example", "a@borger.example", "a@x\ny", ""}
	for range 2 { // looked up, and remembered
		hops, err := tr.Route(t.Context(), "", rcpts)
		if err == nil {
			t.Error("no error")
		}
		for i, h := range hops {
			if want := (Hop{"smtp", "[relay.example]", true}); (rcpts[i] == "a@borger.example") != (h == want) || (h != want && h != Hop{}) {
				t.Errorf("%q: %+v", rcpts[i], h)
			}
		}
	}
}

// A table that cannot be read tells nothing of any recipient; it is asked again after a while, and followed when it changes.
func TestRouteIsKept(t *testing.T) {
	p := instance(t, "transport_maps = texthash:${config_directory}/transport\n", master)
	table := filepath.Join(p.ConfigDir, "transport")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tr := &Transports{Postfix: *p, Now: func() time.Time { return now }}
	write := func(text string) {
		if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		settle(t, table)
	}
	for i, step := range []struct {
		after time.Duration
		table string
		want  string
	}{
		{0, "", ""}, {time.Second, "borger.example safe:\n", ""}, {failureFor, "", "safe"},
		{time.Second, "borger.example old:\n", "safe"}, {promiseFor, "", "old"},
	} {
		if now = now.Add(step.after); step.table != "" {
			write(step.table)
		}
		hops, err := tr.Route(t.Context(), "kari@kommune.example", []string{"b@borger.example"})
		if hops[0].Mailer != step.want || (err == nil) != (step.want != "") {
			t.Errorf("step %d: %+v, %v", i, hops[0], err)
		}
	}
}

// A child of a hanging postmap holds its output open: what asks is let go all the same.
func TestRouteGivesUp(t *testing.T) {
	p := instance(t, "transport_maps = hash:/x\n", master)
	bin, alive := t.TempDir(), filepath.Join(t.TempDir(), "alive")
	if err := os.WriteFile(alive, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(alive) // ends the children
	for name, script := range map[string]string{"postconf": "#!/bin/sh\nexec /usr/sbin/postconf \"$@\"\n",
		"postmap": "#!/bin/sh\n( while [ -e " + alive + " ]; do sleep 0.2; done ) &\necho $! >>" + alive + "\nwait\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.CommandDir = bin
	tr := &Transports{Postfix: *p}
	done := make(chan error, 1)
	go func() {
		_, err := tr.Route(context.Background(), "", []string{"b@borger.example"})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a hop was told")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a child of postmap holds up mail")
	}
	if b, err := os.ReadFile(alive); err != nil || len(b) == 0 {
		t.Errorf("no child was started: %v", err)
	}
}
