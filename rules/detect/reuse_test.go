package detect

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// A Scanner that has read anything is, once closed, as if it had read nothing: whatever is kept is empty to its last byte.
func TestClosedScannerHoldsNothing(t *testing.T) {
	e := shipped(t)
	s := &Scanner{e: e, filed: make([]int16, len(e.rules))}
	s.forget()
	for _, m := range reuseMails(t) {
		s.begin(Context{SenderName: m.from, Sender: "anna.jensen@rusmiddelcenter.example", Recipients: []string{"Bo Hansen"}, Person: func(string, []byte) {}})
		s.Explain()
		s.Scan(Text{Part: "subject", Data: []byte(m.subject)})
		s.Scan(Text{Part: "1 text/plain", Data: []byte(m.body), More: true}) // and stays open
		s.forget()
		left := reflect.ValueOf(s).Elem()
		for i := range left.NumField() {
			if name := left.Type().Field(i).Name; name != "e" && !isEmpty(left.Field(i)) {
				t.Fatalf("%s: %s is left", m.id, name)
			}
		}
	}
}

// isEmpty says whether a value is zero, a map without keys, or a slice over zeros.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map:
		return v.Len() == 0
	case reflect.Slice:
		for i := range v.Cap() {
			if !v.Slice(0, v.Cap()).Index(i).IsZero() {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// What a used Scanner finds is what a new one finds.
func TestReusedScannerFindsTheSame(t *testing.T) {
	e := shipped(t)
	used := &Scanner{e: e, filed: make([]int16, len(e.rules))}
	scan := func(s *Scanner, m mail) Result {
		s.forget()
		s.begin(Context{SenderName: m.from})
		s.Scan(Text{Part: "subject", Data: []byte(m.subject)})
		s.Scan(Text{Part: "1 text/plain", Data: []byte(m.body)})
		return s.Result()
	}
	persons := 0
	for _, m := range reuseMails(t) {
		want, got := scan(&Scanner{e: e, filed: make([]int16, len(e.rules))}, m), scan(used, m)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %+v, a new Scanner finds %+v", m.id, got, want)
		}
		persons += got.Persons
	}
	if persons < 100 {
		t.Errorf("%d persons in all: the mails prove little", persons)
	}
}

// reuseMails are the labelled mails, and one with more of everything than is kept.
func reuseMails(t *testing.T) []mail {
	mails := readMails(t, "testdata/mails-own.txt")
	var many strings.Builder
	for n := range 2000 {
		fmt.Fprintf(&many, "CPR 0101%02d-%d har diagnosen skizofreni.\n\n", n%90, 1000+n)
	}
	return append(mails, mail{id: "many", body: many.String()}, mails[0])
}
