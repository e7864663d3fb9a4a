package kit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// SendmailConfig says what a private Sendmail looks like.
type SendmailConfig struct {
	Next  string   // host:port on 127.0.0.1 that takes all mail
	Lines []string // of sendmail.mc, before its MAILER lines
	CA    []byte   // certificates that the client trusts, in PEM
}

// Sendmail is a private Sendmail that runs, in name and mount spaces of its own: it has a host name with a dot, without
// which it waits a minute, and a /dev/log that is ours.
type Sendmail struct {
	Dir  string
	port int
	root string // where the packages of Sendmail are unpacked
	log  *syslogReader
	prog *Program
}

// hostName is that of the private Sendmail.
const hostName = "post.example.test"

// StartSendmail makes a Sendmail in dir and starts it. It returns when its port answers.
func StartSendmail(ctx context.Context, dir string, cfg SendmailConfig) (*Sendmail, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a private Sendmail needs root")
	}
	tree, err := Root()
	if err != nil {
		return nil, err
	}
	s := &Sendmail{Dir: dir, root: filepath.Join(tree, "dist", "sendmail")}
	if _, err := os.Stat(s.Path()); err != nil {
		return nil, fmt.Errorf("no Sendmail here: run packaging/install-deps.sh mtas: %w", err)
	}
	for range startTries {
		if err = s.configure(ctx, tree, cfg); err != nil {
			return nil, err
		}
		if err = s.start(ctx); err == nil {
			return s, nil
		}
		err = errors.Join(err, s.Stop())
	}
	return nil, fmt.Errorf("private Sendmail in %s: %w", dir, err)
}

func (s *Sendmail) configure(ctx context.Context, tree string, cfg SendmailConfig) error {
	for _, d := range []struct {
		name string
		mode os.FileMode
	}{{"", 0o755}, {"mail", 0o755}, {"dev", 0o755}, {"mqueue", 0o700}} {
		if err := os.MkdirAll(filepath.Join(s.Dir, d.name), d.mode); err != nil {
			return err
		}
	}
	var err error
	if s.port, err = FreePort("127.0.0.1"); err != nil {
		return err
	}
	_, next, err := net.SplitHostPort(cfg.Next)
	if err != nil {
		return err
	}
	mc, err := os.ReadFile(filepath.Join(tree, "packaging/e2e/kit/sendmail.mc.in"))
	if err != nil {
		return err
	}
	if cfg.CA != nil {
		cfg.Lines = append([]string{"define(`confCACERT', `" + s.Etc() + "/ca.pem')dnl", "define(`confCACERT_PATH', `" + s.Etc() + "')dnl"}, cfg.Lines...)
	}
	text := strings.NewReplacer("@DIR@", s.Dir, "@ROOT@", s.root, "@PORT@", strconv.Itoa(s.port), "@NEXT@", next,
		"@EXTRA@", strings.Join(cfg.Lines, "\n")).Replace(string(mc))
	for name, content := range map[string]string{
		"mail/sendmail.mc": text, "mail/ca.pem": string(cfg.CA), "service.switch": "hosts files\naliases files\n", "statistics": "",
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", "m4 sendmail.mc >sendmail.cf")
	cmd.Dir = s.Etc()
	return errors.Join(run(cmd), s.Map(ctx, "access", ""), s.Map(ctx, "mailertable", ""))
}

// Map writes a table of the configuration (access, mailertable) and its database.
func (s *Sendmail) Map(ctx context.Context, name, text string) error {
	file := filepath.Join(s.Etc(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.Tools(), "makemap"), "-C", filepath.Join(s.Etc(), "sendmail.cf"), "hash", file)
	cmd.Stdin = strings.NewReader(text)
	return run(cmd)
}

func (s *Sendmail) start(ctx context.Context) error {
	var err error
	if s.log, err = readSyslog(filepath.Join(s.Dir, "log.sock"), s.Log(), hostName); err != nil {
		return err
	}
	const script = `set -e
hostname "$1"
mount -t tmpfs -o mode=755 none "$2/dev"
for n in null zero random urandom tty; do : >"$2/dev/$n"; mount --bind /dev/$n "$2/dev/$n"; done
ln -s "$2/log.sock" "$2/dev/log"
mount --rbind "$2/dev" /dev
exec "$3" -C "$2/mail/sendmail.cf" -bD -q5s`
	if s.prog, err = StartProgram(filepath.Join(s.Dir, "sendmail.err"), "unshare", "--uts", "--mount", "--propagation", "private",
		"sh", "-c", script, "sh", hostName, s.Dir, s.Path()); err != nil {
		return err
	}
	return s.prog.Ready(ctx, "SMTP at "+s.Addr(), 30*time.Second, func() (bool, error) {
		err := WaitSMTP(ctx, s.Addr(), time.Second)
		return err == nil, err
	})
}

// Addr is host:port of its SMTP service.
func (s *Sendmail) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Etc is the folder of sendmail.mc, sendmail.cf and their tables.
func (s *Sendmail) Etc() string { return filepath.Join(s.Dir, "mail") }

// Log is the path of the mail log.
func (s *Sendmail) Log() string { return filepath.Join(s.Dir, "mail.log") }

// Path is the program sendmail; Tools the folder that holds it and makemap.
func (s *Sendmail) Path() string { return filepath.Join(s.Tools(), "sendmail") }

// Tools is the folder of sendmail, makemap and their like.
func (s *Sendmail) Tools() string { return filepath.Join(s.root, "usr", "libexec", "sendmail") }

// Inside makes a command that runs beside this Sendmail: with its host name and its /dev/log.
func (s *Sendmail) Inside(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "nsenter", append([]string{"--target", strconv.Itoa(s.prog.Pid()), "--uts", "--mount", name}, args...)...)
}

// Restart makes it read its configuration again.
func (s *Sendmail) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// Stop ends Sendmail.
func (s *Sendmail) Stop() error {
	var err error
	if s.prog != nil {
		err = s.prog.Stop()
		var ended *exec.ExitError // one that has been told to read its configuration anew dies of the signal
		if errors.As(err, &ended) && ended.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
			err = nil
		}
	}
	if s.log != nil {
		err = errors.Join(err, s.log.Close())
	}
	s.prog, s.log = nil, nil
	return err
}
