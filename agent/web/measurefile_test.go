package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postvagt/agent/login"
	"postvagt/agent/supervise"
)

// postFile sends a form with a file; without content the form has none.
func postFile(t *testing.T, h http.Handler, address, content string, pairs ...string) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		m.WriteField(pairs[i], pairs[i+1])
	}
	if content != "" {
		part, err := m.CreateFormFile("upload", "procedure-3.pdf")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, content)
	}
	m.Close()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+address, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A procedure keeps its file: sealed, named by its digest on the page and in the report, sent to who may read it, and let go by a
// later revision.
func TestMeasureKeepsItsFile(t *testing.T) {
	s := storeWith(t, sample(20, 5))
	addUsers(t, s)
	h := plainHandler(t, s, false)
	officer := as(t, h, login.Officer)
	const content = "zqprocedure <script>alert(1)</script>"
	sum := sha256.Sum256([]byte(content))
	digest := hex.EncodeToString(sum[:])
	form := []string{"date", "2026-11-20", "kind", "procedure", "title", "Sikker mail", "version", "3", "digest", strings.Repeat("0", 64), "file", "forged"}
	if w := postFile(t, officer, "/supervision/measures/new?lang=en", content, form...); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	last := func() (supervise.Entry, supervise.Measure) {
		all, err := s.Entries(t.Context(), supervise.Measures)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %d entries", err, len(all))
		}
		m, err := supervise.Read[supervise.Measure](all[0])
		if err != nil {
			t.Fatal(err)
		}
		return all[0], m
	}
	e, m := last()
	if m.File != "procedure-3.pdf" || m.Digest != digest || bytes.Contains(e.Data, []byte("zqprocedure")) {
		t.Errorf("the entry keeps %s", e.Data)
	}
	address := "/supervision/measures/" + e.ID + "?lang=en"
	if _, page := get(t, officer, address); !strings.Contains(page, "/supervision/files/"+digest) {
		t.Error("the page of the measure does not lead to its file")
	}
	r, w := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/supervision/files/"+digest, nil), httptest.NewRecorder()
	as(t, h, login.Auditor).ServeHTTP(w, r)
	if w.Body.String() != content || w.Header().Get("Content-Type") != "application/octet-stream" || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment; filename=procedure-3.pdf") {
		t.Errorf("%v %q", w.Header(), w.Body)
	}
	for _, format := range []string{"html", "csv", "json"} {
		if _, body := get(t, officer, "/report/"+format+"?lang=en&from=2026-11-01&to=2026-11-22"); !strings.Contains(body, digest) {
			t.Errorf("the report as %s does not name the file by its digest", format)
		}
	}
	// A revision without a file keeps the one that is there.
	if w := postFile(t, officer, address, "", append(form, "revision", "1")...); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if _, m := last(); m.Digest != digest {
		t.Errorf("the revision keeps %q", m.Digest)
	}
	if w := postFile(t, officer, address, "", append(form, "revision", "2", "let-go", "yes")...); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if _, m := last(); m.Digest != "" || m.File != "" {
		t.Errorf("the file was not let go: %+v", m)
	}
	if code, _ := get(t, officer, "/supervision/files/"+strings.Repeat("0", 64)); code != http.StatusNotFound {
		t.Errorf("a file that is not there answers %d", code)
	}
}
