// Package sendmail asks a Sendmail how it is set up, puts the milter into it and takes it out again.
//
// Setup changes sendmail.mc alone, between two marks, and makes sendmail.cf of it with m4 as the admin would. Transports
// tells what Sendmail promises about TLS for a recipient, as its own rule sets tls_rcpt and tls_server would look it up in
// the access map (cf/README, "STARTTLS"). The map is asked through Sendmail's test mode, which stays open from one message to the next.
//
// What Sendmail cannot do, and what is done instead:
//
//	a dead milter cannot hold mail: on_failure = "hold" becomes "try again later" (F=T), so nothing passes unjudged
//	no table of Sendmail chooses a next hop by a header field: action route is Postfix's
//	the name of a host behind an MX record is not known before delivery: for those only TLS_Rcpt is a promise
package sendmail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Sendmail is an instance.
type Sendmail struct {
	ConfigDir  string // folder of sendmail.mc and sendmail.cf
	CommandDir string // folder of sendmail
	MacroDir   string // folder of cf.m4's folder m4, for a sendmail.mc that does not include it itself
}

// commandTimeout bounds one command of Sendmail.
const commandTimeout = time.Minute

func (s *Sendmail) cf() string { return filepath.Join(s.ConfigDir, "sendmail.cf") }

func (s *Sendmail) mc() string { return filepath.Join(s.ConfigDir, "sendmail.mc") }

// settings are the lines of sendmail.cf that concern us.
type settings struct {
	relay   string            // DS: the host that takes all mail
	remote  map[string]bool   // mailer -> it speaks SMTP
	filters map[string]string // name of a milter -> its equates
	options map[string]string
}

// read reads sendmail.cf.
func (s *Sendmail) read() (settings, error) {
	b, err := os.ReadFile(s.cf())
	if err != nil {
		return settings{}, fmt.Errorf("sendmail.cf: %w (sendmail.config_dir)", err)
	}
	return parseSettings(string(b)), nil
}

func parseSettings(cf string) settings {
	out := settings{remote: map[string]bool{}, filters: map[string]string{}, options: map[string]string{}}
	for line := range strings.Lines(cf) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "DS"):
			out.relay = relayHost(line[2:])
		case strings.HasPrefix(line, "M"):
			name, equates, _ := strings.Cut(line[1:], ",")
			out.remote[name] = strings.Contains(equates, "P=[IPC]") || strings.Contains(equates, "P=[TCP]")
		case strings.HasPrefix(line, "X"):
			name, equates, _ := strings.Cut(line[1:], ",")
			out.filters[name] = strings.TrimSpace(equates)
		case strings.HasPrefix(line, "O "):
			name, value, _ := strings.Cut(line[2:], "=")
			out.options[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return out
}

// relayHost takes the mailer off "relay:[gateway.example]".
func relayHost(value string) string {
	if i := strings.IndexByte(value, ':'); i >= 0 && !strings.HasPrefix(value, "[") {
		return value[i+1:]
	}
	return value
}

// equate reads one of a milter's: S is its socket, F what happens when it is dead, T its time-outs.
func equate(equates, name string) string {
	for _, e := range strings.Split(equates, ",") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(e), name+"="); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// run runs Sendmail with a configuration of its own; what it is told stands on its input.
func (s *Sendmail) run(ctx context.Context, cf, input string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	path, err := s.program()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"-C", cf}, args...)...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errOut
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("sendmail %s: %w: %s", strings.Join(args, " "), err, lastLine(errOut.String()+out.String()))
	}
	if out.Len() == 0 {
		return "", errors.New("sendmail said nothing: " + lastLine(errOut.String()))
	}
	return out.String(), nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
