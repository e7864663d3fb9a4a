package maillog

import (
	"slices"
	"strings"

	"postvagt/milter/verdict"
)

// MilterProgram is the name under which the milter writes its lines.
const MilterProgram = "postvagt-milter"

// body reads the text of a line whose program is known.
func (p *Parser) body(text string, r *Record) {
	r.Instance, r.Service = r.Program, r.Program
	if i := strings.IndexByte(r.Program, '/'); i > 0 {
		r.Instance, r.Service = r.Program[:i], r.Program[strings.LastIndexByte(r.Program, '/')+1:]
		p.postfix(text, r)
		return
	}
	program, _, _ := strings.Cut(r.Program, "-") // rsyslogd-2177: a message by its number
	switch r.Program {
	case MilterProgram:
		p.verdict(text, r)
	case "sendmail", "sm-mta", "sm-msp-queue", "sendmail-msp", "sm-msp", "sendmail-client":
		r.Instance, r.Service = "sendmail", "sendmail"
		sendmail(text, r)
	case "systemd-journald", "journald", "syslog-ng", "syslogd", "imuxsock", "syslog":
		r.Kind = Foreign
		p.dropped(text, r)
	default:
		r.Kind = Foreign
		switch program {
		case "rsyslogd":
			p.dropped(text, r)
		case "postfix":
			r.Service = serviceOf(text)
			p.postfix(text, r)
		}
	}
}

// Sendmail has no command that deletes a message in quarantine, and would log nothing: the milter's own does both.
const (
	deletedText = "deleted from quarantine"
	serviceHeld = "held"
)

// verdict reads what the milter wrote. Its own log messages are none of a message's business.
func (p *Parser) verdict(text string, r *Record) {
	if id, rest, ok := queueIDPrefix(text); ok && rest == deletedText {
		r.Kind, r.QueueID, r.Instance, r.Service = Remove, id, "sendmail", serviceHeld
		return
	}
	text = strings.Clone(text) // a verdict is kept as it is, and would keep all that was read with its line
	line, err := verdict.Parse(text)
	switch {
	case err != nil && slices.ContainsFunc(verdict.Words(), func(word string) bool { return strings.Contains(text, ": "+word+" v=") }):
		r.Kind = Unknown // of a newer version, or damaged
	case err != nil:
		r.Kind = Ignored
	case !p.opt.Verdicts && !p.signed(text, line.MAC):
		r.Kind = Forged
	default:
		r.Kind, r.QueueID, r.Verdict = VerdictOf(line)
	}
}

// VerdictOf is the kind of a verdict line: one without a queue id is of no message, and no more is a test message that was not
// sent through the MTA.
func VerdictOf(line verdict.Line) (Kind, string, verdict.Line) {
	switch {
	case line.SelfTest != nil:
		return SelfTest, strings.Replace(line.QueueID, verdict.SelfTestID, "", 1), line
	case line.Settings != nil:
		return Settings, "", line
	case line.Policy != nil:
		return PolicyLine, "", line
	}
	if line.QueueID == "NOQUEUE" {
		return NoQueue, "", line
	}
	return Verdict, line.QueueID, line
}

// angle reads "<address>rest". A quoted local part may hold any byte, so it is skipped as a whole.
func angle(s string) (address, rest string, ok bool) {
	if s == "" || s[0] != '<' {
		return "", s, false
	}
	i := 1
	if len(s) > 1 && s[1] == '"' {
		for i = 2; i < len(s) && s[i] != '"'; i++ {
			if s[i] == '\\' {
				i++
			}
		}
		if i >= len(s) {
			return "", s, false
		}
	}
	end := strings.IndexByte(s[i:], '>')
	if end < 0 {
		return "", s, false
	}
	return s[1 : i+end], s[i+end+1:], true
}

// queueIDPrefix splits "ID: rest".
func queueIDPrefix(s string) (id, rest string, ok bool) {
	i := strings.IndexByte(s[:min(len(s), 34)], ':')
	if i < 5 || i+1 >= len(s) || s[i+1] != ' ' || !verdict.IsQueueID(s[:i]) {
		return "", s, false
	}
	return s[:i], s[i+2:], true
}

// leadingID is the queue id that s starts with, up to a space, comma, parenthesis or semicolon.
func leadingID(s string) string {
	end := strings.IndexAny(s, " ,);")
	if end < 0 {
		end = len(s)
	}
	if !verdict.IsQueueID(s[:end]) {
		return ""
	}
	return s[:end]
}
