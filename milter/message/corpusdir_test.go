package message

import (
	"os"
	"path/filepath"
	"testing"
)

// corpusDir finds a folder of mails: dev is part of the project, the mails of others are optional, and tests
// that need those are skipped without them.
func corpusDir(t testing.TB, sub string) string {
	t.Helper()
	if sub == "dev" {
		return filepath.Join("..", "..", "packaging", "e2e", "corpus", sub)
	}
	dir := os.Getenv("POSTVAGT_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	dir = filepath.Join(dir, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the mails of others are not here: set POSTVAGT_CORPUS")
	}
	return dir
}
