package milter

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"postvagt/milter/verdict"
)

// badReader is a message that hangs, breaks or panics when it is read.
type badReader struct {
	io.ReaderAt
	read func()
}

func (b badReader) ReadAt(p []byte, off int64) (int, error) {
	b.read()
	if b.ReaderAt == nil {
		return 0, errors.New("broken")
	}
	return b.ReaderAt.ReadAt(p, off)
}

// A message that cannot be judged is never taken for harmless: it gets what on_failure says, in time.
func TestNotJudged(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	for name, tt := range map[string]struct {
		read func()
		why  string
	}{
		"hangs":  {func() { <-forever }, "timeout"},
		"panics": {func() { panic("of a message: 010180-1234") }, "panic"},
		"breaks": {func() {}, "read"},
	} {
		for mode, action := range map[string]string{FailAccept: verdict.Pass, FailHold: verdict.Hold, FailTempfail: verdict.Reject} {
			t.Run(name+" "+mode, func(t *testing.T) {
				f := newTestFilter(t, "timeout = \"50ms\"\non_failure = \""+mode+"\"\n")
				released := make(chan struct{})
				tr := &Transaction{Message: badReader{read: tt.read}, Bytes: 100, Size: 100, Trusted: true,
					Rcpts: []Rcpt{{Addr: "anna@borger.example"}}}
				start := time.Now()
				j := f.Judge(t.Context(), tr, func() { close(released) })
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("took %v", took)
				}
				if j.NotWhy != tt.why || j.Action != action || j.Level != verdict.LevelUnknown || len(j.Recipients) != 1 {
					t.Errorf("%s, action %s, level %s, %d recipients", j.NotWhy, j.Action, j.Level, len(j.Recipients))
				}
				if tt.why == "timeout" {
					select {
					case <-released:
						t.Error("the message was given back while it was being read")
					default:
					}
					return
				}
				<-released
			})
		}
	}
}

// What comes after the limit is not judged, and marked so.
func TestCutMessageIsUnopened(t *testing.T) {
	f := newTestFilter(t, "")
	text := "From: a@kommune.example\r\nTo: b@borger.example\r\n\r\nHej\r\n"
	tr := &Transaction{Message: strings.NewReader(text), Bytes: int64(len(text)), Size: 1 << 30,
		Trusted: true, Rcpts: []Rcpt{{Addr: "b@borger.example"}}}
	j := f.Judge(t.Context(), tr, func() {})
	if j.NotWhy != "" || len(j.Unopened) != 1 || j.Unopened[0].Reason != "limit" || j.Record.Unopened != 1 || j.Size != 1<<30 {
		t.Errorf("%q, %d parts unopened, size %d", j.NotWhy, len(j.Unopened), j.Size)
	}
}
