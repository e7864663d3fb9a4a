package scan

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postvagt/milter"
	"postvagt/milter/verdict"
)

// recorder stands behind the door and remembers what came through.
type recorder struct {
	got  milter.Submission
	text string
	say  milter.Answer
	err  error
}

func (r *recorder) Submit(_ context.Context, s milter.Submission) (milter.Answer, error) {
	b, err := io.ReadAll(s.Message)
	r.got, r.text = s, string(b)
	return r.say, errors.Join(r.err, err)
}

func post(t *testing.T, j Judge, fields http.Header, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest("POST", "/judge", strings.NewReader(body))
	req.Header = fields
	w := httptest.NewRecorder()
	Handler(j).ServeHTTP(w, req)
	return w
}

func TestDoor(t *testing.T) {
	r := &recorder{say: milter.Answer{
		Judgement: milter.Judgement{Record: verdict.Record{ID: "00ff", Action: verdict.Pass, Level: "sensitive", Kinds: []string{"health"}, Direction: "outbound",
			Why: "sensitive", Recipients: []verdict.Recipient{{Wanted: verdict.Hold}, {Wanted: verdict.Pass}}}},
		Fields: [][2]string{{"X-Postvagt-Id", "00ff"}}, Remove: []string{"X-Postvagt-Level"}}}
	w := post(t, r, http.Header{"Queue-Id": {"4bXyQ12abc"}, "From": {"kari@kommune.example"}, "Rcpt": {"a@x.example b@x.example", "%22c%20d%22@x.example"}, "Ip": {"192.0.2.7"}, "User": {"kari"}, "Size": {"5000"}}, "Subject: x\r\n\r\nHej\r\n")
	if w.Code != 200 || r.text != "Subject: x\r\n\r\nHej\r\n" {
		t.Fatalf("%d, %d bytes of message", w.Code, len(r.text))
	}
	if g := r.got; g.QueueID != "4bXyQ12abc" || g.Sender != "kari@kommune.example" || g.User != "kari" || g.Client != netip.MustParseAddr("192.0.2.7") ||
		len(g.Rcpts) != 3 || g.Rcpts[1].Addr != "b@x.example" || g.Rcpts[2].Addr != `"c d"@x.example` || g.Size != 5000 {
		t.Errorf("submission %+v", g)
	}
	var got Answer
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := Answer{ID: "00ff", Action: "pass", Wanted: "hold", Level: "sensitive", Kinds: []string{"health"}, Direction: "outbound", Why: "sensitive",
		Add: []Field{{"X-Postvagt-Id", "00ff"}}, Remove: []string{"X-Postvagt-Level"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDoorRefuses(t *testing.T) {
	rcpt := []string{"a@x.example"}
	for name, tt := range map[string]struct {
		fields http.Header
		err    error
		want   string
	}{
		"no recipient": {http.Header{}, nil, "no Rcpt"},
		"queue id":     {http.Header{"Rcpt": rcpt, "Queue-Id": {"../../etc"}}, nil, "field Queue-Id"},
		"size":         {http.Header{"Rcpt": rcpt, "Size": {"-1"}}, nil, "field Size"},
		"recipient":    {http.Header{"Rcpt": {"a%zz@x.example"}}, nil, "field Rcpt"},
		"client":       {http.Header{"Rcpt": rcpt, "Ip": {"here"}}, nil, "field IP"},
		"reading":      {http.Header{"Rcpt": rcpt}, errors.New("cut off"), "cut off"},
	} {
		if w := post(t, &recorder{err: tt.err}, tt.fields, ""); w.Code != 400 || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body.String())
		}
	}
	w := httptest.NewRecorder()
	Handler(&recorder{}).ServeHTTP(w, httptest.NewRequest("GET", "/judge", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}
