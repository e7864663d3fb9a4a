package agent

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/agent/tail"
	"postvagt/milter/program"
)

// The shipped file says the defaults that the code has: with every "#" before a key taken away it changes nothing.
func TestDefaultConfigIsTheDefault(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDefaultConfig(&b); err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAllString(b.String(), "$1")
	said = strings.Replace(said, "domains = []", `domains = ["a.example"]`, 1)
	c, err := parseConfig("agent.toml", []byte(said))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Organisation.Domains = []string{"a.example"}
	c.source = program.Source{}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

// Each fault is named by file, line, key and what to do.
func TestConfigFaults(t *testing.T) {
	const head = "[organisation]\ndomains = [\"a.example\"]\n"
	for name, tt := range map[string]struct{ text, want string }{
		"no domains":                             {"[organisation]\nname = \"A\"\n", `agent.toml:1: organisation.domains: missing: name your mail domains`},
		"unknown key":                            {head + "[log]\nfile = [\"x\"]\n", `agent.toml:4: log.file: unknown key; did you mean "log.files"?`},
		"key of another table":                   {head + "[store]\nlisten = \"x\"\n", `agent.toml:4: store.listen: unknown key; did you mean "dashboard.listen"?`},
		"unknown table":                          {head + "[dashbord]\nlisten = \"x\"\n", `did you mean "dashboard`},
		"not TOML":                               {head + "[log\n", "agent.toml:4: "},
		"wrong type":                             {head + "[log]\nfiles = \"x\"\n", "agent.toml"},
		"open to the world":                      {head + "[dashboard]\nlisten = \"0.0.0.0:8480\"\n", `agent.toml:4: dashboard.listen: "0.0.0.0:8480" is not host:port of the loopback`},
		"relay without paper":                    {head + "[[relay]]\nhost = \"x\"\nonward = \"enforced\"\n", `agent.toml:3: relay[0].document: missing`},
		"relay, unknown onward":                  {head + "[[relay]]\nhost = \"x\"\nonward = \"yes\"\n", `agent.toml:5: relay[0].onward: "yes" is not one of none, enforced`},
		"no day":                                 {head + "[persons]\ninformed_since = \"yes\"\n", `agent.toml:4: persons.informed_since: "yes" is not a day`},
		"no time":                                {head + "[log]\njoin_window = \"soon\"\n", `"soon" is not a time such as`},
		"no zone":                                {head + "[log]\nzone = \"Mars/Olympus\"\n", `agent.toml:4: log.zone: "Mars/Olympus" is not a time zone`},
		"Elasticsearch, no node":                 {head + "[elasticsearch]\nurls = [\"es1:9200\"]\n", `agent.toml:4: elasticsearch.urls: "es1:9200" is not a node such as https://es1.example:9200`},
		"Elasticsearch, in clear":                {head + "[elasticsearch]\nurls = [\"http://es1.example:9200\"]\n", "is not encrypted"},
		"Elasticsearch, no cloud id":             {head + "[elasticsearch]\ncloud_id = \"x\"\n", "agent.toml:4: elasticsearch.cloud_id: is not a cloud id"},
		"Elasticsearch, two ways":                {head + "[elasticsearch]\nurls = [\"https://es1.example:9200\"]\ncloud_id = \"house:ZXMuZXhhbXBsZSRhYg==\"\n", "agent.toml:5: elasticsearch.cloud_id: is given beside urls"},
		"Elasticsearch, half a user":             {head + "[elasticsearch]\nusername = \"x\"\n", "username and password_file belong together"},
		"Elasticsearch, two secrets":             {head + "[elasticsearch]\nusername = \"x\"\npassword_file = \"y\"\napi_key_file = \"z\"\n", "beside api_key_file"},
		"Elasticsearch, fingerprint":             {head + "[elasticsearch]\nfingerprint = \"ab\"\n", "agent.toml:4: elasticsearch.fingerprint: is not 64 hex digits"},
		"Elasticsearch, password in the address": {head + "[elasticsearch]\nurls = [\"https://a:b@es1.example:9200\"]\n", "does not belong into an address"},
		"no word":                                {head + "[log]\njournal = \"perhaps\"\n", `agent.toml:4: log.journal: "perhaps" is not one of auto, yes, no`},
	} {
		_, err := parseConfig("agent.toml", []byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// One file may serve both programs.
func TestCommonConfig(t *testing.T) {
	_, err := parseConfig("postvagt.toml", []byte("[organisation]\ndomains = [\"a.example\"]\n[milter]\nlisten = \"x\"\n[policy]\nmode = \"tag\"\n[[policy.line]]\nname = \"x\"\n"))
	if err != nil {
		t.Error(err)
	}
}

func TestDepartments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "departments.csv")
	write(t, path, "match,department\nkari@a.example,Mayor\n@a.example,House\n@sub.a.example,Sub\nbu-*@a.example,Children\nbu-2-*@a.example,Children 2\n")
	d, err := loadDepartments(path, func(s string) string { return s })
	if err != nil {
		t.Fatal(err)
	}
	for sender, want := range map[string]string{"kari@a.example": "Mayor", "ole@a.example": "House", "ole@sub.a.example": "Sub",
		"bu-ole@a.example": "Children", "bu-2-ole@a.example": "Children 2", "x@b.example": "", "": "", "root": ""} {
		if got := d.of(sender); got != want {
			t.Errorf("%s: %q, want %q", sender, got, want)
		}
	}
	write(t, path, "match,department\nkari,House\n")
	if _, err := loadDepartments(path, func(s string) string { return s }); err == nil || !strings.Contains(err.Error(), "departments.csv:2: ") {
		t.Error(err)
	}
}

func TestSecureMailboxes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secure.csv")
	write(t, path, "address,department,from,to\nSikker@a.example,House,2026-01-01,2026-01-31\nsikker@a.example,House,2026-03-01,\n")
	s, err := loadSecureMailboxes(path, time.UTC, func(s string) string { return s })
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{"2025-12-31T23:59:59Z": false, "2026-01-01T00:00:00Z": true, "2026-01-31T23:59:59Z": true,
		"2026-02-01T00:00:00Z": false, "2026-05-01T00:00:00Z": true} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if s.holds("sikker@a.example", when) != want {
			t.Errorf("%s: not %v", at, want)
		}
	}
}

// Of the journal, only entries of the trusted unit and user count, whatever they call themselves.
func TestTrust(t *testing.T) {
	c := DefaultConfig()
	tr := newTrust(c)
	tr.uids, tr.own = map[int]bool{0: true, 102: true}, 999
	for name, tt := range map[string]struct {
		e           tail.Entry
		mta, milter bool
	}{
		"Postfix":                    {tail.Entry{Program: "postfix/smtp", UID: 102, Unit: "postfix@-.service"}, true, false},
		"a user's logger":            {tail.Entry{Program: "postfix/smtp", UID: 1000, Unit: "session-1.scope"}, false, false},
		"root's logger":              {tail.Entry{Program: "postfix/smtp", UID: 0, Unit: "session-1.scope"}, false, false},
		"postsuper at a terminal":    {tail.Entry{Program: "postfix/postsuper", UID: 102, Unit: "session-1.scope"}, true, false},
		"a user's postsuper":         {tail.Entry{Program: "postfix/postsuper", UID: 1000, Unit: "session-1.scope"}, false, false},
		"the helper's postsuper":     {tail.Entry{Program: "postfix/postsuper", UID: 102, Unit: "postvagt-held.service"}, true, false},
		"the helper":                 {tail.Entry{Program: "postvagt-milter", UID: 0, Unit: "postvagt-held.service"}, true, false},
		"held at a terminal":         {tail.Entry{Program: "postvagt-milter", UID: 0, Unit: "session-1.scope"}, true, false},
		"a user's held":              {tail.Entry{Program: "postvagt-milter", UID: 1000, Unit: "session-1.scope"}, false, false},
		"a program run by pipe":      {tail.Entry{Program: "postfix/smtp", UID: 1000, Unit: "postfix@-.service"}, false, false},
		"the milter":                 {tail.Entry{Program: "postvagt-milter", UID: 999, Unit: "postvagt-milter.service"}, false, true},
		"a verdict from elsewhere":   {tail.Entry{Program: "postvagt-milter", UID: 102, Unit: "postfix@-.service"}, true, false},
		"an ended child of Sendmail": {tail.Entry{Program: "sm-mta", UID: 0}, true, false},
		"an ended process of a user": {tail.Entry{Program: "sm-mta", UID: 1000}, false, false},
		"an ended milter":            {tail.Entry{Program: "postvagt-milter", UID: 999}, false, true},
		"nobody knows whose":         {tail.Entry{Program: "postvagt-milter", UID: -1}, false, false},
		"another of the milter unit": {tail.Entry{Program: "postfix/smtp", UID: 999, Unit: "postvagt-milter.service"}, false, false},
	} {
		if tr.isMTA(&tt.e) != tt.mta || tr.isMilter(&tt.e) != tt.milter {
			t.Errorf("%s: MTA %v, milter %v", name, tr.isMTA(&tt.e), tr.isMilter(&tt.e))
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
