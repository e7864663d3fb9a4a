package milter

import (
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"postvagt/milter/policy"
	"postvagt/milter/verdict"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What the log tells of a policy stands in a file that the report's tests print in words: the standard used, and a table in which each
// condition stands once. No pattern of a sender or recipient tells whose address it is.
func TestPolicyAsTold(t *testing.T) {
	yes, no, three, bytes := true, false, 3, int64(1_000_000)
	own := []policy.Line{
		{Name: "lists", Action: "tag", Direction: []string{"outbound", "internal"}, Level: []string{"sensitive"}, Kinds: []string{"health", "union"}, Content: []string{"none", "zip"},
			Transport: []string{"opportunistic", "relay-enforced", "unknown"}, Hop: []string{"smtp:[mx.region.example]"}, Class: []string{"authority", "free-mail"}, Identity: []string{"none", "login-channel"}},
		{Name: "who", Action: "hold", Mode: "observe", Sender: []string{"anna@kommune.example", "kontor*@kommune.example", "@kommune.example", "kommune.example"}, Recipient: []string{"bo@borger.example"},
			Department: []string{"Børn, Unge & Ældre"}, Client: []string{"192.0.2.0/24"}},
		{Name: "numbers", Action: "route", PersonsOver: &three, ExternalOver: &three, VisibleOver: &three, SizeOver: &bytes},
		{Name: "is", Action: "reject", Strong: &yes, Signed: &yes, Channel: &yes, StrongTLS: &yes, Authenticated: &yes, Risk: &yes, First: &yes, List: &yes, Misnamed: &yes, Lookalike: &yes,
			Unopened: &yes, Unread: &yes, Quoted: &yes, Objection: &yes, Downgrade: &yes, KeyTold: &yes, Asks: &yes},
		{Name: "is-not", Action: "pass", Strong: &no, Signed: &no, Channel: &no, StrongTLS: &no, Authenticated: &no, Risk: &no, First: &no, List: &no, Misnamed: &no, Lookalike: &no,
			Unopened: &no, Unread: &no, Quoted: &no, Objection: &no, Downgrade: &no, KeyTold: &no, Asks: &no},
	}
	var b strings.Builder
	for _, table := range []struct {
		name  string
		lines []policy.Line
	}{{"the standard used", policy.Default()}, {"each condition", own}} {
		b.WriteString("# " + table.name + "\n")
		for _, line := range (verdict.Settings{Policy: "5f0c3a91d2e4", Table: tableOf(table.lines)}).Lines()[1:] {
			l, err := verdict.Parse(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			b.WriteString(l.Policy.Line.Full() + "\n")
		}
	}
	const golden = "testdata/policy-lines.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || b.String() != string(want) {
		t.Errorf("%v; told is\n%s", err, b.String())
	}
	for i := range reflect.TypeFor[policy.Line]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[policy.Line]().Field(i).Tag.Get("toml"), ",")
		if told := strings.Contains(b.String(), "?"+key+"=") || strings.Contains(b.String(), "&"+key+"="); told == slices.Contains([]string{"", "name", "action", "mode", "law"}, key) {
			t.Errorf("that %q is told is %v", key, told)
		}
	}
	for _, person := range []string{"anna", "bo%40", "kontor"} {
		if strings.Contains(b.String(), person) {
			t.Errorf("%q is told", person)
		}
	}
}
