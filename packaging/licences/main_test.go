package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// atRoot lets a test run where the command does.
func atRoot(t *testing.T) {
	t.Helper()
	t.Chdir("../..")
}

// What stands in DEPENDENCIES.md is what is linked in today.
func TestDependencies(t *testing.T) {
	atRoot(t)
	parts, err := partsOf(programs...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("packaging/DEPENDENCIES.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := table(parts); string(b) != want {
		t.Errorf("packaging/DEPENDENCIES.md is old: go run ./packaging/licences table >packaging/DEPENDENCIES.md\nnow it would be\n%s", want)
	}
}

// Each part has a paragraph with its holders and the whole text of its licence, in Debian's form.
func TestCopyright(t *testing.T) {
	atRoot(t)
	base, err := os.ReadFile("packaging/deb/copyright")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		parts, err := partsOf(program)
		if err != nil {
			t.Fatal(err)
		}
		paragraphs := strings.Split(strings.TrimSpace(copyright(string(base), parts)), "\n\n")
		if len(paragraphs) != 2+len(parts) {
			t.Errorf("%s: %d paragraphs for %d parts", program, len(paragraphs), len(parts))
		}
		for i, p := range paragraphs {
			for line := range strings.SplitSeq(p, "\n") {
				if !regexp.MustCompile(`^( \s*\S|[A-Z][A-Za-z-]+:)`).MatchString(line) {
					t.Errorf("%s, paragraph %d: %q is no line of a field", program, i+1, line)
				}
			}
			if strings.Contains(p, "TERMS AND CONDITIONS FOR USE, REPRODUCTION") {
				t.Errorf("%s, paragraph %d holds a licence that Debian has", program, i+1)
			}
			if i >= 2 && (!strings.HasPrefix(p, "Files: "+parts[i-2].Files+"\n") || !strings.Contains(p, "\nLicense: ") || strings.Count(p, "\n") < 4) {
				t.Errorf("%s: paragraph of %s is not whole", program, parts[i-2].Name)
			}
		}
	}
}

// A part whose licence nobody knows is refused.
func TestUnknownLicence(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/LICENSE", []byte("Do as you are told.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (module{name: "example.org/x", version: "v1.0.0", dir: dir}).part(); err == nil || !strings.Contains(err.Error(), "example.org/x v1.0.0") {
		t.Errorf("taken: %v", err)
	}
	if err := os.WriteFile(dir+"/License.txt", []byte("Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := (module{name: "example.org/x", version: "v1.0.0", dir: dir}).part(); err != nil || p.ID != "ISC" {
		t.Errorf("%+v, %v", p, err)
	}
}
