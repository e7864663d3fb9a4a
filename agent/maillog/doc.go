// Package maillog reads one line of a mail log into one Record: Postfix 3.5 to 3.11, Sendmail 8.15 to
// 8.18, and the verdict lines of postvagt-milter. It knows no files: a line is a string.
//
// # Lines
//
// A line has one of these heads, with or without a leading <PRI>:
//
//	Nov 23 03:08:40 host program[pid]: text                         RFC 3164, rsyslog, postlogd
//	Nov 23 03:08:40.123 host program[pid]: text                     syslog-ng with frac-digits
//	2026-11-23T03:08:40.123456+01:00 host program[pid]: text        rsyslog, syslog-ng ISO
//	1 2026-11-23T03:08:40.123456+01:00 host program pid msgid - text   RFC 5424
//
// rsyslog ends the name of a program at its first "/", so that its RFC 5424 lines say "postfix" of every service; what a line
// is about then tells its service.
//
// A stamp without a year gets the year in which it lies nearest to the line before it; the first line gets
// the latest year that does not put it after the reference time (of a file: its last change).
//
// # What is trusted
//
// Text that others wrote (a header, a HELO name, a server's answer) only ever stands behind the fields that
// are read, or inside <>, where a quoted local part is skipped as a whole: a forged "status=sent" in it
// is never reached. A verdict line counts only where Options.Verdicts says that the source is the
// milter's own, or with a good mac= (Options.MACKey); elsewhere it is a Forged record.
package maillog
