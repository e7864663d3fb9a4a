package milter

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/milter/verdict"
)

func TestThreads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	open := func() *Threads {
		t.Helper()
		th, err := OpenThreads(dir, []byte("key"), func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { th.Close() })
		return th
	}
	th := open()
	if th.Secure("a@x") {
		t.Error("knows a message before the first")
	}
	for _, id := range []string{"a@x", "a@x", "b@x", ""} {
		if err := th.Remember(id); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "threads"))
	if err != nil || len(b) != 2*threadEntry {
		t.Errorf("%d bytes for two messages, %v", len(b), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "threads"), append(b, 1, 2, 3), 0o600); err != nil { // killed while writing
		t.Fatal(err)
	}
	th = open()
	if !th.Secure("z@x", "", "b@x") || th.Secure("c@x", "") || th.Secure() {
		t.Error("forgot or invented a message over a restart")
	}
	if err := th.Remember("c@x"); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, threadDays-1)
	if th = open(); !th.Secure("a@x") || !th.Secure("c@x") {
		t.Error("forgot too early, or lost what came after a torn entry")
	}
	now = now.AddDate(0, 0, 2)
	if th = open(); th.Secure("a@x") {
		t.Error("forgets nothing")
	}
	if info, err := os.Stat(filepath.Join(dir, "threads")); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 0 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestThreadsForgetTheOldest(t *testing.T) {
	th := &Threads{&memory{days: map[uint64]int32{}, now: func() time.Time { return time.Unix(1000*24*60*60, 0) }}}
	for i := range uint64(manyThreads) {
		th.days[i] = int32(900 + i/(manyThreads/100))
	}
	th.forget()
	if n := len(th.days); n < manyThreads/2 || n > manyThreads/2+manyThreads/50 {
		t.Errorf("%d are left", n)
	}
	for hash, day := range th.days {
		if day < 949 {
			t.Fatalf("entry %d of day %d is left", hash, day)
		}
	}
	for i := range uint64(manyThreads) {
		th.days[i] = 1000
	}
	th.forget()
	if n := len(th.days); n != manyThreads/2 {
		t.Errorf("%d of one day are left", n)
	}
}

// rememberingFilter enforces, and remembers threads.
func rememberingFilter(t *testing.T, config string, now func() time.Time) *Filter {
	t.Helper()
	cfg := testConfig(t, "[policy]\nmode = \"enforce\"\n"+config)
	th, err := OpenThreads(cfg.Milter.StateDir, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { th.Close() })
	parts := testParts
	parts.Threads = th
	f, err := NewFilter(cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A reply in the open to a mail that arrived encrypted is held, whatever it says; an answer to other mail is not.
func TestDowngradeIsSeen(t *testing.T) {
	f := rememberingFilter(t, "[[channel]]\nname = \"gateway\"\nheader = \"X-Gateway: secure\"\n", time.Now)
	judge := func(text string) Judgement {
		return f.Explain([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	}
	arrive := func(id, extra string) {
		j := judge(fmt.Sprintf("From: anna@borger.example\nTo: kari@kommune.example\nMessage-ID: <%s>\n%s\n\nHej\n", id, extra))
		if j.Direction != verdict.Inbound {
			t.Fatalf("direction %s", j.Direction)
		}
	}
	arrive("secure@borger.example", "X-Gateway: secure")
	arrive("open@borger.example", "X-Other: x")
	for fields, want := range map[string]string{
		"In-Reply-To: <secure@borger.example>":                        "downgrade",
		"References: <first@kommune.example> <secure@borger.example>": "downgrade",
		"In-Reply-To: <secure@borger.example>\nX-Gateway: secure":     "secure-channel",
		"In-Reply-To: <open@borger.example>":                          "otherwise",
		"X-Nothing: x":                                                "otherwise",
	} {
		if j := judge("From: kari@kommune.example\nTo: anna@borger.example\n" + fields + "\n\nTak for din mail.\n"); j.Why != want {
			t.Errorf("%q: by %s, want %s", fields, j.Why, want)
		}
	}
}

// A password that follows a locked file, in its thread or within a week to the same recipient, is the key by the channel of the lock;
// a password that follows nothing, goes to somebody else or is not told, is none.
func TestKeyByTheSameChannelIsSeen(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	f := rememberingFilter(t, "", func() time.Time { return now })
	judge := func(to, fields, body string) string {
		return f.Explain([]byte(strings.ReplaceAll("From: kari@kommune.example\nTo: "+to+"\n"+fields+"\n\n"+body+"\n", "\n", "\r\n"))).Why
	}
	const key = "Adgangskoden til filen er Blaa-Hest47."
	if why := judge("anna@borger.example", "X-Nothing: x", key); why != "otherwise" {
		t.Errorf("before any lock: by %s", why)
	}
	locked, err := os.ReadFile("message/testdata/53-zip-aes.eml")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(locked), "MIME-Version")
	j := f.Explain([]byte(strings.ReplaceAll("From: kari@kommune.example\nTo: anna@borger.example\nMessage-ID: <lock@kommune.example>\nMIME-Version"+strings.ReplaceAll(body, "\r", ""), "\n", "\r\n")))
	if j.Why != "content-encrypted" {
		t.Fatalf("the locked file: by %s", j.Why)
	}
	for _, tt := range []struct{ to, fields, text, want string }{
		{"anna@borger.example", "X-Nothing: x", key, "key-by-same-channel"},
		{"Anna@Borger.example", "X-Nothing: x", key, "key-by-same-channel"},
		{"bo@borger.example", "References: <lock@kommune.example>", key, "key-by-same-channel"},
		{"bo@borger.example", "X-Nothing: x", key, "otherwise"},
		{"anna@borger.example", "X-Nothing: x", "Du får adgangskoden i en SMS.", "otherwise"},
	} {
		if why := judge(tt.to, tt.fields, tt.text); why != tt.want {
			t.Errorf("to %s, %s: by %s, want %s", tt.to, tt.fields, why, tt.want)
		}
	}
	now = now.AddDate(0, 0, keyDays+1)
	for fields, want := range map[string]string{"X-Nothing: x": "otherwise", "In-Reply-To: <lock@kommune.example>": "key-by-same-channel"} {
		if why := judge("anna@borger.example", fields, key); why != want {
			t.Errorf("after a week, %s: by %s, want %s", fields, why, want)
		}
	}
}
