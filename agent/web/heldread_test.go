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

	"postvagt/milter/message"
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
		"tags":         []byte("Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 300_000) + "x"),
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
			size += len(text.Text)
			if strings.ToValidUTF8(text.Text, "") != text.Text {
				t.Errorf("%s: a text is not UTF-8", name)
			}
		}
		if size > 2*readMost || len(one.Texts) > readParts+1 || len(one.Shut) > readParts {
			t.Errorf("%s: %d bytes in %d texts, %d without", name, size, len(one.Texts), len(one.Shut))
		}
		if cut := len(raw) > readMost && name != "tags"; cut && !one.Cut {
			t.Errorf("%s: it is not said that there is more", name)
		}
	}
}

// Each mail that the milter's reader is held against says here what it says there, if no mail program would hide it; what the
// usual readers of MIME stumble over is read all the same, and so is a document that is attached.
func TestHeldMailIsReadAsItWasJudged(t *testing.T) {
	files, err := filepath.Glob("../../milter/message/testdata/*.eml")
	if err != nil || len(files) < 100 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		judged := map[string]bool{}
		m, err := message.NewReader(message.Options{Pdftotext: "-"}).Read(bytes.NewReader(raw), int64(len(raw)), func(x message.Text) {
			if !x.Hidden && strings.ContainsAny(x.Part[:1], "0123456789") {
				for w := range strings.FieldsSeq(string(x.Data)) {
					judged[w] = true
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		one, shown := readMessage("en", raw), map[string]bool{}
		for _, x := range one.Texts {
			for w := range strings.FieldsSeq(x.Text) {
				shown[w] = true
			}
		}
		missing := 0
		for w := range judged {
			if !shown[w] {
				missing++
			}
		}
		if missing > 0 && !one.Cut {
			t.Errorf("%s: %d of %d words are not shown, and nobody is told", filepath.Base(file), missing, len(judged))
		}
		if len(m.Unopened) > 0 && len(one.Shut) == 0 {
			t.Errorf("%s: it is not said what could not be opened", filepath.Base(file))
		}
	}
}
