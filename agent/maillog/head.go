package maillog

import (
	"strings"
	"time"
)

// Options say how a source is read. The zero value reads an MTA's log in UTC.
type Options struct {
	Zone      *time.Location // of stamps without an offset
	Reference time.Time      // no first line is later than a day after it; needed for stamps without a year
	Verdicts  bool           // the source is the milter's own
	MACKey    []byte         // verdict lines with a good mac= count everywhere
}

// Parser reads the lines of one source in their order. It is not safe for concurrent use.
type Parser struct {
	opt  Options
	last time.Time // of the line before, to guess the year

	hour   string // "Nov 23 03" and the time of its start, for the next stamps of the same hour
	hourAt time.Time

	counters map[string]int64 // of lines that syslog-ng dropped, by host
}

// New returns a parser; last is the time of the last line read before a restart, or zero.
func New(opt Options, last time.Time) *Parser {
	if opt.Zone == nil {
		opt.Zone = time.UTC
	}
	return &Parser{opt: opt, last: last}
}

// Last is the time of the last line read.
func (p *Parser) Last() time.Time { return p.last }

// Parse reads one line without its line end into r, whose old content is lost.
func (p *Parser) Parse(line string, r *Record) {
	more := r.More[:0]
	*r = Record{More: more}
	text, ok := p.head(line, r)
	if !ok {
		return
	}
	p.last = r.Time
	p.body(text, r)
}

// ParseText reads the text of an entry whose head came apart, as from the journal.
func (p *Parser) ParseText(at time.Time, host, program string, pid int, text string, r *Record) {
	more := r.More[:0]
	*r = Record{More: more, Time: at.UTC(), Host: host, Program: program, PID: pid}
	p.last = r.Time
	p.body(text, r)
}

func (p *Parser) head(line string, r *Record) (text string, ok bool) {
	line = strings.TrimSuffix(line, "\r")
	if len(line) > 3 && line[0] == '<' {
		if end := strings.IndexByte(line[:min(len(line), 6)], '>'); end > 0 {
			line = line[end+1:]
		}
	}
	if len(line) < 20 {
		return "", false
	}
	switch c := line[0]; {
	case c == '1' && line[1] == ' ':
		return p.head5424(line[2:], r)
	case c >= '0' && c <= '9':
		r.Time, line, ok = isoStamp(line)
	default:
		r.Time, line, ok = p.oldStamp(line)
	}
	if !ok {
		return "", false
	}
	return tag(line, r)
}

// tag reads "host program[pid]: " and returns the text behind it.
func tag(line string, r *Record) (text string, ok bool) {
	sp := strings.IndexByte(line, ' ')
	if sp <= 0 {
		return "", false
	}
	r.Host, line = line[:sp], line[sp+1:]
	if strings.HasPrefix(line, "last message repeated ") || strings.HasPrefix(line, "message repeated ") {
		r.Program = "syslog"
		return line, true
	}
	for i := 0; i < len(line) && i < 128; i++ {
		switch line[i] {
		case '[':
			end := strings.IndexByte(line[i:], ']')
			if end < 0 {
				return "", false
			}
			r.Program, r.PID = line[:i], atoi(line[i+1:i+end])
			text, ok = strings.CutPrefix(line[i+end+1:], ":")
			return strings.TrimPrefix(text, " "), ok
		case ':':
			r.Program = line[:i]
			return strings.TrimPrefix(line[i+1:], " "), true
		case ' ':
			return "", false
		}
	}
	return "", false
}

// head5424 reads "TIME HOST APP PROCID MSGID SD " behind the version.
func (p *Parser) head5424(line string, r *Record) (text string, ok bool) {
	if r.Time, line, ok = isoStamp(line); !ok {
		return "", false
	}
	var pid string
	for _, at := range []*string{&r.Host, &r.Program, &pid, nil} {
		field, rest, more := strings.Cut(line, " ")
		if !more {
			return "", false
		}
		if at != nil {
			*at = field
		}
		line = rest
	}
	r.PID = atoi(pid)
	for strings.HasPrefix(line, "[") { // structured data: quoted values may hold any byte
		end := structuredEnd(line)
		if end < 0 {
			return "", false
		}
		line = line[end:]
	}
	line = strings.TrimPrefix(strings.TrimPrefix(line, "-"), " ")
	return strings.TrimPrefix(strings.TrimPrefix(line, "\ufeff"), " "), true // rsyslog keeps the space before an old message
}

func structuredEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i + 1
		}
	}
	return -1
}

// isoStamp reads 2006-01-02T15:04:05[.999999](Z|±hh:mm), or the same with a space for the T, and the space behind it.
func isoStamp(s string) (t time.Time, rest string, ok bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return t, "", false
	}
	year, month, day := atoi(s[:4]), atoi(s[5:7]), atoi(s[8:10])
	hour, minute, second := atoi(s[11:13]), atoi(s[14:16]), atoi(s[17:19])
	if year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return t, "", false
	}
	nano, s := fraction(s[19:])
	offset := 0
	switch {
	case strings.HasPrefix(s, "Z"):
		s = s[1:]
	case len(s) >= 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':':
		h, m := atoi(s[1:3]), atoi(s[4:6])
		if h < 0 || h > 15 || m < 0 || m > 59 {
			return t, "", false
		}
		if offset = h*3600 + m*60; s[0] == '-' {
			offset = -offset
		}
		s = s[6:]
	default:
		return t, "", false
	}
	rest, ok = strings.CutPrefix(s, " ")
	t = time.Date(year, time.Month(month), day, hour, minute, second-offset, nano, time.UTC)
	return t, rest, ok && t.Year() >= 1970
}

// fraction reads ".123456", or nothing.
func fraction(s string) (nano int, rest string) {
	if s == "" || s[0] != '.' {
		return 0, s
	}
	scale := 100_000_000
	i := 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		nano += int(s[i]-'0') * scale
		scale /= 10
	}
	return nano, s[i:]
}

// atoi reads a number of at most nine digits; anything else is -1.
func atoi(s string) int {
	if s == "" || len(s) > 9 {
		return -1
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
