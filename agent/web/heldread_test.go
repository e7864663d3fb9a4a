package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// hostileMails are mails that ask much of who reads them, and those that fuzzing of the milter's reader found worth keeping.
func hostileMails(t *testing.T) map[string][]byte {
	t.Helper()
	var nested strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	all := map[string][]byte{
		"nested":       []byte(nested.String()),
		"many parts":   []byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 50_000)),
		"one long":     []byte("Subject: x\r\n\r\n" + strings.Repeat("x", 4<<20)),
		"base64":       []byte("Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("y "), 1<<20))),
		"tags":         []byte("Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 300_000) + "<script>alert(1)</script>"),
		"utf-7 header": []byte("Subject: =?utf-7?Q?+ADw-script+AD4-?=\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+ADw-script+AD4-"),
		"no head":      bytes.Repeat([]byte{0xff, 0}, 1<<20),
	}
	files, err := filepath.Glob("../../milter/message/testdata/fuzz/FuzzRead/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no mails of the milter's fuzzing", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, quoted, _ := strings.Cut(string(text), "[]byte(")
		if raw, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(quoted), ")")); err == nil {
			all[name] = []byte(raw)
		}
	}
	return all
}

// No mail makes the pages show more than the bound, or text that is not UTF-8; and what is left out is said.
func TestHostileHeldMail(t *testing.T) {
	for name, raw := range hostileMails(t) {
		one := readMessage("en", raw)
		size := 0
		for _, text := range one.Texts {
			size += len(text)
			if strings.ToValidUTF8(text, "") != text {
				t.Errorf("%s: a text is not UTF-8", name)
			}
		}
		if size > readMost || len(one.Texts) > readParts || len(one.Attachments) > readParts*readDepth {
			t.Errorf("%s: %d bytes in %d texts, %d attachments", name, size, len(one.Texts), len(one.Attachments))
		}
		if cut := len(raw) > readMost && name != "tags"; cut && !one.Cut {
			t.Errorf("%s: it is not said that there is more", name)
		}
		if strings.Contains(strings.Join(one.Texts, ""), "alert(1)") && name == "tags" {
			t.Errorf("%s: a script is shown", name)
		}
	}
}
