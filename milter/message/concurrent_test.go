package message

import (
	"path/filepath"
	"sync"
	"testing"
)

// TestConcurrent reads every golden mail from several goroutines with one Reader.
func TestConcurrent(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.eml")
	rd := NewReader(Options{Pdftotext: "-"})
	want := map[string]string{}
	for _, f := range files {
		want[f] = render(readFile(t, rd, f))
	}
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			for i := range files {
				f := files[(i+g*len(files)/3)%len(files)]
				if got := render(readFile(t, rd, f)); got != want[f] {
					t.Errorf("%s: another result beside others", f)
				}
			}
		})
	}
	wg.Wait()
}
