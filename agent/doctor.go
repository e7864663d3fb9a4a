package agent

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/milter/program"
)

// Doctor looks at the whole: MTA, milter, log, agent.
type Doctor struct {
	ConfigFile     string
	PostfixConfig  string // folder of main.cf, "" for the system's Postfix
	SendmailConfig string // sendmail.cf, for a host without Postfix
	MilterConfig   string // the milter's configuration; a host without it has no milter
}

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Step   string `json:"step,omitempty"` // what to do about it
}

// Report is what the doctor saw.
type Report struct {
	Checks []Check `json:"checks"`
	Next   string  `json:"next,omitempty"` // the one next step
}

// OK says that nothing is missing.
func (r *Report) OK() bool { return r.Next == "" }

func (r *Report) ok(name, detail string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, OK: true, Detail: fmt.Sprintf(detail, args...)})
}

func (r *Report) missing(name, step, detail string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Detail: fmt.Sprintf(detail, args...), Step: step})
	if r.Next == "" {
		r.Next = step
	}
}

// Write writes the report for a reader.
func (r *Report) Write(w io.Writer) error {
	for _, c := range r.Checks {
		mark := "ok     "
		if !c.OK {
			mark = "MISSING"
		}
		if _, err := fmt.Fprintf(w, "%s  %-14s %s\n", mark, c.Name, c.Detail); err != nil {
			return err
		}
	}
	if r.OK() {
		_, err := fmt.Fprintln(w, "\nAll is well.")
		return err
	}
	_, err := fmt.Fprintf(w, "\nNext step: %s\n", r.Next)
	return err
}

// Examine looks at everything it can reach. It changes nothing.
func (d Doctor) Examine(ctx context.Context) *Report {
	r := &Report{}
	c, err := LoadConfig(d.ConfigFile)
	if err != nil {
		r.missing("configuration", "correct "+d.ConfigFile+" until postvagt-agent config check says ok", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		return r
	}
	r.ok("configuration", "%s: %d domain(s) of %s", d.ConfigFile, len(c.Organisation.Domains), orUnnamed(c.Organisation.Name))
	d.postfix(ctx, r)
	d.lookups(ctx, r)
	d.relays(ctx, r, c)
	apparmor(r, "/")
	seen := d.logs(r, c)
	d.verdicts(r, c)
	d.tls(ctx, r, c, seen)
	d.agent(ctx, r, c)
	d.database(ctx, r, c)
	return r
}

func orUnnamed(s string) string {
	if s == "" {
		return "an organisation without a name"
	}
	return s
}

// postconf asks Postfix for a parameter.
func (d Doctor) postconf(ctx context.Context, name string) (string, error) {
	return d.askPostconf(ctx, "-h", "-x", name)
}

// askPostconf asks Postfix about the configuration that is looked at.
func (d Doctor) askPostconf(ctx context.Context, args ...string) (string, error) {
	if d.PostfixConfig != "" {
		args = append([]string{"-c", d.PostfixConfig}, args...)
	}
	out, err := exec.CommandContext(ctx, postconfPath(), args...).Output()
	return strings.TrimSpace(string(out)), err
}

func postconfPath() string {
	if p, err := exec.LookPath("postconf"); err == nil {
		return p
	}
	return "/usr/sbin/postconf"
}

func (d Doctor) postfix(ctx context.Context, r *Report) {
	milters, err := d.postconf(ctx, "smtpd_milters")
	if err != nil {
		r.ok("MTA", "no Postfix on this machine, or not readable: not examined")
		return
	}
	const step = "run: postvagt-milter setup postfix --apply"
	if milters == "" {
		r.missing("MTA", step, "Postfix hands mail to no milter (smtpd_milters is empty)")
		return
	}
	r.ok("MTA", "Postfix hands mail to %s", milters)
	for _, m := range strings.FieldsFunc(milters, func(c rune) bool { return c == ' ' || c == ',' || c == '{' || c == '}' }) {
		d.milterAt(ctx, r, m)
	}
}

func (d Doctor) queueDirectory(ctx context.Context) string {
	q, _ := d.postconf(ctx, "queue_directory") // "" where it is not known: the socket is then sought as written
	return q
}

// milterAddress reads unix:/path and inet:host:port as Postfix has them; a relative path is below the queue.
func milterAddress(s, queue string) (network, address string) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if !filepath.IsAbs(path) {
			path = filepath.Join(queue, path)
		} else if _, err := os.Stat(path); err != nil && queue != "" {
			path = filepath.Join(queue, path) // a chrooted smtpd
		}
		return "unix", path
	}
	if hostPort, ok := strings.CutPrefix(s, "inet:"); ok {
		return "tcp", hostPort
	}
	return "", ""
}

func reasonOf(err error) string {
	if oe, ok := err.(*net.OpError); ok && oe.Err != nil {
		return oe.Err.Error()
	}
	return err.Error()
}

// seenLog is what the end of the logs holds.
type seenLog struct {
	lines, mail, tls, deliveries int
	last                         time.Time
}

func (d Doctor) logs(r *Report, c *Config) (all seenLog) {
	files := c.logFiles()
	if len(files) == 0 && !c.useJournal() {
		r.missing("mail log", "name the mail log in [log] files, or set journal = \"yes\"", "no mail log is configured")
		return all
	}
	if c.useJournal() {
		if _, err := exec.LookPath("journalctl"); err != nil {
			r.missing("mail log", "install a syslog daemon (apt-get install rsyslog) or name the log in [log] files", "no log file, and journalctl is not here")
		} else {
			r.ok("mail log", "the systemd journal")
		}
	}
	for _, f := range files {
		s, err := examineLog(f, c, false)
		switch {
		case err != nil:
			r.missing("mail log", "let the agent read "+f+" (group adm: usermod -aG adm postvagt), or name the right file in [log] files", "%s: %s", f, program.Reason(err))
		case s.mail == 0:
			r.missing("mail log", "check that the MTA logs to "+f+" (postconf maillog_file; /etc/rsyslog.conf)", "%s: no line of Postfix or Sendmail in its last %d", f, s.lines)
		default:
			r.ok("mail log", "%s: last line %s", f, s.last.Local().Format(time.DateTime))
		}
		all.tls += s.tls
		all.deliveries += s.deliveries
	}
	return all
}

func (d Doctor) verdicts(r *Report, c *Config) {
	if c.useJournal() && len(c.Log.Verdicts) == 0 {
		return
	}
	for _, f := range c.Log.Verdicts {
		s, err := examineLog(f, c, true)
		switch {
		case os.IsNotExist(err):
			r.missing("verdicts", "start the milter, and see that its verdict_log is "+f, "%s is not there: the milter has not judged anything yet", f)
		case err != nil:
			r.missing("verdicts", "let the agent read "+f+" (group postvagt)", "%s: %s", f, program.Reason(err))
		case s.mail == 0:
			r.missing("verdicts", "send a message through the MTA, or run: postvagt-milter selftest", "%s: no verdict yet", f)
		default:
			r.ok("verdicts", "%s: last one %s", f, s.last.Local().Format(time.DateTime))
		}
	}
}

// examineLog reads the last part of a log.
func examineLog(name string, c *Config, verdicts bool) (s seenLog, err error) {
	f, err := os.Open(name)
	if err != nil {
		return s, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, err
	}
	if info.IsDir() {
		return s, fmt.Errorf("is a directory, not a log file")
	}
	const part = 1 << 20
	if _, err := f.Seek(max(0, info.Size()-part), io.SeekStart); err != nil {
		return s, err
	}
	opt, err := c.parserOptions()
	if err != nil {
		return s, err
	}
	opt.Reference, opt.Verdicts = time.Now(), verdicts
	p := maillog.New(opt, time.Time{})
	var rec maillog.Record
	in := bufio.NewScanner(f)
	in.Buffer(make([]byte, tail.MaxLine), 2*part)
	for in.Scan() {
		p.Parse(in.Text(), &rec)
		s.lines++
		switch rec.Kind {
		case maillog.Foreign, maillog.Unknown:
			continue
		case maillog.TLS:
			s.tls++
		case maillog.Delivery:
			s.deliveries++
		}
		if !verdicts || rec.Kind == maillog.Verdict || rec.Kind == maillog.SelfTest {
			s.mail++
			s.last = rec.Time
		}
	}
	return s, in.Err()
}

func (d Doctor) tls(ctx context.Context, r *Report, c *Config, seen seenLog) {
	level, err := d.postconf(ctx, "smtp_tls_loglevel")
	n, convErr := strconv.Atoi(level)
	switch {
	case seen.tls > 0:
		r.ok("TLS lines", "the log says which deliveries were encrypted (%d lines)", seen.tls)
	case err == nil && convErr == nil && n >= 1:
		r.ok("TLS lines", "smtp_tls_loglevel = %d; none in the log yet", n)
		if !c.Log.ClientTLSLogged {
			r.Checks[len(r.Checks)-1].Detail += " (until the first one, or with [log] client_tls_logged = true, plain text is counted as unknown)"
		}
	case err == nil && convErr == nil:
		r.missing("TLS lines", "run: postvagt-milter setup postfix --apply (it sets smtp_tls_loglevel = 1)", "smtp_tls_loglevel = %d: the log does not say which deliveries were encrypted", n)
	default:
		r.ok("TLS lines", "not known on this machine")
	}
}

func (d Doctor) agent(ctx context.Context, r *Report, c *Config) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	url := "http://" + c.Dashboard.Listen
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err == nil {
		var res *http.Response
		if res, err = http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close() // only its status counts
			if res.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %s", res.Status)
			}
		}
	}
	if err != nil {
		if conn, dialed := net.DialTimeout("tcp", c.Dashboard.Listen, time.Second); dialed == nil {
			_ = conn.Close() // it was only to see whether somebody is there
			r.missing("agent", "see who has the port (ss -ltnp), and end that program or set another port in [dashboard] listen", "another program answers at %s: the agent cannot have that port", c.Dashboard.Listen)
			return
		}
		r.missing("agent", "start the agent: systemctl start postvagt-agent", "the pages at %s do not answer", url)
		return
	}
	r.ok("agent", "the pages are at %s/", url)
}

// selfTested says what became of the milters' test messages; that one is missing, the alerts say in time.
func selfTested(ctx context.Context, r *Report, db *store.Store) {
	tests, err := db.SelfTests(ctx)
	if err != nil {
		r.missing("self-test", "see what the agent logs: journalctl -u postvagt-agent", "%v", err)
		return
	}
	for _, t := range tests {
		at := t.At.Local().Format(time.DateTime)
		if !t.Stopped() {
			r.missing("self-test", "run: postvagt-milter selftest on "+t.Host+"; it says which line of the policy decides", "a message that must not leave in the open would get %s on %s (%s)", t.Wanted, t.Host, at)
			continue
		}
		r.ok("self-test", "the test message of %s would be stopped (%s)", t.Host, at)
	}
}

func (d Doctor) database(ctx context.Context, r *Report, c *Config) {
	zone, err := c.TimeZone()
	if err != nil {
		return // said with the configuration
	}
	db, err := store.OpenRead(ctx, c.Store.Path, store.In(zone))
	if err != nil {
		r.missing("database", "start the agent: systemctl start postvagt-agent", "%s: %s", c.Store.Path, program.Reason(err))
		return
	}
	defer db.Close()
	o, err := db.Overview(ctx)
	if err != nil {
		r.missing("database", "see what the agent logs: journalctl -u postvagt-agent", "%s: %v", c.Store.Path, err)
		return
	}
	if o.Transmissions == 0 {
		r.missing("database", "send a message through the MTA", "%s: no transmission yet", c.Store.Path)
		return
	}
	r.ok("database", "%s: %d transmissions", c.Store.Path, o.Transmissions)
	selfTested(ctx, r, db)
	d.elasticsearch(ctx, r, c, db)
}
