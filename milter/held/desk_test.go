package held

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func reviewer(op, id, clock string) Request {
	return Request{V: Version, Op: op, ID: id, Arrival: at(clock), Actor: Actor{Name: "mette", Addresses: []string{"mette@kommune.example"}}}
}

func codeOf(err error) Code {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

// What a reviewer may not do, and what is said; nothing leaves the queue.
func TestRefusals(t *testing.T) {
	release := func(reason, note string) func(*Request) {
		return func(q *Request) { q.Op, q.Reason, q.Note = OpRelease, reason, note }
	}
	for name, tt := range map[string]struct {
		change func(*Request)
		want   Code
	}{
		"nobody":                       {func(q *Request) { q.Actor = Actor{} }, CodeActor},
		"a name without an address":    {func(q *Request) { q.Actor.Addresses = nil }, CodeActor},
		"R18: own mail":                {func(q *Request) { q.Actor.Addresses = []string{"Bo@Kommune.example"} }, CodeOwnMail},
		"own mail under a sub-address": {func(q *Request) { q.Actor.Addresses = []string{"bo+x@kommune.example"} }, CodeOwnMail},
		"own mail by login name":       {func(q *Request) { q.Actor.Addresses = []string{"bo"} }, CodeOwnMail},
		"no reason":                    {release("", "x"), CodeReason},
		"an invented reason":           {release("hurry", "x"), CodeReason},
		"no note":                      {release(FalseAlarm, " "), CodeReason},
		"002: consent":                 {release("consent", "x"), CodeConsent},
		"000: consent as a note":       {release(DocumentedProtection, "Borgeren har givet samtykke"), CodeConsent},
		"consent in other words":       {release(FalseAlarm, "klienten sagde ja til mail, klient siger ja"), CodeConsent},
		"consent, Swedish":             {release(DocumentedProtection, "den registrerade gav sitt samtycke"), CodeConsent},
		"consent, Finnish":             {release(DocumentedProtection, "asiakkaan suostumus"), CodeConsent},
		"a number in the note":         {release(FalseAlarm, "010180-1234 is a sample"), CodeNumber},
		"a long number in the note":    {release(FalseAlarm, "19800101-1234"), CodeNumber},
		"two lines":                    {release(FalseAlarm, "a\nb"), CodeReason},
		"too long":                     {release(FalseAlarm, strings.Repeat("a", noteMost+1)), CodeReason},
		"read without a reason":        {func(q *Request) { q.Op = OpShow }, CodeReason},
		"delete without a reason":      {func(q *Request) { q.Op = OpDelete }, CodeReason},
		"no gateway":                   {func(q *Request) { q.Op = OpRoute }, CodeNoRoute},
		"another message":              {func(q *Request) { q.Arrival = q.Arrival.Add(-time.Hour) }, CodeOther},
		"a path":                       {func(q *Request) { q.ID = "../../etc" }, CodeQueueID},
		"all":                          {func(q *Request) { q.ID = "ALL" }, CodeQueueID},
		"unknown":                      {func(q *Request) { q.ID = "4bXyQ12zzz" }, CodeNotHeld},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := desk(t)
			q := reviewer(OpReturn, "4bXyQ12old", "13:00:00")
			tt.change(&q)
			if _, err := d.Decide(t.Context(), root, &q); codeOf(err) != tt.want {
				t.Errorf("%v, want code %s", err, tt.want)
			}
			if len(s.held) != 3 {
				t.Error("a message has left the queue")
			}
		})
	}
}

func TestNotesThatMayStand(t *testing.T) {
	for _, note := range []string{"agreement 2026-17, annex 2", "case 2012-98616", "byggetilladelse vedlagt", "patient cannot be reached, ambulance on its way"} {
		d, s := desk(t)
		q := reviewer(OpRelease, "4bXyQ12old", "13:00:00")
		q.Reason, q.Note = DocumentedProtection, note
		if o, err := d.Decide(t.Context(), root, &q); err != nil || o.State != StateDone || len(s.held) != 2 {
			t.Errorf("%s: %v", note, err)
		}
	}
}

// override = "sender with reason" lets the senders of a department decide themselves; reading is not deciding.
func TestOverride(t *testing.T) {
	d, _ := desk(t)
	d.Rules.Override = []string{"Teknik"}
	q := reviewer(OpShow, "4bXyQ12old", "13:00:00")
	q.Actor = Actor{Name: "bo", Addresses: []string{"bo@kommune.example"}}
	q.Reason, q.Note = FalseAlarm, "a sample"
	if _, err := d.Decide(t.Context(), root, &q); codeOf(err) != CodeOwnMail {
		t.Errorf("show: %v", err)
	}
	q.Op = OpRelease
	if o, err := d.Decide(t.Context(), root, &q); err != nil || o.State != StateDone {
		t.Errorf("release: %v", err)
	}
}

// The first of two is remembered over a restart; what was not judged takes two as well.
func TestFourEyesSurvivesARestart(t *testing.T) {
	d, s := desk(t)
	q := reviewer(OpRelease, "4bXyQ12def", "15:30:00")
	q.Reason, q.Note = FalseAlarm, "a sample"
	if o, err := d.Decide(t.Context(), root, &q); err != nil || o.State != StateAsked {
		t.Fatal(o, err)
	}
	path := d.Decisions.file.Name()
	if _, err := d.Decisions.file.WriteString(`{"at":"2026-11-28T16:0`); err != nil { // the power went
		t.Fatal(err)
	}
	d.Decisions.Close()
	var err error
	if d.Decisions, err = OpenDecisions(path, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decide(t.Context(), root, &q); codeOf(err) != CodeSecond {
		t.Fatal(err)
	}
	q.Actor = Actor{Name: "jonas", Addresses: []string{"jonas@kommune.example"}}
	if o, err := d.Decide(t.Context(), root, &q); err != nil || o.State != StateDone || len(s.held) != 2 {
		t.Errorf("%v %v", o, err)
	}
	first, last := decisions(t, path)[0], decisions(t, path)
	if done := last[len(last)-1]; done.State != StateDone || done.First != first.Decision || done.Actor != "jonas" {
		t.Errorf("%+v", done)
	}
}

// decisions reads the file, without a line that was written in part.
func decisions(t *testing.T, path string) (list []Decision) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var x Decision
		if json.Unmarshal([]byte(line), &x) == nil {
			list = append(list, x)
		}
	}
	return list
}

// What is decided is recorded before it is done: without a record nothing happens.
func TestRecordedBefore(t *testing.T) {
	d, s := desk(t)
	d.Decisions.Close()
	q := reviewer(OpReturn, "4bXyQ12old", "13:00:00")
	if _, err := d.Decide(t.Context(), root, &q); codeOf(err) != CodeRecord || len(s.held) != 3 {
		t.Errorf("%v, %d held", err, len(s.held))
	}
}

func TestFailureIsRecorded(t *testing.T) {
	d, s := desk(t)
	s.fails = ErrUnproven
	q := reviewer(OpReturn, "4bXyQ12old", "13:00:00")
	if _, err := d.Decide(t.Context(), root, &q); !errors.Is(err, ErrUnproven) {
		t.Errorf("%v", err)
	}
	list := decisions(t, d.Decisions.file.Name())
	if len(list) != 2 || list[0].State != StateBegun || list[1].State != StateFailed || list[1].Decision != list[0].Decision {
		t.Errorf("%+v", list)
	}
}

// Two hours: escalated, once. Three days: returned, if the milter held it and somebody inside sent it. Never deleted, never sent.
func TestDue(t *testing.T) {
	d, s := desk(t)
	now := at("16:00:00")
	d.Now = func() time.Time { return now }
	steps := []struct {
		wait                time.Duration
		escalated, returned int
	}{{0, 1, 0}, {0, 0, 0}, {time.Hour, 1, 0}, {90 * time.Hour, 1, 2}, {90 * time.Hour, 0, 0}}
	for i, step := range steps {
		now = now.Add(step.wait)
		if e, r, err := d.Due(t.Context()); e != step.escalated || r != step.returned || err != nil {
			t.Errorf("step %d: %d escalated, %d returned, %v", i, e, r, err)
		}
	}
	if !slices.Equal(s.returned, []string{"4bXyQ12old", "4bXyQ12abc"}) || len(s.held) != 1 || s.held[0].ID != "4bXyQ12def" {
		t.Errorf("returned %v, held %v", s.returned, s.held)
	}
}

// A return that fails is tried again an hour later.
func TestDueRetries(t *testing.T) {
	d, s := desk(t)
	now := at("16:00:00").Add(90 * time.Hour)
	d.Now, s.fails = func() time.Time { return now }, ErrUnproven
	if _, r, err := d.Due(t.Context()); r != 0 || err == nil {
		t.Errorf("%d returned, %v", r, err)
	}
	s.fails = nil
	for wait, want := range map[time.Duration]int{time.Minute: 0} {
		now = now.Add(wait)
		if _, r, _ := d.Due(t.Context()); r != want {
			t.Errorf("after %s: %d returned", wait, r)
		}
	}
	now = now.Add(retryReturn)
	if _, r, err := d.Due(t.Context()); r != 2 || err != nil {
		t.Errorf("%d returned, %v", r, err)
	}
}

// stranger is a user id that owns nothing.
const stranger = 65534

// asUser connects as another user: the kernel notes the thread's.
func asUser(t *testing.T, uid int, path string) net.Conn {
	t.Helper()
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); e != 0 {
			done <- result{nil, e}
			return
		}
		conn, err := net.Dial("unix", path)
		done <- result{conn, err}
	}()
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.conn.Close() })
	return r.conn
}

// The kernel says whose program asks; the configuration says what it may.
func TestServerKnowsItsPeers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("this test speaks as other users: it needs root, like all that starts a Postfix")
	}
	dir, err := os.MkdirTemp("/tmp", "held")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "held.sock")
	l, err := Listen(path, -1)
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{dir: 0o755, path: 0o666} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	d, _ := desk(t)
	const web = 65533
	s := &Server{Desk: d, Rights: map[uint32]Rights{web: {Decide: true}}, Logger: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l) }()
	show := `{"v":1,"op":"show","id":"4bXyQ12old","arrival":"2026-11-28T13:00:00Z","actor":{"name":"m","addresses":["m@x.example"]},"reason":"r"}`
	for _, tt := range []struct {
		uid       int
		ask, want string
	}{
		{stranger, `{"v":1,"op":"list"}`, `"code":"not-allowed"`},
		{web, `{"v":1,"op":"list"}`, `"actions":["return","release"]`},
		{web, show, `"code":"not-allowed"`},
		{0, show, `"content":"`},
		{web, strings.Repeat("a", lineMost+2), `"code":"request"`},
	} {
		conn := asUser(t, tt.uid, path)
		if _, err := conn.Write([]byte(tt.ask + "\n")); err != nil {
			t.Fatal(err)
		}
		if answer, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(answer, tt.want) {
			t.Errorf("user %d: %s, %v; want %s", tt.uid, answer, err, tt.want)
		}
	}
	if _, err := Listen(path, -1); err == nil || !strings.Contains(err.Error(), "another helper listens") {
		t.Errorf("a second helper: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
