package held

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake makes a folder of commands that answer as scripts; the real ones are in the stories of packaging/e2e.
func fake(t *testing.T, scripts map[string]string) *Postfix {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\ncd "+dir+"\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &Postfix{ConfigDir: dir, CommandDir: dir}
}

const heldOne = `{"queue_name": "hold", "queue_id": "4bXyQ12abc", "arrival_time": 1795426364, "message_size": 603, "sender": "kari@kommune.example", "recipients": [{"address": "anna@borger.example"}]}`

func echo(json string) string { return "cat <<'E'\n" + json + "\nE" }

func TestList(t *testing.T) {
	q := fake(t, map[string]string{"postqueue": echo(strings.ReplaceAll(heldOne, "4bXyQ12abc", "4bXyQ12zzz") + "\n" + heldOne + "\n" +
		strings.NewReplacer(`"hold"`, `"deferred"`, "4bXyQ12abc", "4bXyQ12def").Replace(heldOne) + "\n" +
		strings.NewReplacer("1795426364", "1795426000", "kari@kommune.example", "MAILER-DAEMON", "4bXyQ12abc", "4bXyQ12old").Replace(heldOne))})
	list, err := q.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%d held, %v", len(list), err)
	}
	if list[0].ID != "4bXyQ12old" || list[0].Sender != "" || list[1].ID != "4bXyQ12abc" || list[2].ID != "4bXyQ12zzz" {
		t.Errorf("order %s %s %s, sender of the first %q", list[0].ID, list[1].ID, list[2].ID, list[0].Sender)
	}
	if m := list[1]; m.Size != 603 || len(m.Recipients) != 1 || !m.Arrival.Equal(time.Unix(1795426364, 0)) {
		t.Errorf("%+v", m)
	}
}

// What the MTA does not confirm has not happened, whatever its exit code says.
func TestUnproven(t *testing.T) {
	message := Message{ID: "4bXyQ12abc", Arrival: time.Unix(1795426364, 0), Sender: "kari@kommune.example"}
	said := "echo 'postsuper: 4bXyQ12abc: released from hold' >&2"
	for name, tt := range map[string]struct {
		queue, super string
		m            Message
		want         error
	}{
		"says nothing":        {echo(heldOne), "exit 0", message, ErrUnproven},
		"says another id":     {echo(heldOne), strings.ReplaceAll(said, "abc", "abd"), message, ErrUnproven},
		"still there":         {echo(heldOne), said, message, ErrUnproven},
		"gone before":         {"exit 0", said, message, ErrNotHeld},
		"another message now": {echo(heldOne), said, Message{ID: "4bXyQ12abc", Arrival: time.Unix(1, 0)}, ErrOther},
		"a path as id":        {echo(heldOne), said, Message{ID: "../../etc"}, ErrQueueID},
		"ALL":                 {echo(heldOne), said, Message{ID: "ALL"}, ErrQueueID},
	} {
		q := fake(t, map[string]string{"postqueue": tt.queue, "postsuper": tt.super, "postconf": "echo 5d", "postkick": "exit 0"})
		q.Now = func() time.Time { return time.Unix(1795426400, 0) }
		if err := q.Release(t.Context(), tt.m); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// Young mail is released, old mail queued anew, and each is asked for at once.
func TestReleaseChoosesByAge(t *testing.T) {
	for name, tt := range map[string]struct {
		lifetime string
		age      time.Duration
		want     string
	}{
		"young":         {"5d", 2 * 24 * time.Hour, "-H 4bXyQ12abc hold\n-i 4bXyQ12abc\n"},
		"old":           {"5d", 3 * 24 * time.Hour, "-r 4bXyQ12abc hold\npublic pickup W\n"},
		"days by habit": {"1", 13 * time.Hour, "-r 4bXyQ12abc hold\npublic pickup W\n"},
		"hours":         {"12h", 5 * time.Hour, "-H 4bXyQ12abc hold\n-i 4bXyQ12abc\n"},
	} {
		q := fake(t, map[string]string{
			"postqueue": "shift 2; if [ $1 = -j ]; then [ -f gone ] || " + echo(heldOne) + "\nelse echo $* >>calls; fi",
			"postsuper": "shift 2; echo $* >>calls; touch gone; case $1 in -H) w='released from hold';; -r) w=requeued;; esac; echo \"postsuper: $2: $w\" >&2",
			"postconf":  "echo " + tt.lifetime,
			"postkick":  "shift 2; echo $* >>calls",
		})
		q.Now = func() time.Time { return time.Unix(1795426364, 0).Add(tt.age) }
		m, err := q.Get(t.Context(), "4bXyQ12abc")
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Release(t.Context(), m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if b, _ := os.ReadFile(filepath.Join(q.CommandDir, "calls")); string(b) != tt.want {
			t.Errorf("%s: called %q, want %q", name, b, tt.want)
		}
	}
}

func TestReturnNeedsASender(t *testing.T) {
	q := fake(t, map[string]string{"postqueue": echo(strings.ReplaceAll(heldOne, "kari@kommune.example", "MAILER-DAEMON"))})
	m, err := q.Get(t.Context(), "4bXyQ12abc")
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Return(t.Context(), m); err == nil || !strings.Contains(err.Error(), "null sender") {
		t.Errorf("error %v", err)
	}
}

func TestMissingCommand(t *testing.T) {
	q := &Postfix{ConfigDir: "/etc/postfix", CommandDir: "/nonexistent"}
	if _, err := q.List(t.Context()); !errors.Is(err, ErrNoCommand) || !strings.Contains(err.Error(), "/nonexistent/postqueue") {
		t.Errorf("error %v", err)
	}
}
