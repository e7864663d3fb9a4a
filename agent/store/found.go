package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Found are the rules that found something in a message, by the id of its verdict.
type Found struct {
	ID    string
	At    time.Time
	Rules []string
}

func (w *writer) found(all []Found) error {
	for _, f := range all {
		rules, err := arrayValue(f.Rules)
		if err != nil {
			return err
		}
		if _, err := w.exec("INSERT OR REPLACE INTO found (id, at, rules) VALUES (?, ?, ?)", f.ID, f.At.UnixMicro(), rules); err != nil {
			return err
		}
	}
	return nil
}

// RulesOf returns the rules that found something in a message; none where that is not known, or is as old as what was deleted.
func (s *Store) RulesOf(ctx context.Context, verdictID string) (rules []string, err error) {
	var text string
	err = s.read.QueryRowContext(ctx, "SELECT rules FROM found WHERE id = ?", verdictID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &rules)
	}
	if err != nil {
		return nil, fmt.Errorf("rules of a message: %w", err)
	}
	return rules, nil
}
