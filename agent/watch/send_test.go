package watch

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWebhook(t *testing.T) {
	status := http.StatusOK
	var body []byte
	var signature string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		signature = r.Header.Get("X-Postvagt-Signature")
		w.WriteHeader(status)
	}))
	a := Alert{ID: "i", Kind: "repeated", To: Officer, At: noon, Title: "t"}
	h := Webhook{URL: s.URL + "/hook?token=SECRET", Secret: []byte("key")}
	if err := h.Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	var got Alert
	if err := json.Unmarshal(body, &got); err != nil || got.Title != "t" || !strings.HasPrefix(signature, "sha256=") || len(signature) != 71 {
		t.Errorf("%s, %q, %v", body, signature, err)
	}
	for code, final := range map[int]bool{404: true, 408: false, 429: false, 503: false} {
		status = code
		if err := h.Send(t.Context(), a); err == nil || errors.Is(err, ErrRefused) != final {
			t.Errorf("%d: %v", code, err)
		}
	}
	s.Close()
	if err := h.Send(t.Context(), a); err == nil || errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestAlertmanager(t *testing.T) {
	var path string
	var got []struct {
		Labels, Annotations map[string]string
		StartsAt            string
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer s.Close()
	a := Alert{Kind: "held-too-long", At: noon, Title: "t", Labels: []Label{{"host", "mx1"}}}
	if err := (Alertmanager{URL: s.URL}).Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if path != "/api/v2/alerts" || got[0].Labels["alertname"] != "PostvagtHeldTooLong" || got[0].Labels["host"] != "mx1" || got[0].Annotations["summary"] != "t" || got[0].StartsAt != "2026-11-23T12:00:00Z" {
		t.Errorf("%s %+v", path, got)
	}
}
