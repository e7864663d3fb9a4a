package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"postvagt/agent/login"
	"postvagt/agent/watch"
)

// An officer writes down that a sender was asked and what was said; who reads cases reads it, and nobody of a rule that singles nobody out
// is asked.
func TestExplanation(t *testing.T) {
	s := storeWith(t, sample(3, 2))
	addUsers(t, s)
	found := []watch.Finding{{ID: "f1", Rule: "repeated by sender", By: watch.BySender}, {ID: "f2", Rule: "repeated to citizen", By: watch.ByCitizen}}
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Repeated: func(context.Context) ([]watch.Finding, error) { return found, nil }})
	if err != nil {
		t.Fatal(err)
	}
	officer, dpo := as(t, h, login.Officer), as(t, h, login.DPO)
	const address = "/repeated/f1/explanation?lang=en"
	for name, tt := range map[string]struct {
		address string
		form    url.Values
		code    int
		says    string
	}{
		"nothing said":         {address, url.Values{"asked": {"2026-11-20"}}, http.StatusBadRequest, "what the sender said, or that they said nothing"},
		"no day":               {address, url.Values{"text": {"x"}}, http.StatusBadRequest, "on which day the sender was asked"},
		"tomorrow":             {address, url.Values{"asked": {"2026-11-24"}, "text": {"x"}}, http.StatusBadRequest, "today or before"},
		"no such repetition":   {"/repeated/f9/explanation?lang=en", url.Values{"asked": {"2026-11-20"}, "text": {"x"}}, http.StatusNotFound, ""},
		"a citizen, nobody":    {"/repeated/f2/explanation?lang=en", url.Values{"asked": {"2026-11-20"}, "text": {"x"}}, http.StatusNotFound, ""},
		"what the sender said": {address, url.Values{"asked": {"2026-11-20"}, "text": {"took the address for the department's own"}}, http.StatusSeeOther, ""},
	} {
		w := post(t, officer, tt.address, nil, tt.form)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: %d, and does not say %q", name, w.Code, tt.says)
		}
	}
	if w := post(t, officer, address, nil, url.Values{"asked": {"2026-11-21"}, "silent": {"yes"}}); w.Code != http.StatusSeeOther {
		t.Errorf("a sender who said nothing: %d", w.Code)
	}
	_, page := get(t, dpo, "/repeated/f1?lang=en")
	for _, want := range []string{"Asked on 20 November 2026, written by officer", "took the address for the department&#39;s own", "Said nothing."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "/explanation") {
		t.Error("the data protection officer is offered to write it")
	}
	if _, page := get(t, officer, "/repeated/f2?lang=en"); strings.Contains(page, "sender&#39;s explanation") {
		t.Error("a rule that singles out no sender asks for an explanation")
	}
}
