package verdict

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func sample() Record {
	return Record{
		QueueID: "4bXyQ12abc", ID: "00112233445566778899aabbccddeeff", Action: Hold, Level: LevelSensitive,
		Kinds: []string{"dk-cpr", "health"}, Persons: 3,
		Protection: Protection{Content: "smime", Algorithm: "AES-256-CBC", Strong: true, Signed: true, Channel: "gateway"},
		Direction:  Outbound, Lang: "da", From: "a.b@kommune.example", Department: "Børn og Unge", Size: 18231, Millis: 3.1,
		Rules: []RuleCount{{"dk-cpr", 4, []string{"subject", "1 text/plain"}}, {"da-health", 7, []string{"2.1 docx"}}}, Unopened: 1, Quoted: true, Hidden: true, Notify: true,
		Why: "sensitive-out", Risk: "region-2026",
		Recipients: []Recipient{
			{To: "x@borger.example", Class: "external", Identity: "domain", New: true, Hop: "smtp:[mx.example]", Transport: "opportunistic", Wanted: Hold, Action: Hold},
			{To: "", Class: "internal", Objection: true, Objector: "0123456789abcdef", Wanted: Tag, Action: Tag},
		},
	}
}

// reread parses what Lines wrote and puts it together again.
func reread(t *testing.T, r Record) Record {
	t.Helper()
	var got Record
	for i, line := range r.Lines() {
		checkLine(t, i, line)
		checkLine(t, i, r.SignedLines([]byte("key"))[i])
		l, err := Parse(line)
		if err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
		switch {
		case i == 0:
			if l.Count != len(r.Recipients) {
				t.Errorf("rcpts=%d, want %d", l.Count, len(r.Recipients))
			}
			got = *l.Message
		case l.N != i || l.Count != len(r.Recipients):
			t.Errorf("line %d: n=%d/%d", i, l.N, l.Count)
		default:
			got.Recipients = append(got.Recipients, *l.Recipient)
		}
	}
	return got
}

func checkLine(t *testing.T, i int, line string) {
	t.Helper()
	if len(line) >= 900 {
		t.Errorf("line %d has %d bytes", i, len(line))
	}
	if !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x00") {
		t.Errorf("line %d is not one line of UTF-8", i)
	}
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	if d := cmp.Diff(want, reread(t, want)); d != "" {
		t.Error(d)
	}
}

func TestGrammar(t *testing.T) {
	r := sample()
	r.Department, r.Protection = "IT", Protection{Content: "none"}
	want := []string{
		"4bXyQ12abc: verdict v=1 id=00112233445566778899aabbccddeeff action=hold level=sensitive kinds=dk-cpr,health persons=3 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=<a.b@kommune.example> dept=IT rcpts=2 size=18231 ms=3.1 rules=dk-cpr:4,da-health:7 parts=dk-cpr@subject,dk-cpr@1_text/plain,da-health@2.1_docx unopened=1 quoted=yes hidden=yes notify=yes why=sensitive-out risk=region-2026",
		"4bXyQ12abc: rcpt v=1 id=00112233445566778899aabbccddeeff n=1/2 to=<x@borger.example> class=external identity=domain hop=smtp:[mx.example] transport=opportunistic objection=no new=yes wanted=hold action=hold",
		"4bXyQ12abc: rcpt v=1 id=00112233445566778899aabbccddeeff n=2/2 to=<> class=internal identity= hop= transport= objection=yes objector=0123456789abcdef new=no wanted=tag action=tag",
	}
	if d := cmp.Diff(want, r.Lines()); d != "" {
		t.Error(d)
	}
}

// Whatever a sender puts into an envelope, a line stays under 900 bytes and can be read again.
func TestLinesAreCut(t *testing.T) {
	for name, filler := range map[string]string{"plain": "a", "quoted": "\"", "control": "\x01", "invalid": "\xff", "wide": "æ", "escaped rune": "\u200b", "high": "\U000e0001"} {
		t.Run(name, func(t *testing.T) {
			long := strings.Repeat(filler, 3000)
			r := sample()
			r.From, r.Department, r.Why, r.Protection.Algorithm, r.Protection.Channel = long, long, long, long, long
			r.Recipients[0].To, r.Recipients[0].Class, r.Recipients[0].Hop, r.Recipients[0].Transport = long, long, long, long
			for i := range 200 {
				r.Kinds = append(r.Kinds, fmt.Sprint("kind", i))
				r.Rules = append(r.Rules, RuleCount{fmt.Sprint("rule-", i), i, []string{fmt.Sprint(i)}})
			}
			got := reread(t, r)
			if len(got.Kinds) < 3 || len(got.Rules) < 3 || got.Level != r.Level || got.Size != r.Size {
				t.Errorf("cut away too much: %d kinds, %d rules", len(got.Kinds), len(got.Rules))
			}
			other := r
			other.From = long + "b"
			if reread(t, other).From == got.From {
				t.Error("two different long senders are cut to the same value")
			}
			if reread(t, r).From != got.From {
				t.Error("the same sender is cut differently")
			}
		})
	}
}

func TestCutKeepsWhatTheGrammarSays(t *testing.T) {
	v := strings.Repeat("b", 300)
	if got := cut(v, maxValue); len(got) != 209 || got[:200] != v[:200] || got[200] != '~' {
		t.Errorf("a value of 300 bytes became %d bytes", len(got))
	}
	if got := cut(v[:256], maxValue); got != v[:256] {
		t.Error("a value of 256 bytes was cut")
	}
}

func TestListSaysHowManyAreLeftOut(t *testing.T) {
	r := sample()
	for i := range 100 {
		r.Rules = append(r.Rules, RuleCount{Rule: fmt.Sprintf("a-rather-long-rule-name-%d", i), Count: 1})
	}
	line := r.Lines()[0]
	kept := len(reread(t, r).Rules)
	if want := fmt.Sprintf(",+%d ", len(r.Rules)-kept); !strings.Contains(line, want) {
		t.Errorf("no %q in a line with %d of %d rules", want, kept, len(r.Rules))
	}
}

func TestParseRefuses(t *testing.T) {
	r := sample()
	good := r.Lines()
	for name, tt := range map[string]struct {
		line string
		want error // nil: any error
	}{
		"empty":            {"", ErrNoVerdict},
		"postfix":          {"4bXyQ12abc: client=localhost[127.0.0.1]", ErrNoVerdict},
		"short line":       {"4bXyQ12abc: id=00 action=hold", ErrNoVerdict},
		"path as id":       {strings.Replace(good[0], "4bXyQ12abc", "../../etc", 1), ErrNoVerdict},
		"later version":    {strings.Replace(good[0], "v=1", "v=2", 1), ErrVersion},
		"no version":       {strings.Replace(good[0], "v=1 ", "", 1), ErrNoVerdict},
		"open quote":       {strings.Replace(good[0], `dept="`, `dept=""`, 1), nil},
		"number":           {strings.Replace(good[0], "persons=3", "persons=three", 1), nil},
		"rules count":      {strings.Replace(good[0], "dk-cpr:4", "dk-cpr", 1), nil},
		"recipient 3 of 2": {strings.Replace(good[1], "n=1/2", "n=3/2", 1), nil},
		"recipient 0":      {strings.Replace(good[1], "n=1/2", "n=0/2", 1), nil},
		"cut off":          {good[0][:100], nil},
	} {
		_, err := Parse(tt.line)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, err, tt.want)
		}
	}
}

func TestParseIgnoresUnknownKeys(t *testing.T) {
	r := sample()
	l, err := Parse(r.Lines()[0] + ` future="a b" mac=0011`)
	if err != nil || l.MAC != "0011" || l.Message.Why != r.Why {
		t.Errorf("mac %q, error %v", l.MAC, err)
	}
}

func TestSignedLines(t *testing.T) {
	r := sample()
	lines := r.SignedLines([]byte("key"))
	for i, line := range lines {
		l, err := Parse(line)
		h := hmac.New(sha256.New, []byte("key"))
		h.Write([]byte(r.Lines()[i]))
		if want := hex.EncodeToString(h.Sum(nil)[:8]); err != nil || l.MAC != want || line != r.Lines()[i]+" mac="+want {
			t.Errorf("line %d: mac %q, want %q, %v", i, l.MAC, want, err)
		}
	}
	if other := r.SignedLines([]byte("other")); other[0] == lines[0] {
		t.Error("the mac does not depend on the key")
	}
}

func TestStricter(t *testing.T) {
	order := []string{Pass, Tag, Route, Hold, Reject}
	for i, a := range order {
		for j, b := range order {
			if got := Stricter(a, b); got != order[max(i, j)] {
				t.Errorf("Stricter(%s, %s) = %s", a, b, got)
			}
		}
	}
}

func TestMaskerMasksByShape(t *testing.T) {
	m := NewMasker([]byte("k"))
	mask := m.hex(3, []byte("0101801234")) // synthetic
	for in, want := range map[string]string{
		"kari@example.org":               "kari@example.org",
		"room12345@example.org":          "room12345@example.org",
		"0101801234@example.org":         "*" + mask + "@example.org",
		"010180-1234@example.org":        "*" + mask + "@example.org",
		"x.010180.1234.y@example.org":    "x.*" + mask + ".y@example.org",
		"01 01 80 12 34@example.org":     "*" + mask + "@example.org",
		"a010180+1234@987654321.example": "a*" + mask + "@987654321.example",
		"0101801234":                     "*" + mask,
		"":                               "",
	} {
		if got := m.Address(in); got != want {
			t.Errorf("an address of %d bytes: %q, want %q", len(in), got, want)
		}
	}
	if NewMasker([]byte("other")).Address("0101801234@x") == m.Address("0101801234@x") {
		t.Error("the mask does not depend on the key")
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("a@b.example", "IT", "sensitive-out", "smtp:[mx]", "rule-1", "health", 3, 100, 3)
	f.Add("\xff\x00\"\\ ", "\u00a0", "\n", "\u2028", ",+1", "a b", 0, 0, 60)
	f.Fuzz(func(t *testing.T, addr, dept, why, hop, rule, kind string, n, size, many int) {
		r := sample()
		r.From, r.Department, r.Why = addr, dept, why
		r.Recipients[0].To, r.Recipients[0].Hop = addr, hop
		r.Persons, r.Size = n, int64(size)
		r.Rules = []RuleCount{{Rule: rule, Count: n}}
		for range min(max(many, 0), 300) {
			r.Kinds = append(r.Kinds, kind)
			r.Rules = append(r.Rules, RuleCount{Rule: rule, Count: size})
		}
		got := reread(t, r)
		if got.Persons != r.Persons || got.Size != r.Size || got.Action != r.Action || got.Level != r.Level {
			t.Error("a number or word did not survive")
		}
		if len(addr)+len(dept)+len(why) < 100 && (got.From != addr || got.Department != dept || got.Why != why) {
			t.Error("a short text did not survive")
		}
	})
}

func FuzzParse(f *testing.F) {
	r := sample()
	for _, l := range r.Lines() {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if l, err := Parse(line); err == nil && l.Message == nil && l.Recipient == nil {
			t.Error("a line without error holds nothing")
		}
	})
}

func FuzzMasker(f *testing.F) {
	f.Add("010180-1234@example.org")
	f.Fuzz(func(t *testing.T, s string) {
		out := Masker{}.Text(s)
		for i := 0; i < len(s); i++ {
			if end, digits := run(s, i); digits >= minRun && strings.Contains(out, s[i:end]) {
				t.Error("a run of digits was left")
			}
		}
	})
}

// A Swedish number is one person with and without its century.
func TestPerson(t *testing.T) {
	m := NewMasker([]byte("key"))
	if m.Person("se-pnr", []byte("198001011234")) != m.Person("se-pnr", []byte("8001011234")) { // synthetic
		t.Error("the century makes two persons of one")
	}
	if a := m.Person("dk-cpr", []byte("0101801234")); len(a) != 32 || a == m.Person("is-kt", []byte("0101801234")) || a == (Masker{}).Person("dk-cpr", []byte("0101801234")) {
		t.Error("kind or key counts for nothing")
	}
}

// The answer to a self-test is read back as it was written, and is good where the message would be stopped.
func TestSelfTestLine(t *testing.T) {
	for wanted, stopped := range map[string]bool{Pass: false, Tag: false, Route: true, Hold: true, Reject: true} {
		r := sample()
		r.Recipients[0].Wanted, r.Recipients[1].Wanted, r.Action = wanted, Pass, Pass
		want := SelfTest{QueueID: r.QueueID, ID: r.ID, Level: LevelSensitive, Wanted: wanted, Action: Pass}
		for _, line := range append(SelfTestOf(&r).Lines(), SelfTestOf(&r).SignedLines([]byte("key"))...) {
			l, err := Parse(line)
			if err != nil || l.SelfTest == nil || *l.SelfTest != want || l.Message != nil || l.Recipient != nil {
				t.Errorf("%s: %+v, %v", line, l.SelfTest, err)
			}
		}
		if want.Stopped() != stopped {
			t.Errorf("%s: stopped is %v", wanted, want.Stopped())
		}
	}
	for _, line := range []string{"SELFTEST: selftest v=1 id=1 level=none wanted=jump action=pass", "SELFTEST: selftest v=1 id=1 level=none wanted=pass action="} {
		if _, err := Parse(line); err == nil {
			t.Errorf("%s: read", line)
		}
	}
}

// Settings are read back as they were written; a line without them is none.
func TestSettingsLine(t *testing.T) {
	table := []PolicyLine{{Name: "secure-channel", Action: Pass}, {Name: "ours", Action: Hold, Mode: "observe", Own: true}, {Name: "otherwise", Action: Pass, Mode: "tag"}}
	for _, want := range []Settings{{Mode: "enforce", Policy: "5f0c3a91d2e4", Rules: "0b77e91fa2c6"}, {Mode: "enforce", Policy: "5f0c3a91d2e4", Rules: "0b77e91fa2c6", Table: table}} {
		for _, line := range []string{want.Lines()[0], want.SignedLines([]byte("key"))[0]} {
			l, err := Parse(line)
			if err != nil || l.Settings == nil || !cmp.Equal(*l.Settings, want) || l.Message != nil || l.SelfTest != nil {
				t.Errorf("%s: %+v, %v", line, l.Settings, err)
			}
		}
	}
	long := Settings{Mode: "enforce", Policy: "p", Rules: "r", Table: slices.Repeat([]PolicyLine{{Name: strings.Repeat("a:b*, ", 50), Action: Hold}}, 100)}
	for _, line := range []string{long.Lines()[0], long.SignedLines([]byte("key"))[0]} {
		l, err := Parse(line)
		if err != nil || len(line) > maxLine || len(l.Settings.Table) == 0 || len(l.Settings.Table) >= 100 || l.Settings.Table[0].Action != Hold || strings.Contains(l.Settings.Table[0].Name, ":") {
			t.Errorf("a long table: %d bytes, %v", len(line), err)
		}
	}
	if l, err := Parse("SETTINGS: settings v=1 mode=enforce policy=p rules=r"); err != nil || l.Settings.Table != nil { // of a milter before
		t.Errorf("without a table: %+v, %v", l.Settings, err)
	}
	if _, err := Parse("SETTINGS: settings v=1 mode=enforce policy="); err == nil {
		t.Error("settings without a policy are read")
	}
}

// Each line of the policy is told in full, within the length of a line, and read back as it was: whatever stands in a name or a value.
func TestPolicyLines(t *testing.T) {
	table := []PolicyLine{
		{Name: "sensitive", Action: Hold, When: []Condition{{"direction", []string{Outbound}}, {"level", []string{LevelConfidential, LevelSensitive}}, {"strong", []string{"no"}}}},
		{Name: "ours", Action: Hold, Mode: "observe", Own: true, When: []Condition{{"department", []string{"Børn, Unge & Ældre|50%", "a=b?c \"d\""}}, {"persons_over", []string{"3"}}}},
		{Name: "untold", Action: Tag},
		{Name: "otherwise", Action: Pass, When: []Condition{}},
	}
	s := Settings{Mode: "enforce", Policy: "5f0c3a91d2e4", Rules: "0b77e91fa2c6", Table: table}
	for _, lines := range [][]string{s.Lines(), s.SignedLines([]byte("key"))} {
		if len(lines) != 1+len(table) {
			t.Fatalf("%d lines", len(lines))
		}
		for i, line := range lines[1:] {
			l, err := Parse(line)
			if want := (&ToldLine{s.Policy, i + 1, len(table), table[i]}); err != nil || !cmp.Equal(l.Policy, want) || l.Settings != nil {
				t.Errorf("%s: %+v, %v", line, l.Policy, err)
			}
			if got := ParsePolicyLine(l.Policy.Line.Full()); !cmp.Equal(got, table[i]) {
				t.Errorf("%+v is read back as %+v", table[i], got)
			}
		}
	}
	var long []Condition
	for i := range 30 {
		long = append(long, Condition{"department", slices.Repeat([]string{strings.Repeat("ø ,", 60)}, i)})
	}
	for n := range long {
		for _, line := range (Settings{Mode: "enforce", Policy: "p", Rules: "r", Table: []PolicyLine{{Name: strings.Repeat("a:b*?, ", 50), Action: Hold, When: long[:n]}}}).SignedLines([]byte("key")) {
			l, err := Parse(line)
			if err != nil || len(line) > maxLine {
				t.Errorf("%d conditions: %d bytes, %v", n, len(line), err)
			}
			if l.Policy != nil && n > 20 && l.Policy.Line.When[len(l.Policy.Line.When)-1].Key != moreKey {
				t.Errorf("%d conditions: none is said to be left out in %+v", n, l.Policy.Line.When)
			}
		}
	}
	for _, bad := range []string{"n=0/3 line=a:hold", "n=4/3 line=a:hold", "n=x line=a:hold", "n=1/1 line=", "n=1/1 line=a", "n=1/1"} {
		if l, err := Parse("SETTINGS: policyline v=1 policy=p " + bad); err == nil {
			t.Errorf("%s is read as %+v", bad, l.Policy)
		}
	}
}
