package postfix

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// overrides names services of master.cf that choose for themselves what main.cf shall say.
func (p *Postfix) overrides(ctx context.Context) ([]string, error) {
	out, err := p.postconf(ctx, "-P")
	if err != nil {
		return nil, err
	}
	var warnings []string
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(line, " =")
		value = strings.TrimSpace(value)
		at := strings.LastIndexByte(name, '/')
		if at < 0 {
			continue
		}
		if w := override(name[at+1:], value); w != "" {
			warnings = append(warnings, fmt.Sprintf("service %s of master.cf sets %s = %q itself: %s", name[:at], name[at+1:], value, w))
		}
	}
	return warnings, nil
}

// override says what it means that a service sets a parameter to a value, "" for nothing of ours.
func override(parameter, value string) string {
	switch parameter {
	case "smtpd_milters", "non_smtpd_milters":
		return "its mail is not judged unless the milter stands there too"
	case "smtp_tls_loglevel":
		if v, err := strconv.Atoi(value); err == nil && v < 1 {
			return "the log does not say how its mail left, and that mail counts as not shown to be protected"
		}
	case "receive_override_options":
		if strings.Contains(value, "no_milters") {
			return "its mail is not judged; right only where it was judged before, as mail that a content filter sends back"
		}
	}
	return ""
}

// neighbours says in which order the milters stand when others are there.
func neighbours(list, addr string) (said []string) {
	var order []string
	before := true
	for _, m := range splitList(list) {
		name := milterAddr(m)
		order = append(order, name)
		switch kind := known(name); {
		case name == addr:
			before = false
		case kind == "OpenDKIM" && !before:
			said = append(said, "OpenDKIM ("+name+") stands behind the milter: Postfix shows held mail to no later milter, so it leaves without a signature once it is released; put OpenDKIM first")
		case kind == "rspamd" && !before:
			said = append(said, "rspamd ("+name+") stands behind the milter: mail that it refuses is judged and counted first; put it first")
		}
	}
	if len(order) > 1 {
		said = append(said, "the order of smtpd_milters: "+strings.Join(order, ", "))
	}
	return said
}

// known names the milter that usually has such an address.
func known(addr string) string {
	switch addr = strings.ToLower(addr); {
	case strings.Contains(addr, "opendkim"), strings.HasSuffix(addr, ":8891"):
		return "OpenDKIM"
	case strings.Contains(addr, "rspamd"), strings.HasSuffix(addr, ":11332"):
		return "rspamd"
	}
	return ""
}
