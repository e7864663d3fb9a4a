package held

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const hf = "V8\nT1795884557\nK0\nN0\nP30304\nqpostvagt 01bb\nF8bs\n$_localhost [127.0.0.1]\nS<kari@kommune.example>\nrRFC822; anna@borger.example\n" +
	"RPFD:<anna@borger.example>\nRPFD:<bo@borger.example>\nH?P?Return-Path: <\x81g>\nH??Received: from x\n\tby post.example\nH??Subject: Din sag\n.\n"

// quarantine is a Sendmail whose queue holds files, and whose program lists them; do is what it does besides.
func quarantine(t *testing.T, do string, files map[string]string) *Sendmail {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := "#!/bin/sh\ncd " + dir + "\nshift 2\necho \"$*\" >>calls\nif [ \"$*\" = '-bp -qQ' ]; then\nprintf '\\t\\t" + dir + " (2 requests)\\n-----Q-ID-----\\n'\n" +
		"for f in hf* qf/hf*; do [ -f $f ] && printf '%s*      143 Sat\\n\\t\\t<a@b>\\n' ${f##*hf}; done\nexit 0\nfi\n" + do + "\n"
	if err := os.WriteFile(filepath.Join(dir, "sendmail"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Sendmail{ConfigFile: filepath.Join(dir, "sendmail.cf"), CommandDir: dir, Patience: time.Nanosecond}
}

func TestSendmailList(t *testing.T) {
	older := strings.NewReplacer("1795884557", "1795880000", "S<kari@kommune.example>", "S<>").Replace(hf)
	q := quarantine(t, "", map[string]string{"hf6ASGnHBu029157": hf, "df6ASGnHBu029157": "Hej\n", "qf/hf6ASGnHBw029157": older, "df/df6ASGnHBw029157": "Hej igen\n"})
	list, err := q.List(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("%d held, %v", len(list), err)
	}
	if m := list[0]; m.ID != "6ASGnHBw029157" || m.Sender != "" {
		t.Errorf("the first is %+v", m)
	}
	if m := list[1]; m.ID != "6ASGnHBu029157" || m.Sender != "kari@kommune.example" || len(m.Recipients) != 2 || m.Recipients[1] != "bo@borger.example" || !m.Arrival.Equal(time.Unix(1795884557, 0)) || m.Size < 40 {
		t.Errorf("the second is %+v", m)
	}
	var b strings.Builder
	if err := q.Show(t.Context(), list[1], true, &b); err != nil || b.String() != "Received: from x\n\tby post.example\nSubject: Din sag\n\nHej\n" {
		t.Errorf("%v: %q", err, b.String())
	}
}

// What Sendmail was asked for, and what is believed of it.
func TestSendmailDecisions(t *testing.T) {
	message := Message{ID: "6ASGnHBu029157", Arrival: time.Unix(1795884557, 0).UTC(), Sender: "kari@kommune.example"}
	files := map[string]string{"hf6ASGnHBu029157": hf, "df6ASGnHBu029157": "Hej\n"}
	for name, tt := range map[string]struct {
		do, calls string
		run       func(q *Sendmail, m Message) error
		m         Message
		want      error
	}{
		"release":            {"rm -f hf*", "-qQ -Q -qI6ASGnHBu029157", func(q *Sendmail, m Message) error { return q.Release(t.Context(), m) }, message, nil},
		"release, ignored":   {"", "-qQ -Q -qI6ASGnHBu029157", func(q *Sendmail, m Message) error { return q.Release(t.Context(), m) }, message, ErrUnproven},
		"return":             {"rm -f hf*", "-OTimeout.queuereturn=now -qQ -qI6ASGnHBu029157", func(q *Sendmail, m Message) error { return q.Return(t.Context(), m) }, message, nil},
		"return, ignored":    {"", "-OTimeout.queuereturn=now -qQ -qI6ASGnHBu029157", func(q *Sendmail, m Message) error { return q.Return(t.Context(), m) }, message, ErrUnproven},
		"another message":    {"", "", func(q *Sendmail, m Message) error { return q.Release(t.Context(), m) }, Message{ID: message.ID, Arrival: time.Unix(1, 0)}, ErrOther},
		"no such message":    {"", "", func(q *Sendmail, m Message) error { return q.Return(t.Context(), m) }, Message{ID: "6ASGnHBu029999"}, ErrNotHeld},
		"a path":             {"", "", func(q *Sendmail, m Message) error { return q.Delete(t.Context(), m) }, Message{ID: "../../etc"}, ErrQueueID},
		"no gateway to take": {"", "", func(q *Sendmail, m Message) error { return q.Route(t.Context(), m) }, message, ErrNoRoute},
	} {
		q := quarantine(t, tt.do, files)
		if err := tt.run(q, tt.m); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		b, _ := os.ReadFile(filepath.Join(q.CommandDir, "calls"))
		if calls := strings.ReplaceAll(string(b), "-bp -qQ\n", ""); !strings.HasPrefix(calls, tt.calls) || tt.calls == "" && calls != "" {
			t.Errorf("%s: called %q", name, calls)
		}
	}
}

// A queue file that Sendmail is working at is left alone.
func TestSendmailDeleteWaitsForTheLock(t *testing.T) {
	q := quarantine(t, "", map[string]string{"hf6ASGnHBu029157": hf, "df6ASGnHBu029157": "Hej\n"})
	m, err := q.Get(t.Context(), "6ASGnHBu029157")
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := lockQueueFile(filepath.Join(q.CommandDir, "hf6ASGnHBu029157"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := q.Delete(t.Context(), m); err == nil || !strings.Contains(err.Error(), "working at it") {
		t.Errorf("error %v", err)
	}
	if _, err := q.Get(t.Context(), m.ID); err != nil {
		t.Errorf("it is gone: %v", err)
	}
}
