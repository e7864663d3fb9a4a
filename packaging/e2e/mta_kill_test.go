//go:build mtas

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// sendmailKinds are the kinds of messages of the story on Sendmail, where no header field chooses a next hop.
var sendmailKinds = []killed{
	{secretMail, outbound.To[0], "hold", ""},
	{plainMail, outbound.To[0], "pass", ""},
	{secretMail, "bo@nordvig-kommune.example", "tag", "X-Postvagt-Id X-Postvagt-Level X-Postvagt-Action"},
}

// The same story on Sendmail, which tells mail to come again while the milter is dead (F=T): no message is lost, none is delivered unjudged or
// though it should have been held, none is changed by halves, and nothing that the milter started outlives it. POSTVAGT_SOAK=1000 kills a thousand times.
func TestMTASendmailSurvivesKills(t *testing.T) {
	kills := soak(t, 20)
	dir := newMTADir(t)
	far := newFar(t, dir)
	sendmail := newSendmailMTA(t, dir, kit.SendmailConfig{Next: far.Addr(0)})
	h := newMTAHouse(t, dir, far, sendmail).story(t, "on_failure = \"tempfail\"\n"+enforce)
	accepted, refused := sendUntil(t, h.mta.Addr(), sendmailKinds, func() {
		for range kills {
			killAtRandom(t, h.program)
			h.start()
		}
	})
	if len(accepted) < kills || refused == 0 {
		t.Errorf("%d messages accepted, %d refused: the story did not happen", len(accepted), refused)
	}
	held, delivered := h.settledSendmail(sendmail, len(accepted))
	judged := h.judged()
	compareKilled(t, judged, accepted, held, true, false)
	compareKilled(t, judged, accepted, delivered, false, false)
	noneLost(t, accepted, held, delivered)
	t.Logf("%d kills: %d held, %d delivered, %d refused for now", kills, len(held), len(delivered), refused)
	h.program.Stop()
	if err := kit.Wait(t.Context(), "the end of what the milters started", 10*time.Second, func() (bool, error) { return testModes(t, sendmail) == 0, nil }); err != nil {
		t.Errorf("%v: %d are left", err, testModes(t, sendmail))
	}
	h.mta.Clear(t)
}

// settledSendmail waits until each of n messages is held or has arrived, and reads them by their number.
func (h *mtaHouse) settledSendmail(s sendmailMTA, n int) (held, delivered map[string][]byte) {
	h.t.Helper()
	var files, fresh []string
	if err := kit.WaitEvery(h.t.Context(), time.Second, "the deliveries", 5*time.Minute, func() (bool, error) {
		fresh = nil
		for id := range h.arrivedIDs() {
			if !h.seen[id] {
				fresh = append(fresh, id)
			}
		}
		waiting, err := filepath.Glob(filepath.Join(s.Dir, "mqueue", "[qtT]f*"))
		if err != nil {
			return false, err
		}
		files, err = filepath.Glob(filepath.Join(s.Dir, "mqueue", "hf*"))
		return len(waiting) == 0 && len(files)+len(fresh) >= n, err
	}); err != nil {
		h.t.Errorf("%d held and %d arrived of %d: %v\n%s", len(files), len(fresh), n, err, h.fates())
	}
	held = map[string][]byte{}
	for _, file := range files {
		keep(h.t, held, quarantined(h.t, file))
	}
	return held, inHoldOf(h.t, h.far, fresh)
}

// headerLine is one of a queue file of Sendmail (doc/op, "Queue file format"): H, flags between question marks, the field.
var headerLine = regexp.MustCompile(`^H(?:\?[^?]*\?)?(.*)$`)

// quarantined reads a message that Sendmail holds: the header in its queue file, the body beside it.
func quarantined(t *testing.T, file string) []byte {
	t.Helper()
	control, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(filepath.Dir(file), "d"+strings.TrimPrefix(filepath.Base(file), "h")))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	inHeader := false
	for line := range strings.Lines(string(control)) {
		line = strings.TrimRight(line, "\n")
		m := headerLine.FindStringSubmatch(line)
		switch {
		case m != nil:
			inHeader = true
			text.WriteString(m[1] + "\n")
		case inHeader && (strings.HasPrefix(line, "\t") || strings.HasPrefix(line, " ")):
			text.WriteString(line + "\n")
		default:
			inHeader = false
		}
	}
	text.WriteString("\n")
	text.Write(body)
	return text.Bytes()
}

// testModes counts the processes of this Sendmail in its test mode.
func testModes(t *testing.T, s sendmailMTA) (n int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f) // of one that has ended it cannot be read
		if err == nil && bytes.Contains(b, []byte(s.Etc())) && bytes.Contains(b, []byte("\x00-bt\x00")) {
			n++
		}
	}
	return n
}
