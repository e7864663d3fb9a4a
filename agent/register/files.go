package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"postvagt/agent/cases"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
)

const filePrefix = "file/"

// KeepFile keeps a file of the register of measures under a key of its own, and returns its digest, SHA-256 in hexadecimal: by that
// it is named. The same file is kept once. Errors: *cases.Refusal.
func (r *Register) KeepFile(ctx context.Context, by string, a cases.Attachment) (digest string, err error) {
	if err := a.Check(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(a.Data)
	digest = hex.EncodeToString(sum[:])
	kept, err := r.entries(ctx, filePrefix+digest)
	if err != nil || len(kept) > 0 {
		return digest, err
	}
	return digest, r.note(ctx, by, filePrefix+digest, a, nil)
}

// File returns a file by its digest. Errors: store.ErrNoSubject, also for one that was erased.
func (r *Register) File(ctx context.Context, digest string) (a cases.Attachment, err error) {
	kept, err := r.entries(ctx, filePrefix+digest)
	if err != nil {
		return a, err
	}
	for _, e := range kept {
		if a, ok := e.Change.(cases.Attachment); ok {
			return a, nil
		}
	}
	return a, fmt.Errorf("file %.12s: %w", digest, store.ErrNoSubject)
}

// namedFiles are the digests that the measures name as they stand.
func (r *Register) namedFiles(ctx context.Context) (map[string]bool, error) {
	entries, err := r.Store.Entries(ctx, supervise.Measures)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, e := range entries {
		m, err := supervise.Read[supervise.Measure](e)
		if err != nil {
			return nil, err
		}
		named[m.Digest] = true
	}
	return named, nil
}
