package maillog

import (
	"strings"
	"time"
)

// dropped finds what a log system says of lines that it lost:
//
//	systemd-journald: Suppressed 1204 messages from postfix@-.service
//	rsyslogd-2177: imuxsock[pid: 412, name: smtpd] from <host:postfix>: begin to drop messages due to rate-limiting
//	rsyslogd-2177: imuxsock[pid: 412, name: smtpd]: 40 messages lost due to rate-limiting (20 allowed within 2 seconds)
//	rsyslogd: imuxsock lost 40 messages from pid 412 due to rate-limiting
//	syslog-ng: Log statistics; … dropped='dst.network(d#0,…)=40', …
//
// The statistics of syslog-ng count from its start: what they say more than before was lost since.
func (p *Parser) dropped(text string, r *Record) {
	switch {
	case strings.HasPrefix(text, "Suppressed ") && strings.Contains(text, " messages from "):
		r.Kind, r.Lines = Gap, numberBefore(text, " messages from ")
		_, unit, _ := strings.Cut(text, " messages from ")
		r.Unit = unit[strings.LastIndexByte(unit, '/')+1:]
	case strings.Contains(text, " messages lost due to rate-limiting"):
		r.Kind, r.Lines = Gap, numberBefore(text, " messages lost due to rate-limiting")
		r.Span = time.Duration(numberBefore(text, " seconds)")) * time.Second
	case strings.HasPrefix(text, "imuxsock lost ") && strings.HasSuffix(text, " due to rate-limiting"):
		r.Kind, r.Lines = Gap, numberBefore(text, " messages from pid ")
	case strings.Contains(text, "begin to drop messages"), strings.Contains(text, "messages dropped"):
		r.Kind, r.Lines = Gap, max(0, numberBefore(text, " messages dropped"))
	case strings.HasPrefix(text, "Log statistics; "):
		if n := p.droppedSince(r.Host, text); n > 0 {
			r.Kind, r.Lines = Gap, n
		}
	}
}

// droppedSince is how much the counters of dropped lines of a host grew since its last statistics, 0 for the first ones.
func (p *Parser) droppedSince(host, text string) int64 {
	var sum int64
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "dropped='")
		if !ok {
			break
		}
		counter, more, _ := strings.Cut(after, "'")
		if i := strings.LastIndexByte(counter, '='); i >= 0 && !strings.HasPrefix(counter, "global(") {
			sum += max(0, int64(atoi(counter[i+1:])))
		}
		rest = more
	}
	before, seen := p.counters[host]
	if p.counters == nil {
		p.counters = map[string]int64{}
	}
	if seen || len(p.counters) < 10_000 {
		p.counters[strings.Clone(host)] = sum
	}
	if !seen {
		return 0
	}
	return sum - before // less than 0 after a new start
}

// numberBefore is the number that stands before mark, 0 without one.
func numberBefore(text, mark string) int64 {
	end := strings.Index(text, mark)
	if end < 0 {
		return 0
	}
	start := end
	for start > 0 && text[start-1] >= '0' && text[start-1] <= '9' {
		start--
	}
	return max(0, int64(atoi(text[start:end])))
}
