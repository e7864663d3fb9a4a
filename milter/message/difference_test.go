package message

import (
	"bufio"
	"bytes"
	"encoding/json"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// other is what another parser made of a mail.
type other struct {
	File        string
	Plain, HTML []string
	Names       []string
	Failed      bool
}

// TestDifference compares with two public parsers over the mails of the ham corpus: every line of text,
// every word of HTML and every file name that they give is among our texts, or the difference is listed
// with its reason in testdata/difference/known.txt.
func TestDifference(t *testing.T) {
	dir := corpusDir(t, "ham")
	parsers := map[string]*exec.Cmd{}
	if p, err := exec.LookPath("python3"); err == nil {
		parsers["email"] = exec.Command(p, "testdata/difference/python.py")
	}
	if p, err := exec.LookPath("node"); err == nil {
		parsers["postal-mime"] = exec.Command(p, "testdata/difference/postal.mjs")
	}
	if _, err := os.Stat("../../packaging/e2e/browser/node_modules/postal-mime"); err != nil || len(parsers) != 2 {
		t.Fatal("python3, node and postal-mime are needed: make deps-test")
	}
	files := mailsOf(t, dir)
	ours := map[string]reading{}
	rd := NewReader(Options{})
	for _, f := range files {
		ours[f] = readFile(t, rd, f)
	}
	known := knownDifferences(t)
	for name, cmd := range parsers {
		t.Run(name, func(t *testing.T) {
			same, differ := 0, 0
			for _, x := range readOthers(t, cmd, files) {
				rel, _ := filepath.Rel(dir, x.File)
				what := differences(ours[x.File], x)
				if len(what) == 0 {
					same++
					continue
				}
				differ++
				if known[name+" "+rel] == "" && known["both "+rel] == "" {
					t.Errorf("%s %s: %s", name, rel, strings.Join(what, ", "))
				}
			}
			t.Logf("%d the same, %d listed as different", same, differ)
		})
	}
}

func mailsOf(t *testing.T, dir string) (files []string) {
	err := filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(p, ".eml") {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// knownDifferences reads lines of the form "parser file: reason".
func knownDifferences(t *testing.T) map[string]string {
	data, err := os.ReadFile("testdata/difference/known.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, line := range strings.Split(string(data), "\n") {
		if k, why, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, "#") {
			known[k] = why
		}
	}
	return known
}

func readOthers(t *testing.T, cmd *exec.Cmd, files []string) (out []other) {
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	data, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var x other
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		if !x.Failed {
			out = append(out, x)
		}
	}
	return out
}

var (
	htmlDrop = regexp.MustCompile(`(?is)<(style|script)\b.*?</(style|script)>|<!--.*?-->`)
	htmlTag  = regexp.MustCompile(`(?s)<[^>]*>`)
	longWord = regexp.MustCompile(`\pL{4,}`)
)

// differences says in which kinds of text something is missing on our side; never what.
func differences(r reading, x other) (what []string) {
	all := bare(r.joined(func(string) bool { return true }))
	lost := 0
	for _, text := range x.Plain {
		for _, line := range strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
			if l := strings.TrimLeft(bare(line), ">"); len(l) > 3 && !failedToDecode(l) && !strings.Contains(all, l) {
				lost++
			}
		}
	}
	if lost > 0 {
		what = append(what, "lines of text")
	}
	words := 0
	for _, text := range x.HTML {
		text = html.UnescapeString(htmlTag.ReplaceAllString(htmlDrop.ReplaceAllString(text, " "), " "))
		for _, w := range longWord.FindAllString(text, -1) {
			if !strings.Contains(all, bare(w)) {
				words++
			}
		}
	}
	if words > 0 {
		what = append(what, "words of HTML")
	}
	for _, n := range x.Names {
		if !failedToDecode(n) && !strings.Contains(all, bare(n)) {
			what = append(what, "a file name")
			break
		}
	}
	return what
}

// failedToDecode says that the other parser gave up on the charset.
func failedToDecode(s string) bool { return strings.ContainsRune(s, unicode.ReplacementChar) }

// bare drops white space and what no reader sees.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFC.String(s))
}
