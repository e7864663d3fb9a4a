package cases

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
)

func text(d Draft) string {
	var all []string
	for _, f := range d.Fields {
		all = append(all, f.Label, f.Text)
	}
	return d.Title + "\n" + d.Mark + "\n" + strings.Join(all, "\n")
}

// Every language has every text, and every point of the minimum stands in its draft.
func TestDrafts(t *testing.T) {
	copenhagen, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	s := opened(t, Opening{Incidents: []Incident{{Key: "a", Time: monday.Add(-48 * time.Hour)}, {Key: "b", Time: monday.Add(-24 * time.Hour)}}})
	s.say(Awareness{At: monday, Reason: "a call"}, assessed(HighRisk))
	s.state(NotificationItems()...)
	s.state(NoticeItems()...)
	s.say(Statement{Item: PersonNumber, Status: Estimate, Text: "12"}, Statement{Item: RecordNumber, Status: NotYet, Because: "BECAUSE", By: monday})
	h := House{Name: "Nordvig Kommune", Zone: copenhagen}
	for _, lang := range Languages() {
		n, letter := text(Notification(s.Case, h, lang)), text(PersonNotice(s.Case, h, lang))
		w := wordsIn(lang)
		for _, i := range NotificationItems() {
			if !strings.Contains(n, w.items[i]) || w.items[i] == "" {
				t.Errorf("%s: the notification lacks %s", lang, i)
			}
		}
		for _, want := range []string{w.mark, "2026-0001", "Nordvig Kommune", "12 (" + w.estimate + ")", "BECAUSE", "2026-11-23", "2026-11-23 09:00 CET", "2026-11-21 09:00 CET – 2026-11-22 09:00 CET", w.willTell} {
			if !strings.Contains(n, want) {
				t.Errorf("%s: the notification lacks %q:\n%s", lang, want, n)
			}
		}
		for _, i := range NoticeItems() {
			if !strings.Contains(letter, "text of "+string(i)) {
				t.Errorf("%s: the notice lacks %s", lang, i)
			}
		}
		if strings.Contains(letter, "text of nature") || !strings.Contains(letter, w.noMail) {
			t.Errorf("%s: the notice holds what is not for the person, or not the way it is sent:\n%s", lang, letter)
		}
	}
}

// A first phase that comes late says why, or holds the place where it must be said; and so does one without its time.
func TestLateDrafts(t *testing.T) {
	s := opened(t, Opening{})
	for _, lang := range Languages() {
		w := wordsIn(lang)
		if n := text(Notification(s.Case, House{Zone: time.UTC, Now: monday}, lang)); !strings.Contains(n, w.aware+"\n"+w.toFill) || strings.Contains(n, w.items[LateReason]) {
			t.Errorf("%s: no place for the time of awareness, or a reason before there is a limit:\n%s", lang, n)
		}
	}
	s.say(Awareness{At: monday})
	inTime, late := House{Zone: time.UTC, Now: monday.Add(Limit)}, House{Zone: time.UTC, Now: monday.Add(Limit + time.Second)}
	want := func(when string, h House, value string) {
		t.Helper()
		for _, lang := range Languages() {
			w := wordsIn(lang)
			value := strings.ReplaceAll(value, "FILL", w.toFill)
			n := text(Notification(s.Case, h, lang))
			if got := strings.Contains(n, w.items[LateReason]+"\n"+value); got != (value != "") {
				t.Errorf("%s, %s: the reason %q stands there: %t\n%s", lang, when, value, got, n)
			}
		}
	}
	want("in the last minute", inTime, "")
	want("after it", late, "FILL")
	s.say(Statement{Item: LateReason, Status: Stated, Text: "found in a leave"})
	want("with its reason", late, "found in a leave")
	s.state(NotificationItems()...)
	s.say(assessed(Risk), Involvement{At: monday, How: "mail"}, Report{At: late.Now, Phase: 1, Receipt: "2026-1"})
	want("in the second phase", late, "found in a leave")
	if lacks := s.Lacks(); len(lacks) > 0 {
		t.Errorf("the reason is said, and yet there lacks %v", lacks)
	}
}

// The fields come in the order in which the authority's form asks: who, when, what, whom and how many, which data and how many records
// (004, 1 a to d), consequences (3), measures (4), and what the persons were told. Who copies goes down both side by side.
func TestNotificationIsInTheOrderOfTheForm(t *testing.T) {
	s := opened(t, Opening{})
	s.say(Awareness{At: monday, Reason: "a call"})
	d := Notification(s.Case, House{Name: "Nordvig Kommune", Zone: time.UTC, Now: monday.Add(80 * time.Hour)}, "da")
	want := []string{
		"Sagsnummer", "Dataansvarlig", "Databeskyttelsesrådgiverens navn og kontaktoplysninger", // who
		"Hvornår skete bruddet", "Hvornår blev vi bekendt med bruddet", "Begrundelse for tidspunktet", "Hvorfor er anmeldelsen sket senere end 72 timer", // when
		"Type af brud", "Karakteren af bruddet", // what
		"Kategorier af registrerede", "Antal berørte registrerede", // whom
		"Kategorier af personoplysninger", "Antal berørte registreringer af personoplysninger", // which data
		"Sandsynlige konsekvenser", "Foranstaltninger, der er truffet eller foreslås", "Vurderet risiko", "Underretning af de registrerede",
	}
	var got []string
	for _, f := range d.Fields {
		got = append(got, f.Label)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the fields are\n%q\nnot\n%q", got, want)
	}
	// In every language the same fields stand in the same places.
	for _, lang := range Languages() {
		w := wordsIn(lang)
		for i, item := range map[int]Item{2: DPO, 6: LateReason, 8: Nature, 9: PersonKinds, 10: PersonNumber, 11: DataKinds, 12: RecordNumber, 13: Consequences, 14: Measures} {
			if f := Notification(s.Case, House{Name: "x", Zone: time.UTC, Now: monday.Add(80 * time.Hour)}, lang).Fields; len(f) != len(want) || f[i].Label != w.items[item] {
				t.Errorf("%s: field %d is no %s", lang, i, item)
			}
		}
	}
}

// The type of breach follows the mails: what left in the open, what was lost while we held it, or both.
func TestTypeOfBreach(t *testing.T) {
	open := event.Document{Key: "open", Level: "sensitive", Left: true, Outcome: "delivered", Protected: "no"}
	lost := event.Document{Key: "lost", Level: "confidential", Held: true, Outcome: "unknown"}
	for _, lang := range Languages() {
		w := wordsIn(lang)
		for _, tt := range []struct {
			mails []*event.Document
			want  string
		}{
			{nil, w.toFill}, {[]*event.Document{&open}, w.confidentiality}, {[]*event.Document{&lost}, w.availability},
			{[]*event.Document{&open, &lost, &open}, w.confidentiality + "; " + w.availability},
		} {
			c := &Case{Role: Controller}
			for _, d := range tt.mails {
				c.Incidents = append(c.Incidents, IncidentOf(d))
			}
			if n := text(Notification(c, House{Zone: time.UTC}, lang)); !strings.Contains(n, w.breachType+"\n"+tt.want+"\n") {
				t.Errorf("%s: not %q:\n%s", lang, tt.want, n)
			}
		}
	}
}

// A breach without a mail, a lost letter or a register that somebody altered, has the types that its officer states; what a mail shows
// stands beside them.
func TestStatedTypeOfBreach(t *testing.T) {
	s := opened(t, Opening{})
	if err := s.Say(Said{At: monday, By: "officer"}, Typing{Types: []BreachType{Availability, Integrity}}); err != nil {
		t.Fatal(err)
	}
	if n := text(Notification(s.Case, House{Zone: time.UTC}, "en")); !strings.Contains(n, "Type of breach\nIntegrity; Availability\n") {
		t.Errorf("the notification says\n%s", n)
	}
	s.Incidents = []Incident{{Key: "open"}}
	if n := text(Notification(s.Case, House{Zone: time.UTC}, "da")); !strings.Contains(n, "Type af brud\n"+danish().confidentiality+"; Integritet; Tilgængelighed\n") {
		t.Errorf("the notification says\n%s", n)
	}
}

func TestWordsAreWhole(t *testing.T) {
	want := reflect.ValueOf(*english())
	for _, lang := range Languages() {
		got := reflect.ValueOf(*wordsIn(lang))
		for i := range got.NumField() {
			name, f := got.Type().Field(i).Name, got.Field(i)
			if f.IsZero() || f.Kind() == reflect.Map && f.Len() != want.Field(i).Len() {
				t.Errorf("%s lacks texts of %s", lang, name)
			}
		}
	}
}
