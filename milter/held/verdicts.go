package held

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"postvagt/milter/verdict"
)

// Verdicts finds the verdicts of held messages in the milter's own log and its rotated files (".1", ".2.gz",
// "-20261128.gz"). The zero value with a Path is ready for use, by several goroutines.
type Verdicts struct {
	Path string

	mu    sync.Mutex
	known map[key]*verdict.Record
}

// key tells two messages with one queue id apart.
type key struct {
	id      string
	arrival int64
}

func keyOf(m Message) key { return key{m.ID, m.Arrival.Unix()} }

// Of gives the verdict of each message that has one. It reads the log only when a message is new to it.
func (v *Verdicts) Of(ctx context.Context, list []Message) (map[string]*verdict.Record, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	known, wanted := map[key]*verdict.Record{}, map[string]Message{}
	oldest := time.Time{}
	for _, m := range list {
		if r, ok := v.known[keyOf(m)]; ok {
			known[keyOf(m)] = r
			continue
		}
		wanted[m.ID] = m
		if oldest.IsZero() || m.Arrival.Before(oldest) {
			oldest = m.Arrival
		}
	}
	if len(wanted) > 0 && v.Path != "" {
		if err := v.scan(ctx, wanted, oldest, known); err != nil {
			return nil, err
		}
	}
	v.known = known
	out := map[string]*verdict.Record{}
	for k, r := range known {
		out[k.id] = r
	}
	return out, nil
}

// scan reads the files that may hold verdicts on messages that arrived since oldest.
func (v *Verdicts) scan(ctx context.Context, wanted map[string]Message, oldest time.Time, found map[key]*verdict.Record) error {
	files, err := filepath.Glob(v.Path + "*")
	if err != nil {
		return fmt.Errorf("verdicts: %w", err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || info.ModTime().Before(oldest.Add(-time.Minute)) || !info.Mode().IsRegular() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := scanFile(name, wanted, found); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("verdicts: %s: %w", name, err)
		}
	}
	return nil
}

func scanFile(name string, wanted map[string]Message, found map[key]*verdict.Record) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(bufio.NewReader(f)); err != nil {
			return err
		}
	}
	s := bufio.NewScanner(r)
	for s.Scan() {
		line := s.Bytes()
		_, text, ok := bytes.Cut(line, []byte("]: "))
		id, _, ok2 := bytes.Cut(text, []byte(": verdict "))
		if !ok || !ok2 {
			continue
		}
		m, ok := wanted[string(id)]
		if !ok {
			continue
		}
		stamp, _, _ := strings.Cut(string(line), " ")
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil || at.Before(m.Arrival.Add(-time.Second)) {
			continue // of an earlier message with this queue id
		}
		l, err := verdict.Parse(string(text))
		if before := found[keyOf(m)]; err == nil && l.Message != nil && before == nil {
			found[keyOf(m)] = l.Message
		}
	}
	return s.Err()
}

// rulesOf is what found it, as list shows it.
func rulesOf(r *verdict.Record) []RuleParts {
	out := []RuleParts{}
	for _, c := range r.Rules {
		out = append(out, RuleParts{Rule: c.Rule, Count: c.Count, Parts: orEmpty(c.Parts)})
	}
	return out
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return slices.Clone(s)
}
