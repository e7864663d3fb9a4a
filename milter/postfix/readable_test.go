package postfix

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postvagt/milter/program"
)

// A map that the milter's user cannot read promises nothing, so it is named.
func TestUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "maps")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"open": 0o644, "secret.db": 0o640, "closed/open": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	p := instance(t, "smtp_tls_policy_maps = texthash:"+dir+"/open, hash:"+dir+"/secret texthash:"+closed+"/open hash:"+dir+"/none proxy:hash:/x inline:{ { a = may } }\n"+
		"transport_maps = hash:"+dir+"/secret\nrelay_domains = a.example !texthash:"+closed+"/open "+closed+"/open\n", master)
	stranger, group := program.User{UID: 65534, Groups: []uint32{65534}}, program.User{UID: 65534, Groups: []uint32{65534, uint32(os.Getegid())}}
	for _, tt := range []struct {
		who  string
		user program.User
		want []string
	}{
		{"another user", stranger, []string{"hash:" + dir + "/none: ", "is missing", "secret.db cannot be read", "proxymap", "the folder " + closed + " is closed"}},
		{"one of the group", group, []string{"is missing", "proxymap", "the folder " + closed + " is closed"}},
		{"root", program.User{}, []string{"is missing"}},
	} {
		faults, err := p.Unreadable(t.Context(), tt.user, false)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(faults, "\n")
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", tt.who, want, got)
			}
		}
		if strings.Contains(got, "secret.db") != (tt.who == "another user") || strings.Contains(got, dir+"/open") || strings.Contains(got, "inline") {
			t.Errorf("%s:\n%s", tt.who, got)
		}
	}
	faults, err := p.Unreadable(t.Context(), stranger, true)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(faults, "\n")
	for want, times := range map[string]int{"\ntransport_maps: hash:" + dir + "/secret: ": 1, "\nrelay_domains: !texthash:" + closed + "/open: the folder": 1, "\nrelay_domains: " + closed + "/open: the folder": 1, "a.example": 0} {
		if strings.Count(got, want) != times {
			t.Errorf("want %q %d times in\n%s", want, times, got)
		}
	}
}
