package message

import (
	"os"
	"path/filepath"
	"testing"
)

// corpusDir finds the optional test corpus; tests that need it are skipped without it.
func corpusDir(t testing.TB, sub string) string {
	t.Helper()
	dir := os.Getenv("POSTVAGT_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	dir = filepath.Join(dir, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus: set POSTVAGT_CORPUS")
	}
	return dir
}
