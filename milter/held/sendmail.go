package held

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/syslog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"postvagt/milter/verdict"
)

// Sendmail is the quarantine of a Sendmail instance (cf/README, "Quarantining"). All of it needs root. Its own listing is
// too coarse, so what it lists is read from the queue files.
type Sendmail struct {
	ConfigFile string        // sendmail.cf
	CommandDir string        // folder of sendmail
	Patience   time.Duration // how long Sendmail may take to finish what it does with a message; 0 means quietTime
}

// sendmailFile is a queue file and what stands in it.
type sendmailFile struct {
	Message
	path, data string // the files of envelope and body
	header     []byte
}

// List gives all messages in quarantine, the oldest first.
func (q *Sendmail) List(ctx context.Context) ([]Message, error) {
	files, err := q.files(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Message, len(files))
	for i, f := range files {
		list[i] = f.Message
	}
	slices.SortFunc(list, oldestFirst)
	return list, nil
}

// Get finds one message in quarantine.
func (q *Sendmail) Get(ctx context.Context, id string) (Message, error) {
	f, err := q.find(ctx, id)
	return f.Message, err
}

func (q *Sendmail) find(ctx context.Context, id string) (sendmailFile, error) {
	if !verdict.IsQueueID(id) {
		return sendmailFile{}, fmt.Errorf("%q: %w", id, ErrQueueID)
	}
	files, err := q.files(ctx)
	if err != nil {
		return sendmailFile{}, err
	}
	for _, f := range files {
		if f.ID == id {
			return f, nil
		}
	}
	return sendmailFile{}, fmt.Errorf("%s: %w", id, ErrNotHeld)
}

// confirm sees to it that m is still the message that was looked at.
func (q *Sendmail) confirm(ctx context.Context, m Message) (sendmailFile, error) {
	f, err := q.find(ctx, m.ID)
	if err == nil && !f.Arrival.Equal(m.Arrival) {
		err = fmt.Errorf("%s: %w", m.ID, ErrOther)
	}
	return f, err
}

// files reads what "sendmail -bp -qQ" lists: for each queue folder a line "\t\t/folder (2 requests)", then its ids, each at
// the start of a line, with a mark when the message is being worked at.
func (q *Sendmail) files(ctx context.Context) ([]sendmailFile, error) {
	out, err := q.run(ctx, "-bp", "-qQ")
	if err != nil {
		return nil, err
	}
	var files []sendmailFile
	dir := ""
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case strings.HasPrefix(fields[0], "/"):
			dir = fields[0]
		case line[0] != ' ' && line[0] != '\t' && dir != "":
			id := strings.TrimRight(fields[0], "*X-?")
			if len(id) < 12 || !verdict.IsQueueID(id) {
				continue
			}
			f, err := q.readQuietFile(ctx, dir, id)
			if errors.Is(err, os.ErrNotExist) {
				continue // it has left meanwhile
			}
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// errNotQueueFile is also what a file looks like while Sendmail writes it anew.
var errNotQueueFile = errors.New("not a queue file of Sendmail 8")

// How long Sendmail may take to finish what it does with a message, and how often it is looked at.
const (
	quietTime = 10 * time.Second
	quietStep = 20 * time.Millisecond
)

// readQuietFile reads a queue file that Sendmail may be writing.
func (q *Sendmail) readQuietFile(ctx context.Context, dir, id string) (f sendmailFile, err error) {
	err = q.until(ctx, func() error {
		f, err = readSendmailFile(dir, id)
		return err
	}, errNotQueueFile)
	return f, err
}

// until tries again while the error is one that passes.
func (q *Sendmail) until(ctx context.Context, try func() error, passing error) error {
	patience := q.Patience
	if patience == 0 {
		patience = quietTime
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(quietStep)
	defer tick.Stop()
	for {
		err := try()
		if !errors.Is(err, passing) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// readSendmailFile reads the envelope of a message in quarantine. A queue may keep its kinds of files in folders of their own.
func readSendmailFile(dir, id string) (sendmailFile, error) {
	f := sendmailFile{Message: Message{ID: id}, path: filepath.Join(dir, "hf"+id), data: filepath.Join(dir, "df"+id)}
	b, err := os.ReadFile(f.path)
	if errors.Is(err, os.ErrNotExist) {
		f.path, f.data = filepath.Join(dir, "qf", "hf"+id), filepath.Join(dir, "df", "df"+id)
		b, err = os.ReadFile(f.path)
	}
	if err != nil {
		return f, err
	}
	if err := f.parse(b); err != nil {
		return f, fmt.Errorf("%s: %w", f.path, err)
	}
	if info, err := os.Stat(f.data); err == nil {
		f.Size = info.Size()
	}
	f.Size += int64(len(f.header))
	return f, nil
}

// parse reads a queue file, version 8: a letter and a value on each line; "H" begins a header field, which may go on in lines
// that begin with white space; "." ends it.
func (f *sendmailFile) parse(b []byte) error {
	field := false
	for raw := range bytes.Lines(b) {
		line := strings.TrimSuffix(string(raw), "\n")
		if line == "" {
			continue
		}
		if field && (line[0] == ' ' || line[0] == '\t') {
			f.header = append(append(f.header, line...), '\n')
			continue
		}
		field = false
		switch value := line[1:]; line[0] {
		case 'T':
			var at int64
			if _, err := fmt.Sscanf(value, "%d", &at); err != nil {
				return fmt.Errorf("its time of arrival is no number")
			}
			f.Arrival = time.Unix(at, 0).UTC()
		case 'S':
			f.Sender = strings.Trim(value, "<>")
		case 'R':
			if _, address, ok := strings.Cut(value, ":"); ok {
				f.Recipients = append(f.Recipients, strings.Trim(address, "<>"))
			}
		case 'H':
			field = f.addField(value)
		}
	}
	if f.Arrival.IsZero() {
		return errNotQueueFile
	}
	return nil
}

// addField takes "?flags?Name: value"; a value with a macro in it (a byte 0x81) is one that Sendmail fills in on delivery.
func (f *sendmailFile) addField(value string) bool {
	if strings.HasPrefix(value, "?") {
		if i := strings.IndexByte(value[1:], '?'); i >= 0 {
			value = value[i+2:]
		}
	}
	if strings.IndexByte(value, 0x81) >= 0 {
		return false
	}
	f.header = append(append(f.header, value...), '\n')
	return true
}

// Show writes a message as it lies in the queue; body adds what comes after the header.
func (q *Sendmail) Show(ctx context.Context, m Message, body bool, w io.Writer) error {
	f, err := q.confirm(ctx, m)
	if err != nil {
		return err
	}
	if _, err := w.Write(f.header); err != nil || !body {
		return err
	}
	data, err := os.Open(f.data)
	if err != nil {
		return err
	}
	defer data.Close()
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	_, err = io.Copy(w, data)
	return err
}

// Release lets a message go its way in the open, without asking any milter again, and asks for its delivery.
func (q *Sendmail) Release(ctx context.Context, m Message) error {
	if _, err := q.confirm(ctx, m); err != nil {
		return err
	}
	if _, err := q.run(ctx, "-qQ", "-Q", "-qI"+m.ID); err != nil {
		return err
	}
	if err := q.gone(ctx, m); err != nil {
		return err
	}
	if _, err := q.run(ctx, "-qI"+m.ID); err != nil {
		return fmt.Errorf("%s has left the quarantine, but its delivery could not be asked for: %w", m.ID, err)
	}
	return nil
}

// gone proves that a message lies in quarantine no more. Sendmail's commands may end before their work does.
func (q *Sendmail) gone(ctx context.Context, m Message) error {
	return q.until(ctx, func() error { return q.stillThere(ctx, m) }, ErrUnproven)
}

func (q *Sendmail) stillThere(ctx context.Context, m Message) error {
	switch now, err := q.Get(ctx, m.ID); {
	case errors.Is(err, ErrNotHeld):
		return nil
	case err != nil:
		return err
	case now.Arrival.Equal(m.Arrival):
		return fmt.Errorf("sendmail: %s is still in quarantine: %w", m.ID, ErrUnproven)
	}
	return nil
}

// Return sends a message back to its sender as Sendmail returns mail that is too old. It never leaves the quarantine for
// the queue on the way: with this time-out a queue run returns what it finds and delivers nothing of it.
func (q *Sendmail) Return(ctx context.Context, m Message) error {
	f, err := q.confirm(ctx, m)
	if err != nil {
		return err
	}
	if f.Sender == "" {
		return fmt.Errorf("%s: it has the null sender, nobody to return it to", m.ID)
	}
	if _, err := q.run(ctx, "-OTimeout.queuereturn=now", "-qQ", "-qI"+m.ID); err != nil {
		return err
	}
	return q.gone(ctx, m)
}

// Routable is false, without a look at the queue: no table of Sendmail chooses a next hop by a header field.
func (q *Sendmail) Routable(context.Context, Message) (bool, error) { return false, nil }

// Route refuses.
func (q *Sendmail) Route(ctx context.Context, m Message) error {
	if _, err := q.confirm(ctx, m); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", m.ID, ErrNoRoute)
}

// Delete destroys a message. Sendmail has no command for it and logs nothing, so the files are removed under its
// own lock, and the mail log is told by us.
func (q *Sendmail) Delete(ctx context.Context, m Message) error {
	f, err := q.confirm(ctx, m)
	if err != nil {
		return err
	}
	unlock, err := lockQueueFile(f.path)
	if err != nil {
		return err
	}
	defer unlock()
	log, err := syslog.New(syslog.LOG_MAIL|syslog.LOG_INFO, "postvagt-milter")
	if err != nil {
		return fmt.Errorf("%s: the mail log could not be told, so it was not deleted: %w", m.ID, err)
	}
	defer log.Close()
	if err := errors.Join(os.Remove(f.path), os.Remove(f.data)); err != nil {
		return err
	}
	return log.Info(m.ID + ": deleted from quarantine")
}

// lockQueueFile locks a queue file as Sendmail does: by flock or by fcntl, as it was built.
func lockQueueFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	whole := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &whole)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: Sendmail is working at it, try again: %w", path, err)
	}
	return f.Close, nil
}

// run runs sendmail on this instance.
func (q *Sendmail) run(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	path := filepath.Join(q.CommandDir, "sendmail")
	if _, err := exec.LookPath(path); err != nil {
		return nil, fmt.Errorf("%s: %w: is Sendmail installed? (sendmail.command_dir)", path, ErrNoCommand)
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"-C", q.ConfigFile}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it finishes the delivery that it is at
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("sendmail %s: %w: %s", strings.Join(args, " "), err, lastLine(errOut.Bytes()))
	}
	return out.Bytes(), nil
}
