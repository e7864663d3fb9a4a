package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"postvagt/agent/login"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// A frozen report says the same for ever; a late outcome is told, and makes a second version with the difference.
func TestFrozenReport(t *testing.T) {
	documents := sample(300, 20)
	s := storeWith(t, documents)
	addUsers(t, s)
	h := plainHandler(t, s, false)
	officer := as(t, h, login.Officer)
	const period = "?lang=en&from=2026-11-01&to=2026-11-22"
	measure, err := supervise.Write(supervise.Measures, "m1", 1, "officer", now, supervise.Measure{Date: "2026-11-05", Kind: "course", Title: "Sikker mail"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddEntry(t.Context(), measure); err != nil {
		t.Fatal(err)
	}
	w := post(t, officer, "/report/freeze"+period, nil, nil)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	target, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	address := target.Path
	hash := func(version string) string {
		code, text := get(t, officer, address+"/json?version="+version)
		var d struct {
			Hash string `json:"sha256"`
		}
		if err := json.Unmarshal([]byte(text), &d); code != http.StatusOK || err != nil || len(d.Hash) != 64 {
			t.Fatalf("%d %v %.200s", code, err, text)
		}
		return d.Hash
	}
	first := hash("1")
	if post(t, officer, "/report/freeze"+period, nil, nil); hash("1") != first {
		t.Error("frozen again, and not the same")
	}
	_, page := get(t, officer, address+"?lang=da")
	if !strings.Contains(page, "Sikker mail") || !strings.Contains(page, first) || strings.Contains(page, "har ændret sig") || !strings.Contains(page, "Version 1") {
		t.Error("the frozen report lacks the measure, its hash or its version, or is called stale")
	}
	for i := range documents { // a late outcome
		d := &documents[i]
		if d.Level == "sensitive" && d.First && d.MessageLeft && d.MessageProtected == "unknown" && d.Time.Day() < 20 && d.Time.Month() == 11 {
			d.Protected, d.MessageProtected, d.Revision = "no", "no", 9
			if err := s.Commit(t.Context(), store.Batch{Documents: documents[i : i+1]}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if _, page = get(t, as(t, h, login.DPO), address+"?lang=en"); !strings.Contains(page, "The figures have changed") || !strings.Contains(page, first) {
		t.Error("a late outcome goes unsaid, or has changed what was frozen")
	}
	if w := post(t, officer, "/report/freeze"+period, nil, nil); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	if hash("1") != first || hash("2") == first {
		t.Error("the first version is not as it was, or the second is the first")
	}
	if _, page = get(t, officer, address+"?lang=en"); !strings.Contains(page, "Changed since version 1") || !strings.Contains(page, "Sensitive mails that left unprotected: ") {
		t.Error("the second version does not say what has changed")
	}
	for _, wrong := range []string{"?version=3", "?version=0", "?version=x", "x"} {
		if code, _ := get(t, officer, address+wrong); code != http.StatusNotFound {
			t.Errorf("%s answers %d", wrong, code)
		}
	}
	if code, text := get(t, officer, address+"/pdf?version=1"); code != http.StatusOK || !strings.HasPrefix(text, "%PDF") {
		t.Errorf("no PDF: %d", code)
	}
}

// Retention keeps every mail behind a frozen report, and of no other day.
func TestFrozenReportIsKept(t *testing.T) {
	documents := sample(300, 20)
	s := storeWith(t, documents)
	addUsers(t, s)
	officer := as(t, plainHandler(t, s, false), login.Officer)
	if w := post(t, officer, "/report/freeze?lang=en&from=2026-11-10&to=2026-11-12", nil, nil); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	zone := now.Location()
	from, to := time.Date(2026, 11, 10, 0, 0, 0, 0, zone), time.Date(2026, 11, 13, 0, 0, 0, 0, zone)
	inside, younger, end := 0, 0, now.AddDate(0, 0, -2)
	end = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, zone)
	for _, d := range documents {
		switch {
		case !d.Time.Before(from) && d.Time.Before(to):
			inside++
		case !d.Time.Before(end):
			younger++
		}
	}
	if _, err := s.Purge(t.Context(), store.Retention{Details: end}, now); err != nil {
		t.Fatal(err)
	}
	_, left, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 0)
	if err != nil || left != inside+younger || inside == 0 || inside+younger == len(documents) {
		t.Errorf("%d of %d transmissions are left, %v; want %d behind the report and %d that are young", left, len(documents), err, inside, younger)
	}
}
