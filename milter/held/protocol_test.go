package held

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// shelf is a hold queue in memory. The real ones are in the stories of packaging/e2e.
type shelf struct {
	held     []Message
	gateway  string // id of the message that has a gateway
	fails    error
	returned []string
}

func (s *shelf) List(context.Context) ([]Message, error) { return slices.Clone(s.held), nil }

func (s *shelf) Show(_ context.Context, _ Message, _ bool, w io.Writer) error {
	_, err := io.WriteString(w, "Subject: x\n\ny\n")
	return err
}

func (s *shelf) Routable(_ context.Context, m Message) (bool, error) { return m.ID == s.gateway, nil }

func (s *shelf) Return(_ context.Context, m Message) error {
	if s.fails == nil {
		s.returned = append(s.returned, m.ID)
	}
	return s.leave(m)
}

func (s *shelf) Route(_ context.Context, m Message) error   { return s.leave(m) }
func (s *shelf) Release(_ context.Context, m Message) error { return s.leave(m) }
func (s *shelf) Delete(_ context.Context, m Message) error  { return s.leave(m) }

func (s *shelf) leave(m Message) error {
	if s.fails != nil {
		return s.fails
	}
	s.held = slices.DeleteFunc(s.held, func(o Message) bool { return o.ID == m.ID })
	return nil
}

const heldVerdicts = `2026-11-28T13:00:00.5+00:00 mx postvagt-milter[1]: 4bXyQ12old: verdict v=1 id=00000000000000000000000000000001 action=hold level=confidential kinds=dk-cpr persons=1 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<bo@kommune.example> dept=Teknik rcpts=1 size=912 ms=1.0 rules=dk-cpr:2 parts=dk-cpr@1_text/plain,dk-cpr@subject unopened=0 quoted=no hidden=no why=confidential risk=
2026-11-27T15:00:00.5+00:00 mx postvagt-milter[1]: 4bXyQ12abc: verdict v=1 id=0000000000000000000000000000000f action=hold level=confidential kinds=dk-cpr persons=1 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<x@kommune.example> dept=Andre rcpts=1 size=1 ms=1.0 rules=dk-cpr:1 parts= unopened=0 quoted=no hidden=no why=confidential risk=
2026-11-28T15:00:00.5+00:00 mx postvagt-milter[1]: 4bXyQ12abc: verdict v=1 id=00000000000000000000000000000002 action=hold level=sensitive kinds=health persons=1 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<kari@kommune.example> dept=Social rcpts=1 size=603 ms=1.0 rules=da-health:1 parts=da-health@2.1_docx unopened=0 quoted=no hidden=no why=sensitive risk=
`

func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-11-28T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// desk is the world of testdata/protocol.txt.
func desk(t *testing.T) (*Desk, *shelf) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "verdict.log")
	if err := os.WriteFile(log, []byte(heldVerdicts), 0o600); err != nil {
		t.Fatal(err)
	}
	decisions, err := OpenDecisions(filepath.Join(dir, "held", "decisions.jsonl"), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { decisions.Close() })
	s := &shelf{gateway: "4bXyQ12abc", held: []Message{
		{ID: "4bXyQ12old", Arrival: at("13:00:00"), Size: 912, Sender: "bo@kommune.example", Recipients: []string{"a@b.example"}},
		{ID: "4bXyQ12abc", Arrival: at("15:00:00"), Size: 603, Sender: "kari@kommune.example", Recipients: []string{"a@b.example"}},
		{ID: "4bXyQ12def", Arrival: at("15:30:00"), Size: 700, Sender: "per@kommune.example", Recipients: []string{"a@b.example"}},
	}}
	n := 0
	d := &Desk{Queue: s, Verdicts: &Verdicts{Path: log}, Decisions: decisions, Now: func() time.Time { return at("16:00:00") },
		NewID: func() string { n++; return fmt.Sprint("d", n) },
		Rules: Rules{EscalateAfter: 2 * time.Hour, ReturnAfter: 72 * time.Hour, FourEyes: []string{"health"}}}
	return d, s
}

var root = Peer{Rights: Rights{Decide: true, Read: true, Delete: true}}

// The golden file holds both sides: what the helper answers to each line of a client.
func TestProtocol(t *testing.T) {
	d, _ := desk(t)
	d.Rules.Override = []string{"Teknik"}
	if n, _, err := d.Due(t.Context()); n != 1 || err != nil { // the oldest has waited for three hours
		t.Fatal(n, err)
	}
	golden, err := os.ReadFile("testdata/protocol.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for line := range strings.Lines(string(golden)) {
		if strings.HasPrefix(line, "< ") {
			continue
		}
		got.WriteString(line)
		if ask, ok := strings.CutPrefix(line, "> "); ok {
			var answers bytes.Buffer
			w := bufio.NewWriter(&answers)
			if err := d.Answer(t.Context(), root, []byte(ask), w); err != nil || w.Flush() != nil {
				t.Fatal(err)
			}
			for a := range strings.Lines(answers.String()) {
				got.WriteString("< " + a)
			}
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("testdata/protocol.txt", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wants, gots := strings.Split(string(golden), "\n"), strings.Split(got.String(), "\n")
	for i := range min(len(wants), len(gots)) {
		if wants[i] != gots[i] {
			t.Fatalf("line %d\n got %s\nwant %s", i+1, gots[i], wants[i])
		}
	}
	if len(wants) != len(gots) {
		t.Errorf("%d lines, want %d", len(gots), len(wants))
	}
}

// Whatever a client writes, it gets whole lines of JSON, the last with "ok"; nothing leaves the queue without a reason.
func FuzzAnswer(f *testing.F) {
	golden, err := os.ReadFile("testdata/protocol.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		if ask, ok := strings.CutPrefix(line, "> "); ok {
			f.Add(strings.TrimSpace(ask))
		}
	}
	f.Fuzz(func(t *testing.T, ask string) {
		d, _ := desk(t)
		var answers bytes.Buffer
		w := bufio.NewWriter(&answers)
		if err := d.Answer(t.Context(), root, []byte(ask), w); err != nil || w.Flush() != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(answers.String(), "\n"), "\n")
		for i, line := range lines {
			var r Reply
			if err := json.Unmarshal([]byte(line), &r); err != nil || (r.OK != nil) != (i == len(lines)-1) {
				t.Fatalf("line %d of %d: %v", i+1, len(lines), err)
			}
		}
	})
}
