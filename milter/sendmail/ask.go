package sendmail

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// asker is a Sendmail in its test mode (sendmail -bt), which answers lookups in the access map for as long as it lives: a line each, behind
// its prompt. To start one takes longer than a thousand answers. It opened its maps when it started, so it is good for one print.
type asker struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	said  *lastWords
	of    print
	asked int
	rest  *time.Timer // while it rests: ends it when nobody asks
}

const (
	askMost   = 50_000      // questions of one asker, so that what it remembers stays small
	askRest   = time.Minute // of an asker whom nobody asks
	keyMost   = 512         // bytes; Sendmail takes a line of over 2,047 for two
	bannerMax = 20          // lines before the first prompt
)

// errNoMap says that there is no access map.
var errNoMap = errors.New("sendmail.cf has no access map")

// errLookup says that one lookup failed; others need not.
var errLookup = errors.New("a lookup failed")

// errGone says that an asker has ended.
var errGone = errors.New("sendmail -bt has ended")

// errSilent says that an asker shows no prompt.
var errSilent = errors.New("access map: sendmail -bt does not ask for anything")

// lookupable says whether a key may be asked for: one line of one word. Nothing else may reach the test mode, which takes commands.
func lookupable(key string) bool {
	return key != "" && len(key) <= keyMost && !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (s *Sendmail) startAsker(of print) (*asker, error) {
	path, err := s.program()
	if err != nil {
		return nil, err
	}
	a := &asker{cmd: exec.Command(path, "-C", s.cf(), "-bt"), said: &lastWords{}, of: of}
	a.cmd.Stderr, a.cmd.WaitDelay = a.said, time.Second
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("sendmail -bt: %w", err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("sendmail -bt: %w", err)
	}
	a.out = bufio.NewReaderSize(out, 64<<10)
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("sendmail -bt: %w", err)
	}
	return a, nil
}

// ready waits for the first prompt. After an error the asker is of no use.
func (a *asker) ready() error {
	defer time.AfterFunc(startFor, a.kill).Stop()
	for range bannerMax {
		if b, err := a.out.Peek(len(prompt)); err != nil || string(b) == prompt {
			return a.goneBy(err)
		}
		if _, err := a.out.ReadSlice('\n'); err != nil {
			return a.goneBy(err)
		}
	}
	return errSilent
}

// goneBy is the error of an asker that cannot be read, nil for nil.
func (a *asker) goneBy(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("access map: %w: %s", errGone, a.said)
}

// kill ends the asker at once; whoever reads from it reads its end. It may be called more than once.
func (a *asker) kill() { _ = a.cmd.Process.Kill() }

// end ends the asker and waits for it.
func (a *asker) end() {
	a.kill()
	a.in.Close()
	_ = a.cmd.Wait() // it was killed
}

// ask returns what the access map holds for each key, "" for what is not there. After another error than errLookup and errNoMap the asker
// is of no use.
func (a *asker) ask(ctx context.Context, keys []string) ([]string, error) {
	defer context.AfterFunc(ctx, a.kill)()
	var questions bytes.Buffer
	for _, k := range keys {
		fmt.Fprintf(&questions, "/map access %s\n", k)
	}
	a.asked += len(keys)
	_, err := a.in.Write(questions.Bytes())
	err = a.goneBy(err)
	found, failed := make([]string, len(keys)), error(nil)
	for i := 0; i < len(keys) && err == nil; i++ {
		found[i], err = a.answer(keys[i])
		if errors.Is(err, errLookup) || errors.Is(err, errNoMap) {
			failed, err = cmp.Or(failed, err), nil
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("access map: %w", ctx.Err())
	case err != nil:
		return nil, err
	}
	return found, failed
}

// answer reads the next answer, which must be the one to a key.
func (a *asker) answer(key string) (string, error) {
	for range bannerMax {
		line, err := a.out.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return "", errors.New("access map: an answer has no end")
		} else if err != nil {
			return "", a.goneBy(err)
		}
		if text, ok := strings.CutPrefix(string(line), prompt); ok {
			return valueIn(strings.TrimRight(text, "\r\n"), key)
		}
	}
	return "", errSilent
}

// prompt stands before each answer.
const prompt = "> "

// valueIn reads what the test mode says of a key: "map_lookup: access (KEY) returns VALUE (0)" or "… no match (0)". A lookup that failed
// (EX_TEMPFAIL and its like) has a code that is not 0.
func valueIn(line, key string) (string, error) {
	if line == `Map named "access" not found` {
		return "", errNoMap
	}
	text, ours := strings.CutPrefix(line, "map_lookup: access ("+key+") ")
	if !ours {
		return "", errors.New("access map: another answer than to what was asked: is it readable for this user?")
	}
	text, ok := strings.CutSuffix(text, " (0)")
	if !ok {
		return "", fmt.Errorf("access map: %w %s", errLookup, text[strings.LastIndexByte(text, ' ')+1:])
	}
	value, found := strings.CutPrefix(text, "returns ")
	if !found && text != "no match" {
		return "", errors.New("access map: an answer that is not understood")
	}
	if !found {
		return "", nil
	}
	return value, nil
}

// lastWords keeps the end of what was written to it.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	w.text = w.text[max(0, len(w.text)-1000):]
	return len(p), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return lastLine(string(w.text))
}

// program is the path of Sendmail's.
func (s *Sendmail) program() (string, error) {
	path := filepath.Join(s.CommandDir, "sendmail")
	if _, err := exec.LookPath(path); err != nil {
		return "", fmt.Errorf("%s: not found: is Sendmail installed? (sendmail.command_dir)", path)
	}
	return path, nil
}
