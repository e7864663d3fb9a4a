package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postvagt/agent/login"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
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
