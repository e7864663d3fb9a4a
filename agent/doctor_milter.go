package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"postvagt/milter/program"
)

// milterAt looks at one milter of Postfix: whether its services see the socket, may use it, and are answered.
func (d Doctor) milterAt(ctx context.Context, r *Report, m string) {
	queue := d.queueDirectory(ctx)
	network, address := milterAddress(m, queue)
	if network == "" {
		return
	}
	if network == "unix" {
		if service := d.chrooted(ctx); service != "" && !below(queue, address) {
			r.missing("milter", "set milter.listen to \"unix:"+queue+"/postvagt/milter.sock\", then run: postvagt-milter setup postfix --apply",
				"service %s of master.cf runs chrooted in %s and cannot see %s", service, queue, address)
			return
		}
		if owner, err := d.postconf(ctx, "mail_owner"); err == nil {
			if fault := shutTo(address, owner); fault != "" {
				r.missing("milter", "set milter.socket_group to a group of the user "+owner+" and milter.socket_mode to \"0660\", then: systemctl restart postvagt-milter.socket postvagt-milter", "%s: %s", m, fault)
				return
			}
		}
	}
	conn, err := net.DialTimeout(network, address, 2*time.Second)
	if err != nil {
		r.missing("milter", "start the milter: systemctl start postvagt-milter", "nobody answers at %s: %s", m, reasonOf(err))
		return
	}
	defer conn.Close()
	if err := negotiates(conn); err != nil {
		r.missing("milter", "see why it does not run: journalctl -u postvagt-milter, and postvagt-milter config check", "%s takes the connection, and no milter answers: %s", m, reasonOf(err))
		return
	}
	r.ok("milter", "answers at %s", m)
}

// answerWait is how long a milter may take for its first answer: one under load answers late.
var answerWait = 10 * time.Second

// negotiates offers what a Postfix 3.7 offers, and waits for the answer of a milter: where systemd holds the socket, a connection
// alone proves nothing.
func negotiates(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(answerWait)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte{0, 0, 0, 13, 'O', 0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff}); err != nil {
		return err
	}
	answer := make([]byte, 5)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if answer[4] != 'O' {
		return errors.New("the answer is none of a milter")
	}
	_, _ = conn.Write([]byte{0, 0, 0, 1, 'Q'}) // a courtesy
	return nil
}

// chrooted names a service of master.cf that takes mail and runs chrooted, "" for none.
func (d Doctor) chrooted(ctx context.Context) string {
	out, err := d.askPostconf(ctx, "-F", "*/*/chroot")
	if err != nil {
		return "" // an older Postfix: not known
	}
	for line := range strings.Lines(out) {
		service, value, _ := strings.Cut(strings.TrimSpace(line), "/chroot = ")
		if value == "y" && (strings.HasSuffix(service, "/inet") || strings.HasPrefix(service, "cleanup/")) {
			return service
		}
	}
	return ""
}

func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// shutTo says why a user cannot connect to a socket, "" when the rights allow it, or when that is not known. It looks at the
// rights; nobody needs to become that user.
func shutTo(socket, name string) string {
	u, err := program.LookupUser(name)
	if err != nil || u.UID == 0 {
		return ""
	}
	for dir := filepath.Dir(socket); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && !u.May(info, 0o1) {
			return fmt.Sprintf("the user %s of Postfix may not enter %s (%v)", name, dir, info.Mode().Perm())
		}
	}
	if info, err := os.Stat(socket); err == nil && !u.May(info, 0o2) {
		return fmt.Sprintf("the user %s of Postfix may not write to the socket (%v)", name, info.Mode().Perm())
	}
	return ""
}

var denial = regexp.MustCompile(`apparmor="(DENIED|ALLOWED)" operation="([a-z_]+)".* profile="([^"]+)" name="([^"]+)"`)

// apparmor says whether a profile keeps the MTA from the milter, or one of ours from its files, and whether one in complain mode
// would, once it is enforced. root is "/".
func apparmor(r *Report, root string) {
	loaded, err := os.ReadFile(filepath.Join(root, "sys/kernel/security/apparmor/profiles"))
	if err != nil || len(loaded) == 0 {
		return // no AppArmor, or not ours to read
	}
	for _, name := range []string{"var/log/audit/audit.log", "var/log/kern.log", "var/log/syslog"} { // where the kernel's words lie
		f, err := os.Open(filepath.Join(root, name))
		if err != nil {
			continue
		}
		word, profile, file := lastDenial(f)
		_ = f.Close() // read only
		switch word {
		case "DENIED":
			r.missing("AppArmor", "allow it: add \""+file+" rw,\" to /etc/apparmor.d/local/ of that profile, then: systemctl reload apparmor", "the profile %s denies %s (%s)", profile, file, name)
			return
		case "ALLOWED":
			r.ok("AppArmor", "the profile %s complains of %s: enforced, it would deny that; add \"%s rw,\" to it first (%s)", profile, file, file, name)
			return
		}
	}
	r.ok("AppArmor", "denies nothing of Postvagt in the kernel's log")
}

// lastDenial is the last line of a log in which AppArmor speaks of us.
func lastDenial(f *os.File) (word, profile, file string) {
	const part = 1 << 20
	if info, err := f.Stat(); err == nil {
		if _, err := f.Seek(max(0, info.Size()-part), io.SeekStart); err != nil {
			return "", "", ""
		}
	}
	in := bufio.NewScanner(f)
	in.Buffer(nil, part)
	for in.Scan() {
		if m := denial.FindStringSubmatch(in.Text()); m != nil && strings.Contains(m[3]+m[4], "postvagt") {
			word, profile, file = m[1], m[3], m[4]
		}
	}
	return word, profile, file
}
