package main

import (
	"bytes"
	"io"
	"net/mail"
	"strings"
	"testing"
)

func composed(t *testing.T) *manifest {
	t.Helper()
	m, _, err := composeAll(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Each requirement of the sources that mail can show is shown by a mail, in all five languages.
func TestSamplesCoverTheRequirements(t *testing.T) {
	m := composed(t)
	shown := map[string]int{}
	for _, s := range m.Mail {
		for _, r := range s.For {
			shown[r]++
		}
	}
	for _, r := range []string{"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R12", "R13", "R14", "R15", "R17", "R18"} {
		if shown[r] == 0 {
			t.Errorf("no mail shows %s", r)
		}
	}
	for _, word := range []string{"danish|cpr", "swedish", "norwegian", "finnish", "english"} {
		n := 0
		for _, s := range m.Mail {
			for _, w := range strings.Split(word, "|") {
				if strings.Contains(s.File, w) {
					n++
				}
			}
		}
		if n < 4 {
			t.Errorf("%d mails in %s", n, word)
		}
	}
}

// The figures that the manifest names are those that its mails amount to.
func TestFiguresOfTheManifest(t *testing.T) {
	m := composed(t)
	counted := m.recount()
	for id, figure := range m.Figures {
		if counted[id] != figure {
			t.Errorf("%s: the manifest says %s, its mails amount to %s", id, figure, counted[id])
		}
	}
	if len(m.Figures) < 15 {
		t.Errorf("only %d figures", len(m.Figures))
	}
}

// Each sample is a mail that others can read, and a protected one shows nothing of what it holds.
func TestSamplesAreMails(t *testing.T) {
	for _, s := range composed(t).Mail {
		message, err := mail.ReadMessage(bytes.NewReader(s.Data))
		if err != nil {
			t.Errorf("%s: %v", s.File, err)
			continue
		}
		for _, field := range []string{"From", "To", "Date", "Message-Id", "Mime-Version", "Content-Type", "Subject"} {
			if len(message.Header[field]) != 1 {
				t.Errorf("%s: %d fields %s", s.File, len(message.Header[field]), field)
			}
		}
		body, err := io.ReadAll(message.Body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(s.Protect, "smime") {
			for _, n := range s.Numbers {
				if bytes.Contains(body, []byte(n)) {
					t.Errorf("%s: a number stands in clear", s.File)
				}
			}
		}
		for i, line := range bytes.Split(s.Data, []byte("\n")) {
			if len(line) > 998 {
				t.Errorf("%s:%d: %d bytes in a line (RFC 5322 section 2.1.1)", s.File, i+1, len(line))
			}
		}
	}
}

// The numbers follow their countries' rules of today.
func TestNumbers(t *testing.T) {
	for n := 1; n <= 40; n++ {
		d := digits(cpr(n))
		if len(d) != 10 || weighted(d, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 || d[0] < '6' {
			t.Errorf("CPR %d: not a replacement number with modulus 11", n)
		}
		d = digits(fnr(n))
		if len(d) != 11 || weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 != 0 || weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 || d[2] < '8' {
			t.Errorf("fødselsnummer %d: not a synthetic number", n)
		}
		d = digits(pnr(n))
		sum := 0
		for i := range d {
			k := int(d[i]-'0') * (2 - i%2)
			sum += k/10 + k%10
		}
		if len(d) != 10 || sum%10 != 0 || d[6:8] < "98" {
			t.Errorf("personnummer %d: not a test number", n)
		}
		if h := hetu(n%14 + 1); len(h) != 11 || h[7] != '9' {
			t.Errorf("henkilötunnus %d: not a test number", n)
		}
	}
	if d := digits(kennitala(1)); weighted(d, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
		t.Error("kennitala: wrong check digit")
	}
}
