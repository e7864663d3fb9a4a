package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"postvagt/agent/login"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestFormTimes(t *testing.T) {
	for _, tt := range []struct{ zone, at, offset, want, refused string }{
		{"Europe/Copenhagen", "2026-11-23T10:12", "", "2026-11-23T10:12:00+01:00", ""},
		{"Europe/Copenhagen", "2026-07-01T10:12", "", "2026-07-01T10:12:00+02:00", ""},
		{"Europe/Copenhagen", "", "", "0001-01-01T00:00:00Z", ""},
		{"Europe/Copenhagen", "2026-10-25T02:30", "", "", "came twice"},
		{"Europe/Copenhagen", "2026-10-25T02:30", "+02:00", "2026-10-25T02:30:00+02:00", ""},
		{"Europe/Copenhagen", "2026-10-25T02:30", "+01:00", "2026-10-25T02:30:00+01:00", ""},
		{"Europe/Copenhagen", "2026-10-25T02:30", "+03:00", "", "came twice"},
		{"Europe/Copenhagen", "2026-10-25T02:30+02:00", "", "2026-10-25T02:30:00+02:00", ""},
		{"Europe/Copenhagen", "2026-10-25T02:30+01:00", "+02:00", "2026-10-25T02:30:00+01:00", ""},
		{"Europe/Copenhagen", "2026-10-25T01:59", "", "2026-10-25T01:59:00+02:00", ""},
		{"Europe/Copenhagen", "2026-10-25T03:00", "", "2026-10-25T03:00:00+01:00", ""},
		{"Europe/Copenhagen", "2026-11-23T10:12", "+02:00", "2026-11-23T10:12:00+01:00", ""}, // chosen for another time
		{"Europe/Copenhagen", "2026-11-23T10:12+02:00", "", "", "is not a time"},
		{"Europe/Copenhagen", "2026-03-29T02:00", "", "", "did not exist"},
		{"Europe/Copenhagen", "2026-03-29T02:59", "+01:00", "", "did not exist"},
		{"Europe/Copenhagen", "2026-03-29T01:59", "", "2026-03-29T01:59:00+01:00", ""},
		{"Europe/Copenhagen", "2026-03-29T03:00", "", "2026-03-29T03:00:00+02:00", ""},
		{"Europe/Helsinki", "2026-10-25T03:30", "+02:00", "2026-10-25T03:30:00+02:00", ""},
		{"Europe/Helsinki", "2026-10-25T02:30", "", "2026-10-25T02:30:00+03:00", ""},
		{"Atlantic/Reykjavik", "2026-03-29T02:30", "", "2026-03-29T02:30:00Z", ""},
		{"Europe/Copenhagen", "yesterday", "", "", "is not a time"},
		{"Europe/Copenhagen", "2026-02-29T10:00", "", "", "is not a time"},
	} {
		body := strings.NewReader(url.Values{"at": {tt.at}, "at-offset": {tt.offset}}.Encode())
		r := httptest.NewRequest(http.MethodPost, "/", body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		f := &form{r: r, zone: zoneOf(t, tt.zone)}
		got, refused := f.time("at"), ""
		if f.err != nil {
			refused = f.err.(inputError).In("en")
		}
		if tt.refused != "" && !strings.Contains(refused, tt.refused) || tt.refused == "" && (refused != "" || got.Format(time.RFC3339) != tt.want) {
			t.Errorf("%s %s %s: %s %q, want %s %q", tt.zone, tt.at, tt.offset, got.Format(time.RFC3339), refused, tt.want, tt.refused)
		}
	}
}

// A time that the clock showed twice is asked back with the two hours to choose from, and what else was written stays; the
// form of a case whose time of awareness lies there has the choice made.
func TestHourThatComesTwice(t *testing.T) {
	d := newCaseDeskIn(t, zoneOf(t, "Europe/Copenhagen"))
	d.done("/cases", "title", "A lost letter", "role", "controller")
	const second = `<option value="&#43;01:00"`
	code, _, body := d.post(login.Officer, "/cases/2026-0001/aware?lang=en", "at", "2026-10-25T02:30", "reason", "a call at night")
	if code != http.StatusUnprocessableEntity || !strings.Contains(body, "2026-10-25 02:30 came twice") || !strings.Contains(body, second) || !strings.Contains(body, "a call at night") {
		t.Fatalf("%d:\n%s", code, body)
	}
	if strings.Count(body, `name="at-offset"`) != 1 {
		t.Error("forms that were not sent ask too")
	}
	d.done("/cases/2026-0001/aware", "at", "2026-10-25T02:30", "at-offset", "+01:00", "reason", "a call at night")
	if body := d.get(login.Officer, "/cases/2026-0001?lang=da"); !strings.Contains(body, second+" selected>den anden (CET, &#43;01:00)") {
		t.Errorf("the choice is not shown:\n%s", body)
	}
	code, _, body = d.post(login.Officer, "/cases/2026-0001/dpo?lang=da", "at", "2026-03-29T02:30", "how", "ved et møde")
	if code != http.StatusUnprocessableEntity || !strings.Contains(body, "2026-03-29 02:30 fandtes ikke") || !strings.Contains(body, "ved et møde") {
		t.Errorf("%d:\n%s", code, body)
	}
}
