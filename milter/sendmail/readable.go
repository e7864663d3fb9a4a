package sendmail

import (
	"os"
	"path/filepath"
	"strings"

	"postvagt/milter/program"
)

// Unreadable names what of Sendmail a user cannot read, each with what stands in the way: sendmail.cf, and the access map whose TLS_Rcpt and
// TLS_Srv are the only promises. For no recipient is anything promised then.
func (s *Sendmail) Unreadable(u program.User) (faults []string, err error) {
	const (
		who   = "the milter's user"
		means = ": no recipient counts as protected by TLS"
	)
	if why := u.CannotRead(s.cf(), "setup", who); why != "" {
		return []string{why + means}, nil
	}
	b, err := os.ReadFile(s.cf())
	if err != nil {
		return nil, err
	}
	if path := accessMap(string(b)); path != "" {
		if why := u.CannotRead(path, "makemap", who); why != "" {
			faults = append(faults, "the access map: "+why+means)
		}
	}
	return faults, nil
}

// accessMap is the file of "Kaccess hash -T<TMPF> -o /etc/mail/access", "" where sendmail.cf has none, or one that is no file.
func accessMap(cf string) string {
	for line := range strings.Lines(cf) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != "Kaccess" || !filepath.IsAbs(f[len(f)-1]) {
			continue
		}
		suffix, ok := map[string]string{"hash": ".db", "btree": ".db", "cdb": ".cdb", "dbm": ".dir", "text": ""}[f[1]]
		if !ok {
			return ""
		}
		return strings.TrimSuffix(f[len(f)-1], suffix) + suffix
	}
	return ""
}
