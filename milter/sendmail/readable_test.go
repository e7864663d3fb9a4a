package sendmail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/milter/program"
)

// An access map that the milter's user cannot read promises nothing, so it is named.
func TestUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "access")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	stranger := program.User{UID: 65534, Groups: []uint32{65534}}
	s := &Sendmail{ConfigDir: dir}
	for _, tt := range []struct {
		name, cf string
		mode     os.FileMode // of access.db, 0 for none
		cfMode   os.FileMode
		want     string
	}{
		{"closed", "Kaccess hash -T<TMPF> -o " + dir + "/access\n", 0o640, 0o644, "the access map: " + dir + "/access.db cannot be read by the milter's user"},
		{"missing", "Kaccess hash " + dir + "/access.db\n", 0, 0o644, dir + "/access.db is missing (makemap makes it)"},
		{"open", "Kaccess hash " + dir + "/access\n", 0o644, 0o644, ""},
		{"none", "Kdequote dequote\n", 0o640, 0o644, ""},
		{"of a directory", "Kaccess ldap -1 -v x\n", 0o640, 0o644, ""},
		{"closed sendmail.cf", "", 0o644, 0o640, "sendmail.cf cannot be read"},
	} {
		os.Remove(filepath.Join(dir, "access.db"))
		if tt.mode != 0 {
			write(t, filepath.Join(dir, "access.db"), "x", tt.mode)
		}
		os.Remove(s.cf())
		write(t, s.cf(), tt.cf, tt.cfMode)
		faults, err := s.Unreadable(stranger)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(faults, "\n"); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
