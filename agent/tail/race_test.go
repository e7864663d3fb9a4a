package tail

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A log that is copied, truncated and grown past the position just between the look at it and the reading: neither the
// rest of the old content nor the beginning of the new one is lost.
func TestCutBetweenLookAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	text := func(name string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s %d\n", name, i)
		}
		return b.String()
	}
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(path, text("old", 10))
	f, _, err := Follow(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	take := func(b Batch) {
		for _, l := range b.Lines {
			got = append(got, l.Text)
		}
	}
	b, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	take(b)
	if err := f.look(&b); err != nil {
		t.Fatal(err)
	}
	write(path+".1", text("old", 12))
	write(path, text("new", 40)) // the same file, truncated
	late := Batch{Source: path}
	if err := f.gens[0].read(f.buf, &late, false); err != nil {
		t.Fatal(err)
	}
	take(late)
	for range 5 {
		b, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		take(b)
	}
	if want := text("old", 12) + text("new", 40); strings.Join(got, "\n")+"\n" != want {
		t.Errorf("read %q", got)
	}
}

// A log that is written, copied, truncated and written again between the look at it and its first reading: what the copy holds
// comes first.
func TestCutBetweenLookAndFirstRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(path, "first\n")
	f, _, err := Follow(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	read := func() {
		t.Helper()
		b, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range b.Lines {
			got = append(got, l.Text)
		}
	}
	read()
	if err := os.Rename(path, path+"-1"); err != nil {
		t.Fatal(err)
	}
	write(path, "")
	b := Batch{Source: path}
	if err := f.look(&b); err != nil {
		t.Fatal(err)
	}
	write(path, "second\n")
	write(path+"-2", "second\n")
	write(path, "third\n") // the same file, truncated
	if err := f.take(&b); err != nil {
		t.Fatal(err)
	}
	for _, l := range b.Lines {
		got = append(got, l.Text)
	}
	for range 5 {
		read()
	}
	if strings.Join(got, " ") != "first second third" {
		t.Errorf("read %q", got)
	}
}
