package track

import (
	"strings"
	"testing"
	"time"
)

// The milter's test message went through Postfix, was held and deleted: it is no mail, whichever log is read first and whenever
// the agent is started again. Whoever only writes to its recipient has sent mail.
func TestSelfTestIsNoMail(t *testing.T) {
	mta := []string{
		"Nov 23 10:00:00 edge postfix/smtpd[11]: 4bXyQ01abc: client=localhost[127.0.0.1]",
		"Nov 23 10:00:00 edge postfix/cleanup[12]: 4bXyQ01abc: message-id=<t1@edge.nordvig-kommune.example>",
		"Nov 23 10:00:01 edge postfix/cleanup[12]: 4bXyQ01abc: milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers HOLD action; from=<selftest@nordvig-kommune.example> to=<anna@postvagt.invalid> proto=ESMTP helo=<localhost>",
	}
	const (
		stamp  = "2026-11-23T10:00:01.000000+00:00 edge.nordvig-kommune.example postvagt-milter[1]: 4bXyQ01abc: "
		test   = stamp + "selftest v=1 id=0123456789abcdef0123456789abcdef level=sensitive wanted=hold action=hold"
		gone   = "Nov 23 10:00:02 edge postfix/postsuper[13]: 4bXyQ01abc: removed"
		judged = stamp + "verdict v=1 id=0123456789abcdef0123456789abcdef action=hold level=sensitive kinds=health persons=1 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<a@nordvig-kommune.example> dept= rcpts=1 size=1 ms=1 rules= unopened=0 why=sensitive"
	)
	one := func(text string) line {
		return line{map[bool]string{true: "verdicts", false: "mail"}[strings.Contains(text, "postvagt-milter")], 0, text, strings.Contains(text, "postvagt-milter")}
	}
	for name, c := range map[string]struct {
		lines []string
		rows  int
	}{
		"the verdict first":         {append(append([]string{test}, mta...), gone), 0},
		"the verdict in the middle": {append(append([]string{}, mta...), test, gone), 0},
		"the verdict last":          {append(append([]string{}, mta...), gone, test), 0},
		"a mail to its recipient":   {append(append([]string{}, mta...), judged, gone), 1},
		"no verdict at all":         {append(append([]string{}, mta...), gone), 1},
	} {
		for _, restart := range []bool{false, true} {
			w := newWorld(t, testOptions())
			for _, text := range c.lines {
				w.add(one(text))
				w.commit()
				if restart {
					w.restart()
				}
			}
			w.tracker.Tick(time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)) // nothing more is waited for
			w.commit()
			if len(w.docs) != c.rows {
				t.Errorf("%s, restarted %v: %d rows, want %d", name, restart, len(w.docs), c.rows)
			}
			if _, held := w.tracker.Unfinished(); c.rows == 0 && held != 0 {
				t.Errorf("%s, restarted %v: %d messages are kept for ever", name, restart, held)
			}
		}
	}
}
