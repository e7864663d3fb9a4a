package message

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the .want files anew")

// TestGolden reads testdata/NN-name.eml and compares everything it gives with NN-name.want.
// NN-name.readme says why the mail is there.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden mails: %v", err)
	}
	rd := NewReader(Options{})
	for _, f := range files {
		base := strings.TrimSuffix(f, ".eml")
		t.Run(filepath.Base(base), func(t *testing.T) {
			if _, err := os.Stat(base + ".readme"); err != nil {
				t.Errorf("no readme: %v", err)
			}
			if rd.Pdftotext() == "" && strings.Contains(base, "pdf") {
				t.Skip("no pdftotext")
			}
			got := render(readFile(t, rd, f))
			if *update {
				if err := os.WriteFile(base+".want", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(base + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// render writes a reading down.
func render(r reading) string {
	var b strings.Builder
	for _, x := range r.texts {
		flags := ""
		if x.Quoted {
			flags += " quoted"
		}
		if x.Hidden {
			flags += " hidden"
		}
		fmt.Fprintf(&b, "[%s%s]\n%s\n", x.Part, flags, bytes.TrimRight(x.Data, "\n"))
	}
	p := r.mail.Protection
	fmt.Fprintf(&b, "-- %s %q strong=%v signed=%v whole=%v opened=%q\n", p.Content, p.Algorithm, p.Strong, p.Signed, p.Whole, p.Opened)
	for _, l := range r.mail.Locks {
		fmt.Fprintf(&b, "-- lock %s %s %q strong=%v partial=%v opened=%q\n", l.Part, l.Content, l.Algorithm, l.Strong, l.Partial, l.Opened)
	}
	for _, u := range r.mail.Unopened {
		fmt.Fprintf(&b, "-- unopened %s: %s\n", u.Part, u.Reason)
	}
	return b.String()
}

// reading is what one message gave.
type reading struct {
	mail  *Mail
	texts []Text
}

func readFile(t testing.TB, rd *Reader, path string) reading {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return readBytes(t, rd, data)
}

func readBytes(t testing.TB, rd *Reader, data []byte) reading {
	t.Helper()
	var r reading
	var err error
	r.mail, err = rd.Read(bytes.NewReader(data), int64(len(data)), func(x Text) {
		x.Data = append([]byte(nil), x.Data...)
		r.texts = append(r.texts, x)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
