package milter

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/milter/message"
	"postvagt/milter/policy"
	"postvagt/milter/program"
)

func (c *Config) fault(key, format string, args ...any) error {
	return c.source.Fault(key, format, args...)
}

// check validates values; it touches no file but those that the configuration names.
func (c *Config) check() (errs []error) {
	fault := func(key, format string, args ...any) { errs = append(errs, c.fault(key, format, args...)) }
	word := func(key, value string, all ...string) {
		if !slices.Contains(all, value) {
			fault(key, "%q is not one of %s%s", value, strings.Join(all, ", "), didYouMean(value, all))
		}
	}
	if len(c.Organisation.Domains) == 0 {
		fault("organisation.domains", "missing: name your mail domains, for example domains = [\"kommune.example\"]")
	}
	for i, d := range c.Organisation.Domains {
		c.Organisation.Domains[i] = strings.ToLower(strings.TrimPrefix(d, "@"))
		if d == "" || strings.ContainsAny(d, " @,*") && !strings.HasPrefix(d, "@") {
			fault("organisation.domains", "%q is not a domain", d)
		}
	}
	word("policy.mode", c.Policy.Mode, policy.Words("mode")...)
	word("milter.mta", c.Milter.MTA, MTAAuto, MTAPostfix, MTASendmail)
	word("milter.on_failure", c.Milter.OnFailure, FailAccept, FailHold, FailTempfail)
	errs = append(errs, c.checkDaemon()...)
	errs = append(errs, c.checkChannels()...)
	errs = append(errs, c.checkExempt()...)
	errs = append(errs, c.checkRisk()...)
	errs = append(errs, c.checkHeld()...)
	return append(errs, c.checkTable()...)
}

// checkDaemon validates the sockets, paths and sizes.
func (c *Config) checkDaemon() (errs []error) {
	fault := func(key, format string, args ...any) { errs = append(errs, c.fault(key, format, args...)) }
	if t := c.Policy.RejectText; t == "" || len(t) > 400 || strings.ContainsFunc(t, func(r rune) bool { return r < ' ' || r > '~' || r == '%' }) {
		fault("policy.reject_text", "must be one line of at most 400 ASCII characters without %%")
	}
	if t := c.Policy.SubjectTag; len(t) > 40 || strings.ContainsFunc(t, func(r rune) bool { return r < ' ' || r > '~' }) || t != strings.TrimSpace(t) || strings.Contains(t, "=?") {
		fault("policy.subject_tag", "must be at most 40 ASCII characters, without a space at its ends")
	}
	if _, _, err := ParseListen(c.Milter.Listen); err != nil {
		fault("milter.listen", "%v", err)
	}
	if c.Milter.ScanListen != "" {
		if network, addr, err := ParseListen(c.Milter.ScanListen); err != nil || network == "tcp" && !loopback(addr) {
			fault("milter.scan_listen", "%q is neither unix:/path nor inet:127.0.0.1:port", c.Milter.ScanListen)
		}
	}
	if m := c.Milter.MetricsListen; m != "" && !loopback(m) {
		fault("milter.metrics_listen", "%q is not a loopback address and port such as 127.0.0.1:9481", m)
	}
	for _, n := range c.Milter.TrustedNetworks {
		if _, err := policy.ParseNetwork(n); err != nil {
			fault("milter.trusted_networks", "%v", err)
		}
	}
	if _, err := parseMode(c.Milter.SocketMode); err != nil {
		fault("milter.socket_mode", "%v", err)
	}
	switch {
	case c.Milter.VerdictLog == VerdictSyslog && c.Milter.MACKey == "":
		fault("milter.verdict_log", "others write to syslog too: name a file with a secret key, milter.mac_key")
	case c.Milter.VerdictLog != VerdictSyslog && !filepath.IsAbs(c.Milter.VerdictLog):
		fault("milter.verdict_log", "%q is neither an absolute path nor \"syslog\"", c.Milter.VerdictLog)
	}
	for key, v := range map[string]int64{"milter.spill_over": c.Milter.SpillOver, "milter.max_bytes": c.Milter.MaxBytes} {
		if v < 1024 {
			fault(key, "%d is less than 1024 bytes", v)
		}
	}
	return errs
}

func (c *Config) checkTable() (errs []error) {
	_, err := policy.Compile(c.Policy.Line, policy.Options{Mode: c.Policy.Mode, InboundBlock: c.Policy.InboundBlock})
	for _, e := range unjoin(err) {
		var le *policy.LineError
		key := fmt.Sprintf("policy.line[%d]", len(c.Policy.Line)-1)
		if errors.As(e, &le) {
			key = fmt.Sprintf("policy.line[%d]", le.Index)
			if le.Key != "" {
				key += "." + le.Key
			}
		}
		errs = append(errs, &program.Error{File: c.source.File, Line: c.source.Line(key), Key: "policy.line", Reason: e.Error()})
	}
	if strings.Trim(c.Policy.RouteToken, tokenLetters) != "" {
		errs = append(errs, c.fault("policy.route_token", "may hold letters, digits, dots, hyphens and underscores of ASCII alone"))
	}
	for i, l := range c.Policy.Line {
		if l.Action == "route" && c.Policy.RouteToken == "" {
			errs = append(errs, c.fault(fmt.Sprintf("policy.line[%d].action", i), "route needs policy.route_token"))
		}
	}
	return errs
}

// tokenLetters mean themselves in a header field and in a header check.
const tokenLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

func (c *Config) checkChannels() (errs []error) {
	names := map[string]bool{}
	for i, ch := range c.Channel {
		key := fmt.Sprintf("channel[%d]", i)
		marks := 0
		for _, set := range []bool{ch.SubjectPrefix != "", ch.Header != "", ch.RecipientSuffix != "", len(ch.RecipientDomains) > 0} {
			if set {
				marks++
			}
		}
		if marks != 1 {
			errs = append(errs, c.fault(key, "has %d marks: exactly one of subject_prefix, header, recipient_suffix, recipient_domains shows a channel", marks))
		}
		if ids := policy.Words("identity"); ch.Identity != "" && !slices.Contains(ids, ch.Identity) {
			errs = append(errs, c.fault(key+".identity", "%q is not one of %s%s", ch.Identity, strings.Join(ids, ", "), didYouMean(ch.Identity, ids)))
		}
		if ch.Name == "" || names[ch.Name] {
			errs = append(errs, c.fault(key+".name", "missing, or used twice"))
		}
		names[ch.Name] = true
		if name, value, ok := strings.Cut(ch.Header, ":"); ch.Header != "" && (!ok || strings.TrimSpace(name) == "" || strings.TrimSpace(value) == "") {
			errs = append(errs, c.fault(key+".header", "%q is not \"Name: value\"", ch.Header))
		}
	}
	for i, r := range c.Relay {
		key := fmt.Sprintf("relay[%d]", i)
		if r.Host == "" {
			errs = append(errs, c.fault(key+".host", "missing"))
		}
		switch {
		case r.Onward != "" && r.Onward != "none" && r.Onward != "enforced":
			errs = append(errs, c.fault(key+".onward", "%q is not one of none, enforced", r.Onward))
		case r.Onward == "enforced" && r.Document == "":
			errs = append(errs, c.fault(key+".document", "missing: name the document and date that promise it"))
		}
	}
	return errs
}

func (c *Config) checkExempt() (errs []error) {
	for i, x := range c.Exempt {
		key := fmt.Sprintf("exempt[%d]", i)
		fault := func(sub, format string, args ...any) { errs = append(errs, c.fault(key+sub, format, args...)) }
		if x.Name == "" || strings.ContainsAny(x.Name, " \t\"") {
			fault(".name", "missing, or not one word")
		}
		if x.Reason == "" {
			fault(".reason", "missing: an exemption needs a reason")
		}
		if _, err := time.Parse(time.DateOnly, x.Until); err != nil {
			fault(".until", "%q is not a date such as 2027-06-30: an exemption needs an end", x.Until)
		}
		switch {
		case x.Hide && len(x.Sender)+len(x.User) == 0:
			fault("", "names nobody: hide needs sender or user")
		case !x.Hide && len(x.Client)+len(x.User) == 0:
			fault("", "names no system: it needs client or user")
		case !x.Hide && len(x.Sender) > 0:
			fault(".sender", "a sender is easily forged: name the system by client or user")
		}
		for _, n := range x.Client {
			if _, err := policy.ParseNetwork(n); err != nil {
				fault(".client", "%v", err)
			}
		}
	}
	return errs
}

// Warnings are what config check says beside errors.
func (c *Config) Warnings() (out []string) {
	out = append(c.kindWarnings(), c.riskWarnings()...)
	for i, ch := range c.Channel {
		if len(ch.RequireRelay) == 0 {
			out = append(out, c.fault(fmt.Sprintf("channel[%d]", i), "channel %q has no require_relay: its mark alone decides, and no delivery can prove it", ch.Name).Error())
		}
	}
	for i, x := range c.Exempt {
		if !inForce(x.Until, time.Now()) {
			out = append(out, c.fault(fmt.Sprintf("exempt[%d].until", i), "exemption %q has ended and counts for nothing", x.Name).Error())
		}
	}
	if opt := c.Milter.Pdftotext; opt != "-" && message.NewReader(message.Options{Pdftotext: opt}).Pdftotext() == "" {
		out = append(out, c.fault("milter.pdftotext", "the program is missing and every PDF stays unopened: install poppler-utils, or say \"-\"").Error())
	}
	if network, addr, _ := ParseListen(c.Milter.Listen); network == "tcp" && !loopback(addr) {
		out = append(out, c.fault("milter.listen", "anybody who reaches %s may hand in mail: keep it behind a firewall", addr).Error())
	}
	return out
}

// ParseListen reads unix:/path, inet:host:port or Postfix's inet:port@host form.
func ParseListen(s string) (network, addr string, err error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch kind {
	case "unix", "local":
		if !filepath.IsAbs(rest) {
			return "", "", fmt.Errorf("%q: the path of a unix socket must be absolute, unix:/path", s)
		}
		if len(rest) > 107 {
			return "", "", fmt.Errorf("the path of a unix socket may have 107 bytes, this one has %d", len(rest))
		}
		return "unix", rest, nil
	case "inet", "inet6":
		if port, host, ok := strings.Cut(rest, "@"); ok {
			rest = net.JoinHostPort(host, port)
		}
		if _, _, err := net.SplitHostPort(rest); err != nil {
			return "", "", fmt.Errorf("%q is not inet:host:port", s)
		}
		return "tcp", rest, nil
	}
	return "", "", fmt.Errorf("%q is neither unix:/path nor inet:host:port", s)
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func parseMode(s string) (os.FileMode, error) {
	var m uint32
	if _, err := fmt.Sscanf(s, "%o", &m); err != nil || m > 0o777 {
		return 0, fmt.Errorf("%q is not a file mode such as \"0660\"", s)
	}
	return os.FileMode(m), nil
}

func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}
