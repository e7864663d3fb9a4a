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
	mu     sync.Mutex
	idle   []*asker      // the last one to rest is the next to be asked
	alive  int           // all askers: those that rest, are asked, or start
	starts bool          // one starts
	change chan struct{} // closed when one has started, or has been asked, or could not be; nil where nobody waits for it
	down   error         // why the last one failed,
	downTo time.Time
	seen   print // what set and access were read of
	set    settings
	access string // file of the access map, "" where it has none
}

const (
	askersMost = 4                // are asked at a time, so that one lookup in a slow map does not hold up all mail
	startFor   = 30 * time.Second // is how long one may take to start: it asks the name server for the host's own name
)

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
	a, err := p.take(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := a.ask(ctx, keys)
	if errors.Is(err, errGone) { // it has ended since it was asked last
		p.drop(a)
		if a, err = p.take(ctx, s); err != nil {
			return nil, err
		}
		found, err = a.ask(ctx, keys)
	}
	p.giveBack(a, err)
	return found, err
}

// take gives an asker of what is there now. Where none rests it waits for the first that does, or that has started: who asks is
// not held up by one that is slow to start while another answers.
func (p *askers) take(ctx context.Context, s *Sendmail) (*asker, error) {
	for {
		a, change, err := p.seize(s)
		if a != nil || err != nil {
			return a, err
		}
		select {
		case <-change:
		case <-ctx.Done():
			p.mu.Lock()
			defer p.mu.Unlock()
			return nil, p.failed(fmt.Errorf("access map: %w", ctx.Err()))
		}
	}
}

// seize gives an asker that rests, or what tells of the next change; then one starts, if there are not enough.
func (p *askers) seize(s *Sendmail) (*asker, <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := p.look(s)
	if err != nil {
		return nil, nil, err
	}
	for len(p.idle) > 0 {
		a := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		a.rest.Stop()
		if a.of == now && a.asked < askMost {
			return a, nil, nil
		}
		p.end(a)
	}
	if p.down != nil && time.Now().Before(p.downTo) {
		return nil, nil, p.down
	}
	if !p.starts && p.alive < askersMost {
		p.starts = true
		p.alive++
		go p.start(s, now)
	}
	if p.change == nil {
		p.change = make(chan struct{})
	}
	return nil, p.change, nil
}

// start starts an asker and lets it rest.
func (p *askers) start(s *Sendmail, of print) {
	a, err := s.startAsker(of)
	if err == nil {
		err = a.ready()
	}
	p.mu.Lock()
	p.starts = false
	p.mu.Unlock()
	p.giveBack(a, err)
}

// giveBack lets an asker rest, or ends it when it failed.
func (p *askers) giveBack(a *asker, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell()
	if err == nil || errors.Is(err, errNoMap) || errors.Is(err, errLookup) {
		a.rest = time.AfterFunc(askRest, func() { p.retire(a) })
		p.idle, p.down = append(p.idle, a), nil
		return
	}
	p.end(a)
	_ = p.failed(err)
}

// drop ends an asker that is of no use any more, which says nothing of the next one.
func (p *askers) drop(a *asker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell()
	p.end(a)
}

// tell lets those who wait look again. p.mu is held.
func (p *askers) tell() {
	if p.change != nil {
		close(p.change)
		p.change = nil
	}
}

// end ends an asker, which may never have come to be. p.mu is held.
func (p *askers) end(a *asker) {
	p.alive--
	if a != nil {
		a.end()
	}
}

// failed notes an error for those who come next, but not that who asked has gone, which says nothing of Sendmail. p.mu is held.
func (p *askers) failed(err error) error {
	if !errors.Is(err, context.Canceled) {
		p.down, p.downTo = err, time.Now().Add(failureFor)
	}
	return err
}

// retire ends an asker whom nobody has asked for long.
func (p *askers) retire(a *asker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, a); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		p.end(a)
	}
}
