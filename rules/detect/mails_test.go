package detect

import (
	"os"
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

// readMails reads a file of mails: "=== id level kind…", header lines, text.
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

// holdMails keeps a set of mails at the floor that all sets have.
func holdMails(t *testing.T, path string) {
	t.Helper()
	c := scoreMails(t, path)
	t.Logf("F1 %.3f: %+v", c.f1(), c)
	if c.f1() < 0.9 {
		t.Errorf("F1 %.3f, want at least 0.9", c.f1())
	}
}

// TestOwnMails holds the engine to mails in manners unlike each other. They were written before the weights were
// tuned; the figure then was F1 0.813 (37 found, 11 false, 6 missed, 21 passed).
func TestOwnMails(t *testing.T) {
	holdMails(t, "testdata/mails-own.txt")
}

// TestSecondMails is a second set, written when the first had been tuned on; the figure before any tuning on this one
// was F1 0.866 (55 found, 9 false, 8 missed, 21 passed).
func TestSecondMails(t *testing.T) {
	holdMails(t, "testdata/mails-second.txt")
}

// TestThirdMails is a third set, written when the second had been looked at; the figure before any tuning on this one
// was F1 0.894 (38 found, 4 false, 5 missed, 20 passed).
func TestThirdMails(t *testing.T) {
	holdMails(t, "testdata/mails-third.txt")
}

// TestFourthMails is ordinary office mail with people in it, written when the third set had been looked at; the figure
// before any tuning on this one was F1 0.833 (15 found, 4 false, 2 missed, 21 passed).
func TestFourthMails(t *testing.T) {
	holdMails(t, "testdata/mails-fourth.txt")
}

// TestFifthMails is minutes, signatures, adverts, press releases, templates, advice and definitions, written when the
// fourth set had been looked at; the figure before any tuning on this one was F1 0.629 (39 found, 45 false, 1 missed, 30 passed).
func TestFifthMails(t *testing.T) {
	holdMails(t, "testdata/mails-fifth.txt")
}

// TestSixthMails mixes the same manners with what is told in their words, written when the fifth set had been tuned on;
// the figure before any tuning on this one was F1 0.619 (13 found, 12 false, 4 missed, 17 passed).
func TestSixthMails(t *testing.T) {
	holdMails(t, "testdata/mails-sixth.txt")
}

// TestSeventhMails is terse notes, mails without punctuation, sheets, clubs, stages and matches, in all languages,
// written when the sixth set had been tuned on; the figure before any tuning on this one was F1 0.897 (48 found,
// 7 false, 4 missed, 33 passed).
func TestSeventhMails(t *testing.T) {
	holdMails(t, "testdata/mails-seventh.txt")
}

// TestEighthMails is ward notes, letters of parents and neighbours, forms and quoted threads beside orders, rotas, agendas, novels
// and plays, written by somebody who knew neither the rules nor the other sets; the figure of all of them before any tuning on
// them was F1 0.766 (72 found, 25 false, 19 missed, 44 passed).
func TestEighthMails(t *testing.T) {
	holdMails(t, "testdata/mails-eighth.txt")
}

// TestNinthMails is the everyday outbox of offices, schools, hospitals and courts, written by somebody who knew neither the rules
// nor the other sets; the figure of all of them before any tuning on them was F1 0.938 (76 found, 8 false, 2 missed, 64 passed).
func TestNinthMails(t *testing.T) {
	holdMails(t, "testdata/mails-ninth.txt")
}

// TestTenthMails is of the rarer kinds (ethnicity, religion, sexual life, politics, unions, biometrics, pay, debt) told in subjects,
// tables, postscripts and passing, beside choirs, elections, newsletters and offers, written by somebody who knew neither the rules nor the
// other sets; the figure before any tuning on them was F1 0.754 (46 found, 10 false, 20 missed, 56 passed).
func TestTenthMails(t *testing.T) {
	holdMails(t, "testdata/mails-tenth.txt")
}
