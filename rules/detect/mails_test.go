package detect

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mail is one labelled text of testdata: id, level, kinds, subject and body.
type mail struct {
	id, level string
	kinds     []string
	from      string
	subject   string
	body      string
}

// readMails reads a file of mails: what they are, then of each "=== id level kind…", header lines, text.
func readMails(t testing.TB, name string) []mail {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []mail
	for _, block := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		head, body, _ := strings.Cut(block, "\n")
		f := strings.Fields(head)
		m := mail{id: f[0], level: f[1], kinds: f[2:]}
		for {
			line, rest, _ := strings.Cut(body, "\n")
			if v, ok := strings.CutPrefix(line, "Subject: "); ok {
				m.subject = v
			} else if v, ok := strings.CutPrefix(line, "From: "); ok {
				m.from = v
			} else {
				break
			}
			body = rest
		}
		m.body = body
		out = append(out, m)
	}
	return out
}

func (m mail) scan(e *Engine) Result {
	s := e.NewScanner(Context{SenderName: m.from})
	s.Scan(Text{Part: "subject", Data: []byte(m.subject)})
	s.Scan(Text{Part: "1 text/plain", Data: []byte(m.body)})
	return s.Result()
}

// tally is a count of decisions.
type tally struct{ tp, fp, fn, tn int }

func (c *tally) add(want, got bool) {
	switch {
	case want && got:
		c.tp++
	case got:
		c.fp++
	case want:
		c.fn++
	default:
		c.tn++
	}
}

func (c tally) f1() float64 { return 2 * float64(c.tp) / float64(max(1, 2*c.tp+c.fp+c.fn)) }

// scoreMails judges a file of mails and logs each wrong decision by id.
func scoreMails(t *testing.T, name string) tally {
	e := shipped(t)
	var c tally
	for _, m := range readMails(t, name) {
		res := m.scan(e)
		want, got := m.level != "none", res.Level != None
		c.add(want, got)
		if want != got {
			t.Logf("%s: want %s %v, got %s %v", m.id, m.level, m.kinds, res.Level, res.Kinds)
		} else if want && (m.level != res.Level.String() || !slices.Equal(m.kinds, res.Kinds)) {
			t.Logf("%s: (kind) want %s %v, got %s %v", m.id, m.level, m.kinds, res.Level, res.Kinds)
		}
	}
	return c
}

// TestMails holds the engine to each set of labelled mails; the first line of a set says what it is, and what its figure was
// before any tuning on it.
func TestMails(t *testing.T) {
	sets, err := filepath.Glob("testdata/mails-*.txt")
	if err != nil || len(sets) < 11 {
		t.Fatalf("%d sets, error %v", len(sets), err)
	}
	for _, path := range sets {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			c := scoreMails(t, path)
			t.Logf("F1 %.3f: %+v", c.f1(), c)
			if c.f1() < 0.9 {
				t.Errorf("F1 %.3f, want at least 0.9", c.f1())
			}
		})
	}
}
