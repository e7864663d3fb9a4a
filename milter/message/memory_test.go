package message

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// memoryMails are messages of 25 MB, each hard to read in pieces.
var memoryMails = map[string]func() []byte{
	"text": func() []byte { return []byte("Subject: x\r\n\r\n" + benchText(25<<20)) },
	"one line": func() []byte {
		return []byte("Subject: x\r\n\r\n" + strings.ReplaceAll(benchText(25<<20), "\r\n", " "))
	},
	"html": func() []byte {
		return []byte("Subject: x\r\nContent-Type: text/html\r\n\r\n" + strings.ReplaceAll(benchText(22<<20), "\r\n", "</p><p>"))
	},
	"html picture": func() []byte {
		return []byte("Subject: x\r\nContent-Type: text/html\r\n\r\n<p>a</p><img src=\"data:image/png;base64," + strings.Repeat("QUJD", 6<<20) + "\"><p>b</p>")
	},
	"zip":  func() []byte { return benchMail("application/zip", "a.zip", benchZip(18<<20)) },
	"docx": func() []byte { return benchMail(typDocx, "a.docx", benchDocx(18<<20)) },
	"unknown": func() []byte {
		return benchMail("application/x-thing", "a.bin", bytes.Repeat([]byte{0, 1, 2, 3, 250}, 18<<20/5))
	},
	"nested": func() []byte {
		inner := benchMail("text/plain", "a.txt", []byte(benchText(13<<20)))
		return []byte("Subject: x\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrap64(inner))
	},
	"header": func() []byte {
		return []byte("Subject: " + strings.Repeat("=?utf-8?q?S=C3=B8ren?= ", 1<<20) + "\r\n\r\nx")
	},
	"blank armour": func() []byte {
		return []byte("Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n" + strings.Repeat("\n", 24<<20))
	},
	"blank quote": func() []byte {
		return []byte("Subject: x\r\n\r\nDen 3. marts skrev Bo:\n" + strings.Repeat("\n", 24<<20))
	},
	"addresses": func() []byte { return []byte("To: " + strings.Repeat("a,", 12<<20) + "\r\n\r\nx") },
	"uuencode": func() []byte {
		return []byte("Subject: x\r\n\r\n" + strings.Repeat("begin 644 abcd\n#86)C\nend\n", 1<<20))
	},
	"empty strings": func() []byte { return benchMail("application/zip", "a.xlsx", emptyStrings()) },
	"calendar": func() []byte {
		return []byte("Subject: x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64:" + strings.Repeat("QUJD", 6<<20) + "\r\nEND:VCALENDAR\r\n")
	},
}

// emptyStrings is a workbook of many shared strings that hold nothing.
func emptyStrings() []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, _ := z.Create("xl/workbook.xml")
	io.WriteString(w, "<workbook/>")
	w, _ = z.Create("xl/sharedStrings.xml")
	for range 2000 {
		io.WriteString(w, strings.Repeat("<si/>", 10_000))
	}
	z.Close()
	return out.Bytes()
}

// TestMemory reads each in a process of its own and asks the system how much memory that took.
func TestMemory(t *testing.T) {
	if name := os.Getenv("POSTVAGT_MEMORY_MAIL"); name != "" {
		memoryChild(t, name)
		return
	}
	if testing.Short() {
		t.Skip("short")
	}
	for name, mail := range memoryMails {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir() + "/mail"
			if err := os.WriteFile(path, mail(), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestMemory$", "-test.v")
			cmd.Env = append(os.Environ(), "POSTVAGT_MEMORY_MAIL="+path)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			_, rest, _ := strings.Cut(string(out), "resident ")
			kb, err := strconv.Atoi(strings.Fields(rest + " ")[0])
			if err != nil {
				t.Fatalf("no figure in %q", out)
			}
			t.Logf("%d MB", kb>>10)
			if kb > 128<<10 {
				t.Errorf("%d MB resident, at most 128 allowed", kb>>10)
			}
		})
	}
}

func memoryChild(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, _ := f.Stat()
	if _, err := NewReader(Options{}).Read(f, st.Size(), func(Text) {}); err != nil {
		t.Fatal(err)
	}
	status, err := os.Open("/proc/self/status")
	if err != nil {
		t.Skip("no /proc")
	}
	defer status.Close()
	sc := bufio.NewScanner(status)
	for sc.Scan() {
		if v, ok := strings.CutPrefix(sc.Text(), "VmHWM:"); ok {
			fmt.Printf("resident %s\n", strings.TrimSpace(v))
		}
	}
}
