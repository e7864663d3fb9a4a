package held

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/milter/verdict"
)

// Postfix is the hold queue of a Postfix instance. Release and Delete need root.
type Postfix struct {
	ConfigDir  string           // folder of main.cf
	CommandDir string           // folder of postqueue and its like
	Gateway    string           // transport:nexthop that the header check of the route token names, "" for none
	Now        func() time.Time // nil means time.Now
}

// commandTimeout bounds one command of Postfix.
const commandTimeout = 2 * time.Minute

// List gives all held messages, the oldest first.
func (q *Postfix) List(ctx context.Context) ([]Message, error) {
	out, _, err := q.run(ctx, "postqueue", "-j")
	if err != nil {
		return nil, err
	}
	var list []Message
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		var m struct {
			Queue      string `json:"queue_name"`
			ID         string `json:"queue_id"`
			Arrival    int64  `json:"arrival_time"`
			Size       int64  `json:"message_size"`
			Sender     string `json:"sender"`
			Recipients []struct {
				Address string `json:"address"`
			} `json:"recipients"`
		}
		if err := dec.Decode(&m); err != nil {
			return nil, fmt.Errorf("postqueue -j: %w", err)
		}
		if m.Queue != "hold" {
			continue
		}
		h := Message{ID: m.ID, Arrival: time.Unix(m.Arrival, 0).UTC(), Size: m.Size, Sender: m.Sender}
		if h.Sender == "MAILER-DAEMON" {
			h.Sender = ""
		}
		for _, r := range m.Recipients {
			h.Recipients = append(h.Recipients, r.Address)
		}
		list = append(list, h)
	}
	slices.SortFunc(list, oldestFirst)
	return list, nil
}

// oldestFirst is the order of all lists of held messages.
func oldestFirst(a, b Message) int {
	if c := a.Arrival.Compare(b.Arrival); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// Get finds one held message.
func (q *Postfix) Get(ctx context.Context, id string) (Message, error) {
	if !verdict.IsQueueID(id) {
		return Message{}, fmt.Errorf("%q: %w", id, ErrQueueID)
	}
	list, err := q.List(ctx)
	if err != nil {
		return Message{}, err
	}
	for _, m := range list {
		if m.ID == id {
			return m, nil
		}
	}
	return Message{}, fmt.Errorf("%s: %w", id, ErrNotHeld)
}

// confirm sees to it that m is still the message that was looked at.
func (q *Postfix) confirm(ctx context.Context, m Message) error {
	now, err := q.Get(ctx, m.ID)
	if err == nil && !now.Arrival.Equal(m.Arrival) {
		err = fmt.Errorf("%s: %w", m.ID, ErrOther)
	}
	return err
}

// Show writes a held message as it lies in the queue; body adds what comes after the header.
func (q *Postfix) Show(ctx context.Context, m Message, body bool, w io.Writer) error {
	if err := q.confirm(ctx, m); err != nil {
		return err
	}
	args := []string{"-qh"}
	if body {
		args[0] = "-qhb"
	}
	out, _, err := q.run(ctx, "postcat", append(args, m.ID)...)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// Release lets a message go on its way, without asking any milter again. One that has been held for more than
// half of maximal_queue_lifetime is queued anew, since Postfix would soon return it as too old; it
// then has another queue id, and Postfix logs orig_id=.
func (q *Postfix) Release(ctx context.Context, m Message) error {
	if err := q.confirm(ctx, m); err != nil {
		return err
	}
	lifetime, err := q.lifetime(ctx)
	if err != nil {
		return err
	}
	filtered, err := q.Routable(ctx, m)
	if err != nil {
		return err
	}
	flag, said := "-H", "released from hold"
	if filtered || q.now().Sub(m.Arrival) > lifetime/2 { // queued anew, it forgets the gateway
		flag, said = "-r", "requeued"
	}
	if err := q.super(ctx, flag, m, said); err != nil {
		return err
	}
	if flag == "-H" {
		return q.hurry(ctx, m)
	}
	if _, _, err := q.run(ctx, "postkick", "public", "pickup", "W"); err != nil { // else pickup looks once a minute
		return fmt.Errorf("%s is queued anew, but its delivery could not be asked for: %w", m.ID, err)
	}
	return nil
}

// Routable looks for the filter that the header check of the route token has written into the queue file.
func (q *Postfix) Routable(ctx context.Context, m Message) (bool, error) {
	if q.Gateway == "" {
		return false, nil
	}
	out, _, err := q.run(ctx, "postcat", "-qe", m.ID)
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(out)) {
		if filter, ok := strings.CutPrefix(line, "content_filter: "); ok && strings.TrimSpace(filter) == q.Gateway {
			return true, nil
		}
	}
	return false, nil
}

// Route lets a message go with its filter, to the gateway. It is never queued anew, since it would forget the filter.
func (q *Postfix) Route(ctx context.Context, m Message) error {
	if err := q.confirm(ctx, m); err != nil {
		return err
	}
	switch ok, err := q.Routable(ctx, m); {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("%s: %w", m.ID, ErrNoRoute)
	}
	if err := q.super(ctx, "-H", m, "released from hold"); err != nil {
		return err
	}
	return q.hurry(ctx, m)
}

// hurry asks for a delivery now; else the message waits for the queue manager's next round (queue_run_delay).
func (q *Postfix) hurry(ctx context.Context, m Message) error {
	if _, _, err := q.run(ctx, "postqueue", "-i", m.ID); err != nil && !errors.Is(err, errGone) {
		return fmt.Errorf("%s has left the hold queue, but its delivery could not be asked for: %w", m.ID, err)
	}
	return nil
}

// Delete destroys a held message.
func (q *Postfix) Delete(ctx context.Context, m Message) error {
	if err := q.confirm(ctx, m); err != nil {
		return err
	}
	return q.super(ctx, "-d", m, "removed")
}

// Return sends a message back to its sender undelivered, as Postfix returns mail that is too old: the
// queue manager never hands an expired message to the next hop.
func (q *Postfix) Return(ctx context.Context, m Message) error {
	if err := q.confirm(ctx, m); err != nil {
		return err
	}
	if m.Sender == "" {
		return fmt.Errorf("%s: it has the null sender, nobody to return it to", m.ID)
	}
	if err := q.super(ctx, "-f", m, "expired"); err != nil {
		return err
	}
	return q.hurry(ctx, m)
}

// super runs postsuper on one message of the hold queue and proves what it did.
func (q *Postfix) super(ctx context.Context, flag string, m Message, said string) error {
	_, stderr, err := q.run(ctx, "postsuper", flag, m.ID, "hold")
	if err != nil {
		return err
	}
	if !says(stderr, m.ID+": "+said) {
		return fmt.Errorf("postsuper %s %s: %w", flag, m.ID, ErrUnproven)
	}
	switch now, err := q.Get(ctx, m.ID); {
	case errors.Is(err, ErrNotHeld):
		return nil
	case err != nil:
		return err
	case now.Arrival.Equal(m.Arrival):
		return fmt.Errorf("postsuper %s %s: it is still held: %w", flag, m.ID, ErrUnproven)
	}
	return nil
}

func says(output []byte, text string) bool {
	s := bufio.NewScanner(bytes.NewReader(output))
	for s.Scan() {
		if strings.HasSuffix(s.Text(), text) {
			return true
		}
	}
	return false
}

// lifetime reads maximal_queue_lifetime, "5d" by default; a number without unit counts days.
func (q *Postfix) lifetime(ctx context.Context) (time.Duration, error) {
	out, _, err := q.run(ctx, "postconf", "-h", "maximal_queue_lifetime")
	if err != nil {
		return 0, err
	}
	v := strings.TrimSpace(string(out))
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit := 24 * time.Hour
	if len(v) > 0 && units[v[len(v)-1]] != 0 {
		unit = units[v[len(v)-1]]
		v = v[:len(v)-1]
	}
	var n int64
	if _, err := fmt.Sscanf(v, "%d", &n); err != nil {
		return 0, fmt.Errorf("maximal_queue_lifetime: %w", err)
	}
	return time.Duration(n) * unit, nil
}

func (q *Postfix) now() time.Time {
	if q.Now != nil {
		return q.Now()
	}
	return time.Now()
}

// errGone says that postqueue found no such message: it has left already.
var errGone = errors.New("gone")

// run runs a command of Postfix on this instance.
func (q *Postfix) run(ctx context.Context, name string, args ...string) (stdout, stderr []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	path := filepath.Join(q.CommandDir, name)
	if _, err := exec.LookPath(path); err != nil {
		return nil, nil, fmt.Errorf("%s: %w: is Postfix installed? (postfix.command_dir)", path, ErrNoCommand)
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"-c", q.ConfigDir}, args...)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		if name == "postqueue" && len(args) > 0 && args[0] == "-i" {
			return nil, nil, errGone
		}
		return nil, nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, lastLine(errOut.Bytes()))
	}
	return out.Bytes(), errOut.Bytes(), nil
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
