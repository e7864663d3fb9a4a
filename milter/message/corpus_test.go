package message

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

type devLabel struct {
	ID, File, Encrypted, Weak, Evidence, Hard string
}

func devLabels(t testing.TB, dir string) []devLabel {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []devLabel
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var l devLabel
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// joined gives the text of all parts whose name passes keep, white space normalised.
func (r reading) joined(keep func(part string) bool) string {
	var b strings.Builder
	for _, x := range r.texts {
		if keep(x.Part) {
			b.Write(x.Data)
			if !x.More {
				b.WriteString("\n")
			}
		}
	}
	return squash(b.String())
}

func squash(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}

// holds says whether a text holds the evidence; a label gives a number in one form, whatever
// separators the mail has.
func holds(text, evidence string) bool {
	if strings.Contains(text, squash(evidence)) {
		return true
	}
	bare := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s)
	}
	return strings.Trim(evidence, "0123456789ABCDEFHJKLMNPRSTUVWXY-+ ") == "" && strings.Contains(bare(text), bare(evidence))
}

// TestDevCorpus finds every piece of evidence again and names every protection rightly.
func TestDevCorpus(t *testing.T) {
	dir := corpusDir(t, "dev")
	rd := NewReader(Options{})
	all := func(string) bool { return true }
	body := func(p string) bool { return p != "" && p[0] >= '0' && p[0] <= '9' }
	var lost, misnamed, labelled int
	for _, l := range devLabels(t, dir) {
		r := readFile(t, rd, filepath.Join(dir, l.File))
		inBody := false
		for _, e := range strings.Split(l.Evidence, " / ") {
			if e == "" {
				continue
			}
			inBody = inBody || holds(r.joined(body), e)
			readable := l.Encrypted == "none" || l.Encrypted == "smime-signed-only" || l.Encrypted == "gateway-mark" || l.Weak == "password-in-same-mail"
			if readable && !strings.Contains(l.Hard, "att-image") && !holds(r.joined(all), e) {
				lost++
				t.Errorf("%s [%s]: a piece of evidence is not found; unopened %v", l.ID, l.Hard, r.mail.Unopened)
			}
		}
		got := r.mail.Protection.Content
		if got == "none" && r.mail.Protection.Signed {
			got = "smime-signed-only"
		}
		if l.Encrypted == "gateway-mark" {
			continue
		}
		labelled++
		if l.Encrypted == "none" && (inBody || got == "smime-signed-only") && !r.mail.Protection.Whole {
			continue // what is readable beside a lock decides
		}
		if got != l.Encrypted {
			misnamed++
			t.Logf("%s [%s]: named %s, labelled %s; unopened %v", l.ID, l.Hard, got, l.Encrypted, r.mail.Unopened)
		}
	}
	t.Logf("evidence lost %d, protection misnamed %d of %d", lost, misnamed, labelled)
	if misnamed*50 > labelled {
		t.Errorf("protection misnamed %d of %d, at most 2 %% allowed", misnamed, labelled)
	}
}
