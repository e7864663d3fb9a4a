package milter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"postvagt/milter/verdict"
)

// Submission is a message that comes by another door than the milter protocol.
type Submission struct {
	QueueID string
	Sender  string
	Rcpts   []Rcpt
	Client  netip.Addr // the zero Addr for a message of the host itself
	User    string     // login name, "" without a login
	Message io.Reader
	Size    int64 // of the message, where Message is cut; else 0
}

// Answer is what the other side is to do.
type Answer struct {
	Judgement
	Fields [][2]string // header fields to add
	Remove []string    // names of forged header fields to take out, all of each
	Reject string      // text of the refusal, for action reject
	Later  bool        // the message could not be judged, and shall be tried again later
}

// ErrStopping says that the daemon takes no new messages.
var ErrStopping = errors.New("the daemon is stopping")

// Submit judges, counts and logs a message as a session does. The error is one of reading the message, or
// ErrStopping.
func (s *Server) Submit(ctx context.Context, sub Submission) (Answer, error) {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return Answer{}, ErrStopping
	}
	s.sessions.Add(1)
	s.mu.Unlock()
	defer s.sessions.Done()
	start := s.now()
	f := s.filter.Load()
	m := &f.cfg.Milter
	sp := &spool{dir: m.SpillDir, over: m.SpillOver, max: m.MaxBytes}
	if _, err := io.Copy(sp, sub.Message); err != nil {
		sp.Close()
		return Answer{}, fmt.Errorf("message: %w", err)
	}
	head, err := readHead(sp)
	if err != nil && sp.writeErr == nil {
		sp.Close()
		return Answer{}, fmt.Errorf("message: %w", err)
	}
	t := &Transaction{QueueID: sub.QueueID, Sender: sub.Sender, Rcpts: sub.Rcpts, Client: sub.Client.Unmap(), User: sub.User,
		Authenticated: sub.User != "", Trusted: f.trusts(sub.Client.Unmap()),
		Message: sp.reader(), Bytes: sp.kept, Size: max(sp.seen, sub.Size)}
	var j Judgement
	if sp.writeErr != nil {
		s.logger.Error("a message could not be kept for judging", "error", sp.writeErr)
		j = f.notJudged(t, "spool")
		sp.Close()
	} else {
		j = f.Judge(ctx, t, func() { sp.Close() })
	}
	j.Millis = millis(s.now().Sub(start))
	s.log(t.QueueID, f.holdTest(&j, testOf(head)), &j, (*verdictLog).Write)
	return f.answerTo(&j, head), nil
}

func (f *Filter) answerTo(j *Judgement, head []byte) Answer {
	a := Answer{Judgement: *j, Fields: fieldsOf(j, f.cfg), Later: j.NotWhy != "" && f.cfg.Milter.OnFailure == FailTempfail}
	if j.Action == verdict.Reject && !a.Later {
		a.Reject = f.cfg.Policy.RejectText
	}
	if f.cfg.touches() {
		a.Remove = ownNames(head)
		if subject, changed := f.cfg.subjectOf(j, subjectsOf(head)); changed {
			a.Remove, a.Fields = append(a.Remove, "Subject"), append(a.Fields, [2]string{"Subject", subject})
		}
	}
	return a
}

// subjectsOf gives the values of the subject fields as they came, folded lines included.
func subjectsOf(head []byte) (values []string) {
	inside := false
	for line := range bytes.Lines(head) {
		text := strings.TrimRight(string(line), "\r\n")
		if inside && text != "" && (text[0] == ' ' || text[0] == '\t') {
			values[len(values)-1] += "\n" + text
			continue
		}
		name, value, ok := strings.Cut(text, ":")
		if inside = ok && strings.EqualFold(strings.TrimRight(name, " \t"), "Subject"); inside {
			values = append(values, value)
		}
	}
	return values
}

// readHead reads the header section, up to the bytes that a header may reasonably have.
func readHead(sp *spool) ([]byte, error) {
	const most = 1 << 20
	b := make([]byte, min(sp.kept, most))
	if _, err := io.ReadFull(io.NewSectionReader(sp.reader(), 0, sp.kept), b); err != nil && len(b) > 0 {
		return nil, err
	}
	return b[:headLength(b)], nil
}

// ownNames lists the X-Postvagt fields that came in.
func ownNames(head []byte) (names []string) {
	seen := map[string]bool{}
	for line := range bytes.Lines(head) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) <= len(ownHeader) || !strings.EqualFold(string(name[:len(ownHeader)]), ownHeader) {
			continue
		}
		if n := strings.TrimRight(string(name), " \t"); !seen[strings.ToLower(n)] {
			seen[strings.ToLower(n)] = true
			names = append(names, n)
		}
	}
	return names
}
