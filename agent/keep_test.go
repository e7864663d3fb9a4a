package agent

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/report"
	"postvagt/agent/store"
)

func TestReportBackupRestore(t *testing.T) {
	dir := t.TempDir()
	c := &Config{}
	c.Organisation.Name, c.Store.Path = "Nordvig Kommune", filepath.Join(dir, "agent.db")
	db, err := store.Open(t.Context(), c.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 20, 12, 0, 0, 0, time.Local)
	d := event.Document{Key: "k", Time: day, MessageDirection: "outbound", First: true, Level: "sensitive", MessageLeft: true, MessageProtected: "yes", DoneRight: "yes"}
	if err := db.Commit(t.Context(), store.Batch{Documents: []event.Document{d}}); err != nil {
		t.Fatal(err)
	}
	for _, format := range report.Formats() {
		var b bytes.Buffer
		if err := WriteReport(t.Context(), c, ReportQuery{From: "2026-11-20", To: "2026-11-20", Lang: "en", Format: format}, day, &b); err != nil || b.Len() < 500 {
			t.Errorf("%s: %d bytes, %v", format, b.Len(), err)
		}
	}
	file := filepath.Join(dir, "backup.db")
	if err := Backup(t.Context(), c, file); err != nil {
		t.Error(err)
	}
	if _, err := Restore(t.Context(), c, file, day); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), "stop the agent") {
		t.Errorf("restored under a running agent: %v", err)
	}
	db.Close()
	if kept, err := Restore(t.Context(), c, file, day); err != nil || kept == "" {
		t.Errorf("kept %q, %v", kept, err)
	}
}

func TestReportRefusals(t *testing.T) {
	c := &Config{}
	c.Store.Path = filepath.Join(t.TempDir(), "none.db")
	for name, q := range map[string]ReportQuery{"no days": {}, "no last day": {From: "2026-11-20"}, "no day": {From: "2026-11-20", To: "then"}, "no database": {From: "2026-11-20", To: "2026-11-21"}} {
		if err := WriteReport(context.Background(), c, q, time.Now(), &bytes.Buffer{}); err == nil {
			t.Errorf("%s: a report was made", name)
		}
	}
}

// What is older than the configured months goes, and only that.
func TestPurgeByMonths(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "agent.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.Local)
	documents := []event.Document{{Key: "old", Time: now.AddDate(0, -14, 0)}, {Key: "edge", Time: now.AddDate(0, -13, 0)}, {Key: "new", Time: now}}
	if err := db.Commit(t.Context(), store.Batch{Documents: documents}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		details, figures int
		deleted, counted int64
	}{{0, 0, 0, 3}, {13, 0, 1, 3}, {13, 13, 0, 2}} {
		c := &Config{}
		c.Store.DetailsMonths, c.Store.FiguresMonths = step.details, step.figures
		n, err := purge(t.Context(), c, db, now)
		if o, oerr := db.Overview(t.Context()); err != nil || oerr != nil || n != step.deleted || o.Transmissions != step.counted {
			t.Errorf("%+v: %d deleted, %d counted, %v", step, n, o.Transmissions, err)
		}
	}
}
