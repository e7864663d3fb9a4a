package tail

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWatcherWakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	w, err := Watch([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, do := range []func() error{
		func() error { return os.WriteFile(path, []byte("a\n"), 0o644) },
		func() error { return os.Rename(path, path+".1") },
		func() error { return os.WriteFile(path+".1", []byte("a\nb\n"), 0o644) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-w.C:
		case <-time.After(10 * time.Second):
			t.Fatal("no wake-up")
		}
	}
}
