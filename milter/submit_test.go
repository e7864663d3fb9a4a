package milter

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func aSubmission(text string) Submission {
	return Submission{QueueID: "4bXyQ12abc", Sender: "kari@kommune.example", Rcpts: []Rcpt{{Addr: "anna@borger.example"}},
		User: "kari", Client: netip.MustParseAddr("192.0.2.7"), Message: strings.NewReader(text)}
}

func TestSubmit(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"enforce\"\n")
	a, err := s.Submit(t.Context(), aSubmission("X-POSTVAGT-Level: none\r\nx-postvagt-level: none\r\nX-Postvagt-Route: x\r\n"+secretMail))
	if err != nil || a.Action != "hold" || a.Level != "sensitive" || a.Direction != "outbound" {
		t.Errorf("%s, %s, %s, %v", a.Action, a.Level, a.Direction, err)
	}
	if d := cmp.Diff([]string{"X-POSTVAGT-Level", "X-Postvagt-Route"}, a.Remove); d != "" {
		t.Error(d)
	}
	if v := s.verdicts(); strings.Count(v, "4bXyQ12abc: ") != 2 || !strings.Contains(v, "action=hold") {
		t.Errorf("%d verdict lines", strings.Count(v, "\n"))
	}
	for name, text := range map[string]string{"empty": "", "no header": "\r\nHej", "no line end": "Subject: x", "only a body": "Hej"} {
		if a, err := s.Submit(t.Context(), aSubmission(text)); err != nil || a.NotWhy != "" || a.Action != "pass" {
			t.Errorf("%s: %s, %q, %v", name, a.Action, a.NotWhy, err)
		}
	}
	broken := aSubmission("")
	broken.Message = io.MultiReader(strings.NewReader("Subject: x\r\n"), brokenReader{})
	if _, err := s.Submit(t.Context(), broken); err == nil {
		t.Error("half a message was judged")
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// A subject whose tag goes is taken out and put back anew, folded as it came.
func TestSubmitChangesTheSubject(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"tag\"\nsubject_tag = \"[S]\"\n")
	for in, want := range map[string]string{"Subject: Re: [S] Tak": "Re: Tak", "subject : [S]\r\n\tog mere": "\r\n\tog mere", "Subject: Tak": "", "X: [S]": "", "Subject: [S]\r\nSubject: [S]": ""} {
		a, err := s.Submit(t.Context(), aSubmission(in+"\r\n\r\nVi ses.\r\n"))
		got := ""
		for _, f := range a.Fields {
			if f[0] == "Subject" {
				got = f[1]
			}
		}
		if err != nil || got != strings.ReplaceAll(want, "\r", "") || (want != "") != slices.Contains(a.Remove, "Subject") {
			t.Errorf("%q: %q, %v, %v", in, got, a.Remove, err)
		}
	}
}

func TestSubmitAnswersOfFailureAndMode(t *testing.T) {
	long := plainMail + strings.Repeat("Vi ses.\r\n", 1000)
	s := startServer(t, "spill_over = 1024\nspill_dir = \"/nonexistent\"\non_failure = \"tempfail\"\n[policy]\nmode = \"enforce\"\n")
	if a, err := s.Submit(t.Context(), aSubmission(long)); err != nil || !a.Later || a.NotWhy != "spool" || a.Reject != "" {
		t.Errorf("tempfail: later %v, %q, %v", a.Later, a.NotWhy, err)
	}
	s = startServer(t, "")
	if a, err := s.Submit(t.Context(), aSubmission("X-Postvagt-Level: none\r\n"+secretMail)); err != nil || a.Action != "pass" || a.Recipients[0].Wanted != "hold" || len(a.Remove)+len(a.Fields) > 0 {
		t.Errorf("observe: %s, wanted %s, %v", a.Action, a.Recipients[0].Wanted, err)
	}
}

func TestSubmitAfterStop(t *testing.T) {
	cfg := testConfig(t, "")
	s, err := NewServer(cfg, Options{Parts: testParts, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(t.Context(), aSubmission(plainMail)); !errors.Is(err, ErrStopping) {
		t.Errorf("error %v", err)
	}
}

// Where verdict lines go to syslog, those who decide on held mail find its verdicts in a file of held messages alone.
func TestHeldVerdictsBesideSyslog(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t, "[policy]\nmode = \"enforce\"\n")
	cfg.Milter.VerdictLog, cfg.Milter.MACKey = VerdictSyslog, key
	s := startServerOf(t, cfg)
	for id, text := range map[string]string{"4bXyQ12abc": secretMail, "4bXyQ12abd": plainMail} {
		sub := aSubmission(text)
		sub.QueueID = id
		if _, err := s.Submit(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(cfg.HeldVerdicts())
	if text := string(b); err != nil || !strings.Contains(text, "]: 4bXyQ12abc: verdict ") || strings.Contains(text, "4bXyQ12abd") || strings.Contains(text, " mac=") {
		t.Errorf("%d lines, %v", strings.Count(string(b), "\n"), err)
	}
}
