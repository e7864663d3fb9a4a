package sendmail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// askers are the few askers of a configuration, started when they are needed. The zero value is ready.
type askers struct {
	once  sync.Once
	slots chan struct{} // one for each that may be asked at a time

	mu     sync.Mutex
	idle   []*asker // the last one to rest is the next to be asked
	down   error    // why the last one failed,
	downTo time.Time
	seen   print // what set and access were read of
	set    settings
	access string // file of the access map, "" where it has none
}

// askersMost is how many are asked at a time, so that one lookup in a slow map does not hold up all mail.
const askersMost = 4

// print tells one state of what an asker has opened from another: the program, sendmail.cf and the file of the access map.
type print struct{ program, cf, access fileState }

type fileState struct {
	device, inode uint64
	size          int64
	changed       int64 // nanoseconds since 1970
}

func stateOf(path string) (f fileState, err error) {
	if path == "" {
		return f, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return f, nil
	case err != nil:
		return f, err
	}
	f.size, f.changed = info.Size(), info.ModTime().UnixNano()
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		f.device, f.inode = uint64(sys.Dev), sys.Ino
	}
	return f, nil
}

// settings are those of sendmail.cf as it is now.
func (p *askers) settings(s *Sendmail) (settings, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.look(s)
	return p.set, err
}

// look returns the print of now; sendmail.cf is read where it has changed. p.mu is held.
func (p *askers) look(s *Sendmail) (now print, err error) {
	if now.cf, err = stateOf(s.cf()); err != nil || now.cf == (fileState{}) {
		_, err := s.read() // says why
		return now, err
	}
	if now.cf != p.seen.cf {
		text, err := os.ReadFile(s.cf())
		if err != nil {
			return now, fmt.Errorf("sendmail.cf: %w (sendmail.config_dir)", err)
		}
		p.set, p.access = parseSettings(string(text)), accessMap(string(text))
	}
	path, err := s.program()
	if err == nil {
		now.program, err = stateOf(path)
	}
	if err == nil {
		now.access, err = stateOf(p.access)
	}
	p.seen = now
	return now, err
}

// lookup asks the access map for keys; a key that is no word is an error, and is not asked for. Where Sendmail fails, nobody
// waits for it again for a moment.
func (p *askers) lookup(ctx context.Context, s *Sendmail, keys []string) ([]string, error) {
	for _, k := range keys {
		if !lookupable(k) {
			return nil, fmt.Errorf("access map: a key of %d bytes is no address", len(k))
		}
	}
	p.once.Do(func() { p.slots = make(chan struct{}, askersMost) })
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("access map: %w", ctx.Err())
	}
	a, fresh, err := p.take(s)
	if err != nil {
		return nil, err
	}
	found, err := a.ask(ctx, keys)
	if errors.Is(err, errGone) && !fresh { // it has ended since it was asked last
		a.end()
		if a, err = s.startAsker(a.of); err == nil {
			found, err = a.ask(ctx, keys)
		}
	}
	p.giveBack(a, err)
	return found, err
}

// take gives an asker of what is there now, a new one where none rests. Those of what was there before are ended.
func (p *askers) take(s *Sendmail) (a *asker, fresh bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil && time.Now().Before(p.downTo) {
		return nil, false, p.down
	}
	now, err := p.look(s)
	if err != nil {
		return nil, false, err
	}
	for len(p.idle) > 0 {
		a = p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		a.rest.Stop()
		if a.of == now && a.asked < askMost {
			return a, false, nil
		}
		a.end()
	}
	a, err = s.startAsker(now)
	return a, true, err
}

// giveBack lets an asker rest, or ends it when it failed.
func (p *askers) giveBack(a *asker, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil || errors.Is(err, errNoMap) || errors.Is(err, errLookup) {
		a.rest = time.AfterFunc(askRest, func() { p.retire(a) })
		p.idle, p.down = append(p.idle, a), nil
		return
	}
	if a != nil {
		a.end()
	}
	if !errors.Is(err, context.Canceled) { // who asked has gone, which says nothing of Sendmail
		p.down, p.downTo = err, time.Now().Add(failureFor)
	}
}

// retire ends an asker whom nobody has asked for long.
func (p *askers) retire(a *asker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, a); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		a.end()
	}
}
