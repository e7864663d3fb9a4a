package message

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHostileCorpus answers every hostile message in time.
func TestHostileCorpus(t *testing.T) {
	dir := corpusDir(t, "hostile")
	rd := NewReader(Options{})
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".eml") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		st, _ := f.Stat()
		start := cpuTime()
		n := 0
		m, err := rd.Read(f, st.Size(), func(Text) { n++ })
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		for _, u := range m.Unopened {
			if u.Reason == string(internal) {
				t.Errorf("%s: a panic in %s", path, u.Part)
			}
		}
		if d := cpuTime() - start; d > 2*time.Second {
			t.Errorf("%s took %v", path, d)
		} else if d > 100*time.Millisecond {
			t.Logf("%s took %v: %d texts, unopened %v", filepath.Base(path), d, n, m.Unopened[:min(3, len(m.Unopened))])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
