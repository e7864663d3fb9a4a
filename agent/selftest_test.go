package agent

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A test is waited for until the log has been read so far; an older one, or one of another host, does not count.
func TestAwaitSelfTest(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, nil)
	d.tested(host, "hold", "pass")
	since := d.at.Add(time.Second)
	d.at = d.at.Add(time.Hour)
	d.tested("another", "hold", "hold")
	if all, err := AwaitSelfTest(t.Context(), d.w.config, since, time.Millisecond); err == nil || !strings.Contains(err.Error(), "no test of "+shortHost(host)) {
		t.Errorf("before there was one: %+v, %v", all, err)
	}
	came := make(chan error, 1)
	go func() {
		_, err := AwaitSelfTest(t.Context(), d.w.config, since, time.Minute)
		came <- err
	}()
	d.tested(host, "hold", "pass")
	if err := <-came; err != nil {
		t.Error(err)
	}
	if all, err := SelfTests(t.Context(), d.w.config); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v; want one of each host", all, err)
	}
}
