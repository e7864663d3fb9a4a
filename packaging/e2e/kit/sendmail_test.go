//go:build mtas

package kit

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A private Sendmail hands mail on to a private Postfix and logs it. Afterwards nothing of it runs.
func TestMTASendmailCarriesMail(t *testing.T) {
	ctx := context.Background()
	dir := tempDir(t)
	far := start(t, ctx, filepath.Join(dir, "far"), Config{Ports: []Port{{}}})
	s, err := StartSendmail(ctx, filepath.Join(dir, "sm"), SendmailConfig{Next: far.Addr(0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	if r, err := Send(ctx, s.Addr(), Envelope{From: "a@near.example", To: []string{"b@region.example"}}, []byte("Subject: x\n\nhej\n")); err != nil || r.Code != 250 {
		t.Fatalf("reply %d %s, error %v", r.Code, r.Text, err)
	}
	if err := Wait(ctx, "the delivery", 20*time.Second, func() (bool, error) {
		b, err := os.ReadFile(s.Log())
		return strings.Contains(string(b), "to=<b@region.example>") && strings.Contains(string(b), "stat=Sent"), err
	}); err != nil {
		t.Error(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if out, _ := exec.Command("pgrep", "-f", filepath.Join(dir, "sm")).Output(); len(out) > 0 {
		t.Errorf("processes left behind: %s", out)
	}
}
