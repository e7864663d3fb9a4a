package checks

import (
	"fmt"
	"testing"
)

// All numbers here are synthetic or from the issuers' test ranges.
func TestChecks(t *testing.T) {
	for _, c := range []struct {
		check, number string
		sep           byte
		want          Result
	}{
		{"dk-cpr", "0707614285", '-', Result{Checked: true}},
		{"dk-cpr", "0707614286", '-', Result{}},
		{"dk-cpr", "0101651237", '-', Result{Exempt: true}},
		{"dk-cpr", "6707614280", '-', Result{Exempt: true, Variant: "replacement"}},
		{"dk-cpr", "3202614285", '-', Result{Reason: Date}},
		{"dk-cpr", "2902014285", '-', Result{Reason: Date}}, // 2001: the seventh digit is 4
		{"dk-cpr", "1234567890", '-', Result{Reason: Placeholder}},
		{"dk-cpr", "070761428", '-', Result{Reason: Shape}},
		{"se-pnr", "8507149808", '-', Result{Checked: true}},
		{"se-pnr", "198507149808", 0, Result{Checked: true}},
		{"se-pnr", "8507149807", '-', Result{Reason: Check}},
		{"se-pnr", "8507749805", '-', Result{Checked: true, Variant: "samordningsnummer"}},
		{"se-pnr", "2120001355", '-', Result{Reason: Organisation}},
		{"se-pnr", "178507149808", 0, Result{Reason: Date}},
		{"no-fnr", "14078510030", 0, Result{Checked: true}},
		{"no-fnr", "14078510031", 0, Result{Reason: Check}},
		{"fi-hetu", "131052308T", '-', Result{Checked: true}},
		{"fi-hetu", "131052308T", 'Y', Result{Checked: true}},
		{"fi-hetu", "131052308T", 'Z', Result{Reason: Shape}},
		{"fi-hetu", "131052308U", '-', Result{Reason: Check}},
		{"is-kt", "1201742159", '-', Result{Checked: true}},
		{"is-kt", "5512433549", '-', Result{Reason: Organisation}},
		{"is-kt", "1201742155", '-', Result{Reason: Date}},
		{"iban", "DK5000400440116243", 0, Result{Checked: true}},
		{"iban", "DK5000400440116244", 0, Result{Reason: Check}},
		{"iban", "GB29NWBK60161331926819", 0, Result{Checked: true}},
		{"iban", "ZZ5000400440116243", 0, Result{Reason: Shape}},
		{"card", "4111111111111111", 0, Result{Checked: true, Variant: "visa"}},
		{"card", "4111111111111112", 0, Result{Reason: Check}},
		{"card", "9111111111111111", 0, Result{Reason: Series}},
		{"no-konto", "12345678903", 0, Result{Checked: true}},
		{"no-konto", "12345678904", 0, Result{Reason: Check}},
		{"se-pnr", "1912121212", '-', Result{Reason: Placeholder}},
		{"se-konto", "94204172385", 0, Result{Checked: true}},
		{"se-konto", "94204172386", 0, Result{Reason: Check}},
		{"se-konto", "50124172385", 0, Result{Checked: true}},
		{"se-konto", "42504172385", 0, Result{Checked: true}},
		{"se-konto", "42504172384", 0, Result{Reason: Check}},
		{"se-konto", "95534172381", 0, Result{Checked: true}},
		{"se-konto", "6123417238592", 0, Result{Checked: true}},
		{"se-konto", "61234172385", 0, Result{Reason: Check}},
		{"se-konto", "83274172385900", 0, Result{Checked: true}},
		{"se-konto", "832794172385900", 0, Result{Checked: true}},
		{"se-konto", "832784172385900", 0, Result{Reason: Check}},
		{"se-konto", "95704172385900", 0, Result{Checked: true}},
		{"se-konto", "22004172385", 0, Result{Reason: Series}},
		{"se-konto", "501241723850", 0, Result{Reason: Shape}},
	} {
		fn, ok := ByName(c.check)
		if !ok {
			t.Fatalf("no check %s", c.check)
		}
		if got := fn([]byte(c.number), c.sep); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.check, got, c.want)
		}
	}
}

// The check digits of 2032 have remainder 0 to 3 in the first place; the second must be right.
func TestNorwegian2032(t *testing.T) {
	seen := map[string]int{}
	for serial := range 1000 {
		for k := range 100 {
			n := fmt.Sprintf("140785%03d%02d", serial, k)
			if r := NOFodselsnummer([]byte(n), 0); r.Reason == OK {
				seen[r.Variant]++
			}
		}
	}
	if seen[""] == 0 || seen["2032 rules"] < 2*seen[""] || seen["2032 rules"] > 4*seen[""] {
		t.Errorf("by variant: %v, want about three of the new rules for each of the old", seen)
	}
}

// Random digits pass as rarely as facts of the issuers' rules say.
func TestChance(t *testing.T) {
	count := func(fn Func, digits int, ok func(Result) bool) float64 {
		hits, state := 0, uint64(88172645463325252)
		const n = 200000
		buf := make([]byte, digits)
		for range n {
			for i := range buf {
				state ^= state << 13
				state ^= state >> 7
				state ^= state << 17
				buf[i] = '0' + byte(state>>33%10)
			}
			if r := fn(buf, 0); r.Reason == OK && ok(r) {
				hits++
			}
		}
		return 100 * float64(hits) / n
	}
	for _, c := range []struct {
		name     string
		got      float64
		min, max float64
	}{
		{"dk date", count(DKCPR, 10, func(Result) bool { return true }), 3, 8},
		{"dk mod 11", count(DKCPR, 10, func(r Result) bool { return r.Checked }), 0.2, 0.8},
		{"se", count(SEPersonnummer, 10, func(Result) bool { return true }), 0.5, 1},
		{"no", count(NOFodselsnummer, 11, func(Result) bool { return true }), 0.1, 0.8},
		{"is", count(ISKennitala, 10, func(r Result) bool { return r.Variant == "" }), 0.8, 1.4},
	} {
		if c.got < c.min || c.got > c.max {
			t.Errorf("%s: %.2f %% of random digits pass, want %.2f to %.2f", c.name, c.got, c.min, c.max)
		}
	}
}

func TestCompanies(t *testing.T) {
	if !DKCVR([]byte("29189846")) || DKCVR([]byte("29189847")) {
		t.Error("CVR")
	}
	if !FIYTunnus([]byte("02012566")) || FIYTunnus([]byte("02012567")) {
		t.Error("Y-tunnus")
	}
	if !NOOrganisasjonsnummer([]byte("974760673")) || NOOrganisasjonsnummer([]byte("974760674")) {
		t.Error("organisasjonsnummer")
	}
	if !SEOrganisationsnummer([]byte("2120001355")) {
		t.Error("organisationsnummer")
	}
}

func TestNamesAreKnown(t *testing.T) {
	for _, n := range Names() {
		if _, ok := ByName(n); !ok {
			t.Errorf("%s is listed and not known", n)
		}
	}
}

func FuzzChecks(f *testing.F) {
	f.Add([]byte("0707614285"), byte('-'))
	f.Add([]byte("DK5000400440116243"), byte(0))
	f.Fuzz(func(t *testing.T, number []byte, sep byte) {
		for _, name := range Names() {
			fn, _ := ByName(name)
			fn(number, sep)
		}
		DKCVR(number)
		FIYTunnus(number)
		NOOrganisasjonsnummer(number)
		SEOrganisationsnummer(number)
	})
}
